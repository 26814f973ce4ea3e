"""What the database itself refuses of identities, of communities and their settings, and of ways."""

from __future__ import annotations

from typing import Any

import pytest
from shapely import LineString, Point, Polygon, box
from sqlalchemy.orm import Session

from tests.gridmap.conftest import CODE, Town
from tests.gridmap.guards import (
    BROKEN_POLYGONS,
    HOUSE,
    INFINITY,
    NAN,
    A,
    C,
    Shape,
    execute,
    insert,
    label,
    raw,
    refusal,
    stored,
)


@pytest.mark.parametrize("change", ["code = 'other'", "kind = 'cluster'", "community_id = null", "id = 999999"])
def test_what_a_place_is_never_changes(town: Town, change: str) -> None:
    assert refusal(town.session, f"update place set {change} where code = '{CODE}-B1'") == "identity_kept"


def test_what_a_place_is_may_be_written_again_unchanged(town: Town) -> None:
    execute(
        town.session, "update place set code = code, source_id = 'way/7' where kind = 'building' and code like '%B1'"
    )


def test_a_place_is_never_deleted(town: Town) -> None:
    assert refusal(town.session, "delete from place where code like '%B1'") == "42501"


@pytest.mark.parametrize("table", ["place", "way", "person", "organization"])
def test_a_community_is_a_community(town: Town, table: str) -> None:
    row: dict[str, Any] = {"community_id": town.ids["K1"]}
    row |= {
        "place": {"kind": "building", "code": "x"},
        "way": {"kind": "path", "valid": "(,)", "source_id": "x", "tags": "{}", "geom": "SRID=4490;LINESTRING(113.1 41.03, 113.11 41.03)"},
        "person": {"name": "x", "search": []},
        "organization": {"name": "x", "search": []},
    }[table]  # fmt: skip
    assert refusal(town.session, insert(table, row), **row) == f"fk_{table}_community_id"


def test_what_is_not_a_community_is_not_its_own(town: Town) -> None:
    row = {"id": 999999, "kind": "building", "community_id": 999999, "code": "x"}
    assert refusal(town.session, insert("place", row), **row) == "ck_place_own_community"


COMMUNITY = {
    "id": 999999, "kind": "community", "community_id": 999999, "code": "990000000009", "metric_srid": 4547, "timezone": "Asia/Shanghai",
    "envelope": stored(box(113, 41, 114, 42)),
}  # fmt: skip


def test_a_community_with_its_settings_is_stored(session: Session) -> None:
    execute(session, insert("place", COMMUNITY), **COMMUNITY)


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"metric_srid": None}, "ck_place_community_settings"),
        ({"timezone": None}, "ck_place_community_settings"),
        ({"envelope": None}, "ck_place_community_settings"),
        ({"timezone": "Asia/Shangai"}, "timezone_known"),
        ({"timezone": "ABC+3"}, "timezone_known"),
        ({"timezone": "+08:00"}, "timezone_known"),
        ({"timezone": ""}, "timezone_known"),
        ({"metric_srid": 1}, "metric_srid_known"),
        ({"metric_srid": 4490}, "metric_srid_measures"),
        ({"metric_srid": 3857}, "metric_srid_measures"),
        ({"metric_srid": 2263}, "metric_srid_measures"),
        ({"metric_srid": 32635}, "metric_srid_measures"),
        ({"envelope": stored(Polygon())}, "ck_place_envelope"),
        ({"envelope": stored(box(113, 41, 118.1, 42))}, "ck_place_envelope"),
        ({"envelope": stored(BROKEN_POLYGONS["crosses itself"])}, "ck_place_envelope"),
        ({"founded": "infinity"}, "ck_place_founded"),
        ({"declared_area_m2": 0}, "ck_place_declared_area"),
        ({"declared_area_m2": NAN}, "ck_place_declared_area"),
        ({"office_phone": ""}, "ck_place_office_phone"),
        ({"facility_kind": "venue"}, "ck_place_facility_kind"),
    ],
    ids=label,
)
def test_a_community_without_usable_settings_is_refused(
    session: Session, columns: dict[str, Any], constraint: str
) -> None:
    row = COMMUNITY | columns
    assert refusal(session, insert("place", row), **row) == constraint


def test_settings_of_a_community_stay_usable_when_changed(town: Town) -> None:
    assert (
        refusal(town.session, "update place set timezone = 'Mars/Olympus' where kind = 'community'") == "timezone_known"
    )
    execute(town.session, "update place set timezone = 'Asia/Urumqi', office_phone = '110' where kind = 'community'")


