"""Accounts: made, locked and given passwords by administrators; there is none to start with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.access.model import Grant, Level, User, UserSession
from gridmap.access.passwords import check_password, hashed, matches, one_time_password
from gridmap.access.sessions import close_sessions
from gridmap.access.sign_in import account_name, record_event
from gridmap.duties import Person
from gridmap.errors import BadInput, Conflict, NotFound, UnknownPlace
from gridmap.places import Community, Place, PlaceVersion

_NAME = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]{2,60}")


@dataclass(frozen=True)
class Account:
    """A line of the list of accounts.

    Parameters
    ----------
    name, level, locked, must_change_password
        See `User`.
    places
        Codes of the places that the account was given; a leader's follow from the posts of `person`.
    person
        Who the account belongs to.
    seen_at
        When a session of it was last used.
    """

    name: str
    level: Level
    places: tuple[str, ...]
    person: str | None
    locked: bool
    must_change_password: bool
    seen_at: datetime | None


def create_user(
    session: Session, name: str, level: Level, *, places: Sequence[str] = (), person_id: int | None = None
) -> str:
    """Make an account and return its one-time password, which must be changed at the first sign-in.

    Parameters
    ----------
    session
        Of whoever makes the account.
    name
        2 to 60 signs without a space; kept in lower case.
    level
        An administrator acts everywhere; a leader where the person holds posts today; anybody else below `places`.
    places
        Codes of places. None given: the only community, when there is just one.
    person_id
        The person whom the account belongs to; a leader needs one.

    Raises
    ------
    BadInput
        The name cannot be one, or level, places and person do not fit together.
    UnknownPlace, NotFound
        A place or the person is not on record.
    Conflict
        An account of that name exists.
    """
    name = account_name(name)
    if not _NAME.fullmatch(name):
        raise BadInput("user “{name}”: a name has 2 to 60 signs and no space", field="name", name=name)
    if session.scalar(select(User.id).where(User.name == name)):
        raise Conflict("user {name} exists; choose another name, or reset the password", name=name)
    if person_id is not None and session.get(Person, person_id) is None:
        raise NotFound("no person has the number {number}", number=person_id)
    granted = _granted(session, name, level, places, person_id)
    password = one_time_password()
    user = User(
        name=name,
        level=level,
        person_id=person_id,
        password_hash=hashed(password),
        must_change_password=True,
        locked=False,
    )
    session.add(user)
    session.flush()
    session.add_all(Grant(user_id=user.id, place_id=place_id) for place_id in granted)
    session.flush()
    return password


def reset_password(session: Session, name: str) -> str:
    """Give an account a new one-time password, end its sessions, and return the password.

    Raises
    ------
    NotFound
        No account has that name.
    """
    user = user_named(session, name)
    password = one_time_password()
    user.password_hash = hashed(password)
    user.must_change_password = True
    close_sessions(session, user.id)
    session.flush()
    # The triggers keep hashes out of the record, so the deed itself is recorded here.
    record_event(session, "password reset", user.name)
    return password


def change_password(session: Session, user_id: int, new: str) -> None:
    """Give an account the password that its user chose, and end all its sessions.

    Parameters
    ----------
    session
        Of the user, who has proved the old password.
    user_id
        The account.
    new
        The password; see `check_password`.

    Raises
    ------
    BadInput
        Others would guess it, or it is the old one.
    """
    user = session.get_one(User, user_id)
    communities = session.scalars(
        select(PlaceVersion.name).where(PlaceVersion.kind == "community").order_by(PlaceVersion.id).limit(1000)
    )
    check_password(new, words=(user.name, *communities))
    if matches(new, user.password_hash):
        raise BadInput("The new password is the old one.", field="new")
    user.password_hash = hashed(new)
    user.must_change_password = False
    close_sessions(session, user.id)
    session.flush()


def lock(session: Session, name: str) -> None:
    """Lock an account and end its sessions; its tokens rest until it is unlocked.

    Raises
    ------
    NotFound
        No account has that name.
    Conflict
        It is the last administrator who can sign in.
    """
    user = user_named(session, name)
    if user.level == Level.ADMIN:
        # Two administrators who lock each other at once would both be gone.
        admins = select(User.id).where(User.level == Level.ADMIN, ~User.locked).order_by(User.id).with_for_update()
        if session.scalars(admins).all() == [user.id]:
            raise Conflict("user {name} is the last administrator who can sign in; add another one first", name=name)
    user.locked = True
    close_sessions(session, user.id)
    session.flush()


def unlock(session: Session, name: str) -> None:
    """Let a locked account sign in again.

    Raises
    ------
    NotFound
        No account has that name.
    """
    user_named(session, name).locked = False
    session.flush()


def user_named(session: Session, name: str) -> User:
    """Return the account of a name.

    Raises
    ------
    NotFound
        No account has that name.
    """
    user = session.scalar(select(User).where(User.name == account_name(name)))
    if user is None:
        raise NotFound("no user is called {name}; see `gridmap user list`", name=name)
    return user


def accounts(session: Session) -> list[Account]:
    """Return all accounts, by name."""
    places = (
        select(func.array_agg(Place.code))
        .join(Grant, Grant.place_id == Place.id)
        .where(Grant.user_id == User.id)
        .scalar_subquery()
    )
    seen = select(func.max(UserSession.seen_at)).where(UserSession.user_id == User.id).scalar_subquery()
    rows = session.execute(
        select(User, Person.name, places, seen).outerjoin(Person, Person.id == User.person_id).order_by(User.name)
    )
    return [
        Account(
            user.name,
            Level(user.level),
            tuple(sorted(codes or ())),
            person,
            user.locked,
            user.must_change_password,
            seen_at,
        )
        for user, person, codes, seen_at in rows
    ]


def person_called(session: Session, wanted: str) -> int:
    """Return the number of the person of a name, or of a number.

    Raises
    ------
    NotFound
        Nobody on record is called so.
    Conflict
        Several are: the message lists their numbers.
    """
    if wanted.isascii() and wanted.isdigit():
        if session.get(Person, min(int(wanted), 2**31 - 1)) is None:
            raise NotFound("no person has the number {number}", number=wanted)
        return int(wanted)
    found = session.execute(
        select(Person.id, Person.phone, Place.code)
        .join(Place, Place.id == Person.community_id)
        .where(Person.name == wanted.strip())
        .order_by(Person.id)
        .limit(20)
    ).all()
    if not found:
        raise NotFound("no person on record is called {name}; import the roster first", name=wanted)
    if len(found) > 1:
        listed = ", ".join(f"{number} ({phone or '-'}, {code})" for number, phone, code in found)
        raise Conflict("{name} is the name of several; give one of the numbers: {listed}", name=wanted, listed=listed)
    return int(found[0].id)


def _granted(session: Session, name: str, level: Level, places: Sequence[str], person_id: int | None) -> list[int]:
    """Ids of the places that a new account is given."""
    if level in {Level.ADMIN, Level.LEADER}:
        if places:
            why = "an administrator acts everywhere" if level == Level.ADMIN else "a leader acts where posts are held"
            raise BadInput("user {name}: {why}; leave the place out", field="place", name=name, why=why)
        if level == Level.LEADER and person_id is None:
            raise BadInput("user {name}: a leader needs a person; give --person", field="person", name=name)
        return []
    if not places:
        return [_only_community(session, name)]
    known = {row.code: row.id for row in session.execute(select(Place.code, Place.id).where(Place.code.in_(places)))}
    for code in places:
        if code not in known:
            on_record = session.scalars(select(Community.code).order_by(Community.code).limit(10)).all()
            raise UnknownPlace(
                "no place has the code {code}; communities on record: {known}",
                code=code,
                known=", ".join(on_record) or "-",
            )
    return sorted(set(known.values()))


def _only_community(session: Session, name: str) -> int:
    communities = session.scalars(select(Community.id).limit(2)).all()
    if not communities:
        raise Conflict("user {name}: no community is on record yet; import one first", name=name)
    if len(communities) > 1:
        raise BadInput("user {name}: there are several communities; give --place with a code", field="place", name=name)
    return communities[0]
