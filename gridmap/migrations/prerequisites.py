"""What a database must have before tables are made in it, and the statements that give it what it lacks."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.errors import NotConfigured

OLDEST_SERVER, OLDEST_POSTGIS = 15, (3, 3)

_FACTS = sa.text("""
    select current_database() as database, current_user as role, current_setting('server_encoding') as encoding,
        current_setting('server_version_num')::int / 10000 as server,
        (select n.nspname from pg_extension join pg_namespace n on n.oid = extnamespace where extname = 'postgis') as postgis_in,
        (select extversion from pg_extension where extname = 'postgis') as postgis,
        to_regtype('geometry') is not null as geometry_known,
        exists (select from pg_extension where extname = 'btree_gist') as btree_gist,
        has_schema_privilege((select oid from pg_namespace where nspname = 'public'), 'create') as creates,
        has_schema_privilege(:runtime, (select oid from pg_namespace where nspname = 'public'), 'create') as runtime_creates
""")


def require(owner: sa.Connection, runtime: str) -> None:
    """Refuse a database that lacks something, and say the exact statements to run in it.

    Parameters
    ----------
    owner
        A connection of the role that makes the tables.
    runtime
        Name of the role that reads and writes rows; the same where there is one role only.

    Raises
    ------
    NotConfigured
        The server or PostGIS is too old, the encoding is not UTF8, or an extension or a right is missing.
    """
    facts = owner.execute(_FACTS, {"runtime": runtime}).one()
    quoted = owner.dialect.identifier_preparer.quote
    if facts.server < OLDEST_SERVER:
        raise NotConfigured(
            "the server is PostgreSQL {version}; GridMap needs {oldest} or newer",
            version=facts.server,
            oldest=OLDEST_SERVER,
        )
    if facts.encoding != "UTF8":
        raise NotConfigured(
            "database {database} is encoded in {encoding}; make one that holds Chinese: "
            "create database gridmap owner {role} encoding 'UTF8' template template0",
            database=facts.database,
            encoding=facts.encoding,
            role=quoted(facts.role),
        )
    statements = []
    if facts.postgis is None:
        statements.append("create extension postgis")
    elif not facts.geometry_known:
        path = ", ".join(quoted(schema) for schema in ("public", facts.postgis_in))
        statements.append(f"grant usage on schema {quoted(facts.postgis_in)} to public")
        statements.append(f"alter database {quoted(facts.database)} set search_path = {path}")
    elif tuple(map(int, facts.postgis.split(".")[:2])) < OLDEST_POSTGIS:
        statements.append("alter extension postgis update")
    if not facts.btree_gist:
        statements.append("create extension btree_gist")
    if not facts.creates:
        statements.append(f"grant usage, create on schema public to {quoted(facts.role)}")
    if runtime != facts.role and facts.runtime_creates:
        # Whoever creates functions there can have the record's own trigger call them.
        statements.append(f"revoke create on schema public from public, {quoted(runtime)}")
    if statements:
        raise NotConfigured(
            "database {database} is not ready for GridMap; let a superuser run in it: {statements}",
            database=facts.database,
            statements="; ".join(statements) + ";",
        )
