from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import shapely
import sqlalchemy as sa
from shapely.geometry import LineString, Polygon
from sqlalchemy.orm import Session

from geodata.exchange import CommunitySettings, Layers
from geodata.load import store
from geodata.problems import ImportRefused, Problem
from gridmap.errors import BadInput, Conflict, NotFound
from tests.geodata.town import (
    BOUNDARY,
    BUILDINGS,
    CELLS,
    CODE,
    COMPOUNDS,
    TOWN,
    block,
    dot,
    on_record,
    only,
    places,
    versions,
    with_buildings,
)


def refused(session: Session, layers: Layers, **options: Any) -> list[Problem]:
    with pytest.raises(ImportRefused) as caught:
        store(session, layers, **options)
    return [problem for problem in caught.value.report.problems if problem.fatal]


def test_a_first_import_is_valid_from_unbounded(session: Session) -> None:
    store(session, TOWN)
    kinds = ("community", "compound", "grid_cell", "building")
    assert {(row.first, row.last) for kind in kinds for row in on_record(session, kind)} == {(None, None)}


def test_the_tree_is_derived_by_largest_overlap(session: Session) -> None:
    store(session, TOWN)
    found = {row.source_id: (row.code, row.parent, row.cell) for row in on_record(session, "building")}
    assert found == {
        "way/2": (f"{CODE}-B00001", f"{CODE}-B", f"{CODE}002"),  # the northernmost is numbered first
        "way/1": (f"{CODE}-B00002", f"{CODE}-A", f"{CODE}003"),
    }
    assert {row.parent for row in on_record(session, "compound")} == {CODE}
    assert {row.code: row.parent for row in on_record(session, "grid_cell")}[f"{CODE}004"] == f"{CODE}-B"


def test_a_building_across_cells_gets_the_one_that_holds_more_of_it(session: Session) -> None:
    store(session, with_buildings({"source_id": "way/9", "geometry": block(0.45, 0.1, 0.6, 0.2)}))
    assert [(row.parent, row.cell) for row in on_record(session, "building")] == [(f"{CODE}-B", f"{CODE}004")]


def test_a_tie_goes_to_the_lowest_code(session: Session) -> None:
    store(session, with_buildings({"source_id": "way/9", "geometry": block(0.4, 0.1, 0.6, 0.2)}))
    assert [(row.parent, row.cell) for row in on_record(session, "building")] == [(f"{CODE}-A", f"{CODE}003")]


def test_the_same_layers_again_change_nothing(session: Session) -> None:
    first = store(session, TOWN)
    second = store(session, TOWN)
    assert [(r.layer, r.read, r.stored, r.unchanged) for r in first.layers] == [
        ("boundary", 1, 1, 0),
        ("compounds", 2, 2, 0),
        ("grid_cells", 4, 4, 0),
        ("buildings", 2, 2, 0),
    ]
    assert [(r.read, r.stored, r.unchanged) for r in second.layers] == [(1, 0, 1), (2, 0, 2), (4, 0, 4), (2, 0, 2)]


def test_shuffled_rows_get_the_same_codes(session: Session) -> None:
    store(session, replace(TOWN, buildings=BUILDINGS.iloc[::-1]))
    assert {row.source_id: row.code[-6:] for row in on_record(session, "building")} == {
        "way/2": "B00001",
        "way/1": "B00002",
    }


def test_a_new_building_takes_the_next_free_number(session: Session) -> None:
    store(session, TOWN)
    store(session, only(buildings=places({"source_id": "way/3", "geometry": block(0.1, 0.8, 0.2, 0.9)})))
    assert {row.source_id: row.code[-6:] for row in on_record(session, "building")}["way/3"] == "B00003"


def test_without_a_day_a_correction_edits_the_version(session: Session) -> None:
    store(session, TOWN)
    report = store(session, only(buildings=BUILDINGS.assign(name=["一号楼", "2号楼"])))
    assert (report["buildings"].stored, report["buildings"].unchanged) == (1, 1)
    assert versions(session, f"{CODE}-B00002") == [(None, None, "一号楼")]


