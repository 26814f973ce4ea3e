"""Tiles of the base map: from a file, or from one server that may be slow, wrong or away."""

from __future__ import annotations

import os
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from gridmap.errors import NotConfigured, NotFound, Unavailable
from gridmap.settings import Settings
from web.tiles import EMPTY_TILE, Server, TileCache, base_map, picture_type
from web.tiles.server import PAUSE, TILE_LIMIT

PNG = b"\x89PNG\r\n\x1a\n" + b"a tile"


@dataclass
class TileServer:
    """A tile server of this machine that answers as it is told, and counts."""

    answer: tuple[int, bytes, dict[str, str]] = (200, PNG, {})
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def template(self) -> str:
        return f"http://127.0.0.1:{self.port}/{{z}}/{{x}}/{{y}}.png?key=1"


@pytest.fixture
def upstream() -> Iterator[TileServer]:
    told = TileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            status, body, headers = told.answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def source(upstream: TileServer, tmp_path: Path) -> Server:
    return Server(upstream.template, TileCache(tmp_path / "tiles"))


def archive(file: Path, kind: TileType = TileType.PNG) -> Path:
    """Write a PMTiles file that holds the tile 1/1/0."""
    with file.open("wb") as stream:
        writer = Writer(stream)
        writer.write_tile(zxy_to_tileid(1, 1, 0), PNG)
        header = {"tile_type": kind, "tile_compression": Compression.NONE, "min_zoom": 0, "max_zoom": 1, "min_lon_e7": 0,
            "min_lat_e7": 0, "max_lon_e7": 1, "max_lat_e7": 1, "center_zoom": 0, "center_lon_e7": 0, "center_lat_e7": 0}  # fmt: skip
        writer.finalize(header, {"attribution": "<a href='https://maps.test'>The Survey</a>"})
    return file


def settings(basemap: str, folder: Path, **more: str) -> Settings:
    return Settings(GRIDMAP_BASEMAP=basemap, GRIDMAP_DATA=folder, **more)


def test_the_empty_tile_is_a_picture_of_one_transparent_pixel() -> None:
    assert picture_type(EMPTY_TILE) == "image/png"
    assert struct.unpack(">II", EMPTY_TILE[16:24]) == (1, 1)
    data = EMPTY_TILE[EMPTY_TILE.index(b"IDAT") + 4 : EMPTY_TILE.index(b"IEND") - 8]
    assert zlib.decompress(data) == b"\0\0\0\0\0"


def test_no_base_map_is_the_default(tmp_path: Path) -> None:
    assert base_map(Settings(GRIDMAP_DATA=tmp_path)) is None


def test_tiles_come_out_of_one_file(tmp_path: Path) -> None:
    tiles = base_map(settings(f"pmtiles:{archive(tmp_path / 'a.pmtiles')}", tmp_path))
    assert tiles is not None
    assert tiles.tile("map", 1, 1, 0) == PNG
    assert tiles.tile("map", 1, 0, 0) == EMPTY_TILE
    assert tiles.max_native_zoom == 1
    assert tiles.credits == "The Survey"
    assert tiles.as_seen().urls == ("/base/{z}/{x}/{y}",)


