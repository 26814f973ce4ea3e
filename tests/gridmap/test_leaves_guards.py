"""What the database itself refuses of leaves and deputies, asked in plain SQL as the runtime role."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from shapely import box

from gridmap.database import Database
from tests.gridmap.conftest import Town
from tests.gridmap.guards import (
    address,
    appointed,
    execute,
    insert,
    organization,
    refusal,
)

TERM = "[2024-01-01,2025-01-01)"


@pytest.fixture
def ann(town: Town) -> int:
    """Ann's appointment of one year."""
    return appointed(town, during=TERM)


def leave(appointment: int, during: str = "[2024-03-01,2024-03-15)", deputy: int | None = None) -> dict[str, Any]:
    return {"appointment_id": appointment, "during": during, "deputy_id": deputy}


def away(town: Town, row: dict[str, Any]) -> None:
    execute(town.session, insert("leave", row), **row)


def leave_refused(town: Town, row: dict[str, Any]) -> str:
    return refusal(town.session, insert("leave", row), **row)


def test_a_leave_lies_within_its_appointment(town: Town, ann: int) -> None:
    for during in ("[2023-12-31,2024-01-05)", "[2024-12-20,2025-01-02)", "[2026-01-01,2026-02-01)", "[2024-06-01,)"):
        assert leave_refused(town, leave(ann, during)) == "leave_of_its_post"
    away(town, leave(ann, "[2024-01-01,2024-01-05)"))
    away(town, leave(ann, "[2024-12-20,2025-01-01)"))


def test_one_is_on_one_leave_at_a_time(town: Town, ann: int) -> None:
    away(town, leave(ann))
    assert leave_refused(town, leave(ann, "[2024-03-14,2024-04-01)")) == "one_leave_at_a_time"
    away(town, leave(ann, "[2024-03-15,2024-04-01)"))


def test_the_deputy_is_somebody_else(town: Town, ann: int) -> None:
    assert leave_refused(town, leave(ann, deputy=town.person("Ann"))) == "leave_of_its_post"
    away(town, leave(ann, deputy=town.person("Ben")))
    change = "update appointment set person_id = :ben where id = :id"
    assert refusal(town.session, change, ben=town.person("Ben"), id=ann) == "leave_of_its_post"


def test_the_deputy_belongs_to_the_community(town: Town, elsewhere: Town, ann: int) -> None:
    assert leave_refused(town, leave(ann, deputy=Town.person(elsewhere, "Zoe"))) == "leave_of_its_post"


def test_an_organization_is_never_on_leave(town: Town) -> None:
    post_ = appointed(town, place="K1", organization_id=organization(town))
    assert leave_refused(town, leave(post_)) == "leave_of_its_post"


def test_a_leave_lasts_a_day_at_least(town: Town, ann: int) -> None:
    assert leave_refused(town, leave(ann, "empty")) == "ck_leave_during"


def test_an_appointment_is_not_shortened_over_a_leave(town: Town, ann: int) -> None:
    away(town, leave(ann))
    shorten = "update appointment set during = '[2024-01-01,2024-03-10)' where id = :id"
    assert refusal(town.session, shorten, id=ann) == "leave_of_its_post"


def test_appointment_and_leave_are_shortened_together_in_either_order(town: Town, ann: int) -> None:
    away(town, leave(ann))
    town.session.execute(sa.text("set constraints all deferred"))
    town.session.execute(
        sa.text("update appointment set during = '[2024-01-01,2024-03-10)' where id = :id"), {"id": ann}
    )
    town.session.execute(sa.text("update leave set during = '[2024-03-01,2024-03-10)'"))
    town.session.execute(sa.text("set constraints all immediate"))


ENTER = "insert into leave (appointment_id, during) values (%s, '[2024-11-01,2024-12-01)')"
SHORTEN = "update appointment set during = '[2024-01-01,2024-11-15)' where id = %s"


@pytest.mark.parametrize(("first", "second"), [(ENTER, SHORTEN), (SHORTEN, ENTER)], ids=["leave first", "end first"])
def test_a_leave_and_the_end_of_its_post_do_not_miss_each_other(
    new_database: Callable[..., Database], first: str, second: str
) -> None:
    """One enters a leave while another shortens the post: whoever comes second waits, and is refused."""
    database = new_database()
    with database.writing("test") as session:
        town = Town(session)
        town.place("T", "community", box(113.1, 41.03, 113.11, 41.04))
        post_ = town.appoint("Ann", "director", "T", date(2024, 1, 1), date(2025, 1, 1))
    outcome: list[str] = []
    with psycopg.connect(address(database)) as one, psycopg.connect(address(database)) as other:
        for connection in (one, other):
            connection.execute("select set_config('gridmap.actor', 'test', true)")
        one.execute(first, [post_])

        def late() -> None:
            try:
                other.execute(second, [post_])
            except psycopg.Error as error:
                outcome.append(error.diag.constraint_name or str(error.sqlstate))

        thread = threading.Thread(target=late)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        one.commit()
        thread.join()
        other.rollback()
    assert outcome == ["leave_of_its_post"]


def test_leaves_are_only_written_under_read_committed(new_database: Callable[..., Database]) -> None:
    database = new_database()
    with database.writing("test") as session:
        town = Town(session)
        town.place("T", "community", box(113.1, 41.03, 113.11, 41.04))
        post_ = town.appoint("Ann", "director", "T")
    with psycopg.connect(address(database)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("select set_config('gridmap.actor', 'test', true)")
        with pytest.raises(psycopg.errors.InvalidTransactionState, match="READ COMMITTED"):
            connection.execute(
                "insert into leave (appointment_id, during) values (%s, '[2024-01-01,2024-02-01)')", [post_]
            )