def test_with_a_day_one_version_ends_and_the_next_begins(session: Session) -> None:
    store(session, TOWN)
    renamed = only(buildings=BUILDINGS.assign(name=["一号楼", "2号楼"]))
    day = date(2025, 3, 1)
    assert store(session, renamed, as_of=day)["buildings"].stored == 1
    assert versions(session, f"{CODE}-B00002") == [(None, day, "1号楼"), (day, None, "一号楼")]
    assert versions(session, f"{CODE}-B00001") == [(None, None, "2号楼")]
    assert store(session, renamed, as_of=day)["buildings"].stored == 0


def test_the_periods_of_rows_are_kept(session: Session) -> None:
    from_, to = date(2013, 5, 1), date(2024, 1, 1)
    store(
        session,
        with_buildings(
            {"code": "old", "name": "旧", "geometry": block(0.1, 0.1, 0.2, 0.2), "valid_from": from_, "valid_to": to},
            {"code": "old", "name": "新", "geometry": block(0.1, 0.1, 0.2, 0.3), "valid_from": to, "valid_to": None},
        ),
    )
    assert versions(session, f"{CODE}-old") == [(from_, to, "旧"), (to, None, "新")]


def test_what_is_not_given_stays_as_it_is(session: Session) -> None:
    store(session, TOWN)
    store(session, only(buildings=BUILDINGS.assign(households=[24, 36])))
    store(session, TOWN)
    nothing = BUILDINGS.assign(households=None, floors=None, aliases=None, name=None)
    assert store(session, only(buildings=nothing))["buildings"].unchanged == 2
    assert {(row.households, row.floors, row.name) for row in on_record(session, "building")} == {
        (24, 6, "1号楼"),
        (36, 6, "2号楼"),
    }


def test_places_without_a_name_are_called_by_their_label(session: Session) -> None:
    rows = [{"source_id": "way/1", "geometry": block(0.1, 0.1, 0.2, 0.2)}]
    store(session, replace(with_buildings(*rows), compounds=COMPOUNDS.drop(columns="name")))
    assert [row.name for row in on_record(session, "building")] == ["B00001"]
    assert [row.name for row in on_record(session, "compound")] == ["A", "B"]


def test_rows_without_code_and_source_are_known_again_by_their_shape_and_name(session: Session) -> None:
    rows = [
        {"name": "甲", "geometry": block(0.1, 0.1, 0.2, 0.2)},
        {"name": None, "geometry": block(0.3, 0.1, 0.4, 0.2)},
    ]
    store(session, with_buildings(*rows))
    assert store(session, with_buildings(*rows))["buildings"].unchanged == 2
    rows[0]["geometry"] = block(0.1, 0.1, 0.2, 0.25)
    store(session, with_buildings(*rows))
    assert len(on_record(session, "building")) == 2


def test_what_somebody_assigned_by_hand_survives_a_new_import(session: Session) -> None:
    store(session, TOWN)
    store(session, only(buildings=BUILDINGS.assign(grid_cell_code=[f"{CODE}001", None])))
    store(session, TOWN)
    assert {row.source_id: row.cell for row in on_record(session, "building")}["way/1"] == f"{CODE}001"


def test_a_building_that_moves_gets_another_cell(session: Session) -> None:
    store(session, TOWN)
    moved = places({"source_id": "way/1", "geometry": block(0.6, 0.1, 0.7, 0.2)})
    store(session, only(buildings=moved), as_of=date(2025, 1, 1))
    found = [(row.first, row.cell) for row in on_record(session, "building") if row.source_id == "way/1"]
    assert found == [(None, f"{CODE}003"), (date(2025, 1, 1), f"{CODE}004")]


