"""What the database itself refuses of places, asked in plain SQL as the runtime role."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from shapely import Geometry, LineString, Point, Polygon, box

from tests.gridmap.conftest import CODE, Town
from tests.gridmap.guards import (
    BROKEN_POLYGONS,
    HOUSE,
    INFINITY,
    NAN,
    Shape,
    accepted,
    execute,
    identity,
    insert,
    label,
    raw,
    refusal,
    refused,
    version,
)


def test_a_version_that_lacks_nothing_is_stored(town: Town) -> None:
    accepted(town)


# --- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["building", "facility", "cluster", "grid_cell", "compound"])
@pytest.mark.parametrize("shape", BROKEN_POLYGONS.values(), ids=BROKEN_POLYGONS)
def test_a_polygon_is_refused_that(town: Town, shape: Shape, kind: str) -> None:
    assert refused(town, kind, shape) == "ck_place_version_geom_valid"


@pytest.mark.parametrize("kind", ["entrance", "facility"])
@pytest.mark.parametrize(
    "point",
    [(NAN, NAN), (NAN, 41.031), (113.101, NAN), (INFINITY, 41.031), (113.101, -INFINITY), (1e308, 41.031), (-113.101, 1e308),
     (180.1, 41.0), (113.1, 90.1)],
    ids=str,
)  # fmt: skip
def test_a_point_that_is_no_position_on_earth_is_refused(town: Town, point: tuple[float, float], kind: str) -> None:
    assert refused(town, kind, raw(1, point)) == "ck_place_version_geom_valid"


@pytest.mark.parametrize("kind", ["entrance", "facility"])
def test_an_empty_point_is_refused(town: Town, kind: str) -> None:
    assert refused(town, kind, Point()) == "ck_place_version_geom_valid"


@pytest.mark.parametrize("kind", ["entrance", "building", "facility", "grid_cell", "compound"])
def test_a_place_needs_a_shape(town: Town, kind: str) -> None:
    assert refused(town, kind, None) == "ck_place_version_geom_given"


def test_the_outline_of_a_cluster_may_be_missing(town: Town) -> None:
    accepted(town, "cluster", None)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("entrance", HOUSE),
        ("entrance", Point(113.101, 41.031).union(Point(113.102, 41.031))),
        ("entrance", LineString([(113.101, 41.031), (113.102, 41.031)])),
        ("building", Point(113.101, 41.031)),
        ("building", LineString([(113.101, 41.031), (113.102, 41.031)])),
        ("building", HOUSE.union(Point(113.109, 41.039))),
        ("facility", LineString([(113.101, 41.031), (113.102, 41.031)])),
        ("cluster", Point(113.101, 41.031)),
        ("grid_cell", LineString([(113.101, 41.031), (113.102, 41.031)])),
        ("compound", Point(113.101, 41.031)),
    ],
    ids=lambda value: value if isinstance(value, str) else value.geom_type,
)
def test_a_place_has_the_type_of_shape_of_its_kind(town: Town, kind: str, shape: Geometry) -> None:
    assert refused(town, kind, shape) == "ck_place_version_geom_type"


@pytest.mark.parametrize("text", ["SRID=4326;POINT(113.101 41.031)", "SRID=4490;POINT Z(113.101 41.031 3)"])
def test_a_shape_in_another_coordinate_system_is_refused(town: Town, text: str) -> None:
    row = version(town, "entrance") | {"geom": text}
    assert refusal(town.session, insert("place_version", row), **row) == "22023"


@pytest.mark.parametrize(
    "shape",
    [
        box(41.0310, 113.1030 - 90, 41.0315, 113.1035 - 90),
        box(113.119, 41.031, 113.121, 41.032),
        box(113.05, 41.00, 113.16, 41.08),
        box(114.1, 41.03, 114.2, 41.04),
    ],
    ids=["axes exchanged", "half outside", "around everything", "outside"],
)
def test_nothing_lies_outside_the_communitys_envelope(town: Town, shape: Polygon) -> None:
    assert refused(town, "building", shape) == "inside_envelope"


def test_a_shape_cannot_be_moved_out_of_the_envelope(town: Town) -> None:
    statement = "update place_version set geom = ST_Translate(geom, 1, 0) where kind = 'building'"
    assert refusal(town.session, statement) == "inside_envelope"


# --- the tree ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "parent"),
    [
        ("entrance", "K1"), ("entrance", "T"), ("entrance", "001"), ("entrance", "B1-1"),
        ("building", "B1"), ("building", "001"), ("building", "C1"), ("building", "B1-1"), ("building", "V1"),
        ("cluster", "001"), ("cluster", "B1"), ("grid_cell", "002"), ("grid_cell", "B1"),
        ("compound", "K2"), ("compound", "001"), ("facility", "B1"), ("facility", "001"),
    ],
)  # fmt: skip
def test_the_parent_of_a_place_is_of_a_kind_above_it(town: Town, kind: str, parent: str) -> None:
    shape = Point(113.1045, 41.0325) if kind == "entrance" else HOUSE
    assert refused(town, kind, shape, parent_id=town.ids[parent]) == "tree"


@pytest.mark.parametrize("kind", ["entrance", "building", "facility", "cluster", "grid_cell", "compound"])
def test_every_place_below_a_community_has_a_parent(town: Town, kind: str) -> None:
    shape = Point(113.1045, 41.0325) if kind == "entrance" else HOUSE
    assert refused(town, kind, shape, parent_id=None) == "ck_place_version_parent_given"


def test_a_place_is_not_its_own_parent(town: Town) -> None:
    place = identity(town, "compound", f"{CODE}-K9")
    assert refused(town, "compound", HOUSE, place_id=place, parent_id=place) == "ck_place_version_parent_other"


def test_the_parent_of_a_community_is_a_region(town: Town) -> None:
    statement = "update place_version set parent_id = :parent where kind = 'community'"
    assert refusal(town.session, statement, parent=town.ids["K1"]) == "tree"
    region = town.session.scalar(sa.text("insert into place (kind, code) values ('region', '990000') returning id"))
    execute(town.session, statement, parent=region)


@pytest.mark.parametrize("column", ["grid_cell_id", "cluster_id"])
@pytest.mark.parametrize("target", ["K1", "B2", "V1", "T"])
def test_a_cell_is_a_cell_and_a_cluster_a_cluster(town: Town, column: str, target: str) -> None:
    assert refused(town, **{column: town.ids[target]}) == "tree"


def test_only_a_building_is_of_a_cluster(town: Town) -> None:
    assert refused(town, "facility", cluster_id=town.ids["C1"]) == "ck_place_version_cluster"


@pytest.mark.parametrize("kind", ["compound", "grid_cell"])
def test_what_is_larger_than_a_cell_is_in_none(town: Town, kind: str) -> None:
    assert refused(town, kind, grid_cell_id=town.ids["001"]) == "ck_place_version_grid_cell"


@pytest.mark.parametrize(
    ("column", "target", "constraint"),
    [
        ("parent_id", "K9", "tree"),
        ("grid_cell_id", "009", "fk_place_version_grid_cell_id_community_id"),
        ("cluster_id", "C9", "fk_place_version_cluster_id_community_id"),
    ],
)
def test_no_link_crosses_the_border_of_a_community(
    town: Town, elsewhere: Town, column: str, target: str, constraint: str
) -> None:
    assert refused(town, **{column: elsewhere.ids[target]}) == constraint


def test_a_version_has_the_kind_and_the_community_of_its_place(town: Town, elsewhere: Town) -> None:
    house = identity(town, "building", f"{CODE}-X")
    assert refused(town, "facility", place_id=house) == "fk_place_version_place_id_kind"
    row = {"community_id": elsewhere.community, "parent_id": elsewhere.ids["K9"]}
    assert refused(town, place_id=house, **row) == "fk_place_version_place_id_community_id"


# --- texts and numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"name": ""}, "name"),
        ({"name": " \t\n"}, "name"),
        ({"name": "\u3000"}, "name"),
        ({"name": "楼" * 201}, "name"),
        ({"aliases": ["一号楼", None]}, "aliases"),
        ({"aliases": ["楼" * 5001]}, "aliases"),
        ({"search": ["a", None]}, "search"),
        ({"households": -1}, "counts"),
        ({"residents": -1}, "counts"),
        ({"floors": -1}, "counts"),
        ({"floors": 201}, "counts"),
    ],
    ids=label,
)
def test_a_text_or_number_that_cannot_be_is_refused(town: Town, columns: dict[str, Any], constraint: str) -> None:
    assert refused(town, **columns) == f"ck_place_version_{constraint}"


def test_a_name_may_be_as_long_as_two_hundred_characters(town: Town) -> None:
    accepted(town, name="楼" * 200)


@pytest.mark.parametrize("code", ["", "a/b", "a b", "a\tb", "a\u3000b", "a\nb", "a\n", "\x7f", ".", "..", "楼" * 65])
def test_a_code_is_one_part_of_an_address(town: Town, code: str) -> None:
    row = {"kind": "building", "community_id": town.community, "code": code}
    assert refusal(town.session, insert("place", row), **row) == "ck_place_code"


def test_codes_are_unique_and_source_ids_in_their_community(town: Town, elsewhere: Town) -> None:
    row = {"kind": "building", "community_id": elsewhere.community, "code": f"{CODE}-B1", "source_id": "way/1"}
    assert refusal(town.session, insert("place", row), **row) == "uq_place_code"
    row["code"] = "free"
    execute(town.session, insert("place", row), **row)
    assert refusal(town.session, insert("place", row), **row | {"source_id": "way/2"}) == "uq_place_code"
    assert refusal(town.session, insert("place", row), **row | {"code": "other"}) == "uq_place_community_id_source_id"


@pytest.mark.parametrize("source_id", ["", "  ", "x" * 201])
def test_a_source_id_says_something(town: Town, source_id: str) -> None:
    row = {"kind": "building", "community_id": town.community, "code": "x", "source_id": source_id}
    assert refusal(town.session, insert("place", row), **row) == "ck_place_source_id"
