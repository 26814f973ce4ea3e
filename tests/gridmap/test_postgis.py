"""The private server: real clusters in folders of their own, used, killed and planted against."""

from __future__ import annotations

import ctypes
import math
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pytest
import sqlalchemy as sa

from gridmap.errors import NotConfigured, Unavailable
from gridmap.postgis import (
    OWNER,
    RUNTIME,
    RUNTIME_SETTINGS,
    PrivatePostgis,
    cluster,
    folders,
    programs,
    server_binaries,
)

ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody")


@pytest.fixture(scope="module")
def tree() -> Iterator[Path]:
    """A folder that the user `postgres` can reach; pytest's own is closed to it when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="gm-test-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    for child in Child.running:
        child.kill()
        child.communicate()
    for home in sorted(path.parent for path in folder.glob("**/postgres.users")):
        PrivatePostgis(home, durable=False).destroy()
    shutil.rmtree(folder)
    assert processes_in(folder) == []


def processes_in(folder: Path) -> list[str]:
    """Processes that work in a folder: every process of a server stands in its data folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if str(entry.readlink()).startswith(f"{folder}/"):
                found.append((entry.parent / "cmdline").read_text("utf-8", "replace"))
    return found


@pytest.fixture(scope="module")
def home(tree: Path) -> Path:
    """A home whose cluster was made and is stopped; every test leaves it so."""
    PrivatePostgis(tree / "home", durable=False).acquire().release()
    return tree / "home"


@pytest.fixture
def private(home: Path) -> Iterator[PrivatePostgis]:
    """The cluster of `home`, running."""
    with PrivatePostgis(home, durable=False) as private:
        yield private


class Child:
    """A process of its own that uses the cluster until it is told to go."""

    running: ClassVar[list[subprocess.Popen[str]]] = []

    def __init__(self, home: Path, script: str = "", uid: pwd.struct_passwd | None = None) -> None:
        program = textwrap.dedent(
            f"""
            import encodings.ascii, os, sys, psycopg  # what `nobody` may not read is read now
            from pathlib import Path
            from gridmap.postgis import PrivatePostgis
            uid, gid = {(uid.pw_uid, uid.pw_gid) if uid else (None, None)}
            if uid is not None:
                os.setgroups([]); os.setgid(gid); os.setuid(uid)
            private = PrivatePostgis(Path({str(home)!r}), durable=False)
            """
        )
        program += textwrap.dedent(script or USE)
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(self.process)

    def says(self) -> str:
        assert self.process.stdout
        if line := self.process.stdout.readline():
            return line.strip()
        assert self.process.stderr
        raise AssertionError(self.process.stderr.read())

    def leaves(self) -> None:
        _, said = self.process.communicate("go\n", timeout=60)
        assert self.process.returncode == 0, said

    def is_killed(self) -> None:
        self.process.kill()
        self.process.communicate()


USE = """
private.acquire()
with private.superuser() as server:
    print(*server.execute("select system_identifier, pg_postmaster_start_time()::text from pg_control_system()").fetchone(), flush=True)
sys.stdin.readline()
with private.superuser() as server:
    server.execute("select 1")
private.release()
"""


def kill(private: PrivatePostgis) -> int:
    """Kill the server as the kernel does when memory runs out: no word, no clean end."""
    pid = int((private.data / "postmaster.pid").read_text().split("\n", 1)[0])
    os.kill(pid, signal.SIGKILL)
    return pid


