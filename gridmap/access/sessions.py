"""Who is asking: browsers that are signed in, and programs with a token. Only hashes of either are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from sqlalchemy import DateTime, LargeBinary, TextClause, bindparam, delete, text, update
from sqlalchemy.orm import Session

from gridmap.access.model import Level, UserSession
from gridmap.access.rules import Viewer
from gridmap.database import Database

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
FRESH = timedelta(seconds=1)
REMEMBERED = 1000


def _look_up(holder: str) -> TextClause:
    parts = (files("gridmap.access").joinpath(name).read_text("utf-8") for name in (holder, "viewer.sql"))
    query = text("".join(parts))
    moments = (name for name in ("now", "idle", "absolute") if f":{name}" in query.text)
    return query.bindparams(
        bindparam("digest", type_=LargeBinary),
        *(bindparam(name, type_=DateTime(timezone=True)) for name in moments),
    )


_BY_SESSION = _look_up("holder_of_session.sql")
_BY_TOKEN = _look_up("holder_of_token.sql")


def utc_now() -> datetime:
    """Return the present moment: the clock that tests replace."""
    return datetime.now(UTC)


def open_session(
    session: Session, user_id: int, *, now: datetime, address: str | None = None, agent: str | None = None
) -> str:
    """Sign a browser in and return its token; sessions that have run out are swept away.

    Parameters
    ----------
    session
        Of the user who signs in.
    user_id
        The account.
    now
        When it happens.
    address, agent
        Where from, as an administrator would want to know it later.
    """
    session.execute(delete(UserSession).where(UserSession.created_at < now - ABSOLUTE))
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            token_hash=digest(token),
            user_id=user_id,
            created_at=now,
            seen_at=now,
            address=address,
            agent=agent[:200] if agent else None,
        )
    )
    session.flush()
    return token


def close_session(session: Session, token: str) -> None:
    """End one session on the server's side, whatever the browser keeps."""
    session.execute(delete(UserSession).where(UserSession.token_hash == digest(token)))


def close_sessions(session: Session, user_id: int) -> None:
    """End every session of a user."""
    session.execute(delete(UserSession).where(UserSession.user_id == user_id))


def digest(token: str) -> bytes:
    """Return what is kept of a token. It is random and long, so a plain hash cannot be turned back."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


@dataclass(frozen=True, slots=True)
class _Known:
    at: datetime
    viewer: Viewer


class Viewers:
    """Who holds a session or a token, remembered for a second in each process.

    Parameters
    ----------
    database
        Where accounts, posts and sessions stand.
    clock
        What time it is; tests bring their own.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self.database = database
        self.clock = clock
        self._known: dict[bytes, _Known] = {}

    def of_session(self, token: str) -> Viewer | None:
        """Return who is signed in with a token, and note that the session is alive; None when it has ended."""
        return self._viewer(token, by_session=True)

    def of_token(self, token: str) -> Viewer | None:
        """Return for whom a program asks; None when the token is unknown or revoked."""
        return self._viewer(token, by_session=False)

    def forget(self, user_id: int) -> None:
        """Look again at the next request of a user."""
        for key, known in list(self._known.items()):
            if known.viewer.user_id == user_id:
                self._known.pop(key, None)

    def _viewer(self, token: str, *, by_session: bool) -> Viewer | None:
        now = self.clock()
        # A session is no token: what a browser holds must not open the door that asks for no form secret.
        key = digest(token) + bytes([by_session])
        known = self._known.get(key)
        # A clock that was set back must not keep an ended session alive.
        if known and timedelta(0) <= now - known.at < FRESH:
            return known.viewer
        values = {"digest": key[:-1], "now": now}
        if by_session:
            values |= {"idle": now - IDLE, "absolute": now - ABSOLUTE}
        with self.database.reading_engine.connect() as connection:
            row = connection.execute(_BY_SESSION if by_session else _BY_TOKEN, values).one_or_none()
        if row is None:
            self._known.pop(key, None)
            return None
        scope = None if row.scope is None else tuple(row.scope)
        viewer = Viewer(row.id, row.name, Level(row.level), scope, row.must_change_password)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[key] = _Known(now, viewer)
        if row.seen_at is not None and now - row.seen_at >= SEEN_EVERY:
            self._note(key[:-1], viewer, now)
        return viewer

    def _note(self, token_hash: bytes, viewer: Viewer, now: datetime) -> None:
        # The condition is repeated: of several workers one writes.
        late = update(UserSession).where(UserSession.token_hash == token_hash, UserSession.seen_at <= now - SEEN_EVERY)
        with self.database.writing(f"user:{viewer.name}") as session:
            session.execute(late.values(seen_at=now))
