from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from geodata.load import store
from geodata.problems import ImportRefused, Problem, Report
from tests.geodata.town import BUILDINGS, CODE, TOWN, only, table, terms

CELL = f"{CODE}003"
ZHANG = {"role": "grid_leader", "place": CELL, "name": "张甲", "phone": "13800000001"}
LI = {"role": "grid_leader", "place": CELL, "name": "李乙", "phone": "13800000002"}
JULY = date(2024, 7, 1)


@pytest.fixture(autouse=True)
def town(session: Session) -> None:
    store(session, TOWN)


def roster(session: Session, *rows: dict[str, Any], **options: Any) -> Report:
    return store(session, only(roster=table(*rows)), **options)


def refused(session: Session, *rows: dict[str, Any], **options: Any) -> list[Problem]:
    with pytest.raises(ImportRefused) as caught:
        roster(session, *rows, **options)
    return [problem for problem in caught.value.report.problems if problem.fatal]


def held(session: Session) -> list[tuple[Any, ...]]:
    return [(t.name, t.phone, t.first, t.last) for t in terms(session)]


def test_a_post_is_stored_once(session: Session) -> None:
    assert roster(session, ZHANG)["roster"].stored == 1
    assert roster(session, ZHANG)["roster"].unchanged == 1
    assert held(session) == [("张甲", "13800000001", None, None)]


def test_roles_are_known_by_code_and_by_label_in_either_language(session: Session) -> None:
    for name in ("grid_leader", "网格长", "Grid leader", "GRID LEADER", " 网格长 "):
        roster(session, ZHANG | {"role": name})
    assert len(held(session)) == 1


def test_places_are_known_by_code_label_and_source(session: Session) -> None:
    roster(session, {"role": "building_leader", "place": "way/1", "name": "甲"})
    roster(session, {"role": "building_leader", "place": f"{CODE}-B00002", "name": "甲"})
    report = roster(session, {"role": "building_leader", "place": "B00002", "name": "甲"})
    assert report["roster"].unchanged == 1


def test_a_place_may_be_called_by_a_name_that_only_one_has(session: Session) -> None:
    roster(session, ZHANG | {"place": "三网格"})
    assert [t.code for t in terms(session)] == [CELL]
    store(session, only(buildings=BUILDINGS.assign(name="楼")))
    found = refused(session, {"role": "building_leader", "place": "楼", "name": "甲"})
    assert found[0].reason == f"is the name of several places: {CODE}-B00001, {CODE}-B00002"


def test_a_hand_over_is_two_terms(session: Session) -> None:
    first, second = ZHANG | {"valid_from": date(2023, 1, 1), "valid_to": JULY}, LI | {"valid_from": JULY}
    assert roster(session, first, second)["roster"].stored == 2
    assert held(session) == [
        ("张甲", "13800000001", date(2023, 1, 1), JULY),
        ("李乙", "13800000002", JULY, None),
    ]


def test_a_term_that_ends_is_corrected_and_followed(session: Session) -> None:
    roster(session, ZHANG | {"valid_from": date(2023, 1, 1)})
    first, second = ZHANG | {"valid_from": date(2023, 1, 1), "valid_to": JULY}, LI | {"valid_from": JULY}
    assert roster(session, first, second)["roster"].stored == 2
    assert [row[3] for row in held(session)] == [JULY, None]


def test_an_undated_row_as_of_a_day_is_a_hand_over(session: Session) -> None:
    roster(session, ZHANG)
    assert roster(session, LI, as_of=JULY)["roster"].stored == 1
    assert roster(session, LI, as_of=JULY)["roster"].unchanged == 1
    assert [(row[0], row[2], row[3]) for row in held(session)] == [("张甲", None, JULY), ("李乙", JULY, None)]


def test_the_first_day_stays_when_the_holder_stays(session: Session) -> None:
    roster(session, ZHANG | {"valid_from": date(2023, 1, 1)})
    assert roster(session, ZHANG, as_of=JULY)["roster"].unchanged == 1


def test_a_corrected_number_belongs_to_the_same_person(session: Session) -> None:
    roster(session, ZHANG)
    before = terms(session)[0].person_id
    assert roster(session, ZHANG | {"phone": "13800000009"})["roster"].stored == 1
    assert [(t.phone, t.person_id) for t in terms(session)] == [("13800000009", before)]
    assert session.scalar(sa.text("select count(*) from person")) == 1


def test_a_corrected_name_belongs_to_the_same_person(session: Session) -> None:
    roster(session, ZHANG)
    before = terms(session)[0].person_id
    roster(session, ZHANG | {"name": "章甲"})
    assert [(t.name, t.person_id) for t in terms(session)] == [("章甲", before)]


def test_one_person_may_hold_several_posts(session: Session) -> None:
    second = ZHANG | {"role": "committee_member", "place": CODE}
    roster(session, ZHANG, second)
    assert len({t.person_id for t in terms(session)}) == 1


def test_a_person_who_keeps_one_post_is_not_renamed_by_the_other(session: Session) -> None:
    roster(session, ZHANG, ZHANG | {"role": "committee_member", "place": CODE})
    roster(session, ZHANG | {"phone": "13800000009"})
    assert {t.phone for t in terms(session)} == {"13800000001", "13800000009"}


