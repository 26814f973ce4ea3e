"""Who is responsible: every rule of the ladder, on a town that can be checked by hand."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from shapely import box
from sqlalchemy.orm import Session

from gridmap.duties import Role, Wording, responsible_at
from gridmap.errors import BadPosition, OutsideCommunity, UnknownPlace
from gridmap.places.position import Position, parse_day, parse_position
from tests.gridmap.conftest import CODE, Town

IN_B1 = Position(113.1015, 41.0312)
IN_B2 = Position(113.1035, 41.0350)
OPEN_GROUND = Position(113.1005, 41.0335)
IN_CELL_3 = Position(113.1060, 41.0380)
TODAY = date(2026, 6, 1)


def ask(town: Town, where: Position | str, on: date = TODAY, **options: Any) -> dict[str, Any]:
    answer = json.loads(responsible_at(town.session, where, on, **options))
    assert isinstance(answer, dict)
    return answer


def places(answer: dict[str, Any]) -> list[str]:
    return [place["name"] for place in answer["places"]]


def post(answer: dict[str, Any], role: str, place: str | None = None) -> dict[str, Any]:
    [entry] = [e for e in answer["chain"] if e["role"] == role and place in (None, e["place"]["name"])]
    assert isinstance(entry, dict)
    return entry


def test_a_click_on_a_building_names_its_whole_tree(town: Town) -> None:
    answer = ask(town, IN_B1)
    assert places(answer) == ["B1", "C1", "001", "K1", "T"]
    assert (answer["match"], answer["distance_m"], answer["on"]) == ("inside", 0, "2026-06-01")
    assert answer["community"] == {"code": CODE, "name": "T", "sample": False, "office_phone": "0474-0000001"}


def test_every_required_post_of_the_tree_stands_on_the_ladder(town: Town) -> None:
    rungs = [(entry["role"], entry["place"]["name"], entry["status"]) for entry in ask(town, IN_B1)["chain"]]
    assert rungs == [
        ("entrance_leader", "B1-1", "vacant"),
        ("entrance_leader", "B1-2", "vacant"),
        ("building_leader", "B1", "vacant"),
        ("cluster_leader", "C1", "vacant"),
        ("grid_leader", "001", "vacant"),
        ("branch_secretary", "K1", "vacant"),
        ("director", "T", "vacant"),
        ("secretary", "T", "vacant"),
    ]


def test_a_building_across_two_cells_answers_with_its_own(town: Town) -> None:
    in_the_southern_part = Position(113.1035, 41.0349)
    assert places(ask(town, in_the_southern_part)) == ["B2", "C1", "002", "K1", "T"]


def test_an_entrance_overrides_its_buildings_cell_when_it_is_asked(town: Town) -> None:
    assert places(ask(town, f"{CODE}-B2-1")) == ["B2-1", "B2", "C1", "001", "K1", "T"]
    assert places(ask(town, IN_B2)) == ["B2", "C1", "002", "K1", "T"]


@pytest.mark.parametrize(
    ("lon", "lat", "cell"),
    [
        (113.1005, 41.035, "001"),  # the edge between 001 and 002
        (113.105, 41.0370, "002"),  # the edge between 002 and 003
        (113.105, 41.035, "001"),  # the corner of all three
        (113.110, 41.040, "003"),  # the outermost corner of the community
    ],
)
def test_a_shared_edge_or_corner_belongs_to_the_lowest_code(town: Town, lon: float, lat: float, cell: str) -> None:
    assert ask(town, Position(lon, lat))["places"][0]["name"] == cell


def test_beside_a_building_its_own_rungs_are_added_to_the_points(town: Town) -> None:
    ten_metres_north = Position(113.1015, 41.0315 + 10 / 111_060)
    answer = ask(town, ten_metres_north)
    assert places(answer) == ["B1", "C1", "001", "K1", "T"]
    assert answer["match"] == "nearest"
    assert answer["distance_m"] == pytest.approx(10, abs=0.1)


def test_the_area_stays_the_points_when_the_nearest_building_lies_in_another_cell(town: Town) -> None:
    just_south_of_b2 = Position(113.1035, 41.0348 - 5 / 111_060)
    assert places(ask(town, just_south_of_b2)) == ["B2", "C1", "001", "K1", "T"]


def test_sixteen_metres_from_a_building_it_is_no_longer_named(town: Town) -> None:
    assert places(ask(town, Position(113.1015, 41.0315 + 16 / 111_060))) == ["001", "K1", "T"]


def test_nearest_never_reaches_across_the_communitys_boundary(town: Town) -> None:
    other = Town(town.session, code="990000000002")
    other.place("other", "community", box(113.09, 41.03, 113.10, 41.04))
    town.place("B9", "building", box(113.10001, 41.036, 113.1005, 41.0365), parent="K1", grid_cell="002")
    west_of_the_border = Position(113.09999, 41.0362)
    assert places(ask(town, west_of_the_border)) == ["other"]


def test_a_grid_leader_of_the_compound_fills_the_cell_that_has_none(town: Town) -> None:
    town.appoint("Gu", "grid_leader", "K2", date(2020, 1, 1))
    answer = ask(town, IN_CELL_3)
    entry = post(answer, "grid_leader")
    assert entry["place"]["name"] == "003"
    assert entry["status"] == "filled"
    assert entry["holder"] == {"name": "Gu", "phone": "phone of Gu"}
    assert entry["via"]["name"] == "K2"


def test_a_cells_own_grid_leader_stands_beside_the_compounds(town: Town) -> None:
    town.appoint("Gu", "grid_leader", "K2")
    town.appoint("An", "grid_leader", "003")
    held = [
        (e["place"]["name"], e["holder"]["name"]) for e in ask(town, IN_CELL_3)["chain"] if e["role"] == "grid_leader"
    ]
    assert held == [("003", "An"), ("K2", "Gu")]


def test_a_hand_over_changes_the_answer_on_its_day(town: Town) -> None:
    town.appoint("An", "grid_leader", "001", date(2020, 1, 1), date(2024, 7, 1))
    town.appoint("Bo", "grid_leader", "001", date(2024, 7, 1))
    for day, name in ((date(2024, 6, 30), "An"), (date(2024, 7, 1), "Bo"), (date(2030, 1, 1), "Bo")):
        assert post(ask(town, IN_B1, day), "grid_leader")["holder"]["name"] == name
    assert post(ask(town, IN_B1, date(2019, 12, 31)), "grid_leader")["status"] == "vacant"


def test_a_vacant_post_names_the_next_rank_up(town: Town) -> None:
    town.appoint("Cai", "cluster_leader", "C1")
    town.appoint("An", "grid_leader", "001")
    entry = post(ask(town, IN_B1), "building_leader")
    assert entry["holder"] is None
    assert entry["acting"] == {
        "role": "cluster_leader",
        "role_name": "Cluster leader",
        "name": "Cai",
        "phone": "phone of Cai",
        "why": "vacant; the next rank up acts (Cluster leader)",
    }


def test_a_vacant_post_says_since_when(town: Town) -> None:
    town.appoint("An", "building_leader", "B1", date(2020, 1, 1), date(2025, 3, 1))
    assert post(ask(town, IN_B1), "building_leader")["since"] == "2025-03-01"


def test_with_nobody_above_the_office_acts(town: Town) -> None:
    acting = post(ask(town, IN_B1), "secretary")["acting"]
    assert (acting["role"], acting["phone"]) == ("office", "0474-0000001")


def test_on_leave_the_deputy_acts(town: Town) -> None:
    appointment = town.appoint("An", "building_leader", "B1", date(2020, 1, 1))
    town.leave(appointment, date(2026, 5, 25), date(2026, 6, 9), "De")
    entry = post(ask(town, IN_B1), "building_leader")
    assert entry["status"] == "on_leave"
    assert entry["holder"]["name"] == "An"
    assert entry["acting"]["name"] == "De"
    assert entry["acting"]["why"] == "on leave until 2026-06-08; the deputy acts"
    assert post(ask(town, IN_B1, date(2026, 6, 9)), "building_leader")["status"] == "filled"


def test_on_leave_without_deputy_the_next_rank_up_acts(town: Town) -> None:
    town.leave(town.appoint("An", "building_leader", "B1"), date(2026, 5, 25), date(2026, 6, 9), None)
    town.appoint("Gu", "grid_leader", "001")
    assert post(ask(town, IN_B1), "building_leader")["acting"]["name"] == "Gu"


def test_whoever_is_away_does_not_act_for_oneself_from_a_post_above(town: Town) -> None:
    town.leave(town.appoint("An", "director", "T"), date(2026, 5, 25), date(2026, 6, 9), None)
    town.appoint("An", "secretary", "T")
    assert post(ask(town, IN_B1), "director")["acting"]["role"] == "office"


def test_the_deputy_of_the_next_rank_acts_for_a_vacancy_below(town: Town) -> None:
    town.leave(town.appoint("Gu", "grid_leader", "001"), date(2026, 5, 25), date(2026, 6, 9), "De")
    assert post(ask(town, IN_B1), "cluster_leader")["acting"]["name"] == "De"


def test_a_role_with_several_holders_gives_an_entry_per_holder(town: Town) -> None:
    town.appoint("An", "committee_member", "T")
    town.appoint("Bo", "committee_member", "T")
    names = [e["holder"]["name"] for e in ask(town, IN_B1)["chain"] if e["role"] == "committee_member"]
    assert sorted(names) == ["An", "Bo"]


def test_a_required_role_with_several_holders_and_nobody_is_one_vacancy(town: Town) -> None:
    town.session.execute(sa.text("update role_place set required = true where role = 'committee_member'"))
    assert post(ask(town, IN_B1), "committee_member")["status"] == "vacant"


def test_household_posts_are_given_to_the_office_alone(town: Town) -> None:
    town.appoint("Hu", "hub_household", "B1-1")
    assert "Hu" not in json.dumps(ask(town, IN_B1))
    [entry] = ask(town, IN_B1, households=True)["households"]
    assert (entry["role"], entry["holder"]["name"], entry["place"]["name"]) == ("hub_household", "Hu", "B1-1")


def test_a_problem_names_the_nearest_contact_of_the_first_priority(town: Town) -> None:
    town.contract("Property of K1", "property_company", "K1")
    town.contract("Heat works", "heating_contact", "T", phone_24h="96000")
    services = {service["problem"]: service for service in ask(town, IN_B1)["services"]}
    assert (services["heating"]["name"], services["heating"]["phone_24h"]) == ("Heat works", "96000")
    assert services["leak"]["name"] == "Property of K1"
    assert services["parking"]["instead"] is False


def test_a_problem_without_contact_falls_to_the_leader_and_then_to_the_office(town: Town) -> None:
    assert {s["name"] for s in ask(town, IN_B1)["services"]} == {"T"}
    town.appoint("An", "grid_leader", "001")
    services = ask(town, IN_B1)["services"]
    assert {(s["name"], s["instead"]) for s in services} == {("An", True)}


def test_labels_and_sentences_follow_the_language(town: Town) -> None:
    town.session.get_one(Role, "building_leader").label_zh = "栋长"
    town.session.flush()
    answer = ask(town, IN_B1, wording=Wording(language="zh", office="社区办公室", why_vacant_office="空缺"))
    assert post(answer, "building_leader")["role_name"] == "栋长"
    assert post(answer, "building_leader")["acting"] == {
        "role": "office", "role_name": "社区办公室", "name": "T", "phone": "0474-0000001", "why": "空缺",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "seen"),
    [(["T"], True), (["K1"], True), (["001"], True), (["B1"], True), (["K2"], False), (["B2"], False), ([], False)],
)
def test_only_what_lies_below_the_askers_places_is_answered(town: Town, scope: list[str], seen: bool) -> None:
    ids = [town.ids[name] for name in scope]
    if seen:
        assert places(ask(town, IN_B1, scope=ids))[0] == "B1"
    else:
        with pytest.raises(OutsideCommunity):
            ask(town, IN_B1, scope=ids)
        with pytest.raises(UnknownPlace):
            ask(town, f"{CODE}-B1", scope=ids)


def test_the_leader_of_an_entrance_sees_the_buildings_ladder_with_that_entrance_alone(town: Town) -> None:
    answer = ask(town, IN_B1, scope=[town.ids["B1-2"]])
    assert [e["place"]["name"] for e in answer["chain"] if e["role"] == "entrance_leader"] == ["B1-2"]


def test_a_region_above_the_community_opens_it(town: Town) -> None:
    region = town.session.scalar(
        sa.text("insert into place (kind, code) values ('region', '990000') returning id"),
    )
    town.session.execute(
        sa.text(
            "insert into place_version (place_id, kind, valid, name, aliases, search) values (:r, 'region', '(,)', 'R', '{}', '{}')"
        ),
        {"r": region},
    )
    town.session.execute(
        sa.text("update place_version set parent_id = :r where place_id = :t"), {"r": region, "t": town.ids["T"]}
    )
    assert isinstance(region, int)
    assert places(ask(town, IN_B1, scope=[region]))[0] == "B1"


def test_outside_every_community_nothing_answers(town: Town) -> None:
    with pytest.raises(OutsideCommunity) as caught:
        ask(town, Position(113.2, 41.03))
    assert "hint" not in caught.value.values


def test_exchanged_axes_are_pointed_out(town: Town) -> None:
    Town(town.session, "990000000002").place("T2", "community", box(44, 41, 45, 42))
    with pytest.raises(OutsideCommunity) as caught:
        ask(town, Position(41.5, 44.5))
    assert caught.value.values["hint"] == "swapped"


def test_a_facility_is_asked_by_its_code(town: Town) -> None:
    assert places(ask(town, f"{CODE}-V1")) == ["V1", "001", "K1", "T"]


def test_a_place_that_did_not_exist_on_the_day_is_unknown(town: Town) -> None:
    town.session.execute(
        sa.text("update place_version set valid = '[2020-01-01,)' where place_id = :b"), {"b": town.ids["B1"]}
    )
    with pytest.raises(UnknownPlace):
        ask(town, f"{CODE}-B1", date(2019, 12, 31))
    assert places(ask(town, IN_B1, date(2019, 12, 31)))[0] == "001"


def test_today_is_today_where_the_community_lies(town: Town, session: Session) -> None:
    expected = session.scalar(sa.text("select (now() at time zone 'Pacific/Kiritimati')::date"))
    session.execute(sa.text("update place set timezone = 'Pacific/Kiritimati' where kind = 'community'"))
    assert json.loads(responsible_at(session, IN_B1))["on"] == str(expected)


def test_an_answer_is_one_statement(town: Town, statements: Any) -> None:
    with statements(town.session.get_bind().engine) as seen:
        responsible_at(town.session, IN_B1, TODAY)
        responsible_at(town.session, f"{CODE}-B1", TODAY)
    assert len(seen) == 2


def test_the_point_is_found_through_the_index(town: Town) -> None:
    session = town.session
    session.execute(sa.text("set local enable_seqscan = off"))
    plan = "\n".join(
        session.scalars(
            sa.text("""explain select v.place_id from place_version v
            where ST_Covers(v.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4490))"""),
            {"lon": 113.1, "lat": 41.03},
        )
    )
    assert "ix_place_version_geom" in plan


@pytest.mark.parametrize(
    ("lon", "lat", "field"),
    [
        ("x", "41", "lon"), ("113", "", "lat"), (None, "41", "lon"), ("NaN", "41", "lon"), ("113", "nan", "lat"),
        ("Infinity", "41", "lon"), ("-inf", "41", "lon"), ("1e308", "41", "lon"), ("113", "1e308", "lat"), ("１１３", "41", "lon"),
        ("1_1", "41", "lon"), ("181", "41", "lon"), ("113", "90.0001", "lat"), ("1" * 400, "41", "lon"), ("113,4", "41", "lon"),
        ("0x10", "41", "lon"), ("113", "41 ", "lat"), ("113", "4\x001", "lat"), ("113°", "41", "lon"), ("--1", "41", "lon"),
    ],
)  # fmt: skip
def test_what_is_no_position_is_refused_with_its_field(lon: str | None, lat: str | None, field: str) -> None:
    with pytest.raises(BadPosition) as caught:
        parse_position(lon, lat)
    assert caught.value.field == field
    assert field in str(caught.value)


@pytest.mark.parametrize(
    "text", ["2026-2-1", "2026-02-30", "20260201", "２０２６-02-01", "0000-01-01", "tomorrow", "2026-02-01T00"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    from gridmap.errors import BadInput

    with pytest.raises(BadInput, match="is no day"):
        parse_day(text)
