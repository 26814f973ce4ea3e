"""Alembic's entry: it works on the connection that `gridmap.database.upgrade` hands over."""

from __future__ import annotations

from alembic import context
from geoalchemy2.alembic_helpers import include_object, render_item
from sqlalchemy import text

from gridmap import access, audit, duties, groups, places, ways  # noqa: F401 - every mapped class must be known
from gridmap.database import Base

# Tables go to `public` whatever the owner's own search path is; functions keep this one (`set search_path from current`),
# with PostGIS wherever it was installed, and temporary tables last, so that none can stand in for a table of ours.
SEARCH_PATH = text(
    "select set_config('search_path', concat_ws(', ', 'public', string_agg(distinct quote_ident(nspname), ', ')"
    " filter (where nspname <> 'public'), 'pg_temp'), true)"
    " from pg_extension join pg_namespace n on n.oid = extnamespace where extname in ('postgis', 'btree_gist')"
)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_object=include_object,
    render_item=render_item,
    compare_server_default=True,
)
with context.begin_transaction():
    connection.execute(SEARCH_PATH)
    context.run_migrations()