def test_dividing_cells_anew_retires_the_old_ones_and_moves_the_buildings(session: Session) -> None:
    store(session, TOWN)
    day = date(2025, 1, 1)
    halves = places(
        {"code": "005", "name": "五网格", "geometry": block(0, 0, 1, 0.5)},
        {"code": "006", "name": "六网格", "geometry": block(0, 0.5, 1, 1)},
    )
    report = store(session, only(grid_cells=halves), as_of=day)
    assert report["grid_cells"].stored == 2
    cells = {row.code[-3:]: (row.first, row.last) for row in on_record(session, "grid_cell")}
    assert cells == dict.fromkeys(("001", "002", "003", "004"), (None, day)) | dict.fromkeys(
        ("005", "006"), (day, None)
    )
    found = [(row.first, row.cell[-3:]) for row in on_record(session, "building") if row.source_id == "way/1"]
    assert found == [(None, "003"), (day, "005")]


def test_cells_that_overlap_are_refused_without_a_day(session: Session) -> None:
    store(session, TOWN)
    wider = only(grid_cells=places({"code": "005", "geometry": block(0.4, 0, 0.6, 0.5)}))
    found = refused(session, wider)
    assert {p.values["other"] for p in found} == {f"{CODE}003", f"{CODE}004"}
    assert len(on_record(session, "grid_cell")) == 4


def test_cells_are_stored_with_the_same_vertices_along_a_common_border(session: Session) -> None:
    cells = places(
        {"code": "001", "geometry": block(0, 0, 1, 0.5)},
        {"code": "002", "geometry": block(0, 0.5, 0.3333, 1)},
        {"code": "003", "geometry": block(0.3333, 0.5, 1, 1)},
    )
    layers = replace(TOWN, grid_cells=cells)
    store(session, layers)
    shapes = shapely.from_wkt([row.shape for row in on_record(session, "grid_cell")])
    assert shapely.coverage_is_valid(shapes)
    assert store(session, layers)["grid_cells"].stored == 0


def test_all_problems_are_named_at_once_and_nothing_is_stored(session: Session) -> None:
    bow_tie = Polygon([(113.101, 41.031), (113.102, 41.032), (113.102, 41.031), (113.101, 41.032)])
    layers = with_buildings(
        {"source_id": "way/1", "floors": 999, "geometry": block(0.1, 0.1, 0.2, 0.2)},
        {"source_id": "way/2", "geometry": bow_tie},
        {"source_id": "way/3", "geometry": block(40, 40, 41, 41)},
        {"source_id": "way/4", "geometry": dot(0.5, 0.5)},
        {"source_id": "way/5", "geometry": None},
        {"source_id": "way/6", "geometry": block(0.1, 0.3, 0.2, 0.4), "compound_code": "Z"},
        {"source_id": "way/7", "name": "a\x00b", "geometry": block(0.1, 0.3, 0.2, 0.4)},
        {"source_id": "way/8", "geometry": block(0.1, 0.5, 0.2, 0.6), "code": "has blank"},
        {"source_id": "way/9", "geometry": block(0.1, 0.5, 0.2, 0.6), "valid_from": "2025-02-30"},
    )
    found = {problem.id: problem for problem in refused(session, layers)}
    assert set(found) == {f"way/{n}" for n in range(1, 10)}
    assert "self-intersection at (113.1015" in found["way/2"].reason
    assert on_record(session, "community") == []


def test_swapped_coordinates_are_told(session: Session) -> None:
    store(session, TOWN)
    swapped = shapely.transform(block(0.1, 0.1, 0.2, 0.2), lambda xy: xy[:, ::-1])
    found = refused(session, only(buildings=places({"source_id": "way/7", "geometry": swapped})))
    assert "beyond the earth" in found[0].reason  # 113 degrees is no latitude
    swapped = shapely.transform(block(0.1, 0.1, 0.2, 0.2), lambda xy: xy - [73, 0])
    found = refused(session, only(buildings=places({"source_id": "way/7", "geometry": swapped})))
    assert "lies outside community" in found[0].reason


def test_one_source_for_two_objects_is_refused(session: Session) -> None:
    twice = [{"source_id": "way/1", "geometry": block(0.1, n, 0.2, n + 0.1)} for n in (0.1, 0.3)]
    assert ["is given twice" in problem.reason for problem in refused(session, with_buildings(*twice))] == [True]


