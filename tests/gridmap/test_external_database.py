"""A database that somebody else runs: what it must have, what GridMap says when it lacks it, one role or two."""

from __future__ import annotations

import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from shapely import box

from gridmap.database import Database, open_database, revision, upgrade
from gridmap.errors import NotConfigured, Unavailable
from gridmap.postgis import RUNTIME_SETTINGS, PrivatePostgis, server_binaries
from gridmap.settings import Settings
from tests.gridmap.conftest import Town
from web.commands import main

PAGE = Path(__file__).parents[2] / "docs" / "database.md"


class Server:
    """The test cluster as an IT person's server, reached by address alone."""

    def __init__(self, cluster: PrivatePostgis) -> None:
        self.cluster = cluster
        self.name = f"office_{uuid.uuid4().hex[:8]}"
        self.owner, self.app = f"{self.name}_owner", f"{self.name}_app"

    def run(self, *statements: str, database: str = "postgres") -> None:
        with self.cluster.superuser(database) as connection:
            for statement in statements:
                connection.execute(statement)

    def inside(self, *statements: str) -> None:
        self.run(*statements, database=self.name)

    def address(self, role: str, database: str | None = None) -> str:
        return f"postgresql://{role}@/{database or self.name}?host={self.cluster.socket_dir}"

    def opened(self, role: str | None = None) -> Database:
        """The database as two roles, or as one."""
        role = role or self.app
        owner = None if role != self.app else self.address(self.owner)
        return open_database(Settings(database_url=self.address(role), owner_url=owner))

    def refusal(self) -> str:
        """What an upgrade says, and its statements."""
        with pytest.raises(NotConfigured) as caught:
            upgrade(self.opened())
        return str(caught.value).partition(self.name)[2]

    def obey(self, refusal: str) -> None:
        """Do what the refusal asks for: nothing else."""
        self.inside(*filter(None, refusal.partition("run in it: ")[2].split("; ")))


@pytest.fixture
def server(cluster: PrivatePostgis) -> Iterator[Server]:
    """A server with a role for the owner and one for the app, and no database yet."""
    server = Server(cluster)
    server.run(f"create role {server.owner} login", f"create role {server.app} login")
    yield server
    server.run(
        f"drop database if exists {server.name} with (force)", f"drop role {server.owner}", f"drop role {server.app}"
    )


@pytest.fixture
def ready(server: Server) -> Server:
    """A server with the database that the page asks for, without tables."""
    server.run(f"create database {server.name} owner {server.owner} encoding 'UTF8' template template0")
    server.inside("create extension postgis", "create extension btree_gist")
    return server


def plant(database: Database) -> None:
    with database.writing("test") as session:
        Town(session).place("T", "community", box(113.1, 41.03, 113.11, 41.04))


def privilege(database: Database, statement: str) -> str | None:
    """SQLSTATE of what refuses a statement to the runtime role."""
    try:
        with database.writing("test") as session:
            session.execute(sa.text(statement))
    except sa.exc.ProgrammingError as error:
        return str(error.orig.sqlstate)  # type: ignore[union-attr]
    return None


def test_the_statements_of_the_page_are_all_it_takes(server: Server, tmp_path: Path) -> None:
    server.run(f"drop role {server.owner}", f"drop role {server.app}")
    text = PAGE.read_text("utf-8")
    script = re.search(r"```sql\n(create role.*?)```", text, re.DOTALL)
    assert script
    names = {"gridmap_owner": server.owner, "gridmap_app": server.app, "gridmap": server.name}
    statements = re.sub(r"\bgridmap(_owner|_app)?\b", lambda match: names[match[0]], script[1])
    psql = [
        server_binaries() / "psql",
        "-X",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        server.cluster.socket_dir,
        "-U",
        "postgres",
        "postgres",
    ]
    subprocess.run(psql, input=statements, text=True, check=True, capture_output=True)

    database = server.opened()
    upgrade(database)
    plant(database)
    with database.reading() as session:
        assert {name: session.scalar(sa.text(f"show {name}")) for name in RUNTIME_SETTINGS} == RUNTIME_SETTINGS
        assert session.scalar(sa.text("select current_user")) == server.app
    database.close()


def test_two_roles_share_the_work(ready: Server) -> None:
    database = ready.opened()
    upgrade(database)
    plant(database)
    assert privilege(database, "alter table place add column x int") == "42501"
    assert privilege(database, "delete from audit_record") == "42501"
    with database.reading() as session:
        assert (
            session.scalar(sa.text("select distinct tableowner from pg_tables where tablename = 'place'"))
            == ready.owner
        )
        current, head = revision(session)
    assert current == head
    database.close()


def test_one_role_does_both_jobs(ready: Server) -> None:
    database = ready.opened(ready.owner)
    upgrade(database)
    upgrade(database)
    plant(database)
    with database.reading() as session:
        assert session.scalar(sa.text("select count(*) from audit_record where actor = 'test'")) == 2
    database.close()


def test_a_new_runtime_role_gets_its_rights_at_the_next_start(ready: Server) -> None:
    upgrade(ready.opened(ready.owner))
    database = ready.opened()
    assert privilege(database, "select 1 from role") == "42501"
    upgrade(database)
    plant(database)
    database.close()