@contextmanager
def adopting() -> Iterator[None]:
    """Orphans of this process become its children: the test reaps, or does not reap, the killed server."""
    set_child_subreaper = 36
    prctl = ctypes.CDLL(None).prctl
    assert prctl(set_child_subreaper, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        prctl(set_child_subreaper, 0, 0, 0, 0)


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


# --- what the first use makes -----------------------------------------------------------------------------------------


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


# --- folders of somebody else -----------------------------------------------------------------------------------------


def test_a_planted_folder_is_refused(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tree / "planted"
    planted.mkdir()
    monkeypatch.setattr(folders.os, "geteuid", lambda: planted.stat().st_uid + 1)
    with pytest.raises(NotConfigured, match="planted is not the database's own folder"):
        folders.private(planted, None)


def test_a_link_in_place_of_a_folder_is_refused(tree: Path) -> None:
    base = tree / "linked"
    base.mkdir(mode=0o711)
    for name in ("postgres", "postgres.socket"):
        (base / name).symlink_to(tempfile.gettempdir())
        with pytest.raises(NotConfigured, match=f"{name} is not the database's own folder"):
            PrivatePostgis(base).acquire()
        (base / name).unlink()


def test_a_home_of_somebody_else_is_refused(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tree / "foreign"
    base.mkdir(mode=0o711)
    if ROOT:
        os.chown(base, NOBODY.pw_uid, NOBODY.pw_gid)
    else:
        monkeypatch.setattr(folders.os, "geteuid", lambda: base.stat().st_uid + 1)
    with pytest.raises(NotConfigured, match=r"it belongs to .*; run GridMap as that user"):
        PrivatePostgis(base).acquire()


def test_a_home_that_everybody_can_write_into_is_refused(tree: Path) -> None:
    base = tree / "open"
    base.mkdir()
    base.chmod(0o777)
    with pytest.raises(NotConfigured, match="everybody can write into"):
        PrivatePostgis(base).acquire()


def test_a_home_that_cannot_be_made_is_refused(tree: Path) -> None:
    (tree / "file").write_text("x")
    with pytest.raises(NotConfigured, match=r"cannot be used \(Not a directory\); set GRIDMAP_DATA"):
        PrivatePostgis(tree / "file" / "home").acquire()
    with pytest.raises(NotConfigured, match=r"cannot be used \(Not a directory\)"):
        PrivatePostgis(tree / "file").acquire()


def test_a_home_behind_a_closed_folder_is_refused(tree: Path) -> None:
    closed = tree / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(NotConfigured, match="closed is closed to the user nobody"):
        folders.check_passage(closed, NOBODY)
    if ROOT:
        with pytest.raises(NotConfigured, match=r"closed is closed to the user postgres.*below /var/lib"):
            PrivatePostgis(closed / "home").acquire()


def test_a_strict_umask_closes_nothing_that_must_be_open(tree: Path) -> None:
    before = os.umask(0o077)
    try:
        folders.prepare_home(tree / "strict", passable=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tree / "strict").stat().st_mode) == 0o711


def test_a_folder_with_something_else_in_it_is_left_alone(tree: Path) -> None:
    private = PrivatePostgis(tree / "full", durable=False)
    private.data.mkdir(parents=True, mode=0o700)
    (tree / "full").chmod(0o711)
    if private.user:
        os.chown(private.data, private.user.pw_uid, private.user.pw_gid)
    (private.data / "letter.txt").write_text("keep me")
    with pytest.raises(NotConfigured, match="postgres cannot be used"):
        private.acquire()
    assert (private.data / "letter.txt").read_text() == "keep me"


def test_an_ordinary_user_needs_no_other_user(tree: Path) -> None:
    """As root the child becomes `nobody`; otherwise it is whoever runs the tests."""
    base = tree / "ordinary"
    base.mkdir(mode=0o711)
    if ROOT:
        os.chown(base, NOBODY.pw_uid, NOBODY.pw_gid)
    child = Child(base / "home", uid=NOBODY if ROOT else None)
    child.says()
    owners = {path.stat().st_uid for path in (base / "home").rglob("*")}
    assert owners == {NOBODY.pw_uid if ROOT else os.geteuid()}
    assert stat.S_IMODE((base / "home").stat().st_mode) == 0o700
    child.leaves()
    assert processes_in(base) == []
    shutil.rmtree(base)


# --- shared use -------------------------------------------------------------------------------------------------------


def test_the_last_one_out_stops_the_server(home: Path) -> None:
    private = PrivatePostgis(home, durable=False)
    one, other = Child(home), Child(home)
    assert one.says() == other.says()
    one.leaves()
    assert private.running
    other.leaves()
    assert not private.running
    assert processes_in(home) == []


def test_a_killed_user_leaves_the_others_their_server(home: Path) -> None:
    private = PrivatePostgis(home, durable=False)
    one, other = Child(home), Child(home)
    one.says()
    other.says()
    one.is_killed()
    assert private.running
    other.leaves()
    assert not private.running


def test_a_server_whose_last_user_was_killed_is_taken_over(home: Path) -> None:
    private = PrivatePostgis(home, durable=False)
    killed = Child(home)
    identity = killed.says()
    killed.is_killed()
    assert private.running
    later = Child(home)
    assert later.says() == identity
    later.leaves()
    assert not private.running


def test_a_forked_child_does_not_leave_for_its_parent(home: Path) -> None:
    script = """
    private.acquire()
    child = os.fork()
    if child == 0:
        private.release()
        os._exit(0)
    os.waitpid(child, 0)
    print(private.running, flush=True)
    private.release()
    print(private.running, flush=True)
    """
    child = Child(home, script)
    assert (child.says(), child.says()) == ("True", "False")
    child.leaves()


def test_of_four_that_start_at_once_one_starts_the_server(tree: Path) -> None:
    """On a new folder, in which somebody was killed while making the cluster."""
    base = tree / "four"
    (base / "postgres.making").mkdir(parents=True)
    base.chmod(0o711)
    (base / "postgres.making" / "PG_VERSION").write_text("15\n")
    children = [Child(base) for _ in range(4)]
    said = {child.says() for child in children}
    assert len(said) == 1
    for child in children:
        child.leaves()
    assert not (base / "postgres.making").exists()
    assert processes_in(base) == []


# --- killed and broken servers ----------------------------------------------------------------------------------------


def test_committed_rows_outlive_the_kill_of_the_server(tree: Path) -> None:
    """Durable as in production; eight writers, the postmaster killed among them, the next user recovers."""
    private = PrivatePostgis(tree / "durable")
    acknowledged: set[int] = set()
    with adopting(), private:
        with private.superuser() as server:
            server.execute("create table written (n int primary key)")

        def write(offset: int) -> None:
            with suppress(psycopg.Error), private.superuser() as server:
                for n in range(offset, 1_000_000, 8):
                    server.execute("insert into written values (%s)", [n])
                    acknowledged.add(n)

        writers = [threading.Thread(target=write, args=(offset,)) for offset in range(8)]
        for writer in writers:
            writer.start()
        while len(acknowledged) < 200:
            time.sleep(0.01)
        pid = kill(private)
        reaper = threading.Timer(1.0, os.waitpid, (pid, 0))
        reaper.start()
        for writer in writers:
            writer.join()
        with PrivatePostgis(tree / "durable"), private.superuser() as server:
            found = {row[0] for row in server.execute("select n from written")}
        reaper.join()
    assert acknowledged <= found
    assert not private.running


def test_a_machine_that_reaps_nothing_is_told_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "START_PATIENCE", 0.5)
    with adopting():
        private = PrivatePostgis(home, durable=False).acquire()
        pid = kill(private)
        with pytest.raises(Unavailable, match=rf"process {pid}\) and nothing on this machine reaps.*init: true"):
            PrivatePostgis(home, durable=False).acquire()
        os.waitpid(pid, 0)
        monkeypatch.undo()
        with PrivatePostgis(home, durable=False) as again:
            assert again.running
        private.release()


def test_a_server_that_another_process_is_starting_is_waited_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = PrivatePostgis(home, durable=False)
    answers = iter(["starting", "starting"])
    answer = private._answer
    monkeypatch.setattr(private, "_answer", lambda: next(answers, None) or answer())
    with private:
        assert private.running


def test_a_start_that_cannot_succeed_says_why_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = PrivatePostgis(home, durable=False)
    settings = private.data / "postgresql.auto.conf"
    sound = settings.read_text()
    settings.write_text(sound + "nonsense = 1\n")
    monkeypatch.setattr(cluster, "START_PATIENCE", math.inf)  # to wait would be for ever
    try:
        with pytest.raises(Unavailable, match=r'its log ends: .*unrecognized configuration parameter "nonsense"'):
            private.acquire()
    finally:
        settings.write_text(sound)
    assert not private.running


def test_the_log_names_the_constraint_but_not_the_row(private: PrivatePostgis) -> None:
    with private.superuser("gridmap") as database:
        database.execute("create temp table t (phone text constraint too_short check (length(phone) > 20))")
        with pytest.raises(psycopg.errors.CheckViolation):
            database.execute("insert into t values (%s)", ["13800000000"])
    log = (private.data / "log").read_text()
    assert "too_short" in log
    assert "13800000000" not in log


def test_a_long_log_makes_room_when_the_server_starts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "LOG_LIMIT", 10)
    with PrivatePostgis(home, durable=False) as private:
        assert (private.data / "log.old").exists()
        assert "starting PostgreSQL" in (private.data / "log").read_text()


