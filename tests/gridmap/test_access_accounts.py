"""Accounts: made by administrators, none to start with."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from shapely import box
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmap.access import (
    Account,
    Grant,
    Level,
    User,
    accounts,
    change_password,
    create_token,
    create_user,
    lock,
    open_session,
    person_called,
    reset_password,
    unlock,
    user_named,
)
from gridmap.access.passwords import matches
from gridmap.errors import BadInput, Conflict, NotFound, UnknownPlace
from tests.gridmap.access_town import START
from tests.gridmap.conftest import CODE, Town


def grants(session: Session, name: str) -> list[int]:
    return sorted(session.scalars(sa.select(Grant.place_id).join(User).where(User.name == name)))


def test_there_is_no_account_to_start_with(session: Session) -> None:
    assert session.scalars(sa.select(User)).all() == []


def test_a_new_account_must_change_its_one_time_password(session: Session) -> None:
    password = create_user(session, "Zhang.San", Level.ADMIN)
    made = user_named(session, "zhang.san")
    assert (made.name, made.must_change_password, made.locked) == ("zhang.san", True, False)
    assert made.password_hash.startswith("$argon2id$")
    assert matches(password, made.password_hash)


@pytest.mark.parametrize("name", ["", "x", "two words", "tab\there", "x" * 61, "nul\0nul\x07", "\u200b\u3000"])
def test_a_name_that_cannot_be_one_is_refused(session: Session, name: str) -> None:
    with pytest.raises(BadInput, match="2 to 60 signs"):
        create_user(session, name, Level.ADMIN)


def test_names_that_differ_in_case_or_width_are_one_account(session: Session) -> None:
    create_user(session, "li", Level.ADMIN)
    for same in ("LI", "ｌｉ", " li "):
        with pytest.raises(Conflict, match="li exists"):
            create_user(session, same, Level.ADMIN)


def test_the_only_community_is_the_place_when_none_is_given(town: Town) -> None:
    create_user(town.session, "staff1", Level.STAFF)
    assert grants(town.session, "staff1") == [town.ids["T"]]


def test_without_any_community_only_administrators_can_be_added(session: Session) -> None:
    create_user(session, "first", Level.ADMIN)
    with pytest.raises(Conflict, match="import one first"):
        create_user(session, "second", Level.STAFF)


def test_of_several_communities_one_must_be_named(town: Town) -> None:
    other = Town(town.session, code="990000000002")
    other.place("U", "community", box(114.0, 41.0, 114.01, 41.01))
    with pytest.raises(BadInput, match="--place"):
        create_user(town.session, "staff1", Level.STAFF)
    create_user(town.session, "staff1", Level.STAFF, places=["990000000002", f"{CODE}-K1"])
    assert grants(town.session, "staff1") == sorted([other.ids["U"], town.ids["K1"]])


def test_an_unknown_place_is_named(town: Town) -> None:
    with pytest.raises(UnknownPlace, match="nowhere-1"):
        create_user(town.session, "staff1", Level.STAFF, places=[CODE, "nowhere-1"])


@pytest.mark.parametrize("level", [Level.ADMIN, Level.LEADER])
def test_levels_whose_places_follow_from_elsewhere_take_none(town: Town, level: Level) -> None:
    with pytest.raises(BadInput, match="leave the place out"):
        create_user(town.session, "somebody", level, places=[CODE], person_id=town.person("甲"))


def test_a_leader_needs_a_person(town: Town) -> None:
    with pytest.raises(BadInput, match="--person"):
        create_user(town.session, "leader1", Level.LEADER)
    with pytest.raises(NotFound, match="123456"):
        create_user(town.session, "leader1", Level.LEADER, person_id=123456)
    create_user(town.session, "leader1", Level.LEADER, person_id=town.person("甲"))
    assert grants(town.session, "leader1") == []


def test_a_person_is_found_by_name_or_number(town: Town) -> None:
    number = town.person("甲")
    assert person_called(town.session, "甲") == number
    assert person_called(town.session, str(number)) == number
    for nobody in ("乙", "99999999999999"):
        with pytest.raises(NotFound, match=nobody):
            person_called(town.session, nobody)


def test_two_persons_of_one_name_are_told_apart_by_number(town: Town) -> None:
    first = town.person("甲")
    town.session.execute(sa.text("update person set phone = '1' where id = :id"), {"id": first})
    town.session.execute(
        sa.text("insert into person (community_id, name, phone, search) values (:c, '甲', '2', '{}')"),
        {"c": town.community},
    )
    with pytest.raises(Conflict, match=rf"{first} \(1, {CODE}\), \d+ \(2, {CODE}\)"):
        person_called(town.session, "甲")


def test_a_reset_gives_a_new_one_time_password_and_ends_the_sessions(session: Session) -> None:
    first = create_user(session, "somebody", Level.ADMIN)
    made = user_named(session, "somebody")
    change_password(session, made.id, "seven lanterns at dusk")
    open_session(session, made.id, now=START)
    second = reset_password(session, "somebody")
    assert second != first
    assert made.must_change_password
    assert matches(second, made.password_hash)
    assert session.scalar(sa.text("select count(*) from user_session")) == 0


def test_a_reset_is_on_record_even_when_the_account_never_changed_its_password(session: Session) -> None:
    create_user(session, "somebody", Level.ADMIN)
    reset_password(session, "somebody")
    record = session.execute(
        sa.text("select actor, key from audit_record where action = 'password reset' order by id desc limit 1")
    ).one()
    assert tuple(record) == ("test", "somebody")


def test_the_new_password_must_differ_from_the_old_one(session: Session) -> None:
    password = create_user(session, "somebody", Level.ADMIN)
    with pytest.raises(BadInput, match="is the old one"):
        change_password(session, user_named(session, "somebody").id, password)


def test_the_name_of_a_community_is_no_password(town: Town) -> None:
    town.session.execute(sa.text("update place_version set name = '瑞宁家园' where kind = 'community'"))
    create_user(town.session, "somebody", Level.ADMIN)
    with pytest.raises(BadInput, match="瑞宁家园"):
        change_password(town.session, user_named(town.session, "somebody").id, "瑞宁家园2031年夏天")


def test_a_locked_account_can_be_unlocked(session: Session) -> None:
    create_user(session, "admin1", Level.ADMIN)
    create_user(session, "admin2", Level.ADMIN)
    lock(session, "admin2")
    assert user_named(session, "admin2").locked
    unlock(session, "admin2")
    assert not user_named(session, "admin2").locked


def test_the_last_administrator_cannot_be_locked(session: Session) -> None:
    create_user(session, "admin1", Level.ADMIN)
    create_user(session, "admin2", Level.ADMIN)
    lock(session, "admin1")
    with pytest.raises(Conflict, match="admin2 is the last"):
        lock(session, "admin2")


def test_nobody_of_that_name_is_said_plainly(session: Session) -> None:
    for deed in (reset_password, lock, unlock, user_named):
        with pytest.raises(NotFound, match="ghost"):
            deed(session, "ghost")  # type: ignore[operator]


def test_the_list_shows_places_person_and_state(town: Town) -> None:
    create_user(town.session, "boss", Level.ADMIN)
    create_user(town.session, "clerk", Level.STAFF, places=[f"{CODE}-K2", f"{CODE}-K1"])
    create_user(town.session, "leader", Level.LEADER, person_id=town.person("甲"))
    open_session(town.session, user_named(town.session, "clerk").id, now=START)
    lock(town.session, "leader")
    assert accounts(town.session) == [
        Account("boss", Level.ADMIN, (), None, False, True, None),
        Account("clerk", Level.STAFF, (f"{CODE}-K1", f"{CODE}-K2"), None, False, True, START),
        Account("leader", Level.LEADER, (), "甲", True, True, None),
    ]


def test_the_database_itself_refuses_a_password_that_is_no_argon2_hash(session: Session) -> None:
    create_user(session, "somebody", Level.ADMIN)
    with pytest.raises(IntegrityError, match="password_hash"):
        session.execute(sa.text("update user_account set password_hash = 'secret'"))


def test_the_record_of_writes_holds_no_password_and_no_token(session: Session) -> None:
    password = create_user(session, "somebody", Level.ADMIN)
    made = user_named(session, "somebody")
    token = create_token(session, made.name)
    reset_password(session, "somebody")
    lines = session.scalars(sa.text("select a::text from audit_record a where actor = 'test'")).all()
    assert any("somebody" in line for line in lines)
    whole = " ".join(lines)
    for secret in (password, token, "argon2", made.password_hash):
        assert secret not in whole
