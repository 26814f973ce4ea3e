"""One PostgreSQL cluster with PostGIS in one folder, shared by the processes that use it.

Every process that uses the cluster holds a shared lock beside its data; the last one out stops the server. Starting
and stopping happen under a second lock, so that no process meets a server that another one is about to stop. Whoever
is killed lets go of the locks; a server left running that way is taken over by the next process that comes.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from gridmap.errors import NotConfigured, Unavailable
from gridmap.postgis.folders import check_passage, prepare_home, private, socket_folder, unusable
from gridmap.postgis.programs import last_line, run, server_binaries, server_user

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT = 5432  # only a part of the socket's name; written down so that PGPORT in somebody's environment changes nothing
SOCKET_NAME = f".s.PGSQL.{PORT}"
START_PATIENCE = 20.0  # until the remains of a killed server are gone
RECOVERY_PATIENCE = 600.0  # while a living server reads its log after a crash
LOG_LIMIT = 5_000_000  # bytes, looked at when the server starts
OWNER, RUNTIME = "gridmap_owner", "gridmap_app"
DATABASE = "gridmap"
EXTENSIONS = ("postgis", "btree_gist")

SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # The log names the violated constraint; the row that violated it may hold names and phone numbers.
    "log_error_verbosity": "terse",
}
# Without autovacuum, which would give one test run other plans than the next.
UNSAFE_BUT_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "500",  # a run of tests keeps dozens of databases open, each with its pools
}
RUNTIME_SETTINGS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "30s",
    # PostGIS' function costs would start parallel workers and the JIT compiler for queries of a millisecond.
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}


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
        self.user = server_user()
        self.socket_dir = socket_folder(self.home, SOCKET_NAME, self.user.pw_uid if self.user else os.geteuid())
        self._lock: IO[bytes] | None = None
        self._holder = 0

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the SQLAlchemy address of one database for one role."""
        return f"postgresql+psycopg://{role}@/{database}?host={quote(str(self.socket_dir))}&port={PORT}"

    def acquire(self) -> Self:
        """Count this process in, and see to it that the server runs; `release` counts it out.

        Raises
        ------
        NotConfigured
            No server is installed, or a folder belongs to somebody else or is closed to the server's user.
        Unavailable
            The server did not start.
        """
        if self._lock and self._holder == os.getpid():
            return self
        if self.user:
            check_passage(self.home, self.user)  # before a folder is made where it could not be used
        prepare_home(self.home, passable=self.user is not None)
        for folder in (self.data, self.socket_dir):
            if self.user:
                check_passage(folder.parent, self.user)
            private(folder, self.user)
        with self._starting():
            lock = self._open_lock("postgres.users")
            fcntl.flock(lock, fcntl.LOCK_SH)
            try:
                self._start()
                self._bootstrap()
            except psycopg.OperationalError as error:
                lock.close()
                raise Unavailable("the database does not answer: {reason}", reason=error) from error
            except BaseException:
                lock.close()
                raise
            self._lock, self._holder = lock, os.getpid()
        return self

    def release(self) -> None:
        """Count this process out; the last one stops the server."""
        lock, self._lock = self._lock, None
        if lock is None:
            return
        if self._holder != os.getpid():
            # A forked child shares its parent's lock: to turn it here would be to let go for both.
            lock.close()
            return
        with lock, self._starting(), suppress(BlockingIOError):  # raised where others still use the server
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._stop("fast")

    def __enter__(self) -> Self:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def destroy(self) -> None:
        """Stop the server, whoever uses it, and delete everything it wrote (throw-away clusters only).

        Raises
        ------
        Unavailable
            Something could not be deleted.
        """
        if self._lock:
            self._lock.close()
            self._lock = None
        self._stop("immediate")
        # Processes of a killed server may still write their last files while they go.
        for _ in range(50):
            for folder in (self.home, self.socket_dir):
                shutil.rmtree(folder, ignore_errors=True)
            if not self.home.exists() and not self.socket_dir.exists():
                return
            time.sleep(0.1)
        raise Unavailable("{folder} could not be deleted", folder=self.home)

    def destroy_abandoned(self) -> bool:
        """Destroy the throw-away cluster of a run that was killed; False where it is in use or somebody else's."""
        users = self.home / "postgres.users"
        if not users.exists() or users.stat().st_uid != os.geteuid():
            return False
        with self._open_lock("postgres.starting") as starting, users.open("ab") as lock:
            try:
                fcntl.flock(starting, fcntl.LOCK_EX | fcntl.LOCK_NB)
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self.destroy()
        return True

    @property
    def running(self) -> bool:
        """Whether the server answers."""
        return self._answer() == "ready"

    @contextmanager
    def superuser(self, database: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
        """Give a connection of the cluster's superuser, without a transaction around its statements."""
        with psycopg.connect(
            host=str(self.socket_dir), port=PORT, user="postgres", dbname=database, autocommit=True
        ) as connection:
            yield connection

    def _answer(self) -> str:
        """Ask the socket, never the pid file: a zombie pid still looks alive to `pg_ctl status`."""
        if not (self.data / "PG_VERSION").exists():
            return "silent"
        command = [str(self._binaries() / "pg_isready"), "-q", "-h", str(self.socket_dir), "-p", str(PORT)]
        return {0: "ready", 1: "starting"}.get(subprocess.run(command, check=False).returncode, "silent")

    def _binaries(self) -> Path:
        version = self.data / "PG_VERSION"
        return server_binaries(version.read_text("ascii").strip() if version.exists() else None)

    def _initialise(self) -> None:
        """Make the cluster aside and move it into place whole: one that was left half-made would never start."""
        making = self.home / "postgres.making"
        shutil.rmtree(making, ignore_errors=True)
        private(making, self.user)
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        options += [] if self.durable else ["--no-sync"]
        try:
            run(self._binaries() / "initdb", "-D", making, *options, user=self.user, told=True)
            making.rename(self.data)
        except subprocess.CalledProcessError as error:
            raise Unavailable("PostgreSQL could not make its data folder: {reason}", reason=last_line(error)) from error
        except OSError as error:
            raise unusable(self.data, error) from error

    def _start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        began = time.monotonic()
        while (answer := self._answer()) != "ready":
            waited = time.monotonic() - began
            if answer == "starting" and waited > RECOVERY_PATIENCE:
                raise Unavailable("PostgreSQL is still recovering from a crash; try again later")
            failure = self._try_to_start() if answer == "silent" else ""
            # After kill -9 the dead server stays visible until it is reaped: wait, never delete its pid file.
            passing = "lock file" in failure or "shared memory" in failure
            if failure and (waited > START_PATIENCE or not passing):
                raise self._failed(failure)
            time.sleep(0.2)

    def _try_to_start(self) -> str:
        """Start the server and wait until it answers; what its log says instead, if it does not."""
        log = self.data / "log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(self.data / "log.old")
        seen = log.stat().st_size if log.exists() else 0
        settings = SERVER_SETTINGS if self.durable else SERVER_SETTINGS | UNSAFE_BUT_FAST
        options = ["-k", str(self.socket_dir), "-p", str(PORT)]
        options += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        arguments = ["-D", self.data, "-w", "-t", "300", "-l", log, "-o", shlex.join(options)]
        try:
            run(self._binaries() / "pg_ctl", *arguments, "start", user=self.user)
        except subprocess.CalledProcessError:
            if not log.exists():
                return "no log was written"
            with log.open("rb") as stream:
                stream.seek(seen)
                return stream.read()[-800:].decode("utf-8", "replace").strip() or "the log is silent"
        return ""

    def _failed(self, log: str) -> Unavailable:
        if pid := self._zombie():
            return Unavailable(
                "the database was killed (process {pid}) and nothing on this machine reaps dead processes, so it "
                "cannot start again; run the container with an init process (docker run --init, compose: init: true)",
                pid=pid,
            )
        return Unavailable("PostgreSQL did not start; its log ends: {tail}", tail=log)

    def _zombie(self) -> int | None:
        """The pid of a dead server that its parent has not reaped."""
        try:
            pid = int((self.data / "postmaster.pid").read_text("ascii").split("\n", 1)[0])
            state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
        except (OSError, ValueError, IndexError):
            return None
        return pid if state == "Z" else None

    def _stop(self, mode: str) -> None:
        """Stop the server where there is one; whoever leaves has nothing to gain from an error."""
        if (self.data / "postmaster.pid").exists():
            with suppress(subprocess.CalledProcessError, NotConfigured):
                run(self._binaries() / "pg_ctl", "-D", self.data, "-m", mode, "-w", "stop", user=self.user)

    def _bootstrap(self) -> None:
        """Make roles, database and extensions when they are missing: what only the superuser can do."""
        with self.superuser() as server:
            known = {row[0] for row in server.execute("select rolname from pg_roles")}
            for role in {OWNER, RUNTIME} - known:
                server.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
            limit_runtime_role(server, RUNTIME)
            if not server.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                create_database(server, DATABASE)
        with self.superuser(DATABASE) as database:
            known = {row[0] for row in database.execute("select extname from pg_extension")}
            for extension in set(EXTENSIONS) - known:
                try:
                    database.execute(sql.SQL("create extension {}").format(sql.Identifier(extension)))
                except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile) as error:
                    raise NotConfigured(
                        "PostgreSQL {major} is installed without {extension}; on Debian: "
                        "apt-get install postgresql-{major} postgresql-{major}-postgis-3",
                        major=database.info.server_version // 10000,
                        extension=extension,
                    ) from error

    @contextmanager
    def _starting(self) -> Iterator[None]:
        with self._open_lock("postgres.starting") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _open_lock(self, name: str) -> IO[bytes]:
        try:
            return (self.home / name).open("ab")
        except OSError as error:
            raise unusable(self.home, error) from error


def create_database(server: psycopg.Connection[Any], name: str, template: str | None = None) -> None:
    """Create a database that belongs to the owner role, empty or as a copy of another one."""
    statement = sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(OWNER))
    if template:
        statement += sql.SQL(" template {} strategy file_copy").format(sql.Identifier(template))
    server.execute(statement)


def limit_runtime_role(server: psycopg.Connection[Any], role: str) -> None:
    """Give the runtime role its limits: no statement, lock or idle transaction of the product lasts long."""
    known = server.execute("select rolconfig from pg_roles where rolname = %s", [role]).fetchone()
    if known and set(known[0] or ()) >= {f"{name}={value}" for name, value in RUNTIME_SETTINGS.items()}:
        return
    for name, value in RUNTIME_SETTINGS.items():
        server.execute(sql.SQL("alter role {} set {} = {}").format(sql.Identifier(role), sql.SQL(name), value))
