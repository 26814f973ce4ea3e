"""Tiles of the base map: read from a file, or fetched for the browser from the one server that the settings name.

The browser never speaks to another host; what a page may load stays 'self'.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from gridmap.errors import NotConfigured, NotFound
from gridmap.settings import Settings
from web.maps import BaseMap
from web.tiles.archive import Archive
from web.tiles.server import Server, TileCache, picture_type

__all__ = ["EMPTY_TILE", "Archive", "Server", "Source", "TileCache", "TileMap", "base_map", "picture_type"]

DEEPEST = 22
GROUND = "map"
NAMES = "names"

#: A transparent PNG of one pixel, for places that the base map does not cover.
EMPTY_TILE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000b4944415478da636000020000050001e9fadcd80000000049454e44ae426082"
)
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
