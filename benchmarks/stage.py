"""Where benchmarks play: a PostGIS of their own with towns stored in it, and servers on the loopback address."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from benchmarks.generate import Plan, town
from geodata.load import store
from gridmap.access import Level, create_token, create_user
from gridmap.database import Database, upgrade
from gridmap.postgis import OWNER, RUNTIME, PrivatePostgis, create_database

ROOT = Path(__file__).parent.parent
FOLDER = Path("/var/tmp") / f"gridmap-benchmarks-{os.getuid()}"  # a home folder of root would be closed to the server
ACTOR = "cli:benchmark"
START_PATIENCE = 60.0
LOADERS = 2  # processes that store communities side by side


class Stage:
    """One cluster that lasts from run to run, so that a large town is stored only once.

    Parameters
    ----------
    folder
        Everything that benchmarks keep; it may be deleted at any time.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.cluster = PrivatePostgis(folder / "cluster")

    def __enter__(self) -> Self:
        self.cluster.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.cluster.release()

    def database(self, name: str) -> Database:
        """Return the two doors to a database of the cluster, which may not exist yet."""
        return Database(self.cluster.url(RUNTIME, name), self.cluster.url(OWNER, name))

    def fresh(self, name: str, template: str = "gridmap") -> Database:
        """Return a new database in place of whatever had that name.

        Parameters
        ----------
        name
            Of the database.
        template
            What it is a copy of; empty, with PostGIS, when left out.
        """
        self._drop(name)
        with self._superuser() as server:
            create_database(server, name, template)
        return self.database(name)

    def town(self, plan: Plan) -> str:
        """Return the name of a database that holds a town; stored anew when it or the program that stores it changed.

        Parameters
        ----------
        plan
            How large the town is.
        """
        size = f"town_{plan.communities}x{plan.buildings}_"
        name = size + _fingerprint(plan)
        with self._superuser() as server:
            known = {row[0] for row in server.execute("select datname from pg_database").fetchall()}
        if name not in known:
            for outdated in (other for other in known if other.startswith(size)):
                self._drop(outdated)
            self._store(plan, name)
        return name

    def configure(self, name: str, setting: str, value: str) -> None:
        """Set something for every session of a database."""
        with self._superuser() as server:
            server.execute(
                sql.SQL("alter database {} set {} = {}").format(sql.Identifier(name), sql.SQL(setting), value)
            )

    def analyze(self, name: str) -> None:
        """Do at once what autovacuum would do in a while, so that no contestant is measured before it."""
        with self._superuser(name) as inside:
            inside.execute("vacuum analyze")

    def _store(self, plan: Plan, name: str) -> None:
        making = "making_" + name
        upgrade(self.fresh(making))
        shares = [(self.folder, making, plan, number) for number in range(min(LOADERS, plan.communities))]
        with multiprocessing.get_context("spawn").Pool(len(shares)) as pool:
            for done in pool.imap_unordered(_store_share, shares):
                print(f"stored {done} of {plan.communities} communities", file=sys.stderr)
        self.analyze(making)
        with self._superuser() as server:
            # Renamed at the end: a run that was broken off leaves nothing that looks complete.
            server.execute(sql.SQL("alter database {} rename to {}").format(*map(sql.Identifier, (making, name))))

    def _drop(self, name: str) -> None:
        with self._superuser() as server:
            server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def _superuser(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.cluster.socket_dir), user="postgres", dbname=database, autocommit=True)


def _store_share(share: tuple[Path, str, Plan, int]) -> int:
    folder, name, plan, number = share
    stored = 0
    with Stage(folder) as stage:
        database = stage.database(name)
        for each, layers in enumerate(town(plan)):
            if each % LOADERS == number:
                with database.writing(ACTOR) as session:
                    store(session, layers)
                stored += 1
        database.close()
    return stored


def _fingerprint(plan: Plan) -> str:
    seen = hashlib.sha256(repr(plan).encode())
    files = [Path(__file__).with_name("generate.py")]
    # What decides which rows a town becomes.
    for package in ("gridmap/migrations", "geodata/load", "geodata/addresses"):
        files += sorted(path for path in (ROOT / package).rglob("*") if path.suffix in {".py", ".sql"})
    for path in files:
        seen.update(path.read_bytes())
    return seen.hexdigest()[:12]


def token(database: Database, places: list[str]) -> str:
    """Return a token of an office worker who acts below some places.

    Parameters
    ----------
    database
        Where the account is made; it has none of that name yet.
    places
        Codes.
    """
    with database.writing(ACTOR) as session:
        name = f"benchmark{time.time_ns()}"
        create_user(session, name, Level.STAFF, places=places)
        return create_token(session, name)


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Parameters
    ----------
    url
        Scheme, host and port.
    """

    url: str

    def get(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        """Return the body of one answer."""
        with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers or {})) as answer:
            body: bytes = answer.read()
        return body


@contextmanager
def serving(command: list[str], *, path: str, log: Path, **environment: str) -> Iterator[Server]:
    """Run a server on a free port until the block ends; `{port}` stands for the port in `command`.

    Parameters
    ----------
    command
        Program and arguments.
    path
        An address that answers as soon as the server is up, whatever it answers.
    log
        Where its messages go.
    **environment
        What is set for it.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    server = Server(f"http://127.0.0.1:{port}")
    with log.open("wb") as messages:
        process = subprocess.Popen(
            [part.replace("{port}", port) for part in command],
            env={**os.environ, **environment},
            cwd=ROOT,
            stdout=messages,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(server, path, process, log)
            yield server
        finally:
            process.terminate()
            process.wait(30)


def _wait(server: Server, path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + START_PATIENCE
    while time.monotonic() < give_up and process.poll() is None:
        try:
            server.get(path)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not answer; its log ends: {log.read_text('utf-8', 'replace')[-2000:]}")
