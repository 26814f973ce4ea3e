"""The corpora of the field's own validators, and what GDAL lets through."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.problems import ImportRefused, Problem
from geodata.validate import document, faults, shapes

#: What the corpora hold against a file and GridMap does not: rings are turned, digits are digits.
ONLY_ORDER = {"bad-polygon-interiorring-rhr", "excessive_precision_truncated", "invalid_exterior_not_ccw"}


def found(text: str | bytes) -> list[Problem]:
    with pytest.raises(ImportRefused) as caught:
        document(text.encode() if isinstance(text, str) else text)
    return caught.value.report.problems


def feature(geometry: object, **more: object) -> str:
    item = {"type": "Feature", "properties": {}, "geometry": geometry, **more}
    return json.dumps({"type": "FeatureCollection", "features": [item]})


def corpus(shared: Path, pattern: str) -> list[Path]:
    files = sorted((shared / "data" / "badinput").glob(pattern))
    assert files
    return files


def verdict(file: Path) -> list[str]:
    """Where a file is at fault, in form or in shape; empty where it is sound."""
    try:
        content = document(file.read_bytes())
    except ImportRefused as refused:
        return [problem.id for problem in refused.report.problems]
    sound = zip(content.features, faults(list(shapes(f.geometry for f in content.features))), strict=True)
    return [f.path for f, fault in sound if fault]


@pytest.mark.parametrize("pattern", ["geojsonhint/*.geojson", "geojson-validator/tests/data/invalid_*/*.geojson"])
def test_every_bad_file_is_refused_with_a_place(shared: Path, pattern: str) -> None:
    accepted = {file.stem for file in corpus(shared, pattern) if not verdict(file)}
    assert accepted <= ONLY_ORDER


@pytest.mark.parametrize("pattern", ["geojsonhint/good/*.geojson", "geojson-validator/tests/data/valid/*.geojson"])
def test_every_good_file_is_accepted(shared: Path, pattern: str) -> None:
    refused = {file.stem for file in corpus(shared, pattern) if verdict(file)}
    assert refused <= {"issue82"}  # sound GeoJSON, but at latitude -107: refused as a place, not as a file
    assert all(document(file.read_bytes()).features for file in corpus(shared, pattern))


def test_rings_of_either_direction_are_accepted(shared: Path) -> None:
    files = [file for file in corpus(shared, "geojson*/**/*.geojson") if file.stem in ONLY_ORDER]
    assert [verdict(file) for file in files] == [[], [], []]


def test_holes_heights_and_many_vertices_are_no_problem(shared: Path) -> None:
    files = corpus(shared, "geojson-validator/tests/data/problematic_geometries/*.geojson")
    assert {file.stem.removeprefix("problematic_") for file in files if not verdict(file)} == {
        "holes",
        "3d_coordinates",
        "duplicate_nodes",
        "excessive_vertices",
    }


def test_a_fault_has_its_path_and_value() -> None:
    ring = [[0, 0], [1, 0], [1, "1"], [0, 0]]
    problem = found(feature({"type": "Polygon", "coordinates": [ring]}))[0]
    assert (problem.id, problem.value) == ("features[0].geometry.coordinates[0][2][1]", "1")
    assert problem.reason == "must be a number"


def test_all_faults_are_found_at_once() -> None:
    features = [
        {"type": "Feature", "properties": 1, "geometry": {"type": "Point", "coordinates": [n]}} for n in range(3)
    ]
    paths = [problem.id for problem in found(json.dumps({"type": "FeatureCollection", "features": features}))]
    assert paths == [f"features[{n}].{what}" for n in range(3) for what in ("properties", "geometry.coordinates")]


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e999", "9" * 400, "9" * 5000, "1" + "0" * 310]
)
def test_numbers_that_are_none_are_refused(number: str) -> None:
    text = '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[113,%s]}}]}'
    assert found(text % number)[0].id == "features[0].geometry.coordinates[1]"


def test_numbers_that_are_none_are_refused_in_properties_too() -> None:
    text = '{"type":"Feature","properties":{"a":[1,{"b":NaN}]},"geometry":null}'
    assert found(text)[0].id == "properties.a[1].b"


def test_a_name_given_twice_is_refused() -> None:
    text = '{"type":"Feature","properties":{"name":"a","name":"b"},"geometry":null}'
    assert (found(text)[0].id, found(text)[0].reason) == ("properties", "has members twice: name")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"type":"Feature","geometry":null,"properties":' + '{"a":' * 200 + "1" + "}" * 201,
    ],
)
def test_nesting_without_end_is_refused(text: str) -> None:
    assert found(text)


def test_geometry_nested_without_end_is_refused() -> None:
    text = '{"type":"GeometryCollection","geometries":[' * 300 + '{"type":"Point","coordinates":[1,1]}' + "]}" * 300
    assert found(text)


@pytest.mark.parametrize(
    "data", [b"\xff\xfe{\x00}\x00", b"\xd6\xd0", b"", b"{", b"[] []", b"null", b"[]", b'"x"', b"12"]
)
def test_what_is_no_geojson_is_refused(data: bytes) -> None:
    assert found(data)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert document(b"\xef\xbb\xbf" + feature(None).encode()).features[0].geometry is None


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4490"])
def test_longitude_and_latitude_by_an_old_name_are_accepted(name: str) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    assert document(json.dumps({"type": "FeatureCollection", "features": [], "crs": crs}).encode()).crs is None


@pytest.mark.parametrize(
    "crs", [None, {}, {"type": "name", "properties": {"name": "EPSG:4547"}}, {"type": "link"}, "EPSG:4326"]
)
def test_another_coordinate_system_is_refused(crs: object) -> None:
    assert found(json.dumps({"type": "FeatureCollection", "features": [], "crs": crs}))[0].id == "crs"


def test_too_many_features_are_refused() -> None:
    features = ",".join(['{"type":"Feature","properties":{},"geometry":null}'] * 100_001)
    assert "100001, more than 100000" in found(f'{{"type":"FeatureCollection","features":[{features}]}}')[0].reason


def test_problems_have_an_end() -> None:
    features = [{"type": "Feature", "properties": {}, "geometry": 1}] * 5000
    assert len(found(json.dumps({"type": "FeatureCollection", "features": features}))) == 1000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["type", "features", "geometry", "properties", "coordinates", "geometries", "id", "bbox", "crs", "name"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_any_json_is_accepted_or_refused_in_order(value: object) -> None:
    try:
        content = document(json.dumps(value).encode())
    except ImportRefused:
        return
    assert len(shapes(f.geometry for f in content.features)) == len(content.features)


kinds = st.sampled_from(
    [
        "Point",
        "LineString",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
        "point",
        3,
    ]
)
numbers = st.floats(-200, 200) | st.integers(-200, 200) | st.sampled_from(["1", None, True])
nested = st.recursive(numbers, lambda inner: st.lists(inner, max_size=5), max_leaves=30)


@given(kinds, nested)
def test_any_geometry_that_is_accepted_becomes_a_shape(kind: object, coordinates: object) -> None:
    text = feature({"type": kind, "coordinates": coordinates})
    try:
        content = document(text.encode())
    except ImportRefused:
        return
    assert len(shapes(f.geometry for f in content.features)) == 1