@pytest.mark.parametrize(
    ("layer", "z", "x", "y"),
    [("map", 1, 2, 0), ("map", 1, 0, 2), ("map", 23, 0, 0), ("names", 1, 0, 0), ("map", 0, 1, 0)],
)
def test_a_tile_that_is_not_on_earth_does_not_exist(tmp_path: Path, layer: str, z: int, x: int, y: int) -> None:
    tiles = base_map(settings(f"pmtiles:{archive(tmp_path / 'a.pmtiles')}", tmp_path))
    assert tiles is not None
    with pytest.raises(NotFound):
        tiles.tile(layer, z, x, y)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("pmtiles:/nowhere.pmtiles", "cannot be read"),
        ("pmtiles:{folder}/text.pmtiles", "no PMTiles file"),
        ("pmtiles:{folder}/empty.pmtiles", "cannot be read"),
        ("pmtiles:{folder}/vector.pmtiles", "holds no raster tiles"),
        ("tianditu", "GRIDMAP_TIANDITU_KEY"),
        ("osm", "none of: none, tianditu"),
        ("https://tiles.test/{z}/{x}.png", "none of: none, tianditu"),
        ("ftp://tiles.test/{z}/{x}/{y}.png", "none of: none, tianditu"),
        ("file:///etc/{z}/{x}/{y}", "none of: none, tianditu"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_with_its_reason(tmp_path: Path, value: str, why: str) -> None:
    (tmp_path / "text.pmtiles").write_text("not tiles at all, but more than a header of 127 bytes " * 4)
    (tmp_path / "empty.pmtiles").write_bytes(b"")
    archive(tmp_path / "vector.pmtiles", TileType.MVT)
    with pytest.raises(NotConfigured, match=why) as refused:
        base_map(settings(value.replace("{folder}", str(tmp_path)), tmp_path))
    assert str(refused.value)


def test_tianditu_is_the_ground_and_the_names_on_it(tmp_path: Path) -> None:
    tiles = base_map(settings("tianditu", tmp_path, GRIDMAP_TIANDITU_KEY="a&b"))
    assert tiles is not None
    assert tiles.as_seen().urls == ("/base/{z}/{x}/{y}", "/base/names/{z}/{x}/{y}")
    ground, names = tiles.sources.values()
    assert isinstance(ground, Server)
    assert isinstance(names, Server)
    address = ground.template.format(z=3, x=4, y=2)
    assert address.startswith("https://t0.tianditu.gov.cn/vec_w/wmts?")
    assert address.endswith("TILEMATRIX=3&TILEROW=2&TILECOL=4&tk=a%26b")
    assert "/cva_w/" in names.template


def test_a_tile_is_fetched_once_and_kept(upstream: TileServer, source: Server) -> None:
    assert source.tile(3, 4, 2) == PNG
    assert source.tile(3, 4, 2) == PNG
    assert upstream.asked == ["/3/4/2.png?key=1"]


def test_a_tile_is_fetched_anew_when_it_is_old(upstream: TileServer, source: Server) -> None:
    source.tile(3, 4, 2)
    file = source.cache.folder / "3-4-2"
    past = time.time() - source.cache.age - 60
    os.utime(file, (past, past))
    source.tile(3, 4, 2)
    assert len(upstream.asked) == 2


def test_a_place_without_a_tile_is_remembered_as_such(upstream: TileServer, source: Server) -> None:
    upstream.answer = (404, b"no such tile", {})
    assert source.tile(3, 4, 2) is None
    assert source.tile(3, 4, 2) is None
    assert len(upstream.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>sign in first</html>", {}),
        (200, PNG + b"\0" * TILE_LIMIT, {}),
        (500, PNG, {}),
        (302, b"", {"Location": "http://127.0.0.1:1/elsewhere.png"}),
    ],
    ids=["no picture", "too large", "error", "elsewhere"],
)
def test_what_is_no_tile_is_neither_shown_nor_kept(
    upstream: TileServer, source: Server, answer: tuple[int, bytes, dict[str, str]]
) -> None:
    upstream.answer = answer
    with pytest.raises(Unavailable):
        source.tile(3, 4, 2)
    assert not source.cache.folder.exists()
    assert len(upstream.asked) == 1


def test_a_server_that_failed_is_left_alone_for_a_while(upstream: TileServer, tmp_path: Path) -> None:
    now = [0.0]
    source = Server(upstream.template, TileCache(tmp_path / "tiles"), clock=lambda: now[0])
    upstream.answer = (500, b"", {})
    for _ in range(3):
        with pytest.raises(Unavailable):
            source.tile(3, 4, 2)
    assert len(upstream.asked) == 1
    upstream.answer = (200, PNG, {})
    now[0] = PAUSE + 1
    assert source.tile(3, 4, 2) == PNG
    assert source.tile(3, 4, 3) == PNG


def test_a_server_that_is_away_is_told_as_such(tmp_path: Path) -> None:
    source = Server("http://127.0.0.1:1/{z}/{x}/{y}", TileCache(tmp_path / "tiles"))
    with pytest.raises(Unavailable, match="base map does not answer"):
        source.tile(3, 4, 2)


def test_kept_tiles_are_served_while_the_server_is_away(upstream: TileServer, tmp_path: Path) -> None:
    cache = TileCache(tmp_path / "tiles")
    Server(upstream.template, cache).tile(3, 4, 2)
    assert Server("http://127.0.0.1:1/{z}/{x}/{y}", cache).tile(3, 4, 2) == PNG


def test_the_oldest_tiles_make_room(tmp_path: Path) -> None:
    cache = TileCache(tmp_path / "tiles", limit=1000)
    for number in range(40):
        cache.write(f"1-0-{number}", b"x" * 90)
        os.utime(cache.folder / f"1-0-{number}", (number + 1e9, number + 1e9))
    kept = sorted(int(file.name.split("-")[2]) for file in cache.folder.iterdir())
    assert sum(file.stat().st_size for file in cache.folder.iterdir()) <= 1100
    assert kept[-1] == 39
    assert 0 not in kept


def test_a_disk_that_takes_nothing_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "tiles").write_text("a file where the folder should be")
    cache = TileCache(tmp_path / "tiles")
    cache.write("1-0-0", PNG)
    assert cache.read("1-0-0") is None


def test_no_half_written_tile_stays_behind(tmp_path: Path) -> None:
    cache = TileCache(tmp_path / "tiles")
    cache.write("1-0-0", PNG)
    assert [file.name for file in cache.folder.iterdir()] == ["1-0-0"]
