"""Accounts, their grants, their sessions and tokens. A user is not a person: `user.person_id` may name one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.database import Base, one_of


class Level(StrEnum):
    """What kind of user somebody is."""

    ADMIN = "admin"
    STAFF = "staff"
    LEADER = "leader"
    VIEWER = "viewer"
    PARTNER = "partner"
    AUDITOR = "auditor"


class User(Base):
    """An account: a name, a level, and the hash of a password."""

    __tablename__ = "user_account"
    __table_args__ = (
        one_of("level", Level),
        CheckConstraint("name ~ '^[^[:cntrl:][:space:]]{2,60}$'", name="name"),
        # Names are compared in lower case, so that "Li" and "li" cannot be two accounts.
        CheckConstraint("name = lower(name)", name="name_lower"),
        UniqueConstraint("name"),
        CheckConstraint("starts_with(password_hash, '$argon2id$')", name="password_hash"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    password_hash: Mapped[str]
    must_change_password: Mapped[bool]
    locked: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Grant(Base):
    """The place below which a user acts at the user's level; a leader's places come from appointments instead."""

    __tablename__ = "user_grant"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), primary_key=True)


class UserSession(Base):
    """One signed-in browser; the cookie holds a random token, the table only its hash."""

    __tablename__ = "user_session"
    __table_args__ = (Index(None, "user_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    address: Mapped[str | None]
    agent: Mapped[str | None]


class ApiToken(Base):
    """A token for programs, at the level and places of its user."""

    __tablename__ = "api_token"
    __table_args__ = (Index(None, "user_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]


class SignIn(Base):
    """A try to sign in; counted in the database, so that all workers throttle alike."""

    __tablename__ = "sign_in"
    __table_args__ = (Index(None, "name", "at"), Index(None, "address", "at"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    name: Mapped[str]
    address: Mapped[str]
    succeeded: Mapped[bool]