def test_a_code_is_kept_for_ever(session: Session) -> None:
    store(session, TOWN)
    found = refused(session, only(buildings=BUILDINGS.assign(code=["B00077", None])))
    assert "codes are kept for ever" in found[0].reason


def test_a_code_of_another_community_is_refused(session: Session) -> None:
    foreign = replace(TOWN, grid_cells=CELLS.assign(code=["999999999999001", None, None, None]))
    assert "no code of a grid cell" in refused(session, foreign)[0].reason
    foreign = replace(TOWN, compounds=COMPOUNDS.assign(code=["999999999999-A", "B"]))
    assert "another community" in refused(session, foreign)[0].reason


def test_a_shared_wall_and_a_courtyard_stay_as_they_are(session: Session) -> None:
    court = Polygon(block(0.1, 0.1, 0.3, 0.3).exterior, [block(0.15, 0.15, 0.25, 0.25).exterior])
    neighbour = block(0.3, 0.1, 0.4, 0.3)
    store(
        session,
        with_buildings({"source_id": "way/1", "geometry": court}, {"source_id": "way/2", "geometry": neighbour}),
    )
    shapes = {row.source_id: shapely.from_wkt(row.shape) for row in on_record(session, "building")}
    assert shapes["way/1"].equals(court)
    assert shapes["way/2"].equals(neighbour)


def test_entrances_hang_on_their_building_and_name_a_cell_only_of_their_own(session: Session) -> None:
    doors = places(
        {"source_id": "node/1", "name": "1单元", "building_code": "way/1", "geometry": dot(0.1, 0.15)},
        {"source_id": "node/2", "building_code": "way/1", "grid_cell_code": "001", "geometry": dot(0.2, 0.15)},
    )
    store(session, replace(TOWN, entrances=doors))
    found = [(row.code, row.name, row.parent, row.cell) for row in on_record(session, "entrance")]
    building = f"{CODE}-B00002"
    assert found == [(f"{building}-1", "1单元", building, None), (f"{building}-2", "2", building, f"{CODE}001")]


def test_a_cluster_that_nobody_drew_lies_where_its_buildings_lie(session: Session) -> None:
    layers = replace(
        TOWN,
        clusters=places({"code": "C01", "name": "一楼群", "geometry": None}),
        buildings=BUILDINGS.assign(cluster_code=["C01", None]),
    )
    store(session, layers)
    assert [(row.code, row.parent, row.cell) for row in on_record(session, "cluster")] == [
        (f"{CODE}-C01", f"{CODE}-A", f"{CODE}003")
    ]
    assert {row.source_id: row.cluster for row in on_record(session, "building")}["way/1"] == f"{CODE}-C01"
    assert store(session, layers)["clusters"].unchanged == 1


def test_facilities_may_be_points_or_areas(session: Session) -> None:
    layers = replace(
        TOWN,
        facilities=places(
            {"name": "党群服务中心", "facility_kind": "service_centre", "geometry": dot(0.7, 0.7)},
            {"name": "中心绿地", "facility_kind": "green", "geometry": block(0.4, 0.05, 0.45, 0.08)},
        ),
    )
    store(session, layers)
    found = {row.name: (row.code, row.facility_kind, row.parent, row.cell) for row in on_record(session, "facility")}
    assert found == {
        "党群服务中心": (f"{CODE}-F001", "service_centre", f"{CODE}-B", f"{CODE}002"),
        "中心绿地": (f"{CODE}-F002", "green", f"{CODE}-A", f"{CODE}003"),
    }
    assert store(session, layers)["facilities"].unchanged == 2


