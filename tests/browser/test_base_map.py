"""A base map comes through this server, lies below everything, and may be away."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from gridmap.database import Database
from tests.browser.conftest import answered, building, plant, served, until, visit, watched

pytestmark = pytest.mark.browser


def picture() -> bytes:
    """A grey PNG of 256 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xdd" * 256) * 256
    header = struct.pack(">IIBBBBB", 256, 256, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def ground(file: Path) -> Path:
    """A PMTiles file with the tiles around the town, down to zoom 12."""
    with file.open("wb") as stream:
        writer = Writer(stream)
        for z in range(13):
            x, y = int((113.105 + 180) / 360 * 2**z), int(0.37480 * 2**z)  # mercator row of 41.035 N
            for tile in sorted({(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)}):
                if 0 <= tile[0] < 2**z and 0 <= tile[1] < 2**z:
                    writer.write_tile(zxy_to_tileid(z, *tile), picture())
        writer.finalize(
            {"tile_type": TileType.PNG, "tile_compression": Compression.NONE, "min_zoom": 0, "max_zoom": 12, "min_lon_e7": 0,
             "min_lat_e7": 0, "max_lon_e7": 1, "max_lat_e7": 1, "center_zoom": 0, "center_lon_e7": 0, "center_lat_e7": 0},
            {"attribution": "The Survey <img src=x onerror=window.PWN=1>"},
        )  # fmt: skip
    return file


def test_tiles_lie_below_the_buildings_and_name_their_source(
    browser: Browser, new_database: Callable[..., Database], tmp_path: Path
) -> None:
    database = new_database()
    with database.writing("test") as session:
        plant(session)
    with served(database, tmp_path, GRIDMAP_BASEMAP=f"pmtiles:{ground(tmp_path / 'a.pmtiles')}") as site:
        site.add_user("li")
        with watched(browser, site) as page:
            visit(page)
            until(page, "[...document.querySelectorAll('img.leaflet-tile')].some(tile => tile.naturalWidth === 256)")
            expect(page.locator(".credits")).to_have_text("The Survey")
            building(page, "1号楼").click()
            answered(page, "1号楼")
            assert page.evaluate("window.PWN") is None


def test_a_base_map_that_is_away_is_told_and_the_rest_works(
    browser: Browser, new_database: Callable[..., Database], tmp_path: Path
) -> None:
    database = new_database()
    with database.writing("test") as session:
        plant(session)
    with served(database, tmp_path, GRIDMAP_BASEMAP="http://127.0.0.1:1/{z}/{x}/{y}.png") as site:
        site.add_user("li")
        with watched(browser, site, refusals=(503,)) as page:
            visit(page)
            expect(page.locator("#trouble")).to_contain_text("The server of the base map does not answer")
            building(page, "1号楼").click()
            answered(page, "1号楼")
