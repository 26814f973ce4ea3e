"""What the database itself refuses of places and ways, asked in plain SQL as the runtime role."""

from __future__ import annotations

import math
import struct
import threading
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from shapely import Geometry, LineString, Point, Polygon, box
from sqlalchemy.orm import Session

from gridmap.database import STORAGE_SRID, Database
from tests.gridmap.conftest import CODE, Town
from tests.gridmap.guards import address, execute, insert, label, refusal

HOUSE = box(113.1030, 41.0310, 113.1035, 41.0315)
NAN, INFINITY = math.nan, math.inf


Shape = Geometry | str | None


def stored(geom: Shape) -> str | None:
    return f"SRID={STORAGE_SRID};{geom.wkb_hex}" if isinstance(geom, Geometry) else geom


def raw(kind: int, *corners: tuple[float, float]) -> str:
    """A point (1), line (2) or polygon (3) as PostGIS reads it, unseen by shapely, which warns of NaN."""
    count = {1: b"", 2: struct.pack("<I", len(corners)), 3: struct.pack("<II", 1, len(corners))}[kind]
    head = struct.pack("<BII", 1, kind | 0x20000000, STORAGE_SRID)
    return (head + count + b"".join(struct.pack("<dd", *corner) for corner in corners)).hex()


def identity(town: Town, kind: str, code: str, **columns: Any) -> int:
    """A place without a version."""
    row = {"kind": kind, "community_id": town.community, "code": code, **columns}
    if kind == "facility":
        row["facility_kind"] = "venue"
    place_id = town.session.scalar(sa.text(insert("place", row) + " returning id"), row)
    assert isinstance(place_id, int)
    return place_id


def version(town: Town, kind: str = "building", geom: Shape = HOUSE, **columns: Any) -> dict[str, Any]:
    """A version of a new place that lacks nothing."""
    parent = {"entrance": "B1", "compound": "T"}.get(kind, "K1")
    return {
        "place_id": columns.get("place_id") or identity(town, kind, f"{CODE}-{uuid.uuid4().hex[:8]}"),
        "kind": kind,
        "community_id": town.community,
        "valid": "(,)",
        "name": "new",
        "aliases": [],
        "search": [],
        "parent_id": town.ids[parent],
        "geom": stored(geom),
        **columns,
    }


def refused(town: Town, kind: str = "building", geom: Shape = HOUSE, **columns: Any) -> str:
    row = version(town, kind, geom, **columns)
    return refusal(town.session, insert("place_version", row), **row)


def accepted(town: Town, kind: str = "building", geom: Shape = HOUSE, **columns: Any) -> int:
    row = version(town, kind, geom, **columns)
    execute(town.session, insert("place_version", row), **row)
    return int(row["place_id"])


def test_a_version_that_lacks_nothing_is_stored(town: Town) -> None:
    accepted(town)


# --- shapes -----------------------------------------------------------------------------------------------------------

A, B, C = (113.101, 41.031), (113.102, 41.031), (113.102, 41.032)
BROKEN_POLYGONS: dict[str, Shape] = {
    "crosses itself": Polygon([(113.101, 41.031), (113.102, 41.032), (113.102, 41.031), (113.101, 41.032)]),
    "is empty": Polygon(),
    "is a line": Polygon([A, B, A]),
    "has a corner at NaN": raw(3, A, (NAN, 41.031), C, A),
    "has a corner of NaN": raw(3, A, (NAN, NAN), C, A),
    "has a corner at infinity": raw(3, A, (INFINITY, 41.031), C, A),
    "has a corner at minus infinity": raw(3, A, (113.102, -INFINITY), C, A),
    "has a corner at 1e308": raw(3, A, (1e308, 41.031), C, A),
}


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


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_place_has_one_version_at_a_time(town: Town) -> None:
    place = accepted(town, valid="[2020-01-01,2024-01-01)")
    assert refused(town, place_id=place, valid="[2023-12-31,)") == "one_version_at_a_time"
    accepted(town, place_id=place, valid="[2024-01-01,)")


def test_a_border_date_between_two_versions_is_corrected_in_two_steps(town: Town) -> None:
    place = accepted(town, valid="[2020-01-01,2024-01-01)")
    accepted(town, place_id=place, valid="[2024-01-01,)")
    later = "update place_version set valid = '[2023-01-01,)' where place_id = :place and upper_inf(valid)"
    earlier = (
        "update place_version set valid = '[2020-01-01,2023-01-01)' where place_id = :place and not upper_inf(valid)"
    )
    assert refusal(town.session, later, place=place) == "one_version_at_a_time"
    town.session.execute(sa.text("set constraints one_version_at_a_time deferred"))
    town.session.execute(sa.text(later), {"place": place})
    town.session.execute(sa.text(earlier), {"place": place})
    town.session.execute(sa.text("set constraints one_version_at_a_time immediate"))


@pytest.mark.parametrize(
    "period",
    [
        "empty",
        "[2024-01-01,2024-01-01)",
        "[2024-01-01,infinity)",
        "[-infinity,)",
        "[2024-01-01,10000-01-02)",
        "[0001-01-01 BC,)",
    ],
)
def test_a_period_is_one_that_a_calendar_shows(town: Town, period: str) -> None:
    assert refused(town, valid=period) == "ck_place_version_valid"