def test_ways_are_cut_at_the_envelope_and_known_again(session: Session) -> None:
    layers = replace(
        TOWN,
        ways=places(
            {"kind": "path", "source_id": "way/5", "tags": {"surface": "paved"}, "geometry": LineString([(113.0, 41.033), (113.2, 41.033)])},
            {"kind": "wall", "source_id": "way/6", "geometry": LineString([(114.0, 41.0), (114.1, 41.0)])},
            {"kind": "gate", "source_id": "node/7", "geometry": dot(0.5, 0.0)},
        ),
    )  # fmt: skip
    report = store(session, layers)["ways"]
    found = session.execute(sa.text("select source_id, kind, ST_XMin(geom), ST_XMax(geom) from way order by 1")).all()
    assert [tuple(row) for row in found] == [
        ("node/7", "gate", 113.104, 113.104),
        ("way/5", "path", 113.09, 113.118),
    ]
    assert (report.read, report.stored) == (3, 2)
    assert store(session, layers)["ways"].stored == 0


def test_a_wall_is_a_line(session: Session) -> None:
    layers = replace(TOWN, ways=places({"kind": "wall", "source_id": "node/1", "geometry": dot(0.5, 0.5)}))
    assert "only gates and barriers" in refused(session, layers)[0].reason


def test_the_settings_of_a_new_community_follow_from_where_it_lies(session: Session) -> None:
    store(session, TOWN)
    row = session.execute(
        sa.text(
            "select metric_srid, timezone, office_phone, ST_XMin(envelope) as west, ST_YMax(envelope) as north"
            " from place where kind = 'community'"
        )
    ).one()
    assert tuple(row) == (4547, "Asia/Shanghai", "0474-5550000", 113.09, 41.046)
    region = session.execute(
        sa.text("select p.code, v.name from place p join place_version v on v.place_id = p.id where p.kind = 'region'")
    ).one()
    assert tuple(region) == ("150902008", "泉山街道")


def test_two_communities_stand_side_by_side(session: Session) -> None:
    store(session, TOWN)
    other = replace(
        TOWN,
        community=CommunitySettings("091000001001", timezone="Europe/Helsinki"),
        boundary=BOUNDARY.assign(code="091000001001", geometry=BOUNDARY.geometry.translate(-88, 19)),
        compounds=COMPOUNDS.set_geometry(COMPOUNDS.geometry.translate(-88, 19)),
        grid_cells=CELLS.assign(code=["001", "002", "003", "004"], geometry=CELLS.geometry.translate(-88, 19)),
        buildings=BUILDINGS.set_geometry(BUILDINGS.geometry.translate(-88, 19)),
    )
    store(session, other)
    assert [row.code for row in on_record(session, "community")] == ["091000001001", CODE]
    assert len(on_record(session, "building")) == 4
    with pytest.raises(BadInput, match="which community"):
        store(session, Layers(buildings=BUILDINGS))


def test_a_community_that_is_not_on_record_needs_its_boundary(session: Session) -> None:
    with pytest.raises(NotFound, match="import its boundary first"):
        store(session, only(buildings=BUILDINGS))


def test_settings_that_cannot_be_are_named(session: Session) -> None:
    for settings, message in (
        (CommunitySettings(CODE, timezone="Mars/Olympus"), "time zone Mars/Olympus"),
        (CommunitySettings(CODE, metric_srid=4326), "does not measure in metres"),
        (CommunitySettings("a b"), "cannot be the code"),
    ):
        with pytest.raises(BadInput, match=message):
            store(session, replace(TOWN, community=settings))


def test_the_number_of_statements_does_not_grow_with_the_rows(session: Session, statements: Any) -> None:
    store(session, TOWN)
    counted = []
    for n in (2, 40):
        rows = [{"source_id": f"gen/{n}/{i}", "geometry": block(i / 50, 0.1, i / 50 + 0.01, 0.2)} for i in range(n)]
        with statements(session.get_bind().engine) as seen:
            store(session, only(buildings=places(*rows)))
        counted.append(len(seen))
    assert counted[0] == counted[1]


def test_a_second_import_at_the_same_time_waits_for_nobody(session: Session, new_database: Any) -> None:
    database = new_database()
    with database.writing("test") as first:
        store(first, TOWN)
        with pytest.raises(Conflict, match="somebody is importing"), database.writing("test") as second:
            store(second, TOWN)
