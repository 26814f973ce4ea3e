"""Engines, sessions, SRIDs and migrations: how the rest of GridMap reaches PostgreSQL."""

from __future__ import annotations

import atexit
import re
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from importlib.resources import files
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB, Range
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeEngine

from gridmap.errors import NotConfigured, Unavailable
from gridmap.migrations.prerequisites import require
from gridmap.postgis import PrivatePostgis
from gridmap.settings import Settings

PATIENCE = {"connect_timeout": 10}  # seconds, where the default would wait for a silent host for two minutes
STORAGE_SRID = 4490  # CGCS2000, degrees; GeoJSON leaves as it is, the difference to WGS-84 is below a metre


class Base(DeclarativeBase):
    """Fixed constraint names keep migrations stable; date ranges become `daterange`."""

    metadata = sa.MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own interface
        str: sa.Text,
        Range[date]: DATERANGE,
        datetime: sa.DateTime(timezone=True),
        list[str]: ARRAY(sa.Text),
        dict[str, Any]: JSONB,
    }


def geometry(kind: str) -> Geometry:
    """Return a geometry type without GeoAlchemy2's implicit index: every index is written down as an `Index`."""
    return Geometry(kind, srid=STORAGE_SRID, spatial_index=False)


def on_earth(column: str) -> str:
    """Return the condition that a geometry is valid, not empty, and finite: PostGIS itself stores NaN and infinity."""
    return (
        f"not ST_IsEmpty({column}) and ST_IsValid({column}) and ST_XMin({column}) >= -180 and ST_XMax({column}) <= 180"
        f" and ST_YMin({column}) >= -90 and ST_YMax({column}) <= 90"
    )


def one_of(column: str, values: type | tuple[str, ...]) -> sa.CheckConstraint:
    """Return the check that a text column holds one of some values (an enumeration or a tuple)."""
    listed = ", ".join(f"'{value}'" for value in values)  # type: ignore[union-attr]
    return sa.CheckConstraint(f"{column} in ({listed})", name=column)


def period(column: str) -> sa.CheckConstraint:
    """Return the check that a daterange holds a day, and that its bounds are days that Python knows (or none)."""
    return sa.CheckConstraint(
        f"not isempty({column}) and coalesce(lower({column}), '2000-01-01') >= '1000-01-01'"
        f" and coalesce(upper({column}), '2000-01-01') <= '9999-12-31'",
        name=column,
    )


def read_sql(package: str, name: str) -> str:
    """Read a named `.sql` file that lies beside its reader."""
    return files(package).joinpath(name).read_text("utf-8")


def typed(query: str, **types: TypeEngine[Any] | type[TypeEngine[Any]]) -> sa.TextClause:
    """Return a statement whose parameters have their types: untyped, a null or a range operator is ambiguous.

    Parameters
    ----------
    query
        SQL with ``:name`` parameters.
    **types
        The type of each parameter; those that `query` does not name are left out.
    """
    return sa.text(query).bindparams(
        *(sa.bindparam(name, type_=kind) for name, kind in types.items() if re.search(rf"(?<!:):{name}\b", query))
    )