# --- cells ------------------------------------------------------------------------------------------------------------


def cell(town: Town, code: str, geom: Geometry, valid: str = "(,)") -> int:
    return accepted(town, "grid_cell", geom, place_id=identity(town, "grid_cell", code), name=code, valid=valid)


def test_cells_that_share_an_edge_are_neighbours(town: Town) -> None:
    cell(town, "east", box(113.110, 41.030, 113.115, 41.040))


def test_cells_do_not_overlap(town: Town) -> None:
    assert refused(town, "grid_cell", box(113.109, 41.030, 113.115, 41.040)) == "cells_disjoint"
    assert refused(town, "grid_cell", box(113.106, 41.031, 113.107, 41.032)) == "cells_disjoint"


def test_an_overlap_is_looked_for_when_a_cell_is_moved(town: Town) -> None:
    place = cell(town, "east", box(113.110, 41.030, 113.115, 41.040))
    statement = "update place_version set geom = ST_Translate(geom, -0.001, 0) where place_id = :place"
    assert refusal(town.session, statement, place=place) == "cells_disjoint"


def test_cells_may_overlap_on_the_way_to_the_commit(town: Town) -> None:
    """Two cells change places: after the first step both lie on the same ground."""
    one, other = town.ids["001"], town.ids["002"]
    query = sa.text("select geom::text from place_version where place_id = :place")
    shapes = {place: town.session.scalar(query, {"place": place}) for place in (one, other)}
    with town.session.begin_nested():
        for place, shape in ((one, shapes[other]), (other, shapes[one])):
            town.session.execute(
                sa.text("update place_version set geom = cast(:geom as geometry) where place_id = :id"),
                {"geom": shape, "id": place},
            )
        town.session.execute(sa.text("set constraints all immediate"))
    town.session.execute(sa.text("set constraints all deferred"))


def test_the_rounding_of_a_shared_border_is_no_overlap(town: Town) -> None:
    # 0.01 degrees of latitude are 1110.6 m; 1e-8 degrees of longitude at 41 N are 0.84 mm: 0.93 square metres.
    cell(town, "sliver", box(113.110 - 1e-8, 41.030, 113.115, 41.040))
    assert refused(town, "grid_cell", box(113.115 - 2e-8, 41.030, 113.119, 41.040)) == "cells_disjoint"


def test_cells_of_different_generations_may_overlap(town: Town) -> None:
    shape = box(113.110, 41.030, 113.115, 41.040)
    cell(town, "old", shape, "[2013-01-01,2024-01-01)")
    new = cell(town, "new", shape, "[2024-01-01,)")
    statement = "update place_version set valid = '[2023-12-31,)' where place_id = :place"
    assert refusal(town.session, statement, place=new) == "cells_disjoint"


def plant(database: Database) -> int:
    """A community and nothing else, committed; its id."""
    with database.writing("test") as session:
        return Town(session).place("T", "community", box(113.100, 41.030, 113.110, 41.040))


def add_cell(connection: psycopg.Connection[Any], community: int, code: str) -> None:
    connection.execute("select set_config('gridmap.actor', 'test', true)")
    connection.execute(
        "with made as (insert into place (kind, community_id, code) values ('grid_cell', %(of)s, %(code)s) returning id) "
        "insert into place_version (place_id, kind, community_id, valid, name, aliases, search, parent_id, geom) "
        "select id, 'grid_cell', %(of)s, '(,)', %(code)s, '{}', '{}', %(of)s, "
        "ST_MakeEnvelope(113.101, 41.031, 113.105, 41.035, 4490) from made",
        {"of": community, "code": code},
    )


def test_of_eight_overlapping_cells_at_once_one_is_stored(new_database: Callable[..., Database]) -> None:
    database = new_database()
    community = plant(database)
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def write(number: int) -> None:
        with psycopg.connect(address(database)) as connection:
            add_cell(connection, community, f"cell-{number}")
            start.wait()
            try:
                connection.commit()
            except psycopg.Error as error:
                outcomes.append(str(error.sqlstate))
            else:
                outcomes.append("stored")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["23P01"] * 7 + ["stored"]


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
def test_cells_are_only_written_under_read_committed(
    new_database: Callable[..., Database], level: psycopg.IsolationLevel
) -> None:
    database = new_database()
    community = plant(database)
    with psycopg.connect(address(database)) as connection:
        connection.isolation_level = level
        add_cell(connection, community, "cell")
        with pytest.raises(psycopg.errors.InvalidTransactionState, match="READ COMMITTED"):
            connection.commit()


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


@pytest.fixture
def elsewhere(town: Town) -> Town:
    """A second community beside the town."""
    other = Town(town.session, "990000000002")
    other.place("T2", "community", box(113.110, 41.030, 113.120, 41.040))
    other.place("K9", "compound", box(113.110, 41.030, 113.120, 41.040), parent="T2")
    other.place("009", "grid_cell", box(113.110, 41.030, 113.120, 41.040), parent="K9")
    other.place("C9", "cluster", None, parent="K9")
    return other


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


# --- identities and communities ---------------------------------------------------------------------------------------


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
