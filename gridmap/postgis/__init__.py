"""The private PostGIS that runs when no `DATABASE_URL` is given: the installed server binaries, no service, no port."""

from gridmap.postgis.cluster import (
    DATABASE,
    OWNER,
    RUNTIME,
    RUNTIME_SETTINGS,
    PrivatePostgis,
    create_database,
    limit_runtime_role,
)
from gridmap.postgis.programs import server_binaries

__all__ = [
    "DATABASE",
    "OWNER",
    "RUNTIME",
    "RUNTIME_SETTINGS",
    "PrivatePostgis",
    "create_database",
    "limit_runtime_role",
    "server_binaries",
]
