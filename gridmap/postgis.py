"""The private PostGIS that runs when no `DATABASE_URL` is given: the installed server binaries, no service, no port.

Every process that uses the cluster holds a shared lock beside its data; the last one out stops the server. Starting
and stopping happen under a second lock, so that no process meets a server that another one is about to stop.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import psycopg
from psycopg import sql

from gridmap.errors import NotConfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

SOCKET_PATH_LIMIT = 103  # bytes of sun_path that every system grants (Linux 107, macOS 103)
SOCKET_NAME = ".s.PGSQL.5432"
START_PATIENCE = 20.0  # crash recovery included
OWNER, RUNTIME = "gridmap_owner", "gridmap_app"
DATABASE = "gridmap"
UNSAFE_BUT_FAST = " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"

RUNTIME_SETTINGS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "30s",
    # PostGIS' function costs would start parallel workers and the JIT compiler for queries of a millisecond.
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}


def server_binaries(major: str | None = None) -> Path:
    """Return the folder that holds initdb, pg_ctl and pg_isready (Debian keeps it off PATH).

    Parameters
    ----------
    major
        Version that wrote an existing data folder; the newest one installed when None.

    Raises
    ------
    NotConfigured
        No server, or none of that version, is installed.
    """
    debian = {path.parts[-3]: path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")}
    if debian and (major is None or major in debian):
        return debian[major or max(debian, key=int)]
    if initdb := shutil.which("initdb"):
        said = subprocess.run([initdb, "--version"], capture_output=True, text=True, check=True).stdout
        if major is None or said.split()[-1].split(".")[0] == major:
            return Path(initdb).resolve().parent
    if major:
        raise NotConfigured(
            "the data folder was written by PostgreSQL {major}, which is not installed; "
            "install postgresql-{major} and postgresql-{major}-postgis-3",
            major=major,
        )
    raise NotConfigured(
        "no PostgreSQL server is installed; run `make setup`, "
        "or on Debian: apt-get install postgresql postgresql-15-postgis-3"
    )


class PrivatePostgis:
    """One PostgreSQL cluster in one folder, reachable through a unix socket that only its owner can open.

    Parameters
    ----------
    home
        Folder of GridMap's data; the cluster lies in its `postgres` folder.
    durable
        False gives up crash safety for speed: throw-away clusters of tests only.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = Path(home).resolve()
        self.data = self.home / "postgres"
        self.durable = durable
        # PostgreSQL refuses to run as root, so root hands the processes and the files to `postgres`.
        self.owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.uid = self.owner.pw_uid if self.owner else os.geteuid()
        # The data path may be long; the socket path must be short, stable and private.
        key = hashlib.sha256(f"{self.uid}:{self.data}".encode()).hexdigest()[:10]
        self.socket_dir = Path(tempfile.gettempdir()) / f"gm-{key}"
        self._lock: IO[bytes] | None = None

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the SQLAlchemy address of one database for one role."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.socket_dir}"

    def acquire(self) -> Self:
        """Count this process in, and see to it that the server runs; `release` counts it out.

        Raises
        ------
        NotConfigured
            No server is installed, a folder belongs to somebody else, or the socket path is too long.
        Unavailable
            The server did not start.
        """
        self._prepare_folders()
        with self._starting():
            lock = (self.home / "postgres.users").open("ab")
            fcntl.flock(lock, fcntl.LOCK_SH)
            try:
                self._start()
                self._bootstrap()
            except BaseException:
                lock.close()
                raise
            self._lock = lock
        return self

    def release(self) -> None:
        """Count this process out; the last one stops the server."""
        if self._lock is None:
            return
        with self._starting():
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # others still use it
            else:
                if self.running:
                    self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def destroy(self) -> None:
        """Stop the server and delete everything it wrote (throw-away clusters only)."""
        self.release()
        shutil.rmtree(self.socket_dir, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def running(self) -> bool:
        """Whether the server answers: the socket is asked, for a zombie pid still looks alive to `pg_ctl status`."""
        command = [str(self._binaries() / "pg_isready"), "-q", "-h", str(self.socket_dir)]
        return subprocess.run(command, check=False).returncode == 0

    def _binaries(self) -> Path:
        version = self.data / "PG_VERSION"
        return server_binaries(version.read_text("ascii").strip() if version.exists() else None)

    def _start(self) -> None:
        if (self.data / "PG_VERSION").exists() and self.running:
            return
        if not (self.data / "PG_VERSION").exists():
            options = [] if self.durable else ["--no-sync"]
            self._run(
                "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", *options
            )
        options_text = f"-k '{self.socket_dir}' -c listen_addresses='' -c unix_socket_permissions=0700"
        options_text += "" if self.durable else UNSAFE_BUT_FAST
        give_up = time.monotonic() + START_PATIENCE
        while True:
            try:
                self._run("pg_ctl", "-D", self.data, "-w", "-l", self.data / "log", "-o", options_text, "start")
            except subprocess.CalledProcessError as error:
                # After kill -9 the dead postmaster stays visible until it is reaped: wait, never delete its pid file.
                if time.monotonic() > give_up:
                    tail = (self.data / "log").read_text("utf-8", errors="replace")[-800:]
                    raise Unavailable("PostgreSQL did not start; its log ends: {tail}", tail=tail) from error
                time.sleep(0.5)
            else:
                return

    def _bootstrap(self) -> None:
        """Make roles, database and extensions when they are missing: what only the superuser can do."""
        with psycopg.connect(host=str(self.socket_dir), user="postgres", dbname="postgres", autocommit=True) as server:
            known = {row[0] for row in server.execute("select rolname from pg_roles")}
            for role in {OWNER, RUNTIME} - known:
                server.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
            limit_runtime_role(server, RUNTIME)
            if not server.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                create_database(server, DATABASE)
        with psycopg.connect(host=str(self.socket_dir), user="postgres", dbname=DATABASE, autocommit=True) as database:
            for extension in ("postgis", "btree_gist"):
                database.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(extension)))

    @contextmanager
    def _starting(self) -> Iterator[None]:
        with (self.home / "postgres.starting").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _run(self, program: str, *arguments: object) -> None:
        identity: dict[str, Any] = {}
        if self.owner:
            identity = {"user": self.uid, "group": self.owner.pw_gid, "extra_groups": []}
        subprocess.run(
            [self._binaries() / program, *map(str, arguments)],
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **identity,
        )

    def _prepare_folders(self) -> None:
        if len(os.fsencode(self.socket_dir / SOCKET_NAME)) > SOCKET_PATH_LIMIT:
            raise NotConfigured("socket path {path} is too long; set TMPDIR to a shorter folder", path=self.socket_dir)
        if not self.home.exists():
            self.home.mkdir(parents=True, mode=0o711 if self.owner else 0o700)
        if self.owner:
            self._check_passage()
        for folder in (self.data, self.socket_dir):
            self._private_folder(folder)

    def _check_passage(self) -> None:
        """Every parent must let the user `postgres` pass: a home folder of root does not."""
        for folder in (self.home, *self.home.parents):
            if not folder.stat().st_mode & 0o001:
                raise NotConfigured(
                    "{folder} is closed to the user postgres, who runs the database when you are root; "
                    "set GRIDMAP_DATA to a folder below /var/lib, or run GridMap as an ordinary user",
                    folder=folder,
                )

    def _private_folder(self, folder: Path) -> None:
        """Make a folder that only the server's user can enter; refuse one that somebody else planted."""
        created = False
        try:
            folder.mkdir(mode=0o700)
            created = True
        except FileExistsError:
            pass
        if created and self.owner:
            os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
        if folder.is_symlink() or folder.stat().st_uid != self.uid:
            raise NotConfigured("{folder} exists and belongs to somebody else; remove it", folder=folder)
        folder.chmod(0o700)


def create_database(server: psycopg.Connection[Any], name: str, template: str | None = None) -> None:
    """Create a database that belongs to the owner role, empty or as a copy of another one."""
    statement = sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(OWNER))
    if template:
        statement += sql.SQL(" template {} strategy file_copy").format(sql.Identifier(template))
    server.execute(statement)


def limit_runtime_role(server: psycopg.Connection[Any], role: str) -> None:
    """Give the runtime role its limits: no statement, lock or idle transaction of the product lasts long."""
    for name, value in RUNTIME_SETTINGS.items():
        server.execute(sql.SQL("alter role {} set {} = {}").format(sql.Identifier(role), sql.SQL(name), value))
