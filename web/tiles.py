"""Tiles of the base map: read from a file, or fetched for the browser from the one server that the settings name.

The browser never speaks to another host; what a page may load stays 'self'.
"""

from __future__ import annotations

import http.client
import mmap
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from pmtiles.reader import Reader
from pmtiles.tile import Compression, MagicNumberNotFound, SpecVersionUnsupported, TileType

from gridmap.errors import NotConfigured, NotFound, Unavailable
from gridmap.settings import Settings
from web.maps import BaseMap

TILE_LIMIT = 1 << 20  # bytes of one tile
TIMEOUT = 5.0  # seconds without a byte from the tile server
DEADLINE = 10.0  # seconds for a whole tile
PAUSE = 30.0  # seconds in which a server that failed is not asked again
CACHE_LIMIT = 256 << 20  # bytes on disk
CACHE_AGE = 30 * 86400.0  # seconds
DEEPEST = 22
GROUND = "map"
NAMES = "names"
#: Simultaneous requests to the tile server: browsers ask for twenty tiles at once, and other requests need threads too.
LINES = 4

#: A transparent PNG of one pixel, for places that the base map does not cover.
EMPTY_TILE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000b4944415478da636000020000050001e9fadcd80000000049454e44ae426082"
)
_KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp", b"GIF8": "image/gif"}
_TIANDITU = (
    "https://t{s}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)


class Source(Protocol):
    """Where tiles come from."""

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile's picture, None where there is none."""


@dataclass(frozen=True)
class TileMap:
    """A base map of this installation.

    Parameters
    ----------
    sources
        By layer name, the lowest first: the ground, and where the provider splits them the names on it.
    max_native_zoom
        The last zoom level that has tiles.
    credits
        Whose map it is, as plain text for the page.
    """

    sources: dict[str, Source]
    max_native_zoom: int
    credits: str

    def as_seen(self) -> BaseMap:
        """Return it as browsers see it: addresses on this server."""
        layers = ("" if name == GROUND else f"/{name}" for name in self.sources)
        return BaseMap(tuple(f"/base{layer}/{{z}}/{{x}}/{{y}}" for layer in layers), self.max_native_zoom)

    def tile(self, layer: str, z: int, x: int, y: int) -> bytes:
        """Return the picture of a tile, an empty one where the map has none.

        Parameters
        ----------
        layer
            One of `sources`.
        z, x, y
            Zoom level, column from the west, row from the north.

        Raises
        ------
        NotFound
            There is no such layer, or no such tile on earth.
        Unavailable
            The tile server does not answer.
        """
        if layer not in self.sources or z > DEEPEST or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            raise NotFound("There is no such tile.")
        return self.sources[layer].tile(z, x, y) or EMPTY_TILE


def base_map(settings: Settings) -> TileMap | None:
    """Return the base map that the settings name, None for none.

    Parameters
    ----------
    settings
        `basemap`, and the key of Tianditu where it is the one.

    Raises
    ------
    NotConfigured
        The setting cannot be used: it says why.
    """
    wanted = settings.basemap.strip()
    if wanted in {"", "none"}:
        return None
    if wanted == "tianditu":
        return _tianditu(settings)
    if wanted.startswith("pmtiles:"):
        archive = Archive.open(Path(wanted.removeprefix("pmtiles:")).expanduser())
        return TileMap({GROUND: archive}, archive.max_zoom, archive.credits)
    address = urlsplit(wanted)
    if address.scheme in {"http", "https"} and address.hostname and all(f"{{{name}}}" in wanted for name in "zxy"):
        return TileMap({GROUND: Server.of(wanted, settings.data / "tiles")}, 18, address.hostname)
    raise NotConfigured(
        "GRIDMAP_BASEMAP {value} is none of: none, tianditu, pmtiles:<path>, or an address with {{z}}, {{x}} and {{y}}",
        value=wanted,
    )


def picture_type(tile: bytes) -> str | None:
    """Return the media type of a picture, None for what is none.

    Parameters
    ----------
    tile
        What should be a PNG, JPEG, WebP or GIF file.
    """
    return next((kind for start, kind in _KINDS.items() if tile.startswith(start)), None)


def _tianditu(settings: Settings) -> TileMap:
    if not settings.tianditu_key:
        raise NotConfigured("GRIDMAP_BASEMAP is tianditu, so GRIDMAP_TIANDITU_KEY must hold a key of Tianditu")
    # The ground and the names on it are two layers there; they are served from different mirrors.
    layers = {GROUND: ("vec", 0), NAMES: ("cva", 1)}
    key = quote(settings.tianditu_key, safe="")
    return TileMap(
        {
            name: Server.of(_TIANDITU.format(s=mirror, layer=layer, key=key), settings.data / "tiles")
            for name, (layer, mirror) in layers.items()
        },
        18,
        "天地图 · 国家地理信息公共服务平台",
    )


@dataclass(frozen=True)
class Archive:
    """Raster tiles in one PMTiles file.

    Parameters
    ----------
    reader
        Reads through a memory map: a look-up is about a millisecond.
    max_zoom
        The last zoom level in the file.
    credits
        What the file says about whose map it is, tags taken out.
    """

    reader: Reader
    max_zoom: int
    credits: str

    @classmethod
    def open(cls, file: Path) -> Archive:
        """Open a file.

        Parameters
        ----------
        file
            PMTiles version 3 with PNG, JPEG or WebP tiles.

        Raises
        ------
        NotConfigured
            The file is missing, no PMTiles, or holds vector tiles.
        """
        try:
            with file.open("rb") as stream:
                memory = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            reader = Reader(lambda offset, length: memory[offset : offset + length])
            header = reader.header()
            about = reader.metadata()
        except (MagicNumberNotFound, SpecVersionUnsupported) as error:
            raise NotConfigured("GRIDMAP_BASEMAP: {file} is no PMTiles file of version 3", file=file) from error
        except (OSError, ValueError, KeyError, IndexError, EOFError) as error:
            raise NotConfigured(
                "GRIDMAP_BASEMAP: {file} cannot be read as PMTiles: {reason}", file=file, reason=error
            ) from error
        pictures = {TileType.PNG, TileType.JPEG, TileType.WEBP}
        if header["tile_type"] not in pictures or header["tile_compression"] not in {
            Compression.NONE,
            Compression.UNKNOWN,
        }:
            raise NotConfigured(
                "GRIDMAP_BASEMAP: {file} holds no raster tiles; make it with PNG, JPEG or WebP", file=file
            )
        said = re.sub(r"<[^>]*>", "", str(about.get("attribution") or about.get("name") or file.stem))
        return cls(reader, int(header["max_zoom"]), said[:200])

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile's picture, None where the file has none."""
        found = self.reader.get(z, x, y) if z <= self.max_zoom else None
        return bytes(found) if found else None


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
