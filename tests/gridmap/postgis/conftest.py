"""Private servers to use, kill and plant against, each in a folder of its own."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from gridmap.postgis import PrivatePostgis

ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody")


@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package")
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
