"""What the database itself refuses of roles, posts and leaves, asked in plain SQL as the runtime role."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from shapely import box
from sqlalchemy.orm import Session

from gridmap.database import Database
from tests.gridmap.conftest import Town
from tests.gridmap.guards import (
    FOREVER,
    address,
    appointed,
    execute,
    insert,
    label,
    organization,
    post_refused,
    refusal,
)

# --- posts ------------------------------------------------------------------------------------------------------------


def test_a_post_for_one_has_one_holder_at_a_time(town: Town) -> None:
    appointed(town, role="grid_leader", during="[2020-01-01,2024-07-01)")
    ben = town.person("Ben")
    assert post_refused(town, role="grid_leader", person_id=ben, during="[2024-06-30,)") == "one_holder_at_a_time"
    assert post_refused(town, role="grid_leader", person_id=ben) == "one_holder_at_a_time"


def test_a_post_is_handed_over_on_a_day(town: Town) -> None:
    appointed(town, role="grid_leader", during="[2020-01-01,2024-07-01)")
    appointed(town, role="grid_leader", person_id=town.person("Ben"), during="[2024-07-01,)")


def test_a_post_for_one_is_held_by_a_person_or_an_organization_not_both(town: Town) -> None:
    appointed(town, role="property_company", place="K1", organization_id=organization(town))
    assert post_refused(town, role="property_company", place="K1") == "one_holder_at_a_time"


def test_the_day_of_a_hand_over_is_corrected_in_two_steps(town: Town) -> None:
    earlier = appointed(town, role="grid_leader", during="[2020-01-01,2024-07-01)")
    later = appointed(town, role="grid_leader", person_id=town.person("Ben"), during="[2024-07-01,)")
    change = "update appointment set during = cast(:during as daterange) where id = :id"
    assert refusal(town.session, change, id=later, during="[2024-06-01,)") == "one_holder_at_a_time"
    town.session.execute(sa.text("set constraints one_holder_at_a_time deferred"))
    town.session.execute(sa.text(change), {"id": later, "during": "[2024-06-01,)"})
    town.session.execute(sa.text(change), {"id": earlier, "during": "[2020-01-01,2024-06-01)"})
    town.session.execute(sa.text("set constraints one_holder_at_a_time immediate"))


def test_a_post_for_several_is_held_by_several_but_by_nobody_twice(town: Town) -> None:
    appointed(town)
    appointed(town, person_id=town.person("Ben"))
    assert post_refused(town, during="[2024-01-01,2025-01-01)") == "one_term_of_a_person"


def test_an_organization_holds_a_post_once(town: Town) -> None:
    heat = organization(town)
    appointed(town, place="K1", organization_id=heat)
    assert post_refused(town, place="K1", organization_id=heat) == "one_term_of_an_organization"
    appointed(town, place="K1", organization_id=organization(town, "Lift"))


def plant(database: Database) -> tuple[int, list[int]]:
    """A community and sixteen persons, committed."""
    with database.writing("test") as session:
        town = Town(session)
        return town.place("T", "community", box(113.1, 41.03, 113.11, 41.04)), [town.person(f"P{n}") for n in range(16)]


def race(database: Database, community: int, people: list[int], *, hold: bool) -> Counter[str]:
    """All of them become director at once; what became of each."""
    outcomes: Counter[str] = Counter()
    start = threading.Barrier(len(people))
    lock = threading.Lock()

    def write(person: int) -> None:
        outcome = "appointed"
        with psycopg.connect(address(database)) as connection:
            connection.execute("select set_config('gridmap.actor', 'test', true)")
            start.wait()
            try:
                connection.execute(
                    "insert into appointment (role, single_holder, place_id, kind, person_id, during, consent) "
                    "values ('director', true, %s, 'community', %s, '[2024-01-01,)', false)",
                    [community, person],
                )
                if hold:
                    connection.execute("select pg_sleep(0.05)")
                connection.commit()
            except psycopg.Error as error:
                outcome = str(error.sqlstate)
        with lock:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=write, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize("hold", [False, True], ids=["at once committed", "held open a while"])
def test_of_sixteen_appointed_to_one_post_at_once_one_holds_it(
    new_database: Callable[..., Database], hold: bool
) -> None:
    database = new_database()
    community, people = plant(database)
    assert race(database, community, people, hold=hold) == {"appointed": 1, "23P01": 15}


def test_a_role_becomes_one_for_a_single_holder_only_where_one_holds_it(town: Town) -> None:
    first = appointed(town)
    second = appointed(town, person_id=town.person("Ben"))
    narrow = "update role set single_holder = true where code = 'grid_worker'"
    assert refusal(town.session, narrow) == "one_holder_at_a_time"
    end = "update appointment set during = daterange(null, '2024-01-01') where id = :id"
    execute(town.session, end, id=first)
    execute(town.session, "update appointment set during = daterange('2024-01-01', null) where id = :id", id=second)
    execute(town.session, narrow)
    assert town.session.scalars(sa.text("select single_holder from appointment")).all() == [True, True]
    assert post_refused(town, person_id=town.person("Cid")) == "one_holder_at_a_time"


def test_a_role_is_held_over_its_kinds_of_place_only(town: Town) -> None:
    assert post_refused(town, role="building_leader", place="001") == "fk_appointment_role_kind"
    assert post_refused(town, role="entrance_leader", place="B1") == "fk_appointment_role_kind"
    assert post_refused(town, place="K1", kind="grid_cell") == "fk_appointment_place_id_kind"
    appointed(town, role="grid_leader", place="K1")


def test_a_role_keeps_the_kinds_of_place_over_which_it_is_held(town: Town) -> None:
    appointed(town, role="grid_leader", place="K1")
    statement = "delete from role_place where role = 'grid_leader' and kind = 'compound'"
    assert refusal(town.session, statement) == "fk_appointment_role_kind"


def test_an_appointment_copies_whether_its_role_is_for_one(town: Town) -> None:
    assert post_refused(town, role="grid_leader", single_holder=False) == "fk_appointment_role_single_holder"


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"person_id": None}, "ck_appointment_one_holder"),
        ({"during": "empty"}, "ck_appointment_during"),
        ({"during": "[2024-01-01,2024-01-01)"}, "ck_appointment_during"),
        ({"during": "[2024-01-01,infinity)"}, "ck_appointment_during"),
        ({"during": "[-infinity,2024-01-01)"}, "ck_appointment_during"),
        ({"note": "x" * 501}, "ck_appointment_note"),
    ],
    ids=label,
)
def test_an_appointment_is_refused(town: Town, columns: dict[str, Any], constraint: str) -> None:
    assert post_refused(town, **columns) == constraint


def test_a_post_is_held_by_a_person_or_by_an_organization(town: Town) -> None:
    assert (
        post_refused(town, person_id=town.person("Ann"), organization_id=organization(town))
        == "ck_appointment_one_holder"
    )


def test_the_holder_belongs_to_the_community_of_the_place(town: Town, elsewhere: Town) -> None:
    stranger = Town.person(elsewhere, "Zoe")
    assert post_refused(town, person_id=stranger) == "holder_of_the_community"
    assert post_refused(town, place="K1", organization_id=organization(elsewhere)) == "holder_of_the_community"
    change = "update appointment set person_id = :person where id = :id"
    assert refusal(town.session, change, person=stranger, id=appointed(town)) == "holder_of_the_community"


@pytest.mark.parametrize("table", ["person", "organization"])
def test_nobody_moves_to_another_community(town: Town, elsewhere: Town, table: str) -> None:
    organization(town)
    town.person("Ann")
    assert (
        refusal(town.session, f"update {table} set community_id = :other", other=elsewhere.community) == "identity_kept"
    )


# --- roles, problems, persons -----------------------------------------------------------------------------------------


def test_labels_rank_and_places_of_a_role_are_edited(session: Session) -> None:
    execute(
        session,
        "update role set label_zh = '网格管理员', label_en = 'Keeper', rank = 39, public = false where code = 'grid_worker'",
    )
    execute(session, "insert into role_place (role, kind, required) values ('grid_worker', 'community', false)")
    execute(session, "update role_place set required = true where role = 'grid_worker' and kind = 'grid_cell'")


def test_a_role_of_ones_own_is_added_and_removed(session: Session) -> None:
    row = {"code": "fire_warden", "kind": "staff", "label_zh": "消防员", "label_en": "Fire warden", "rank": 39,
           "single_holder": False, "acts": False, "public": True}  # fmt: skip
    execute(session, insert("role", row), **row)
    execute(session, "insert into role_place (role, kind, required) values ('fire_warden', 'building', false)")
    execute(session, "delete from role where code = 'fire_warden'")


@pytest.mark.parametrize("change", ["code = 'other'", "kind = 'leader'"])
def test_what_a_role_is_never_changes(session: Session, change: str) -> None:
    assert refusal(session, f"update role set {change} where code = 'hub_household'") == "identity_kept"


def test_the_code_of_a_problem_never_changes(session: Session) -> None:
    assert refusal(session, "update problem set code = 'warmth' where code = 'heating'") == "identity_kept"
    execute(session, "update problem set label_zh = '暖气' where code = 'heating'")


def test_a_household_role_is_never_public(session: Session) -> None:
    assert refusal(session, "update role set public = true where kind = 'household'") == "ck_role_household_private"


@pytest.mark.parametrize(
    ("table", "change", "constraint"),
    [
        ("role", "label_zh = ' '", "ck_role_labels"),
        ("role", "label_en = repeat('x', 101)", "ck_role_labels"),
        ("problem", "label_zh = ''", "ck_problem_labels"),
        ("person", "name = ' '", "ck_person_name"),
        ("person", "name = repeat('x', 201)", "ck_person_name"),
        ("person", "phone = ''", "ck_person_phone"),
        ("person", "phone = repeat('1', 41)", "ck_person_phone"),
        ("person", "search = array[null]", "ck_person_search"),
        ("organization", "name = ''", "ck_organization_name"),
        ("organization", "phone_24h = ''", "ck_organization_phone"),
        ("organization", "kind = ''", "ck_organization_kind"),
    ],
    ids=label,
)
def test_a_text_that_says_nothing_or_too_much_is_refused(town: Town, table: str, change: str, constraint: str) -> None:
    town.person("Ann")
    organization(town)
    assert refusal(town.session, f"update {table} set {change}") == constraint


@pytest.mark.parametrize("code", ["", "Fire", "fire-warden", "_fire", "f", "消防", "x" * 42, "fire\n"])
def test_a_role_has_a_plain_code(session: Session, code: str) -> None:
    row = {
        "code": code,
        "kind": "staff",
        "label_zh": "x",
        "label_en": "x",
        "rank": 1,
        "single_holder": False,
        "acts": False,
        "public": True,
    }
    assert refusal(session, insert("role", row), **row) == "ck_role_code"


def test_a_channel_has_a_name_and_a_time(town: Town) -> None:
    row = {"place_id": town.ids["B1"], "name": "B1", "during": FOREVER}
    execute(town.session, insert("channel", row), **row)
    assert refusal(town.session, insert("channel", row), **row | {"name": " "}) == "ck_channel_name"
    assert refusal(town.session, insert("channel", row), **row | {"during": "empty"}) == "ck_channel_during"