def test_data_of_another_version_ask_for_that_version(tree: Path) -> None:
    private = PrivatePostgis(tree / "old", durable=False)
    private.data.mkdir(parents=True, mode=0o700)
    (tree / "old").chmod(0o711)
    if private.user:
        os.chown(private.data, private.user.pw_uid, private.user.pw_gid)
    (private.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(
        NotConfigured, match="written by PostgreSQL 9, which is not installed; install postgresql-9 and"
    ):
        private.acquire()


def installed(folder: Path, *versions: str, postgis: tuple[str, ...]) -> None:
    for version in versions:
        (folder / "servers" / version / "bin").mkdir(parents=True)
        (folder / "servers" / version / "bin" / "initdb").touch()
        (folder / "extensions" / version / "extension").mkdir(parents=True)
        if version in postgis:
            (folder / "extensions" / version / "extension" / "postgis.control").touch()


def test_the_newest_server_with_postgis_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "9", "15", "16", "17", postgis=("15", "16"))
    monkeypatch.setattr(programs, "DEBIAN_SERVERS", tmp_path / "servers")
    monkeypatch.setattr(programs, "DEBIAN_EXTENSIONS", tmp_path / "extensions")
    assert server_binaries() == tmp_path / "servers" / "16" / "bin"
    assert server_binaries("15") == tmp_path / "servers" / "15" / "bin"


