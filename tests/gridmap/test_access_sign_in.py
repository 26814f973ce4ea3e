"""Signing in: throttled in the database, alike for known and unknown names."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gridmap.access import SignIn, UserSession, authenticate, change_password, lock, prove
from gridmap.access.sessions import digest
from gridmap.audit import AuditRecord
from gridmap.database import Database
from gridmap.errors import NotSignedIn, TooManyTries
from tests.gridmap.access_town import PASSWORD, START, settled, user

__all__ = ["settled"]
_numbers = itertools.count(1)


@pytest.fixture
def database(settled: tuple[Database, dict[str, int]]) -> Database:
    return settled[0]


@pytest.fixture
def name(database: Database) -> str:
    """An account of this test alone."""
    made = f"user{next(_numbers)}"
    with database.writing("test") as session:
        user(session, made)
    return made


@pytest.fixture
def address() -> str:
    """An address of this test alone."""
    return f"198.51.100.{next(_numbers)}"


def fail(database: Database, name: str, times: int = 10, *, now: Any = START, address: str = "192.0.2.1") -> None:
    for _ in range(times):
        with pytest.raises(NotSignedIn):
            authenticate(database, name, "wrong", now=now, address=address)


def test_the_right_password_opens_a_session_of_which_only_a_hash_is_kept(
    database: Database, name: str, address: str
) -> None:
    opened = authenticate(database, f"  {name.upper()} ", PASSWORD, now=START, address=address, agent="A browser")
    with database.reading() as session:
        kept = session.get_one(UserSession, digest(opened.token))
        assert (kept.user_id, kept.address, kept.agent) == (opened.user_id, address, "A browser")
        everything = session.scalar(sa.text("select string_agg(s::text, ' ') from user_session s"))
    assert opened.token not in str(everything)
    assert len(opened.token) >= 40


def test_wrong_password_unknown_name_and_locked_account_get_one_answer(database: Database, name: str) -> None:
    with database.writing("test") as session:
        user(session, "shut-out")
        lock(session, "shut-out")
    said = []
    for who, password in ((name, "wrong"), ("nobody-of-that-name", "wrong"), ("shut-out", PASSWORD), ("a\0b", "x")):
        with pytest.raises(NotSignedIn) as caught:
            authenticate(database, who, password, now=START, address=f"192.0.2.{len(said) + 100}")
        said.append(str(caught.value))
    assert len(set(said)) == 1


def test_an_unknown_name_costs_the_same_statements_and_one_hash_as_a_wrong_password(
    database: Database, name: str, statements: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gridmap.access import passwords

    hashes = []
    real = passwords._HASHER.verify
    monkeypatch.setattr(type(passwords._HASHER), "verify", lambda _self, *both: hashes.append(both[0]) or real(*both))
    costs = []
    for number, who in enumerate((name, "nobody-of-that-name")):
        with statements(database.engine) as seen:
            fail(database, who, 1, address=f"203.0.113.{number}")
        costs.append(seen)
    assert costs[0] == costs[1]
    assert len(hashes) == 2
    parameters = [kept.split("$")[1:4] for kept in hashes]
    assert parameters[0] == parameters[1]


def test_the_eleventh_try_is_refused_even_with_the_right_password_until_time_has_passed(
    database: Database, name: str, address: str
) -> None:
    fail(database, name, address=address)
    with pytest.raises(TooManyTries) as caught:
        authenticate(database, name, PASSWORD, now=START + timedelta(seconds=100), address="192.0.2.77")
    assert 195 <= caught.value.retry_after <= 205
    assert authenticate(database, name, PASSWORD, now=START + timedelta(seconds=301), address=address).name == name


def test_a_throttled_try_does_not_prolong_the_wait(database: Database, name: str, address: str) -> None:
    fail(database, name, address=address)
    for minute in (1, 2, 3, 4):
        with pytest.raises(TooManyTries):
            authenticate(database, name, PASSWORD, now=START + timedelta(minutes=minute), address=address)
    assert authenticate(database, name, PASSWORD, now=START + timedelta(seconds=301), address=address).name == name


def test_other_users_elsewhere_are_unaffected(database: Database, name: str, address: str) -> None:
    with database.writing("test") as session:
        user(session, f"other-{name}")
    fail(database, name, address=address)
    assert authenticate(database, f"other-{name}", PASSWORD, now=START, address="192.0.2.200")


def test_an_address_that_tries_many_names_is_throttled(database: Database, name: str, address: str) -> None:
    for number in range(10):
        fail(database, f"guess{number}-{name}", 1, address=address)
    with pytest.raises(TooManyTries):
        authenticate(database, name, PASSWORD, now=START, address=address)


def test_one_ipv6_network_is_one_address(database: Database, name: str) -> None:
    block = f"2001:db8:{next(_numbers):x}:1"
    for number in range(10):
        fail(database, f"six{number}-{name}", 1, address=f"{block}::{number:x}")
    with pytest.raises(TooManyTries):
        authenticate(database, name, PASSWORD, now=START, address=f"{block}:abcd::1")


def test_successful_sign_ins_are_not_counted(database: Database, name: str, address: str) -> None:
    fail(database, name, 9, address=address)
    for _ in range(3):
        authenticate(database, name, PASSWORD, now=START, address=address)
    fail(database, name, 1, address=address)
    with pytest.raises(TooManyTries):
        authenticate(database, name, PASSWORD, now=START, address=address)


def test_of_thirty_tries_at_once_ten_are_looked_at(database: Database, name: str, address: str) -> None:
    other = Database(database.url, database.owner_url)  # another worker: its own connections, nothing shared
    said: list[str] = []

    def attempt(door: Database) -> None:
        try:
            authenticate(door, name, "wrong", now=START, address=address)
        except (NotSignedIn, TooManyTries) as error:
            said.append(type(error).__name__)

    threads = [threading.Thread(target=attempt, args=((database, other)[n % 2],)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(said) == ["NotSignedIn"] * 10 + ["TooManyTries"] * 20


def test_guessing_the_present_password_from_a_session_is_counted_too(
    database: Database, name: str, address: str
) -> None:
    for _ in range(10):
        with pytest.raises(NotSignedIn):
            prove(database, name, "wrong", now=START, address=address)
    with pytest.raises(TooManyTries):
        prove(database, name, PASSWORD, now=START, address=address)


def test_a_password_that_changes_while_it_is_checked_opens_nothing(
    database: Database, name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gridmap.access import sign_in

    def slowly(password: str, kept: str | None) -> bool:
        with database.writing("test") as session:
            lock(session, name)
        return True

    monkeypatch.setattr(sign_in, "matches", slowly)
    with pytest.raises(NotSignedIn):
        authenticate(database, name, PASSWORD, now=START, address=address)


def test_neither_names_nor_passwords_as_typed_are_kept(database: Database, address: str) -> None:
    typed = "my-secret-typed-into-the-wrong-field"
    fail(database, typed, 1, address=address)
    with database.reading() as session:
        for table in (SignIn, AuditRecord):
            whole = session.scalar(sa.text(f"select string_agg(t::text, ' ') from {table.__tablename__} t"))
            assert typed not in str(whole)


def test_sign_ins_and_refusals_are_on_record_with_who_and_where(database: Database, name: str, address: str) -> None:
    fail(database, name, 1, address=address)
    authenticate(database, name, PASSWORD, now=START, address=address)
    with database.reading() as session:
        records = session.execute(
            sa.select(AuditRecord.actor, AuditRecord.action, AuditRecord.after)
            .where(AuditRecord.key == name, AuditRecord.table_name == "")
            .order_by(AuditRecord.id)
        ).all()
    assert [tuple(record) for record in records] == [
        ("nobody", "sign-in refused", {"address": address}),
        (f"user:{name}", "sign in", {"address": address}),
    ]


def test_tries_are_forgotten_after_a_day(database: Database, name: str, address: str) -> None:
    fail(database, name, 1, now=START - timedelta(days=2), address=address)
    fail(database, name, 1, address=address)
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.min(SignIn.at))) >= START - timedelta(days=1)


def test_changing_the_password_ends_every_session(database: Database, name: str, address: str) -> None:
    opened = authenticate(database, name, PASSWORD, now=START, address=address)
    with database.writing(f"user:{name}") as session:
        change_password(session, opened.user_id, "seven lanterns at dusk")
    with database.reading() as session:
        assert session.get(UserSession, digest(opened.token)) is None
    with pytest.raises(NotSignedIn):
        authenticate(database, name, PASSWORD, now=START, address=address)
    assert authenticate(database, name, "seven lanterns at dusk", now=START, address=address)
