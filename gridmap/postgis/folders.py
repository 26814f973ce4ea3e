"""The folders of a private cluster: the server's user alone may enter them, and nobody else may have planted them."""

from __future__ import annotations

import errno
import hashlib
import os
import pwd
import re
from contextlib import suppress
from pathlib import Path

from gridmap.errors import NotConfigured

SOCKET_PATH_LIMIT = 103  # bytes of sun_path that every system grants (Linux 107, macOS 103)


def socket_folder(home: Path, socket_name: str, uid: int) -> Path:
    """Return the folder of the socket: beside the data, or a short name in /tmp where that path is none for a socket.

    Not the folder of TMPDIR: all processes must find the same socket, whatever their environment says.

    Parameters
    ----------
    home
        Folder of the data.
    socket_name
        File name of the socket.
    uid
        User that runs the server.
    """
    beside = home / "postgres.socket"
    # Commas separate several addresses, to the server as to its clients; a space or a quote would need care everywhere.
    if re.fullmatch(r"[A-Za-z0-9_./-]+", str(beside)) and len(str(beside / socket_name)) <= SOCKET_PATH_LIMIT:
        return beside
    key = hashlib.sha256(os.fsencode(f"{uid}:{home}")).hexdigest()[:10]
    return Path("/tmp") / f"gm-{key}"  # noqa: S108 - `private` refuses one that somebody else planted there


def prepare_home(home: Path, *, passable: bool) -> None:
    """Make the data folder when it is missing, and refuse one in which somebody else could plant files.

    Parameters
    ----------
    home
        The folder.
    passable
        Another user runs the server and must be able to pass through.

    Raises
    ------
    NotConfigured
        It cannot be made, belongs to somebody else, or everybody may write into it.
    """
    if re.search(r'[\x00-\x1f"`$\\]', str(home)):
        raise NotConfigured(
            "{folder} holds a character that PostgreSQL's programs do not take; "
            "set GRIDMAP_DATA to a folder without quotes, $ and \\",
            folder=home,
        )
    try:
        if not home.exists():
            home.mkdir(parents=True)
            home.chmod(0o711 if passable else 0o700)  # whatever the umask is
        if not home.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), home)
        status = home.stat()
    except OSError as error:
        raise unusable(home, error) from error
    if status.st_uid not in {os.geteuid(), 0}:
        raise foreign(home, status.st_uid)
    if status.st_mode & 0o002:
        raise NotConfigured("everybody can write into {folder}; set GRIDMAP_DATA to a folder of your own", folder=home)


def check_passage(folder: Path, user: pwd.struct_passwd) -> None:
    """Refuse a folder that the server's user cannot reach: a home folder of root lets nobody pass.

    Parameters
    ----------
    folder
        Looked at with all its parents; what is no folder (yet) is passed over.
    user
        Who must pass.

    Raises
    ------
    NotConfigured
        A folder on the way is closed.
    """
    for parent in (folder, *folder.parents):
        if not parent.is_dir():
            continue
        status = parent.stat()
        group = 0o010 if status.st_gid == user.pw_gid else 0o001
        if not status.st_mode & (0o100 if status.st_uid == user.pw_uid else group):
            raise NotConfigured(
                "{folder} is closed to the user {name}, who runs the database when you are root; "
                "set GRIDMAP_DATA to a folder below /var/lib, or run GridMap as an ordinary user",
                folder=parent,
                name=user.pw_name,
            )


def private(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make a folder that only the server's user can enter; refuse one that somebody else planted.

    Parameters
    ----------
    folder
        The folder; its parent exists.
    user
        Whose it becomes; None is this process's user.

    Raises
    ------
    NotConfigured
        It exists and is a link, no folder, or somebody else's.
    """
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            if user:
                os.chown(folder, user.pw_uid, user.pw_gid)
        status = folder.lstat()
        if status.st_uid != (user.pw_uid if user else os.geteuid()) or folder.is_symlink() or not folder.is_dir():
            raise foreign(folder, status.st_uid)
        folder.chmod(0o700)
    except OSError as error:
        raise unusable(folder, error) from error


def foreign(folder: Path, uid: int) -> NotConfigured:
    """Return the refusal of a folder that is not ours."""
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return NotConfigured(
        "{folder} is not the database's own folder (it belongs to {name}); run GridMap as that user, "
        "or set GRIDMAP_DATA to another folder",
        folder=folder,
        name=name,
    )


def unusable(folder: Path, error: OSError) -> NotConfigured:
    """Return the refusal of a folder that the system refuses."""
    return NotConfigured(
        "{folder} cannot be used ({reason}); set GRIDMAP_DATA to a folder that you may write into",
        folder=folder,
        reason=error.strerror or error,
    )