def test_a_machine_without_a_server_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "DEBIAN_SERVERS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotConfigured, match="no PostgreSQL server is installed; run `make setup`"):
        server_binaries()


def test_a_server_without_postgis_is_told_what_to_install(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "EXTENSIONS", ("postgis", "no_such_extension"))
    with pytest.raises(NotConfigured, match=r"without no_such_extension; on Debian: apt-get install postgresql-\d+ "):
        PrivatePostgis(home, durable=False).acquire()
    later = PrivatePostgis(home, durable=False)
    monkeypatch.undo()
    with later:
        assert later.running


# --- throw-away clusters ----------------------------------------------------------------------------------------------


def test_a_destroyed_cluster_leaves_no_file_and_no_process(tree: Path) -> None:
    private = PrivatePostgis(tree / "gone", durable=False).acquire()
    assert not private.destroy_abandoned()
    user = Child(tree / "gone")
    user.says()
    with private.superuser() as connection:
        connection.execute("select 1")
        private.destroy()
    assert not (tree / "gone").exists()
    assert processes_in(tree / "gone") == []
    user.is_killed()


def test_the_cluster_of_a_killed_run_is_destroyed_by_the_next(tree: Path) -> None:
    private = PrivatePostgis(tree / "left", durable=False)
    assert not private.destroy_abandoned()
    run = Child(tree / "left")
    run.says()
    assert not private.destroy_abandoned()
    run.is_killed()
    assert private.running
    assert private.destroy_abandoned()
    assert not (tree / "left").exists()
    assert processes_in(tree / "left") == []
