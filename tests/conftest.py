"""Database fixtures: one throw-away cluster a run, one migrated template, a clone where needed, a rollback a test."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from geodata.load import store
from geodata.sample import community
from gridmap.database import Database, upgrade
from gridmap.postgis import OWNER, RUNTIME, PrivatePostgis, create_database
from gridmap.settings import Settings

TEMPLATE = "template_gridmap"
SAMPLE_DAY = date(2026, 6, 1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[PrivatePostgis]:
    """A PostGIS server of this run alone; a machine without one fails here, it does not skip."""
    # Outside pytest's own folder, which is closed to the user `postgres` when tests run as root.
    folder = Path(tempfile.gettempdir())
    for left in folder.glob("gm-test-*"):
        PrivatePostgis(left, durable=False).destroy_abandoned()  # by a run that was killed
    private = PrivatePostgis(folder / f"gm-test-{uuid.uuid4().hex[:10]}", durable=False)
    private.acquire()
    try:
        yield private
    finally:
        private.destroy()


@pytest.fixture(scope="session")
def new_database(cluster: PrivatePostgis) -> Iterator[Callable[..., Database]]:
    """A function that gives a fresh database: migrated, or a copy of another one that nobody uses now."""
    made: list[Database] = []

    def new(template: str | None = TEMPLATE) -> Database:
        name = f"test_{len(made)}"
        with psycopg.connect(
            host=str(cluster.socket_dir), user="postgres", dbname="postgres", autocommit=True
        ) as server:
            if (
                template == TEMPLATE
                and not server.execute("select 1 from pg_database where datname = %s", [TEMPLATE]).fetchone()
            ):
                create_database(server, TEMPLATE, "gridmap")
                with _database(cluster, TEMPLATE) as blank:
                    upgrade(blank)
            create_database(server, name, template or "gridmap")
        database = Database(cluster.url(RUNTIME, name), cluster.url(OWNER, name))
        made.append(database)
        return database

    yield new
    for database in made:
        database.close()


@contextmanager
def _database(cluster: PrivatePostgis, name: str) -> Iterator[Database]:
    database = Database(cluster.url(RUNTIME, name), cluster.url(OWNER, name))
    yield database
    database.close()  # a database with open connections cannot be a template


@pytest.fixture(scope="session")
def database(new_database: Callable[..., Database]) -> Database:
    """The migrated database that tests with a `session` share; they leave nothing in it."""
    return new_database()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session of the runtime role; whatever the test commits is a savepoint that is rolled back at the end."""
    with database.engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint", info={"actor": "test"}) as session:
            # A commit is only simulated here, so deferred constraints must be told to look.
            sa.event.listen(session, "before_commit", _look_at_constraints)
            yield session
        outer.rollback()


def _look_at_constraints(session: Session) -> None:
    session.flush()
    session.execute(sa.text("set constraints all immediate"))
    session.execute(sa.text("set constraints all deferred"))


@pytest.fixture
def statements() -> Callable[[sa.Engine], object]:
    """A context that lists the statements an engine runs: `with statements(engine) as seen: …`."""

    @contextmanager
    def recorded(engine: sa.Engine) -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)

    return recorded


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared test data; where it is absent the test is skipped, on CI it fails."""
    folder = Settings().shared
    if not folder.is_dir():
        reason = f"shared test data are not at {folder}: set GRIDMAP_SHARED"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder.resolve()


def run_gridmap(database: Database, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Call the `gridmap` command on a test database, as a user would."""
    command = [sys.executable, "-c", "from web.commands import main; main()", *map(str, arguments)]
    environment = os.environ | {"DATABASE_URL": database.url, "GRIDMAP_OWNER_URL": database.owner_url}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def helsinki(new_database: Callable[..., Database], shared: Path) -> Database:
    """A database with the real extract and its roster, imported by the command; tests leave it as it is."""
    database = new_database()
    folder = shared / "data" / "osm"
    drawn = [f"--{name}" for name in ("boundary", "compounds", "cells")]
    files = [folder / f"helsinki_{name}.geojson" for name in ("boundary", "compounds", "grid_cells")]
    options = [part for pair in zip(drawn, files, strict=True) for part in pair]
    for call in (["import", folder / "helsinki.osm.pbf", *options], ["import", folder / "helsinki_roster.xlsx"]):
        done = run_gridmap(database, *call)
        assert done.returncode == 0, done.stderr
    return database


@pytest.fixture(scope="session")
def sample(new_database: Callable[..., Database]) -> Database:
    """A database with the sample community as of `SAMPLE_DAY`; tests leave it as it is."""
    database = new_database()
    with database.writing("test") as session:
        store(session, community(as_of=SAMPLE_DAY))
    return database
