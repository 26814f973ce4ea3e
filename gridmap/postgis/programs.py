"""PostgreSQL's own programs: where they lie, and as which user they run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Any

from gridmap.errors import NotConfigured

DEBIAN_SERVERS, DEBIAN_EXTENSIONS = Path("/usr/lib/postgresql"), Path("/usr/share/postgresql")


def server_binaries(major: str | None = None) -> Path:
    """Return the folder that holds initdb, pg_ctl and pg_isready (Debian keeps it off PATH).

    Parameters
    ----------
    major
        Version that wrote an existing data folder; the newest one installed with PostGIS when None.

    Raises
    ------
    NotConfigured
        No server, or none of that version, is installed.
    """
    debian = {path.parts[-3]: path.parent for path in DEBIAN_SERVERS.glob("*/bin/initdb")}
    if debian and major is None:
        complete = [v for v in debian if (DEBIAN_EXTENSIONS / v / "extension" / "postgis.control").exists()]
        return debian[max(complete or debian, key=int)]
    if major in debian:
        return debian[major]
    if initdb := shutil.which("initdb"):
        said = subprocess.run([initdb, "--version"], capture_output=True, text=True, check=True).stdout
        if major is None or said.split()[2].split(".")[0] == major:
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


def server_user() -> pwd.struct_passwd | None:
    """Return the user `postgres` when this process is root, as which PostgreSQL refuses to run; else None.

    Raises
    ------
    NotConfigured
        This process is root, and the machine has no such user.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError as error:
        raise NotConfigured(
            "PostgreSQL does not run as root, and this machine has no user postgres; "
            "run `make setup`, or run GridMap as an ordinary user"
        ) from error


def run(program: Path, *arguments: object, user: pwd.struct_passwd | None, told: bool = False) -> None:
    """Run a program to its end, detached from this terminal and from the caller's PostgreSQL environment.

    Parameters
    ----------
    program
        Its path.
    *arguments
        Passed as they are, without a shell.
    user
        As whom it runs; None is as whoever calls.
    told
        Keep what it says on failure. Not for one that starts a server: that would keep the pipe open.

    Raises
    ------
    subprocess.CalledProcessError
        The program failed.
    """
    identity: dict[str, Any] = {}
    if user:
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    subprocess.run(
        [program, *map(str, arguments)],
        check=True,
        cwd="/",
        env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if told else subprocess.DEVNULL,
        start_new_session=True,
        **identity,
    )


def last_line(error: subprocess.CalledProcessError) -> str:
    """Return the last thing that a failed program said."""
    lines = (error.stderr or b"").decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""
