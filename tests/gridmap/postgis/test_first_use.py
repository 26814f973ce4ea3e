"""What the private server is when it was made, and who can reach it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gridmap.errors import NotConfigured
from gridmap.postgis import (
    OWNER,
    RUNTIME,
    RUNTIME_SETTINGS,
    PrivatePostgis,
    cluster,
    folders,
    programs,
)
from tests.gridmap.postgis.conftest import NOBODY, ROOT, Child, query


def test_owner_and_runtime_are_no_superusers(private: PrivatePostgis) -> None:
    with private.superuser() as server:
        roles = server.execute(
            "select rolname, rolcanlogin, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls "
            "from pg_roles where rolname like 'gridmap%%' order by 1"
        ).fetchall()
    assert roles == [(RUNTIME, True, False), (OWNER, True, False)]


def test_the_runtime_role_has_its_limits(private: PrivatePostgis) -> None:
    with private.superuser() as server:
        rows = server.execute(
            "select rolname, rolconfig from pg_roles where rolname like 'gridmap%%' order by 1"
        ).fetchall()
    assert rows == [(RUNTIME, [f"{name}={value}" for name, value in RUNTIME_SETTINGS.items()]), (OWNER, None)]
    assert query(private.url(RUNTIME), "show statement_timeout") == [("5s",)]


def test_the_database_belongs_to_the_owner_and_has_its_extensions(private: PrivatePostgis) -> None:
    facts = "select datdba::regrole::text, pg_encoding_to_char(encoding), datcollate from pg_database where datname = current_database()"
    assert query(private.url(OWNER), facts) == [(OWNER, "UTF8", "C.UTF-8")]
    extensions = query(private.url(OWNER), "select extname from pg_extension order by 1")
    assert extensions == [("btree_gist",), ("plpgsql",), ("postgis",)]


def test_the_second_use_makes_nothing_anew(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    run = programs.run
    monkeypatch.setattr(
        cluster, "run", lambda program, *rest, **named: (ran.append(program.name), run(program, *rest, **named))
    )
    with PrivatePostgis(home, durable=False) as private:
        age = "select max(age(xmin)) from pg_authid where rolname like 'gridmap%%'"
        with private.superuser() as server:
            before = server.execute("select count(*), sum(xmin::text::bigint) from pg_db_role_setting").fetchone()
            assert server.execute(age).fetchone()
        with PrivatePostgis(home, durable=False), private.superuser() as server:
            assert (
                server.execute("select count(*), sum(xmin::text::bigint) from pg_db_role_setting").fetchone() == before
            )
    assert ran == ["pg_ctl", "pg_ctl"]


def test_a_process_that_is_in_already_is_counted_once(home: Path) -> None:
    private = PrivatePostgis(home, durable=False)
    private.acquire().acquire().release()
    assert not private.running
    private.release()


# --- who can reach it -------------------------------------------------------------------------------------------------


def test_the_socket_is_closed_to_everybody_else(private: PrivatePostgis) -> None:
    for path in (private.socket_dir, private.socket_dir / cluster.SOCKET_NAME, private.data):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    with private.superuser() as server:
        assert server.execute("show listen_addresses").fetchone() == ("",)
    if ROOT:
        child = Child(
            private.home,
            f"print(psycopg.connect(host={str(private.socket_dir)!r}, user='postgres', dbname='postgres'))",
            NOBODY,
        )
        with pytest.raises(AssertionError, match="Permission denied"):
            child.says()
        child.process.communicate()


def test_the_socket_lies_beside_the_data() -> None:
    assert folders.socket_folder(Path("/var/lib/gridmap"), cluster.SOCKET_NAME, 1) == Path(
        "/var/lib/gridmap/postgres.socket"
    )


@pytest.mark.parametrize(
    "home",
    ["/srv/" + "long/" * 20, "/home/张三/gridmap", "/srv/a b", "/srv/a,b", "/srv/it's", "/srv/100%", "/" + "楼" * 80],
)
def test_the_path_of_a_socket_is_short_and_plain(home: str) -> None:
    folder = folders.socket_folder(Path(home), cluster.SOCKET_NAME, 1)
    assert folder.parent == Path("/tmp")
    assert folder.name.startswith("gm-")
    assert len(os.fsencode(folder / cluster.SOCKET_NAME)) <= folders.SOCKET_PATH_LIMIT
    assert folder != folders.socket_folder(Path(home), cluster.SOCKET_NAME, 2)
    assert folder != folders.socket_folder(Path(home + "x"), cluster.SOCKET_NAME, 1)


def test_the_longest_path_beside_the_data_still_fits() -> None:
    name = "x" * (folders.SOCKET_PATH_LIMIT - len(f"//postgres.socket/{cluster.SOCKET_NAME}"))
    assert folders.socket_folder(Path("/" + name), cluster.SOCKET_NAME, 1).parent == Path("/" + name)
    assert folders.socket_folder(Path("/x" + name), cluster.SOCKET_NAME, 1).parent == Path("/tmp")


def test_a_home_with_an_odd_name_works(tree: Path) -> None:
    with PrivatePostgis(tree / "数据 it's, 100%" / ("long" * 20), durable=False) as private:
        assert query(private.url(RUNTIME), "select 1") == [(1,)]
    assert not private.running
    private.destroy()
    assert not private.socket_dir.exists()


@pytest.mark.parametrize("name", ["a$b", 'a"b', "a`b", "a\\b", "a\nb"])
def test_a_name_that_a_shell_would_read_is_refused(tree: Path, name: str) -> None:
    with pytest.raises(NotConfigured, match="holds a character"):
        PrivatePostgis(tree / name).acquire()
    assert not (tree / name).exists()


def test_somebodys_postgresql_environment_changes_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGPORT": "6000",
        "PGHOST": "localhost",
        "PGDATA": "/x",
        "PGUSER": "x",
        "PGDATABASE": "x",
        "TMPDIR": "/x",
    }.items():
        monkeypatch.setenv(name, value)
    with PrivatePostgis(home, durable=False) as private:
        assert query(private.url(RUNTIME), "select current_user::text, current_database()::text") == [
            (RUNTIME, "gridmap")
        ]
