from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from geodata import crs, read
from geodata.problems import ImportRefused
from geodata.read import Form
from gridmap.errors import BadFile, BadInput
from tests.geodata.town import block


def geojson(path: Path, *properties: dict[str, Any], **more: Any) -> Path:
    square = {"type": "Polygon", "coordinates": [[[113.1, 41], [113.2, 41], [113.2, 41.1], [113.1, 41]]]}
    features = [{"type": "Feature", "properties": p, "geometry": square} for p in properties]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **more}), "utf-8")
    return path


def test_a_file_is_what_it_holds_whatever_its_name(tmp_path: Path, shared: Path) -> None:
    data = shared / "data" / "osm"
    for name, found in (
        ("helsinki.osm.pbf", Form.OSM_PBF),
        ("helsinki_boundary.geojson", Form.GEOJSON),
        ("helsinki_roster.xlsx", Form.XLSX),
    ):
        file = tmp_path / "picture.jpg"
        file.write_bytes((data / name).read_bytes())
        assert read.form(file) is found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"<OGRVRTDataSource><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTDataSource>", "virtual file"),
        (b"<?xml version='1.0'?><!-- x --><kml/>", "is KML"),
        (b"<gpx/>", "is GPX"),
        (b"<!DOCTYPE osm><osm/>", "document type"),
        ("<!DOCTYPE osm><osm/>".encode("utf-16"), "neither"),
        (b"SQLite format 3\x00", "GeoPackage"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old .xls"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x00\x00\x27\x0a", "shapefile"),
        (b"name,phone\n", "neither"),
        (b"PK\x03\x04broken", "is damaged"),
        (b"\x89PNG\r\n", "neither"),
    ],
)
def test_what_is_not_read_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "map.geojson"
    file.write_bytes(content)
    with pytest.raises(BadFile, match=reason):
        read.form(file)


def test_an_archive_of_something_else_is_named(tmp_path: Path) -> None:
    file = tmp_path / "roster.xlsx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("map.shp", b"")
    with pytest.raises(BadFile, match="not an Excel workbook"):
        read.form(file)


@pytest.mark.parametrize(
    "name", ["missing.geojson", ".", "/vsicurl/http://127.0.0.1/x", "http://127.0.0.1/x.osm", "a\x00b"]
)
def test_what_is_no_file_here_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadFile):
        read.form(tmp_path / name if not name.startswith("/") else Path(name))


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "map.geojson"
    with file.open("wb") as stream:
        stream.write(b"{")
        stream.truncate(65 << 20)
    with pytest.raises(BadFile, match="65 MB; 64 MB are allowed"):
        read.form(file)


def outcome(file: Path) -> str:
    try:
        found = read.form(file)
        if found is Form.GEOJSON:
            read.features(file, "buildings")
    except (BadFile, BadInput) as error:
        return str(error)
    return "read"


def test_every_file_of_the_corpora_is_read_or_refused_in_one_sentence(shared: Path) -> None:
    files = [file for file in (shared / "data" / "badinput").rglob("*") if file.is_file()]
    assert len(files) > 100
    assert not [file for file in files if "\n" in outcome(file)]


def test_properties_count_by_name_and_by_heading(tmp_path: Path) -> None:
    file = geojson(
        tmp_path / "b.geojson",
        {"名称": "1号楼", "层数": 6, "Households": 24, "colour": "red"},
        {"name": "2号楼", "名称": "别的", "aliases": ["二号楼"], "valid_from": "2013-05-01"},
    )
    _, frame = read.features(file, "buildings")
    assert frame["name"].tolist() == ["1号楼", "2号楼"]
    assert frame["floors"].tolist() == [6, None]
    assert "colour" not in frame
    assert frame.index.tolist() == ["features[0]", "features[1]"]


def test_the_layer_may_be_named_in_the_file(tmp_path: Path) -> None:
    file = geojson(tmp_path / "b.geojson", {"code": "A"}, name="compounds")
    assert read.features(file, None)[0] == "compounds"
    with pytest.raises(BadInput, match="--layer"):
        read.features(geojson(tmp_path / "c.geojson", {"code": "A"}, name="helsinki"), None)


def test_the_id_of_a_feature_is_its_source(tmp_path: Path) -> None:
    file = tmp_path / "b.geojson"
    feature = {"type": "Feature", "id": "way/5", "properties": {}, "geometry": None}
    file.write_text(json.dumps(feature), "utf-8")
    assert read.features(file, "buildings")[1]["source_id"].tolist() == ["way/5"]


def test_coordinates_of_another_datum_are_brought_home(tmp_path: Path) -> None:
    shape = block(0.1, 0.1, 0.2, 0.2)
    xy = [[float(v) for v in crs.convert(*position, "cgcs2000", "gcj02")] for position in shape.exterior.coords]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [xy]}}
    file = tmp_path / "b.geojson"
    file.write_text(json.dumps(feature), "utf-8")
    _, frame = read.features(file, "buildings", crs.Datum.GCJ02)
    assert frame.geometry.iloc[0].equals_exact(shape, 1e-8)


def test_coordinates_outside_the_datum_are_refused(tmp_path: Path, shared: Path) -> None:
    with pytest.raises(BadInput, match="outside China"):
        read.features(shared / "data" / "osm" / "helsinki_boundary.geojson", "boundary", crs.Datum.GCJ02)


def test_a_crs_member_must_agree_with_the_datum_that_is_given(tmp_path: Path) -> None:
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    file = geojson(tmp_path / "b.geojson", {}, crs=named)
    with pytest.raises(ImportRefused, match="--datum"):
        read.features(file, "buildings")
    with pytest.raises(ImportRefused, match="another coordinate system than --datum EPSG:4548"):
        read.features(file, "buildings", crs.Registered(4548))
