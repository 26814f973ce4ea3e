"""Roles as rows, and dated appointments of persons and organizations to places."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.database import Base, one_of, period
from gridmap.places import Kind


class RoleKind(StrEnum):
    """What a role is in the community's life."""

    LEADER = "leader"
    STAFF = "staff"
    OFFICE = "office"
    HOUSEHOLD = "household"
    SERVICE = "service"


def _labels() -> CheckConstraint:
    return CheckConstraint(
        "label_zh ~ '[^[:space:]]' and length(label_zh) <= 100"
        " and label_en ~ '[^[:space:]]' and length(label_en) <= 100",
        name="labels",
    )


class Role(Base):
    """A post that can be held over places; labels, rank and places are edited, the code never."""

    __tablename__ = "role"
    __table_args__ = (
        one_of("kind", RoleKind),
        CheckConstraint("code ~ '^[a-z][a-z_]{1,40}$'", name="code"),
        _labels(),
        # Residents' homes are never shown to the public.
        CheckConstraint("kind <> 'household' or not public", name="household_private"),
        # Read by the exclusion constraint of `appointment`, which follows it.
        UniqueConstraint("code", "single_holder"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    label_zh: Mapped[str]
    label_en: Mapped[str]
    rank: Mapped[int]
    """Order on the ladder among the posts of one place, the lowest first."""
    single_holder: Mapped[bool]
    acts: Mapped[bool]
    """Whether its holder acts for a vacant post below."""
    public: Mapped[bool]


class RolePlace(Base):
    """The kinds of place that a role may be held over, and whether each such place must have it."""

    __tablename__ = "role_place"
    __table_args__ = (one_of("kind", Kind),)

    role: Mapped[str] = mapped_column(ForeignKey("role.code", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    required: Mapped[bool]


class Problem(Base):
    """What residents come with (heating, lift, parking): the chips above the service contacts."""

    __tablename__ = "problem"
    __table_args__ = (CheckConstraint("code ~ '^[a-z][a-z_]{1,40}$'", name="code"), _labels())

    code: Mapped[str] = mapped_column(primary_key=True)
    label_zh: Mapped[str]
    label_en: Mapped[str]
    position: Mapped[int]


class RoleProblem(Base):
    """Which roles answer for a problem; the lowest priority is asked first."""

    __tablename__ = "role_problem"

    problem: Mapped[str] = mapped_column(ForeignKey("problem.code", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(ForeignKey("role.code", ondelete="CASCADE"), primary_key=True)
    priority: Mapped[int]


class Person(Base):
    """Somebody who holds posts; known by the number that is published for duty, nothing private."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("name ~ '[^[:space:]]' and length(name) <= 200", name="name"),
        CheckConstraint("length(phone) between 1 and 40", name="phone"),
        CheckConstraint("array_position(search, null) is null", name="search"),
        Index(None, "community_id"),
        Index("ix_person_search", text("array_to_tsvector(search)"), postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("place.as_community"))
    name: Mapped[str]
    phone: Mapped[str | None]
    search: Mapped[list[str]]


class Organization(Base):
    """A company, station or authority that holds posts: one number by day, one for 24 hours."""

    __tablename__ = "organization"
    __table_args__ = (
        CheckConstraint("name ~ '[^[:space:]]' and length(name) <= 200", name="name"),
        CheckConstraint("length(phone) between 1 and 40 and length(phone_24h) between 1 and 40", name="phone"),
        CheckConstraint("length(kind) between 1 and 60", name="kind"),
        CheckConstraint("array_position(search, null) is null", name="search"),
        Index(None, "community_id"),
        Index("ix_organization_search", text("array_to_tsvector(search)"), postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("place.as_community"))
    name: Mapped[str]
    kind: Mapped[str | None]
    phone: Mapped[str | None]
    phone_24h: Mapped[str | None]
    search: Mapped[list[str]]


class Appointment(Base):
    """A person or an organization holds a role over a place during a period."""

    __tablename__ = "appointment"
    __table_args__ = (
        # Copied, so that the exclusion constraint can read it; the kind, so that a role stays on its kinds of place.
        ForeignKeyConstraint(["role", "single_holder"], ["role.code", "role.single_holder"], onupdate="CASCADE"),
        ForeignKeyConstraint(["role", "kind"], ["role_place.role", "role_place.kind"]),
        ForeignKeyConstraint(["place_id", "kind"], ["place.id", "place.kind"]),
        ExcludeConstraint(
            ("place_id", "="),
            ("role", "="),
            ("during", "&&"),
            using="gist",
            name="one_holder_at_a_time",
            where=text("single_holder"),
            deferrable=True,
            initially="IMMEDIATE",
        ),
        ExcludeConstraint(
            ("place_id", "="),
            ("role", "="),
            ("person_id", "="),
            ("during", "&&"),
            using="gist",
            where=text("person_id is not null"),
            name="one_term_of_a_person",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        ExcludeConstraint(
            ("place_id", "="),
            ("role", "="),
            ("organization_id", "="),
            ("during", "&&"),
            using="gist",
            where=text("organization_id is not null"),
            name="one_term_of_an_organization",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        period("during"),
        CheckConstraint("(person_id is null) <> (organization_id is null)", name="one_holder"),
        CheckConstraint("length(note) <= 500", name="note"),
        Index(None, "place_id"),
        Index(None, "person_id"),
        Index(None, "organization_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    role: Mapped[str]
    single_holder: Mapped[bool]
    place_id: Mapped[int]
    kind: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    during: Mapped[Range[date]]
    consent: Mapped[bool]
    """Whether the holder agreed that name and number are shown to the public."""
    note: Mapped[str | None]
    """For the office only, such as the door of a hub household."""


class Leave(Base):
    """An appointed person is away during a period, and a deputy may stand in."""

    __tablename__ = "leave"
    __table_args__ = (
        ExcludeConstraint(
            ("appointment_id", "="),
            ("during", "&&"),
            using="gist",
            name="one_leave_at_a_time",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        period("during"),
        Index(None, "appointment_id"),
        Index(None, "deputy_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    during: Mapped[Range[date]]
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
