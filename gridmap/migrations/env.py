"""Alembic's entry: it works on the connection that `gridmap.database.upgrade` hands over."""

from __future__ import annotations

from alembic import context
from geoalchemy2.alembic_helpers import include_object, render_item

from gridmap import access, audit, duties, groups, places, ways  # noqa: F401 - every mapped class must be known
from gridmap.database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=include_object,
    render_item=render_item,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
