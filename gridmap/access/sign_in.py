"""Signing in: tries are counted in the database, so that all workers throttle alike."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import DateTime, Row, Select, Text, bindparam, delete, func, insert, select, text, union_all, update
from sqlalchemy.orm import Session

from gridmap.access.model import SignIn, User
from gridmap.access.passwords import matches
from gridmap.access.sessions import open_session
from gridmap.database import Database
from gridmap.errors import NotSignedIn, TooManyTries

WINDOW = timedelta(minutes=5)
FAILURES = 10
KEPT = timedelta(days=1)
NOBODY = "nobody"

_LOCK = text(
    "select pg_advisory_xact_lock(hashtext('sign-in by name'), hashtext(:name)), "
    "pg_advisory_xact_lock(hashtext('sign-in by address'), hashtext(:address))"
)
_EVENT = text("select audit_event(:event, :subject, cast(:detail as jsonb))")
_ACCOUNT = select(User.id, User.name, User.password_hash, User.locked, User.must_change_password).where(
    User.name == bindparam("name", type_=Text)
)


def _tenth_last(column: str) -> Select[datetime]:
    """The failure that must grow older than the window before the next try counts."""
    return (
        select(SignIn.at)
        .where(
            getattr(SignIn, column) == bindparam(column, type_=Text),
            ~SignIn.succeeded,
            SignIn.at > bindparam("since", type_=DateTime(timezone=True)),
        )
        .order_by(SignIn.at.desc())
        .offset(FAILURES - 1)
        .limit(1)
    )


_THROTTLED_SINCE = select(
    func.max(union_all(_tenth_last("name"), _tenth_last("address")).subquery().c.at),
)


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that succeeded.

    Parameters
    ----------
    user_id, name
        The account.
    token
        What the browser shows from now on; only its hash is kept.
    must_change_password
        Nothing but changing the password is open yet.
    """

    user_id: int
    name: str
    token: str
    must_change_password: bool


def authenticate(
    database: Database, name: str, password: str, *, now: datetime, address: str = "", agent: str | None = None
) -> SignedIn:
    """Sign a user in by name and password, and open a session.

    Parameters
    ----------
    database
        The count of tries and the session are written in transactions of their own.
    name, password
        As typed.
    now
        When it happens.
    address, agent
        Where from.

    Raises
    ------
    TooManyTries
        Ten failures in five minutes of this name or from this address; the right password is refused as well.
    NotSignedIn
        Name and password do not belong together, or the account is locked: which of them is not told.
    """
    account, number = _proved(database, name, password, now=now, address=address)
    with database.writing(f"user:{account.name}") as session:
        _settle(session, account, number)
        token = open_session(session, account.id, now=now, address=address, agent=agent)
        record_event(session, "sign in", account.name, address=address)
    return SignedIn(account.id, account.name, token, account.must_change_password)


def prove(database: Database, name: str, password: str, *, now: datetime, address: str = "") -> None:
    """Check the password of somebody who is signed in already; failures are counted like those of a sign-in.

    Parameters
    ----------
    database, name, password, now, address
        See `authenticate`.

    Raises
    ------
    TooManyTries, NotSignedIn
        See `authenticate`.
    """
    account, number = _proved(database, name, password, now=now, address=address)
    with database.writing(f"user:{account.name}") as session:
        _settle(session, account, number)


def account_name(typed: str) -> str:
    """Return a name in the form in which accounts keep it."""
    return unicodedata.normalize("NFKC", typed).strip().lower().replace("\0", "")[:200]


def record_event(session: Session, event: str, subject: str, **detail: object) -> None:
    """Record what is no write of a row: a sign-in, a sign-out, a refusal.

    Parameters
    ----------
    session
        Its actor did it.
    event, subject
        What happened, and to what or whom.
    **detail
        What else an auditor asks for.
    """
    session.execute(_EVENT, {"event": event, "subject": subject, "detail": json.dumps(detail, ensure_ascii=False)})


def _proved(
    database: Database, name: str, password: str, *, now: datetime, address: str
) -> tuple[Row[int, str, str, bool, bool], int]:
    """Return the account that the password belongs to, and the number of the try, which still stands as a failure."""
    name = account_name(name)
    # Counted before the slow check begins, so that a hundred tries at once are not all let through.
    with database.writing(NOBODY) as session:
        number = _count(session, name, _network(address), now)
        account = session.execute(_ACCOUNT, {"name": name}).one_or_none()
    if matches(password, account.password_hash if account else None) and account and not account.locked:
        return account, number
    with database.writing(NOBODY) as session:
        # What stands in the name's field of an unknown account may be somebody's password.
        record_event(session, "sign-in refused", account.name if account else "unknown", address=address)
    raise _refusal()


def _settle(session: Session, account: Row[int, str, str, bool, bool], number: int) -> None:
    """Take a try back from the failures, unless the account changed while its password was checked."""
    same = select(User.id).where(User.id == account.id, ~User.locked, User.password_hash == account.password_hash)
    if session.execute(same.with_for_update(read=True)).one_or_none() is None:
        raise _refusal()
    session.execute(update(SignIn).where(SignIn.id == number).values(succeeded=True))


def _count(session: Session, name: str, network: str, now: datetime) -> int:
    # Hashed: what stands in the name's field may be somebody's password.
    keys = {"name": hashlib.sha256(name.encode("utf-8", "replace")).hexdigest(), "address": network}
    session.execute(_LOCK, keys)
    since = session.execute(_THROTTLED_SINCE, keys | {"since": now - WINDOW}).scalar_one()
    if since is not None:
        raise TooManyTries(
            "Too many failed tries. Wait {seconds} seconds, then try again.",
            retry_after=max(1, int((since + WINDOW - now).total_seconds()) + 1),
        )
    session.execute(delete(SignIn).where(SignIn.at < now - KEPT))
    added = insert(SignIn).values(at=now, succeeded=False, **keys).returning(SignIn.id)
    return session.execute(added).scalar_one()


def _network(address: str) -> str:
    """Return what is counted as one address: of IPv6 the network of one customer, who may use all of it."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _refusal() -> NotSignedIn:
    return NotSignedIn("The name or the password is wrong, or the account is locked.")
