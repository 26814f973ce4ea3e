"""A community of two compounds in a database of its own, for tests that open their own connections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from shapely import box
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.access import Grant, Level, User
from gridmap.access.passwords import hashed
from gridmap.database import Database
from gridmap.places import Community
from tests.gridmap.conftest import Town

PASSWORD = "under the old locust tree"
START = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)  # noon in the town


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **period: float) -> None:
        self.now += timedelta(**period)


def settle(session: Session) -> Town:
    """Plant community T with compounds K1 (cells 001, 002) and K2."""
    town = Town(session)
    town.place("T", "community", box(113.100, 41.030, 113.110, 41.040))
    town.place("K1", "compound", box(113.100, 41.030, 113.105, 41.040), parent="T")
    town.place("K2", "compound", box(113.105, 41.030, 113.110, 41.040), parent="T")
    town.place("001", "grid_cell", box(113.100, 41.030, 113.105, 41.035), parent="K1")
    town.place("002", "grid_cell", box(113.100, 41.035, 113.105, 41.040), parent="K1")
    return town


def user(
    session: Session, name: str, level: Level = Level.VIEWER, *, person: int | None = None, one_time: bool = False
) -> int:
    """Make an account whose password is `PASSWORD`, of the whole community unless its level says otherwise."""
    made = User(
        name=name, level=level, person_id=person, password_hash=_HASH, must_change_password=one_time, locked=False
    )  # fmt: skip
    session.add(made)
    session.flush()
    if level not in {Level.ADMIN, Level.LEADER}:
        session.add(Grant(user_id=made.id, place_id=session.scalars(select(Community.id)).one()))
    session.flush()
    return made.id


_HASH = hashed(PASSWORD)


@pytest.fixture(scope="module")
def settled(new_database: Callable[..., Database]) -> tuple[Database, dict[str, int]]:
    """A database that the tests of one module share, and the ids of its places."""
    database = new_database()
    with database.writing("test") as session:
        ids = settle(session).ids
    return database, ids


def appoint(
    session: Session, ids: dict[str, int], *, name: str, role: str, place: str, during: tuple[date | None, date | None]
) -> int:
    """Appoint a person over a place of the settled town; returns the appointment's id."""
    kind = "community" if place == "T" else "compound" if place.startswith("K") else "grid_cell"
    town = Town(session, ids=ids, kinds={place: kind}, community=ids["T"])
    return town.appoint(name, role, place, *during)
