"""Reference points: EPSG register through PROJ; GCJ-02 and BD-09 as the field's library `prcoords` gives them."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata import crs
from geodata.crs import Datum, Registered
from gridmap.errors import BadInput

chinese_lon, chinese_lat = st.floats(73, 135), st.floats(4, 53)


def test_the_zone_of_every_third_meridian_is_its_own() -> None:
    for meridian in range(75, 136, 3):
        projected = pyproj.CRS.from_epsg(crs.metric_srid(meridian, 40))
        assert projected.name == f"CGCS2000 / 3-degree Gauss-Kruger CM {meridian}E"


@given(st.floats(73.5, 136.49), chinese_lat)
def test_a_position_is_never_far_from_its_zone_s_meridian(lon: float, lat: float) -> None:
    meridian = (crs.metric_srid(lon, lat) - 4534 + 25) * 3
    assert abs(lon - meridian) <= 1.5


@given(st.floats(-180, 180), st.floats(-80, 84))
def test_everywhere_on_earth_is_measured_in_metres(lon: float, lat: float) -> None:
    assert crs.is_metric(crs.metric_srid(lon, lat))


def test_metres_are_those_of_the_ground() -> None:
    square = shapely.box(113.1, 41.03, 113.101, 41.031)
    (flat,) = crs.in_metres([square], 4547)
    geodesic = abs(pyproj.Geod(ellps="GRS80").geometry_area_perimeter(square)[0])
    assert flat.area == pytest.approx(geodesic, rel=3e-4)


@given(chinese_lon, chinese_lat, st.sampled_from([Datum.GCJ02, Datum.BD09]))
def test_there_and_back_again_is_the_same_place(lon: float, lat: float, datum: Datum) -> None:
    there = crs.convert(lon, lat, Datum.CGCS2000, datum)
    back = crs.convert(*there, datum, Datum.CGCS2000)
    assert np.allclose(back, (lon, lat), rtol=0, atol=1e-8)


def test_the_offsets_at_the_community_are_the_known_ones() -> None:
    geod = pyproj.Geod(ellps="GRS80")
    distances = []
    for datum in (Datum.GCJ02, Datum.BD09):
        lon, lat = crs.convert(113.10, 41.03, Datum.CGCS2000, datum)
        distances.append(geod.inv(113.10, 41.03, float(lon), float(lat))[2])
    assert distances == pytest.approx([645, 1437], abs=2)


def test_wgs84_and_cgcs2000_are_taken_as_one() -> None:
    point = shapely.Point(113.1, 41.03)
    for datum in (Datum.WGS84, Datum.CGCS2000):
        assert crs.lonlat([point], datum)[0] == point
    assert crs.convert(113.1, 41.03, Datum.WGS84, Datum.CGCS2000) == (113.1, 41.03)


@pytest.mark.parametrize(("lon", "lat"), [(41.03, 113.1), (24.9, 60.2), (38_500_000, 4_543_000), (float("nan"), 41)])
def test_positions_outside_china_are_refused(lon: float, lat: float) -> None:
    with pytest.raises(BadInput, match="outside China"):
        crs.convert(lon, lat, Datum.GCJ02, Datum.CGCS2000)


def test_shapes_lose_their_heights_and_gaps_stay() -> None:
    moved = crs.lonlat([shapely.Point(113.1, 41.03, 5), None], Datum.GCJ02)
    assert not shapely.has_z(moved[0])
    assert moved[1] is None


@pytest.mark.parametrize("number", [4547, 4526, 32649, 3857])
def test_projected_coordinates_come_back_as_degrees(number: int) -> None:
    transformer = pyproj.Transformer.from_crs(4326 if number in {32649, 3857} else 4490, number, always_xy=True)
    east, north = transformer.transform(113.1, 41.03)
    (point,) = crs.lonlat([shapely.Point(east, north)], Registered(number))
    assert (point.x, point.y) == pytest.approx((113.1, 41.03), abs=1e-9)


def test_a_datum_whose_shift_nobody_published_is_refused() -> None:
    with pytest.raises(BadInput, match="Xian 1980"):
        crs.lonlat([shapely.Point(500_000, 4_543_000)], Registered(2383))


@pytest.mark.parametrize("name", ["wgs84", "WGS84", " cgcs2000 ", "gcj02", "bd09", "EPSG:4326", "epsg:4490"])
def test_datums_are_known_by_name(name: str) -> None:
    assert isinstance(crs.datum(name), Datum)


@pytest.mark.parametrize("name", ["", "mars", "EPSG:", "EPSG:1", "EPSG:99999999", "EPSG:４５４７", "4547", "EPSG:-1"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadInput):
        crs.datum(name)


def test_a_projection_keeps_its_number() -> None:
    assert crs.datum("epsg:4547") == Registered(4547)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_every_position_has_a_time_zone_that_exists(lon: float, lat: float) -> None:
    from zoneinfo import ZoneInfo

    ZoneInfo(crs.default_timezone(lon, lat))
