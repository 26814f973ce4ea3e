"""Tiles of one server, kept on disk for a while."""

from __future__ import annotations

import http.client
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from gridmap.errors import Unavailable

TILE_LIMIT = 1 << 20  # bytes of one tile
TIMEOUT = 5.0  # seconds without a byte from the tile server
DEADLINE = 10.0  # seconds for a whole tile
PAUSE = 30.0  # seconds in which a server that failed is not asked again
CACHE_LIMIT = 256 << 20  # bytes on disk
CACHE_AGE = 30 * 86400.0  # seconds
#: Simultaneous requests to the tile server: browsers ask for twenty tiles at once, and other requests need threads too.
LINES = 4

_KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp", b"GIF8": "image/gif"}


def picture_type(tile: bytes) -> str | None:
    """Return the media type of a picture, None for what is none.

    Parameters
    ----------
    tile
        What should be a PNG, JPEG, WebP or GIF file.
    """
    return next((kind for start, kind in _KINDS.items() if tile.startswith(start)), None)


@dataclass
class Server:
    """Raster tiles of one server, kept on disk for a while.

    Parameters
    ----------
    template
        Address with `{z}`, `{x}` and `{y}`; its host is the only one ever spoken to, and redirections are not followed.
    cache
        Tiles that were fetched.
    clock
        Seconds; tests give their own.
    """

    template: str
    cache: TileCache
    clock: Callable[[], float] = time.monotonic
    _failed_at: float | None = None
    _lines: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(LINES))

    @classmethod
    def of(cls, template: str, folder: Path) -> Server:
        """Return the server behind an address, its tiles kept in a folder of their own.

        Parameters
        ----------
        template
            See `Server`.
        folder
            Where tiles of all servers are kept.
        """
        return cls(template, TileCache(folder / sha256(template.encode()).hexdigest()[:16]))

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile's picture from the cache or the server.

        Raises
        ------
        Unavailable
            The server does not answer, or not with a picture.
        """
        name = f"{z}-{x}-{y}"
        if (kept := self.cache.read(name)) is not None:
            return kept or None
        if not self._paused() and self._lines.acquire(timeout=TIMEOUT):
            try:
                # Whoever waited for a line looks again: a screen of tiles must not ask a dead server one by one.
                if not self._paused():
                    tile = self._fetch(z, x, y)
                    self._failed_at = None
                    self.cache.write(name, tile)
                    return tile or None
            except (OSError, http.client.HTTPException) as error:
                self._failed_at = self.clock()
                raise _silent() from error
            finally:
                self._lines.release()
        raise _silent()

    def _paused(self) -> bool:
        return self._failed_at is not None and self.clock() - self._failed_at < PAUSE

    def _fetch(self, z: int, x: int, y: int) -> bytes:
        address = urlsplit(self.template.format(z=z, x=x, y=y))
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(address.hostname or "", address.port, timeout=TIMEOUT)
        try:
            path = address.path + (f"?{address.query}" if address.query else "")
            connection.request("GET", path, headers={"User-Agent": "GridMap", "Accept": "image/*"})
            answer = connection.getresponse()
            if answer.status in {204, 404}:
                return b""
            tile = self._body(answer)
            if answer.status != 200 or len(tile) > TILE_LIMIT or picture_type(tile) is None:
                msg = f"status {answer.status}, {len(tile)} bytes, no picture"
                raise http.client.HTTPException(msg)
            return tile
        finally:
            connection.close()

    def _body(self, answer: http.client.HTTPResponse) -> bytes:
        """Read no more than a tile may have, and not for longer than a tile may take."""
        until = self.clock() + DEADLINE
        parts, size = [], 0
        while size <= TILE_LIMIT and (part := answer.read1(65536)):
            parts.append(part)
            size += len(part)
            if self.clock() > until:
                raise TimeoutError
        return b"".join(parts)


def _silent() -> Unavailable:
    return Unavailable("The server of the base map does not answer. The map works without it.")


class TileCache:
    """Files in one folder, the oldest thrown out when they grow too many.

    Parameters
    ----------
    folder
        Made when the first tile comes.
    limit
        Bytes in all.
    age
        Seconds after which a tile is fetched anew.
    """

    def __init__(self, folder: Path, *, limit: int = CACHE_LIMIT, age: float = CACHE_AGE) -> None:
        self.folder = folder
        self.limit = limit
        self.age = age
        self._written = 0

    def read(self, name: str) -> bytes | None:
        """Return what is kept under a name; None when nothing is, or it is old."""
        file = self.folder / name
        try:
            if time.time() - file.stat().st_mtime > self.age:
                return None
            return file.read_bytes()
        except OSError:
            return None

    def write(self, name: str, tile: bytes) -> None:
        """Keep a tile; a full disk or a read-only folder only means that it is fetched again."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".")
            with os.fdopen(handle, "wb") as stream:
                stream.write(tile)
            # Renamed whole, so that no reader sees half a picture.
            Path(temporary).replace(self.folder / name)
        except OSError:
            return
        self._written += len(tile)
        if self._written > self.limit // 16:
            self._written = 0
            self._prune()

    def _prune(self) -> None:
        kept = 0
        files = [(file.stat(), file) for file in self.folder.iterdir() if file.is_file()]
        for state, file in sorted(files, key=lambda item: -item[0].st_mtime):
            kept += state.st_size
            if kept > self.limit:
                file.unlink(missing_ok=True)
