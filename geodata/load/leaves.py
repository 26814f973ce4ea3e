"""The layers of leaves and of channels: who is away and who stands in, and how a place's residents are reached."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from geodata.load import writing
from geodata.load.appointments import Roster, Term, place_of
from geodata.load.holders import Holder
from geodata.load.identity import Codes
from geodata.load.record import Known, Record, days
from geodata.load.rows import Row
from geodata.load.versions import ALWAYS, Period, overlap
from gridmap.database import read_sql
from gridmap.duties import Leave
from gridmap.groups import Channel

_LEAVES = sa.text(read_sql(__package__, "leaves_on_record.sql"))
_CHANNELS = sa.text(read_sql(__package__, "channels_on_record.sql"))


@dataclass(slots=True, eq=False)
class Absence:
    """One leave of one term."""

    term: Term
    period: Period
    deputy: Holder | None
    id: int | None = None
    row: Row | None = None
    before: tuple[Any, ...] = ()

    @property
    def now(self) -> tuple[Any, ...]:
        """What its row holds."""
        return (self.period, self.deputy)

    @property
    def changed(self) -> bool:
        """Whether its row or its deputy's has to be written."""
        return self.now != self.before or bool(self.deputy and self.deputy.said != self.deputy.before)


@dataclass(slots=True, eq=False)
class Group:
    """One group chat of one place."""

    place: Known
    name: str
    period: Period
    id: int | None = None
    row: Row | None = None
    before: tuple[Any, ...] = ()

    @property
    def now(self) -> tuple[Any, ...]:
        """What its row holds."""
        return (self.name, self.period)


def plan_leaves(session: Session, rows: list[Row], roster: Roster, record: Record, codes: Codes) -> list[Absence]:
    """Return the leaves that rows are about, as they shall be; what is wrong stands in the rows' problems.

    Parameters
    ----------
    session
        Where the record is.
    rows
        Of the layer.
    roster
        As it shall be.
    record, codes
        Of the community.
    """
    terms = {term.id: term for listed in roster.terms.values() for term in listed if term.id is not None}
    known: dict[int, list[Absence]] = defaultdict(list)
    for found in session.execute(_LEAVES, {"community": record.community_id}):
        term = terms[found.appointment_id]
        deputy = roster.holders.by_id.get((True, found.deputy_id or 0))
        if deputy:
            deputy.used = True
        absence = Absence(term, (found.first, found.last), deputy, found.id)
        absence.before = absence.now
        known[id(term)].append(absence)
    result: list[Absence] = []
    for row in rows:
        period = row.dated or ALWAYS
        if row.problems or (term_of := _term(row, roster, record, codes)) is None:
            continue
        listed = known[id(term_of)]
        absence = next((a for a in listed if a.row is None and overlap(a.period, period)), None) or Absence(
            term_of, period, None
        )
        if clash := next((a for a in listed if a is not absence and overlap(a.period, period)), None):
            row.refuse(
                "valid_from", days(period), "overlaps another leave of the same post, {when}", when=days(clash.period)
            )
            continue
        if absence not in listed:
            listed.append(absence)
        absence.period, absence.row = period, row
        if name := row.given.get("deputy_name"):
            absence.deputy = roster.holders.person(name, row.given.get("deputy_phone"))
            absence.deputy.used = True
        else:
            absence.deputy = None
        result.append(absence)
    return result


def plan_channels(session: Session, rows: list[Row], record: Record, codes: Codes) -> list[Group]:
    """Return the channels that rows are about, as they shall be; what is wrong stands in the rows' problems.

    Parameters
    ----------
    session
        Where the record is.
    rows
        Of the layer.
    record, codes
        Of the community.
    """
    known: dict[tuple[int, str], list[Group]] = defaultdict(list)
    for found in session.execute(_CHANNELS, {"community": record.community_id}):
        group = Group(record.places[found.place_id], found.name, (found.first, found.last), found.id)
        group.before = group.now
        known[found.place_id, found.name].append(group)
    result: list[Group] = []
    for row in rows:
        if row.problems or (place := place_of(row, record, codes)) is None:
            continue
        listed = known[place.id, row.given["name"]]
        group = next((g for g in listed if g.row is None and overlap(g.period, row.dated or ALWAYS)), None) or Group(
            place, row.given["name"], row.dated or ALWAYS
        )
        if any(g is not group and overlap(g.period, row.dated or ALWAYS) for g in listed):
            row.refuse("name", row.given["name"], "is given twice for one place and time")
            continue
        if group not in listed:
            listed.append(group)
        group.period, group.row = row.dated or group.period, row
        result.append(group)
    return result


def write_leaves(session: Session, absences: list[Absence]) -> None:
    """Write the difference: at most two statements.

    Parameters
    ----------
    session
        Its transaction stays open.
    absences
        Their terms and deputies are written already.
    """
    rows = [
        (
            absence,
            {
                "id": absence.id,
                "appointment_id": absence.term.id,
                "during": writing.daterange(absence.period),
                "deputy_id": absence.deputy.id if absence.deputy else None,
            },
        )
        for absence in absences
        if absence.now != absence.before
    ]
    columns = ("during", "deputy_id")
    writing.update(session, Leave, columns, (row for absence, row in rows if absence.id is not None))
    writing.insert(session, Leave, ("appointment_id", *columns), (row for absence, row in rows if absence.id is None))


def write_channels(session: Session, groups: list[Group]) -> None:
    """Write the difference: at most two statements.

    Parameters
    ----------
    session
        Its transaction stays open.
    groups
        Their places are written already.
    """
    rows = [
        (
            group,
            {"id": group.id, "place_id": group.place.id, "name": group.name, "during": writing.daterange(group.period)},
        )
        for group in groups
        if group.now != group.before
    ]
    columns = ("name", "during")
    writing.update(session, Channel, columns, (row for group, row in rows if group.id is not None))
    writing.insert(session, Channel, ("place_id", *columns), (row for group, row in rows if group.id is None))


def _term(row: Row, roster: Roster, record: Record, codes: Codes) -> Term | None:
    role, place = roster.role(row), place_of(row, record, codes)
    if role is None or place is None:
        return None
    held = [t for t in roster.terms.get((role.code, place.id), ()) if t.holder.name == row.given["name"]]
    term = next((t for t in held if overlap(t.period, row.dated or ALWAYS)), None)
    if term is None:
        row.refuse("name", row.given["name"], "does not hold this post at that time")
    return term
