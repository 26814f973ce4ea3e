"""Tokens for programs: they ask at the level and places of a user. Only their hashes are kept."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from gridmap.access.accounts import user_named
from gridmap.access.model import ApiToken
from gridmap.access.sessions import digest

MARK = "gridmap_"  # by which secret scanners know a token


def create_token(session: Session, name: str) -> str:
    """Return a new token of a user, which works at once; it is not kept, so it is shown only now.

    Raises
    ------
    NotFound
        No account has that name.
    """
    token = MARK + secrets.token_urlsafe(32)
    session.add(ApiToken(token_hash=digest(token), user_id=user_named(session, name).id))
    session.flush()
    return token


def revoke_tokens(session: Session, name: str, *, now: datetime) -> int:
    """End every token of a user; return how many there were.

    Raises
    ------
    NotFound
        No account has that name.
    """
    ended = session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user_named(session, name).id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.token_hash)
    )
    return len(ended.all())