def test_overlapping_terms_of_one_file_are_refused_with_both_rows(session: Session) -> None:
    found = refused(session, ZHANG | {"valid_to": date(2024, 7, 2)}, LI | {"valid_from": JULY})
    assert [(p.id, p.attribute) for p in found] == [("row 1", "valid_from")]
    assert "overlaps the term of 张甲 (row 0), … – 2024-07-01" in found[0].reason


def test_a_term_that_overlaps_one_on_record_is_refused(session: Session) -> None:
    roster(session, ZHANG | {"valid_from": date(2023, 1, 1)})
    found = refused(session, LI | {"valid_from": JULY})
    assert "overlaps the term of 张甲, 2023-01-01 – …" in found[0].reason
    assert len(held(session)) == 1


def test_posts_with_several_holders_may_overlap(session: Session) -> None:
    rows = [{"role": "committee_member", "place": CODE, "name": name} for name in ("甲", "乙", "丙")]
    assert roster(session, *rows)["roster"].stored == 3
    assert roster(session, *rows)["roster"].unchanged == 3


def test_the_same_holder_twice_at_one_time_is_refused(session: Session) -> None:
    row = {"role": "committee_member", "place": CODE, "name": "甲"}
    assert len(refused(session, row, row)) == 1


def test_all_problems_are_named_at_once(session: Session) -> None:
    found = refused(
        session,
        ZHANG | {"role": "king"},
        ZHANG | {"place": "nowhere"},
        ZHANG | {"place": "way/1"},
        ZHANG | {"name": None},
        ZHANG | {"valid_from": "31.12.2020"},
        ZHANG | {"valid_from": JULY, "valid_to": JULY},
        ZHANG | {"holder": "robot"},
        ZHANG | {"phone": "1" * 41},
        ZHANG | {"consent": "perhaps"},
    )
    assert [(p.id, p.attribute) for p in found] == [
        ("row 0", "role"),
        ("row 1", "place"),
        ("row 2", "place"),
        ("row 3", "name"),
        ("row 4", "valid_from"),
        ("row 5", "valid_to"),
        ("row 6", "holder"),
        ("row 7", "phone"),
        ("row 8", "consent"),
    ]
    assert held(session) == []


def test_a_row_about_an_unusable_building_is_reported_and_the_rest_stored(session: Session) -> None:
    report = roster(session, ZHANG, {"role": "building_leader", "place": "way/404", "name": "乙"})["roster"]
    assert (report.read, report.stored, [p.id for p in report.problems]) == (2, 1, ["row 1"])


def test_services_are_organizations_and_the_police_officer_a_person(session: Session) -> None:
    roster(
        session,
        {"role": "heating_contact", "place": CODE, "name": "供热公司", "phone": "5550001", "phone_24h": "5550002"},
        {"role": "police_officer", "place": CODE, "name": "赵警官", "phone": "110"},
    )
    found = {t.role: (t.name, t.phone, t.phone_24h, t.person_id is None) for t in terms(session)}
    assert found == {
        "heating_contact": ("供热公司", "5550001", "5550002", True),
        "police_officer": ("赵警官", "110", None, False),
    }


def test_the_number_of_an_organization_is_corrected_in_place(session: Session) -> None:
    row = {"role": "heating_contact", "place": CODE, "name": "供热公司", "phone": "5550001"}
    roster(session, row)
    assert roster(session, row | {"phone": "5550009"})["roster"].stored == 1
    assert [(t.name, t.phone) for t in terms(session)] == [("供热公司", "5550009")]
    assert session.scalar(sa.text("select count(*) from organization")) == 1


def test_consent_is_given_in_so_many_words_or_not_at_all(session: Session) -> None:
    roster(session, ZHANG)
    assert [t.consent for t in terms(session)] == [False]
    roster(session, ZHANG | {"consent": "是"})
    assert [t.consent for t in terms(session)] == [True]
    roster(session, ZHANG)
    assert [t.consent for t in terms(session)] == [True]


def test_a_leave_names_its_deputy(session: Session) -> None:
    away = {"role": "grid_leader", "place": CELL, "name": "张甲", "valid_from": JULY, "valid_to": date(2024, 8, 1)}
    layers = only(roster=table(ZHANG), leaves=table(away | {"deputy_name": "李乙", "deputy_phone": "13800000002"}))
    assert store(session, layers)["leaves"].stored == 1
    assert store(session, layers)["leaves"].unchanged == 1
    row = session.execute(
        sa.text("select lower(l.during) as first, p.name, p.phone from leave l join person p on p.id = l.deputy_id")
    ).one()
    assert tuple(row) == (JULY, "李乙", "13800000002")


def test_a_leave_from_a_post_that_nobody_holds_is_refused(session: Session) -> None:
    with pytest.raises(ImportRefused, match="does not hold this post"):
        store(session, only(leaves=table({"role": "grid_leader", "place": CELL, "name": "王", "valid_from": JULY})))


def test_channels_are_stored_once(session: Session) -> None:
    layers = only(channels=table({"place": "way/1", "name": "1号楼邻里群", "valid_from": JULY}))
    assert store(session, layers)["channels"].stored == 1
    assert store(session, layers)["channels"].unchanged == 1