def test_an_envelope_is_not_narrowed_over_what_it_holds(town: Town) -> None:
    narrow = "update place set envelope = ST_MakeEnvelope(113.09, 41.02, 113.105, 41.05, 4490) where kind = 'community'"
    assert refusal(town.session, narrow) == "inside_envelope"


def test_only_a_community_has_settings(town: Town) -> None:
    row = {"kind": "compound", "community_id": town.community, "code": "x", "office_phone": "110"}
    assert refusal(town.session, insert("place", row), **row) == "ck_place_community_settings"


@pytest.mark.parametrize("facility_kind", [None, "", " "])
def test_a_facility_says_what_it_is(town: Town, facility_kind: str | None) -> None:
    row = {"kind": "facility", "community_id": town.community, "code": "x", "facility_kind": facility_kind}
    assert refusal(town.session, insert("place", row), **row).startswith("ck_place_facility_kind")


# --- ways -------------------------------------------------------------------------------------------------------------


PATH = LineString([(113.101, 41.031), (113.102, 41.032)])


def way(town: Town, geom: Shape = PATH, **columns: Any) -> dict[str, Any]:
    row = {
        "community_id": town.community,
        "kind": "path",
        "valid": "(,)",
        "source_id": "way/1",
        "name": None,
        "tags": "{}",
    }
    return row | {"geom": stored(geom)} | columns


def test_a_way_that_lacks_nothing_is_stored(town: Town) -> None:
    row = way(town)
    execute(town.session, insert("way", row), **row)


BAD_WAYS: dict[str, tuple[Shape, dict[str, Any], str]] = {
    "with a corner at NaN": (raw(2, A, (NAN, 41.032), C), {}, "ck_way_geom_valid"),
    "with a corner of NaN": (raw(2, A, (NAN, NAN), C), {}, "ck_way_geom_valid"),
    "with a corner at infinity": (raw(2, A, (113.102, INFINITY), C), {}, "ck_way_geom_valid"),
    "with a corner at 1e308": (raw(2, A, (113.102, 1e308)), {}, "ck_way_geom_valid"),
    "without length": (LineString([A, A]), {}, "ck_way_geom_valid"),
    "empty": (LineString(), {}, "ck_way_geom_valid"),
    "a gate at NaN": (raw(1, (NAN, NAN)), {"kind": "gate"}, "ck_way_geom_valid"),
    "a polygon": (HOUSE, {}, "ck_way_geom_type"),
    "a wall that is a point": (Point(A), {"kind": "wall"}, "ck_way_geom_type"),
    "in two parts": (HOUSE.boundary.union(LineString([(113.109, 41.039), (113.1095, 41.039)])), {}, "ck_way_geom_type"),
    "with axes exchanged": (LineString([(41.031, 23.101), (41.032, 23.102)]), {}, "inside_envelope"),
    "half outside": (LineString([A, (113.2, 41.031)]), {}, "inside_envelope"),
    "of no known kind": (PATH, {"kind": "river"}, "ck_way_kind"),
    "at no time": (PATH, {"valid": "empty"}, "ck_way_valid"),
    "without a source": (PATH, {"source_id": ""}, "ck_way_source_id"),
    "with an endless name": (PATH, {"name": "路" * 201}, "ck_way_name"),
    "with a list of tags": (PATH, {"tags": "[]"}, "ck_way_tags"),
    "with tags null": (PATH, {"tags": "null"}, "ck_way_tags"),
}


@pytest.mark.parametrize(("geom", "columns", "constraint"), BAD_WAYS.values(), ids=BAD_WAYS)
def test_a_way_is_refused_that_is(town: Town, geom: Shape, columns: dict[str, Any], constraint: str) -> None:
    row = way(town, geom, **columns)
    assert refusal(town.session, insert("way", row), **row) == constraint


def test_a_way_needs_a_shape(town: Town) -> None:
    row = way(town, None)
    assert refusal(town.session, insert("way", row), **row) == "23502"


def test_a_gate_may_be_a_point(town: Town) -> None:
    row = way(town, Point(113.101, 41.031), kind="gate")
    execute(town.session, insert("way", row), **row)


def test_a_way_is_there_once_at_a_time(town: Town) -> None:
    row = way(town, valid="[2020-01-01,2024-01-01)")
    execute(town.session, insert("way", row), **row)
    assert refusal(town.session, insert("way", row), **row | {"valid": "[2023-01-01,)"}) == "one_way_at_a_time"
    execute(town.session, insert("way", row), **row | {"valid": "[2024-01-01,)"})