@dataclass(frozen=True)
class Database:
    """The two doors to one database.

    Parameters
    ----------
    url
        Address for the runtime role, which reads and writes rows.
    owner_url
        Address for the owner role, which changes tables.
    """

    url: str
    owner_url: str
    _private: PrivatePostgis | None = field(default=None, repr=False)

    @cached_property
    def engine(self) -> sa.Engine:
        """Connections that write: one transaction per `Session`."""
        return sa.create_engine(self.url, pool_pre_ping=True, pool_size=8, max_overflow=8, connect_args=PATIENCE)

    @cached_property
    def reading_engine(self) -> sa.Engine:
        """Connections for one-shot reads: no transaction around a single statement, prepared at once."""
        engine = sa.create_engine(
            self.url,
            isolation_level="AUTOCOMMIT",
            pool_size=16,
            max_overflow=0,
            pool_reset_on_return=None,
            # $1 is what PostgreSQL itself reads: psycopg would search a long statement for its %s at every call.
            paramstyle="numeric_dollar",
            connect_args={
                **PATIENCE,
                "cursor_factory": psycopg.RawCursor,
                "prepare_threshold": 0,
                # A click is asked thousands of times with the same shape: planned once, not five times and compared.
                "options": "-c plan_cache_mode=force_generic_plan -c default_transaction_read_only=on",
            },
        )
        # In place of `pool_pre_ping`, which would make two round trips of every click.
        sa.event.listen(engine, "checkin", _note_rest)
        sa.event.listen(engine, "checkout", _replace_dead)
        return engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session for reads; nothing can be written through it."""
        with Session(self.reading_engine) as session:
            yield session

    @contextmanager
    def writing(self, actor: str) -> Iterator[Session]:
        """Give a session whose writes are recorded under `actor`; it commits at the end, or rolls back on an error.

        Parameters
        ----------
        actor
            Who acts, as it stands in the audit record: `user:<name>`, `cli:<login>`, `import:<file>`.
        """
        with Session(self.engine, info={"actor": actor}) as session, session.begin():
            yield session

    def close(self) -> None:
        """Let go of all connections and, where the server is private, count this process out."""
        for name in ("engine", "reading_engine"):
            if engine := self.__dict__.pop(name, None):
                engine.dispose()
        if self._private:
            self._private.release()


RESTED = 5.0  # seconds after which a connection is asked whether it still answers


def _note_rest(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["resting since"] = time.monotonic()


def _replace_dead(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _fairy: object) -> None:
    """Have the pool replace a connection whose server is gone, by a restart for instance.

    A server that says goodbye leaves something to read, which costs no round trip to see. One that vanished, or a
    firewall that forgot a resting connection, says nothing: what rested for long is asked.
    """
    now = time.monotonic()
    try:
        heard = select.poll()
        heard.register(connection.fileno(), select.POLLIN)
        gone = bool(heard.poll(0))
        if not gone and now - record.info.get("resting since", now) > RESTED:
            connection.execute("select", prepare=False)
    except psycopg.Error as error:
        raise sa.exc.DisconnectionError from error
    if gone:
        raise sa.exc.DisconnectionError


@sa.event.listens_for(Session, "after_begin")
def _name_the_actor(session: Session, _transaction: object, connection: sa.Connection) -> None:
    # The audit triggers refuse a write whose transaction names no actor.
    if actor := session.info.get("actor"):
        connection.execute(_SET_ACTOR, {"actor": actor})


_SET_ACTOR = sa.text("select set_config('gridmap.actor', :actor, true)")


def open_database(settings: Settings) -> Database:
    """Return the database of an installation, starting the private one where no address is configured.

    Raises
    ------
    NotConfigured, Unavailable
        See `PrivatePostgis.acquire`.
    """
    if settings.database_url:
        _identity(settings.database_url)
        return Database(settings.database_url, settings.owner_url or settings.database_url)
    from gridmap.postgis import OWNER, RUNTIME

    private = PrivatePostgis(settings.data).acquire()
    database = Database(private.url(RUNTIME), private.url(OWNER), private)
    atexit.register(database.close)
    return database


def upgrade(database: Database) -> None:
    """Bring the tables to the newest revision and give the runtime role its rights on them.

    Raises
    ------
    NotConfigured
        The database lacks something (the message says the statements to run), the two addresses lead to two
        databases, or a newer GridMap made the tables.
    Unavailable
        The database does not answer.
    """
    runtime, there = _identity(database.url)
    owner, here = _identity(database.owner_url)
    if there != here:
        raise NotConfigured("DATABASE_URL and GRIDMAP_OWNER_URL lead to two different databases; give both the same")
    config = alembic_config()
    script = ScriptDirectory.from_config(config)
    with _once(database.owner_url) as connection, connection.begin():
        require(connection, runtime)
        # Two programs that start together must not both migrate.
        connection.execute(sa.text("select pg_advisory_xact_lock(hashtext('gridmap migration'))"))
        connection.execute(_SET_ACTOR, {"actor": "migration"})
        current = MigrationContext.configure(connection).get_current_revision()
        if current not in {None, *(known.revision for known in script.walk_revisions())}:
            raise NotConfigured(
                "the tables are at revision {revision}, which this program does not know; install the newer GridMap",
                revision=current,
            )
        outdated = current != script.get_current_head()
        if outdated:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        # Not on every start: each grant makes every running worker plan its statements anew.
        if runtime != owner and (outdated or not connection.scalar(_HAS_RIGHTS, {"role": runtime})):
            connection.execute(sa.text("select grant_runtime(:role)"), {"role": runtime})


_HAS_RIGHTS = sa.text("select has_table_privilege(:role, 'role', 'insert')")
_IDENTITY = sa.text(
    "select current_user, concat(pg_postmaster_start_time(), oid) from pg_database where datname = current_database()"
)


def _identity(url: str) -> tuple[str, str]:
    """Who one is at an address, and which database of which server that is."""
    with _once(url) as connection:
        role, database = connection.execute(_IDENTITY).one()
    return role, database


@contextmanager
def _once(url: str) -> Iterator[sa.Connection]:
    """A connection outside every pool; that nobody answers is told in one line."""
    # The client's encoding is said, or a server that knows none would answer in bytes before it can be refused.
    options = {**PATIENCE, "client_encoding": "utf8"}
    try:
        with sa.create_engine(url, poolclass=sa.NullPool, connect_args=options).connect() as connection:
            yield connection
    except OperationalError as error:
        raise Unavailable("the database does not answer: {reason}", reason=_first_line(error)) from error


def revision(session: Session) -> tuple[str | None, str | None]:
    """Return the revision of the tables and the newest revision that this program knows."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    return MigrationContext.configure(session.connection()).get_current_revision(), head


def alembic_config(connection: sa.Connection | None = None) -> Config:
    """Return Alembic's configuration; there is no ini file, the script folder lies in this package."""
    config = Config()
    config.set_main_option("script_location", str(files("gridmap").joinpath("migrations")))
    config.attributes["connection"] = connection
    return config


def _first_line(error: BaseException) -> str:
    return str(error.__cause__ or error).strip().splitlines()[0]