def test_rights_are_not_given_anew_on_every_start(ready: Server) -> None:
    database = ready.opened()
    upgrade(database)
    query = sa.text("select sum(xmin::text::bigint) from pg_class")
    with database.reading() as session:
        before = session.scalar(query)
        upgrade(database)
        assert session.scalar(query) == before
    database.close()


# --- what is missing --------------------------------------------------------------------------------------------------


def test_missing_extensions_are_asked_for(server: Server) -> None:
    server.run(f"create database {server.name} owner {server.owner} template template0")
    refusal = server.refusal()
    assert refusal.endswith("run in it: create extension postgis; create extension btree_gist;")
    server.obey(refusal)
    upgrade(server.opened())


def test_a_missing_right_of_the_owner_is_asked_for(server: Server) -> None:
    server.run(f"create database {server.name} template template0")
    server.inside("create extension postgis", "create extension btree_gist")
    refusal = server.refusal()
    assert refusal.endswith(f"run in it: grant usage, create on schema public to {server.owner};")
    server.obey(refusal)
    upgrade(server.opened())


def test_a_right_too_many_of_the_runtime_role_is_taken_back(ready: Server) -> None:
    """Databases that were first made by PostgreSQL 14 let everybody create in `public`."""
    ready.inside("grant create on schema public to public")
    refusal = ready.refusal()
    assert refusal.endswith(f"run in it: revoke create on schema public from public, {ready.app};")
    ready.obey(refusal)
    upgrade(ready.opened())


def test_postgis_may_live_in_a_schema_of_its_own(server: Server) -> None:
    server.run(f"create database {server.name} owner {server.owner} template template0")
    server.inside("create schema gis", "create extension postgis schema gis", "create extension btree_gist schema gis")
    refusal = server.refusal()
    assert refusal.endswith(
        f"grant usage on schema gis to public; alter database {server.name} set search_path = public, gis;"
    )
    server.obey(refusal)
    database = server.opened()
    upgrade(database)
    plant(database)
    with database.writing("test") as session, pytest.raises(sa.exc.IntegrityError, match="lies outside the envelope"):
        session.execute(sa.text("update place_version set geom = ST_Translate(geom, 1, 0)"))
    database.close()


def test_a_database_that_holds_no_chinese_is_refused(server: Server) -> None:
    server.run(f"create database {server.name} owner {server.owner} encoding 'SQL_ASCII' locale 'C' template template0")
    refusal = server.refusal()
    assert " is encoded in SQL_ASCII; make one that holds Chinese: create database" in refusal


def test_nothing_is_made_in_a_database_that_is_not_ready(server: Server) -> None:
    server.run(f"create database {server.name} owner {server.owner} template template0")
    server.refusal()
    with server.cluster.superuser(server.name) as connection:
        assert connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() == (0,)


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("postgresql://app:secret@127.0.0.1:1/gridmap", "Connection refused"),
        ("postgresql://app:secret@/gridmap?host=/no/such/folder", "No such file"),
        ("postgresql://app:secret@no-such-host.invalid/gridmap", "resolve|service not known|resolution"),
    ],
)
def test_an_address_at_which_nobody_answers_is_told_in_a_line(address: str, reason: str) -> None:
    with pytest.raises(Unavailable, match=rf"the database does not answer: .*({reason})") as caught:
        open_database(Settings(database_url=address))
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_database_or_role_that_does_not_exist_is_named(server: Server) -> None:
    with pytest.raises(Unavailable, match="nowhere"):
        open_database(Settings(database_url=server.address(server.app, "nowhere")))
    with pytest.raises(Unavailable, match='role "nobody_at_all" does not exist'):
        open_database(Settings(database_url=server.address("nobody_at_all", "postgres")))


def test_two_addresses_lead_to_one_database(ready: Server) -> None:
    settings = Settings(database_url=ready.address(ready.app), owner_url=ready.address(ready.owner, "postgres"))
    with pytest.raises(NotConfigured, match="lead to two different databases"):
        upgrade(open_database(settings))


# --- upgrades ---------------------------------------------------------------------------------------------------------


def test_two_programs_that_start_together_upgrade_once(ready: Server) -> None:
    database = ready.opened()
    with ThreadPoolExecutor(3) as programs:
        for _ in programs.map(upgrade, [database] * 3):
            pass
    plant(database)
    database.close()


def test_tables_of_a_newer_gridmap_are_left_alone(new_database: Callable[..., Database]) -> None:
    database = new_database()
    owner = sa.create_engine(database.owner_url, poolclass=sa.NullPool)
    with owner.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(NotConfigured, match="revision 9999, which this program does not know; install the newer"):
        upgrade(database)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://app:secret@host:port/gridmap",
        "mysql://app:secret@host/gridmap",
        "host=office dbname=gridmap",
        "postgresql://app:sec/ret@host:/x:y",
    ],
)
def test_an_address_that_is_none_is_named_without_its_password(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.setattr("sys.argv", ["gridmap", "db", "status"])
    with pytest.raises(SystemExit, match="1"):
        main()
    said = capsys.readouterr().err
    assert said.startswith("gridmap: DATABASE_URL: ")
    assert said.count("\n") == 1
    assert "secret" not in said
