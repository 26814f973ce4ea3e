"""Places as GeoJSON: what is shown to whom, and how many posts are empty there."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from gridmap.errors import BadInput, UnknownPlace
from gridmap.places.features import LAYERS, feature, features, parse_window
from tests.gridmap.conftest import CODE, Town

TODAY = date(2026, 6, 1)


def shown(town: Town, *layers: str, **options: Any) -> dict[str, dict[str, Any]]:
    collection = json.loads(features(town.session, layers, on=TODAY, **options))
    assert collection["type"] == "FeatureCollection"
    assert collection["truncated"] is False
    return {f["properties"]["name"]: f for f in collection["features"]}


def scoped(town: Town, *names: str) -> list[int]:
    return [town.ids[name] for name in names]


def test_a_layer_lists_its_places_by_code(town: Town) -> None:
    assert list(shown(town, "building")) == ["B1", "B2", "B3"]
    assert set(shown(town, "grid_cell", "compound")) == {"001", "002", "003", "K1", "K2"}


def test_a_feature_names_what_it_belongs_to(town: Town) -> None:
    b2 = shown(town, "building")["B2"]
    assert b2["id"] == f"{CODE}-B2"
    assert b2["properties"]["compound"] == f"{CODE}-K1"
    assert b2["properties"]["grid_cell"] == f"{CODE}002"
    assert b2["properties"]["cluster"] == f"{CODE}-C1"
    entrances = shown(town, "entrance")
    assert entrances["B2-1"]["properties"]["grid_cell"] == f"{CODE}001"
    assert entrances["B1-1"]["properties"]["grid_cell"] == f"{CODE}001"
    assert entrances["B1-1"]["properties"]["compound"] == f"{CODE}-K1"


def test_coordinates_are_lon_lat_with_seven_decimals(town: Town) -> None:
    assert shown(town, "entrance")["B1-1"]["geometry"] == {"type": "Point", "coordinates": [113.1012, 41.031]}


def test_vacant_counts_the_posts_of_a_building_and_its_entrances(town: Town) -> None:
    town.appoint("An", "entrance_leader", "B1-1")
    assert shown(town, "building")["B1"]["properties"]["vacant"] == 2
    town.appoint("Bo", "building_leader", "B1")
    assert shown(town, "building")["B1"]["properties"]["vacant"] == 1


def test_a_cell_is_not_vacant_when_a_leader_of_its_compound_fills_it(town: Town) -> None:
    assert shown(town, "grid_cell")["003"]["properties"]["vacant"] == 1
    town.appoint("Gu", "grid_leader", "K2")
    assert shown(town, "grid_cell")["003"]["properties"]["vacant"] == 0


def test_leave_is_counted_apart(town: Town) -> None:
    town.leave(town.appoint("An", "building_leader", "B1"), date(2026, 5, 1), date(2026, 7, 1), None)
    properties = shown(town, "building")["B1"]["properties"]
    assert (properties["vacant"], properties["on_leave"]) == (2, 1)


def test_a_window_keeps_what_meets_it(town: Town) -> None:
    assert list(shown(town, "building", window=parse_window("113.1,41.03,113.102,41.032"))) == ["B1"]


def test_a_window_is_served_by_the_index(town: Town) -> None:
    from gridmap.places.features import _IN_WINDOW

    town.session.execute(sa.text("set local enable_seqscan = off"))
    values = {"kinds": ["building"], "on_day": TODAY, "community": None, "scope": None, "outlines": True, "at_most": 10, "keep": 9,
              "west": 113.1, "south": 41.03, "east": 113.102, "north": 41.032}  # fmt: skip
    explained = sa.text("explain " + _IN_WINDOW.text).bindparams(*_IN_WINDOW._bindparams.values())
    plan = "\n".join(town.session.scalars(explained, values))
    assert "ix_place_version_geom" in plan


def test_another_community_is_left_out(town: Town) -> None:
    assert shown(town, "building", community="990000000099") == {}
    assert len(shown(town, "building", community=CODE)) == 3


@pytest.mark.parametrize(
    ("scope", "buildings"),
    [
        (["T"], {"B1", "B2", "B3"}),
        (["K1"], {"B1", "B2"}),
        (["001"], {"B1"}),
        (["C1"], {"B1", "B2"}),
        (["B3"], {"B3"}),
        ([], set()),
    ],
)
def test_only_places_below_the_askers_are_shown(town: Town, scope: list[str], buildings: set[str]) -> None:
    assert set(shown(town, "building", scope=scoped(town, *scope))) == buildings


def test_what_lies_above_the_askers_places_is_outlined(town: Town) -> None:
    above = shown(town, "grid_cell", "compound", "community", scope=scoped(town, "B1-1"))
    assert set(above) == {"001", "K1", "T"}


def test_a_building_of_two_cells_is_seen_by_the_leader_of_its_overriding_entrances_cell(town: Town) -> None:
    assert set(shown(town, "entrance", scope=scoped(town, "001"))) == {"B1-1", "B1-2", "B2-1"}


def test_a_place_is_seen_as_it_was_on_the_day(town: Town) -> None:
    town.session.execute(sa.text("update place_version set valid = '[2027-01-01,)' where name = 'B1'"))
    assert "B1" not in shown(town, "building")


def test_ways_are_a_layer(town: Town) -> None:
    town.session.execute(
        sa.text("""insert into way (community_id, kind, valid, source_id, name, tags, geom)
        values (:t, 'wall', '(,)', 'w1', null, '{}', ST_GeomFromText('LINESTRING(113.1 41.03, 113.105 41.03)', 4490))"""),
        {"t": town.ids["T"]},
    )
    for scope in (None, scoped(town, "T"), scoped(town, "B1")):
        [wall] = json.loads(features(town.session, ["way"], scope=scope))["features"]
        assert wall["properties"]["kind"] == "wall"
    assert json.loads(features(town.session, ["way"], scope=[]))["features"] == []


def test_one_place_by_code(town: Town) -> None:
    body = json.loads(feature(town.session, f"{CODE}-B1", on=TODAY))
    assert body["properties"]["name"] == "B1"
    with pytest.raises(UnknownPlace):
        feature(town.session, "nowhere")
    with pytest.raises(UnknownPlace):
        feature(town.session, f"{CODE}-B1", scope=scoped(town, "K2"))


@pytest.mark.parametrize("box", ["", "1,2,3", "1,2,3,4,5", "3,2,1,4", "1,2,x,4", "1,2,nan,4", "1,2,1,4", "-181,0,1,1"])
def test_what_is_no_box_is_refused(box: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_window(box)
    assert caught.value.field == "bbox"


def test_an_unknown_layer_is_refused(town: Town) -> None:
    with pytest.raises(BadInput, match="none of"):
        features(town.session, ["region"])
    assert "region" not in LAYERS


def test_a_collection_is_one_statement(town: Town, statements: Any) -> None:
    with statements(town.session.get_bind().engine) as seen:
        features(town.session, LAYERS)
    assert len(seen) == 1
