"""Who is asking: sessions that end, tokens, and places that follow from posts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from gridmap.access import Level, Viewers, create_token, create_user, lock, open_session, revoke_tokens, unlock
from gridmap.access.sessions import close_session, digest
from gridmap.database import Database
from gridmap.duties import Leave
from tests.gridmap.access_town import START, Clock, appoint, settled, user
from tests.gridmap.conftest import Town

__all__ = ["settled"]
_numbers = itertools.count(1)


class Door:
    """One account, its session, and a process that is asked who it is."""

    def __init__(self, database: Database, ids: dict[str, int]) -> None:
        self.database, self.ids, self.clock = database, ids, Clock()
        self.viewers = Viewers(database, self.clock)
        self.name = f"viewer{next(_numbers)}"
        self.token = ""
        self.user_id = 0

    def add(self, level: Level = Level.VIEWER, person: str | None = None) -> Door:
        with self.database.writing("test") as session:
            number = Town(session, community=self.ids["T"]).person(person) if person else None
            self.user_id = user(session, self.name, level, person=number)
            self.token = open_session(session, self.user_id, now=self.clock.now)
        return self

    def do(self, deed: Callable[..., object], *rest: object, **more: object) -> Any:
        with self.database.writing("test") as session:
            return deed(session, *rest, **more)

    @property
    def scope(self) -> tuple[int, ...] | None:
        viewer = self.viewers.of_session(self.token)
        assert viewer is not None
        return viewer.scope

    @property
    def open(self) -> bool:
        return self.viewers.of_session(self.token) is not None


@pytest.fixture
def door(settled: tuple[Database, dict[str, int]]) -> Door:
    return Door(*settled)


def test_a_session_tells_name_level_and_places(door: Door) -> None:
    door.add(Level.STAFF)
    viewer = door.viewers.of_session(door.token)
    assert viewer is not None
    assert (viewer.user_id, viewer.name, viewer.level) == (door.user_id, door.name, Level.STAFF)
    assert (viewer.scope, viewer.must_change_password) == ((door.ids["T"],), False)


def test_an_administrator_sees_everywhere(door: Door) -> None:
    assert door.add(Level.ADMIN).scope is None


@pytest.mark.parametrize("token", ["", "nonsense", "\udcff", "x" * 5000])
def test_an_unknown_token_is_nobody(door: Door, token: str) -> None:
    assert door.viewers.of_session(token) is None
    assert door.viewers.of_token(token) is None


def test_a_session_ends_after_half_an_hour_without_use(door: Door) -> None:
    door.add()
    door.clock.forward(minutes=29, seconds=59)
    assert door.open
    door.clock.forward(minutes=29, seconds=59)  # counted from the last use
    assert door.open
    door.clock.forward(minutes=30)
    assert not door.open


def test_a_session_ends_after_twelve_hours_even_in_use(door: Door) -> None:
    door.add()
    for _ in range(12 * 6 - 1):
        door.clock.forward(minutes=10)
        assert door.open
    door.clock.forward(minutes=10)
    assert not door.open


def test_use_is_noted_at_most_once_a_minute(door: Door, statements: Any) -> None:
    door.add()
    with statements(door.database.engine) as seen:
        for _ in range(59):
            door.clock.forward(seconds=1)
            assert door.open
        assert seen == []
        door.clock.forward(seconds=1)
        assert door.open
        assert sum("UPDATE user_session" in statement for statement in seen) == 1


def test_an_ended_session_is_over_within_a_second_in_every_process(door: Door, settled: Any) -> None:
    door.add()
    other = Viewers(door.database, door.clock)
    assert other.of_session(door.token) is not None
    door.do(close_session, door.token)
    door.clock.forward(seconds=1)
    assert not door.open
    assert other.of_session(door.token) is None


def test_lock_ends_sessions_and_tokens_within_a_second(door: Door) -> None:
    door.add()
    program = door.do(create_token, door.name)
    assert door.open
    assert door.viewers.of_token(program) is not None
    door.do(lock, door.name)
    door.clock.forward(seconds=1)
    assert not door.open
    assert door.viewers.of_token(program) is None
    door.do(unlock, door.name)
    door.clock.forward(seconds=1)
    assert not door.open  # the session stays ended
    assert door.viewers.of_token(program) is not None


def test_a_second_of_memory_saves_the_statements(door: Door, statements: Any) -> None:
    door.add()
    with statements(door.database.reading_engine) as seen:
        for _ in range(10):
            door.clock.forward(milliseconds=90)
            assert door.open
        assert len(seen) == 1
        door.clock.forward(seconds=1)
        assert door.open
        assert len(seen) == 2


def test_a_clock_set_back_keeps_no_ended_session_alive(door: Door) -> None:
    door.add()
    assert door.open
    door.do(close_session, door.token)
    door.clock.forward(hours=-1)
    assert not door.open


def test_a_token_of_a_session_and_a_token_of_a_program_do_not_stand_for_each_other(door: Door) -> None:
    door.add()
    program = door.do(create_token, door.name)
    assert door.viewers.of_token(door.token) is None
    assert door.viewers.of_session(program) is None
    assert door.open
    assert door.viewers.of_token(door.token) is None  # also when the session is remembered


def test_a_token_works_at_once_and_until_it_is_revoked(door: Door) -> None:
    with door.database.writing("test") as session:
        create_user(session, door.name, Level.VIEWER)  # its one-time password was never used
        first, second = create_token(session, door.name), create_token(session, door.name)
    for program in (first, second):
        viewer = door.viewers.of_token(program)
        assert viewer is not None
        assert not viewer.must_change_password
        with door.database.reading() as session:
            assert (
                session.scalar(sa.text("select count(*) from api_token where token_hash = :t"), {"t": digest(program)})
                == 1
            )
    assert door.do(revoke_tokens, door.name, now=START) == 2
    door.clock.forward(seconds=1)
    assert door.viewers.of_token(first) is None
    assert door.viewers.of_token(second) is None
    assert door.do(revoke_tokens, door.name, now=START) == 0


def test_a_leader_without_a_post_sees_nothing(door: Door) -> None:
    assert door.add(Level.LEADER, "甲").scope == ()


def test_a_hand_over_moves_access_by_itself(door: Door, settled: Any) -> None:
    successor = Door(*settled)
    successor.clock = door.clock
    successor.viewers = Viewers(door.database, door.clock)
    door.add(Level.LEADER, "旧网格长")
    successor.add(Level.LEADER, "新网格长")
    day = date(2026, 6, 2)
    door.do(appoint, door.ids, name="旧网格长", role="grid_leader", place="001", during=(None, day))
    door.do(appoint, door.ids, name="新网格长", role="grid_leader", place="001", during=(day, None))
    cell = door.ids["001"]
    door.clock.now = datetime(2026, 6, 1, 15, 59, 58, tzinfo=UTC)  # two seconds before midnight in the town
    for each in (door, successor):
        each.token = each.do(open_session, each.user_id, now=door.clock.now)
    assert (door.scope, successor.scope) == ((cell,), ())
    door.clock.forward(seconds=2)  # midnight there; still the first of June where the server stands
    assert (door.scope, successor.scope) == ((), (cell,))


def test_several_posts_give_several_places(door: Door) -> None:
    door.add(Level.LEADER, "丙")
    door.do(appoint, door.ids, name="丙", role="station_head", place="K2", during=(None, None))
    door.do(appoint, door.ids, name="丙", role="grid_leader", place="K2", during=(None, None))
    door.do(appoint, door.ids, name="丙", role="committee_member", place="T", during=(None, None))
    assert door.scope == tuple(sorted([door.ids["K2"], door.ids["T"]]))


def test_household_roles_and_service_contacts_open_no_places(door: Door) -> None:
    door.add(Level.LEADER, "丁")
    door.do(appoint, door.ids, name="丁", role="hub_household", place="K1", during=(None, None))
    door.do(appoint, door.ids, name="丁", role="police_officer", place="T", during=(None, None))
    assert door.scope == ()


def test_a_deputy_sees_the_places_of_the_leave_while_it_lasts(door: Door) -> None:
    door.add(Level.LEADER, "戊")

    def leave(session: Session) -> None:
        appointment = appoint(session, door.ids, name="己", role="grid_leader", place="002", during=(None, None))
        deputy = Town(session, community=door.ids["T"]).person("戊")
        session.add(
            Leave(appointment_id=appointment, during=Range(date(2026, 6, 1), date(2026, 6, 2)), deputy_id=deputy)
        )

    door.do(leave)
    assert door.scope == (door.ids["002"],)
    door.clock.now += timedelta(days=1)
    door.token = door.do(open_session, door.user_id, now=door.clock.now)
    assert door.scope == ()


def test_posts_open_nothing_to_an_account_that_is_no_leader(door: Door) -> None:
    door.add(Level.VIEWER, "庚")
    door.do(appoint, door.ids, name="庚", role="director", place="T", during=(None, None))
    with door.database.writing("test") as session:
        session.execute(sa.text("delete from user_grant where user_id = :id"), {"id": door.user_id})
    assert door.scope == ()


def test_memory_is_bounded(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridmap.access.sessions.REMEMBERED", 3)
    door.add()
    for _ in range(10):
        assert door.viewers.of_session(door.do(open_session, door.user_id, now=START)) is not None
    assert len(door.viewers._known) <= 3


def test_sessions_that_ran_out_are_swept_away_at_the_next_sign_in(door: Door) -> None:
    door.add()
    door.do(open_session, door.user_id, now=START + timedelta(hours=13))
    with door.database.reading() as session:
        assert session.scalar(sa.text("select count(*) from user_session where created_at <= :t"), {"t": START}) == 0
