"""The roster: who holds which post over which place, in terms that do not overlap where one holder is allowed."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from geodata.load import writing
from geodata.load.holders import Holder, Holders
from geodata.load.identity import Codes, find
from geodata.load.record import Known, Record, days
from geodata.load.rows import Row
from geodata.load.versions import ALWAYS, Period, ends, overlap, starts
from gridmap.database import read_sql
from gridmap.duties import Appointment
from gridmap.places import Kind

PERSON, ORGANIZATION = "person", "organization"
_HOLDERS = {"person": PERSON, "个人": PERSON, "organization": ORGANIZATION, "单位": ORGANIZATION, "机构": ORGANIZATION}
_OBJECT_OF_A_MAP = re.compile(r"(?:node|way|relation)/\d+", re.ASCII)
_COLUMNS = ("role", "single_holder", "place_id", "kind", "person_id", "organization_id", "during", "consent", "note")
_ROLES = sa.text(
    "select code, label_zh, label_en, kind, single_holder,"
    " (select coalesce(array_agg(p.kind), '{}') from role_place p where p.role = role.code) as places from role"
)
_APPOINTMENTS = sa.text(read_sql(__package__, "appointments_on_record.sql"))


@dataclass(slots=True, eq=False)
class Term:
    """One appointment.

    Parameters
    ----------
    role, place, holder, period, consent, note
        As it shall be.
    id
        Of its row, None while it has none.
    row
        The row of the roster that says so.
    """

    role: str
    place: Known
    holder: Holder
    period: Period
    consent: bool = False
    note: str | None = None
    id: int | None = None
    row: Row | None = None
    before: tuple[Any, ...] = ()

    @property
    def now(self) -> tuple[Any, ...]:
        """What its row holds."""
        return (self.holder.person, self.holder.id, self.period, self.consent, self.note)

    @property
    def changed(self) -> bool:
        """Whether its row or its holder's has to be written."""
        return self.id is None or self.now != self.before or self.holder.said != self.holder.before


@dataclass(slots=True)
class Roster:
    """All appointments of a community.

    Parameters
    ----------
    holders
        Its persons and organizations.
    roles
        On record, by code.
    terms
        As they shall be, by role and place.
    """

    holders: Holders
    roles: dict[str, Any]
    names: dict[str, set[str]]
    terms: dict[tuple[str, int], list[Term]] = field(default_factory=lambda: defaultdict(list))

    def role(self, row: Row) -> Any | None:
        """Return the role that a row names by code or label; what is wrong stands in its problems.

        Parameters
        ----------
        row
            Of the roster or the leaves.
        """
        found = self.names.get(_plain(row.given["role"]), set())
        if len(found) == 1:
            return self.roles[next(iter(found))]
        if found:
            row.refuse("role", row.given["role"], "names several posts: {codes}", codes=", ".join(sorted(found)))
        else:
            row.refuse(
                "role", row.given["role"], "is no post on record; use one of: {codes}", codes=", ".join(self.roles)
            )
        return None


def on_record(session: Session, record: Record) -> Roster:
    """Return the roster of a community.

    Parameters
    ----------
    session
        Where it is.
    record
        The community's places.
    """
    roles = {row.code: row for row in session.execute(_ROLES)}
    names: dict[str, set[str]] = defaultdict(set)
    for row in roles.values():
        for name in (row.code, row.label_zh, row.label_en):
            names[_plain(name)].add(row.code)
    roster = Roster(Holders(session, record.community_id), roles, names)
    for row in session.execute(_APPOINTMENTS, {"community": record.community_id}):
        holder = roster.holders.by_id[row.person_id is not None, row.person_id or row.organization_id]
        holder.used = True
        place = record.places[row.place_id]
        term = Term(row.role, place, holder, (row.first, row.last), row.consent, row.note, row.id)
        term.before = term.now
        roster.terms[row.role, place.id].append(term)
    return roster


def plan(roster: Roster, rows: list[Row], record: Record, codes: Codes, as_of: date | None) -> None:
    """Bring the terms to what the rows say; what is wrong stands in their problems.

    Parameters
    ----------
    roster
        Its terms are changed.
    rows
        Of the roster.
    record, codes
        Of the community.
    as_of
        The day from which undated rows hold. They then end the term of whom they follow.
    """
    groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
    meant: dict[int, Holder] = {}
    for row in rows:
        if row.problems or (role := roster.role(row)) is None:
            continue
        if (place := place_of(row, record, codes, [Kind(kind) for kind in role.places])) is None:
            continue
        if place.kind not in role.places:
            allowed = ", ".join(sorted(role.places)) or "none"
            row.refuse(
                "place",
                row.given["place"],
                "is a {kind}; this post is held over: {kinds}",
                kind=place.kind.value,
                kinds=allowed,
            )
        elif holder := _holder(row, role, roster.holders):
            row.place = place
            meant[id(row)] = holder
            groups[role.code, place.id].append(row)
    follows: list[tuple[Term, Holder]] = []
    for (role_code, place_id), group in groups.items():
        single = roster.roles[role_code].single_holder
        place = record.places[place_id]
        roster.terms[role_code, place_id] = _settled(
            role_code, place, group, meant, roster.terms[role_code, place_id], as_of, single=single, follows=follows
        )
        _refuse_overlaps(roster.terms[role_code, place_id], single=single)
    _correct_holders(roster, follows)
    for terms in roster.terms.values():
        for term in terms:
            term.holder.used = True


def write(session: Session, roster: Roster) -> None:
    """Write the difference: at most six statements, and give ids to new terms.

    Parameters
    ----------
    session
        Its transaction stays open.
    roster
        As it shall be.
    """
    terms = [term for listed in roster.terms.values() for term in listed]
    fresh = [term for term in terms if term.id is None]
    changed = [term for term in terms if term.id is not None and term.now != term.before]
    roster.holders.write(session)
    for term, id_ in zip(fresh, writing.new_ids(session, Appointment, len(fresh)), strict=True):
        term.id = id_
    writing.update(session, Appointment, _COLUMNS, (_row(term, roster) for term in changed))
    writing.insert(session, Appointment, ("id", *_COLUMNS), (_row(term, roster) for term in fresh))


def place_of(row: Row, record: Record, codes: Codes, kinds: Collection[Kind] = ()) -> Known | None:
    """Return the place that a row names by code, label, source_id, or a name that only one place has.

    Parameters
    ----------
    row
        With a `place`. An object of the map that is not on record leaves out the row alone.
    record, codes
        Of the community.
    kinds
        Of places that a name may mean; all when empty.
    """
    named = row.given["place"]
    if place := find(record, codes, named):
        return place
    called = record.called(named, kinds)
    if len(called) == 1:
        return called[0]
    if called:
        row.refuse(
            "place", named, "is the name of several places: {codes}", codes=", ".join(p.code for p in called[:5])
        )
    elif _OBJECT_OF_A_MAP.fullmatch(named):
        row.refuse("place", named, "is not on record: its outline was not usable, or it lies elsewhere", fatal=False)
    else:
        row.refuse("place", named, "is no place of community {community}", community=codes.community)
    return None


def _holder(row: Row, role: Any, holders: Holders) -> Holder | None:
    given = row.given
    kind = given.get("holder")
    if kind is None:
        # Services are companies and authorities, the police officer of the community apart.
        company = role.kind == "service" and not role.code.endswith("_officer")
        kind = ORGANIZATION if company or given.get("organization_kind") or given.get("phone_24h") else PERSON
    known = _HOLDERS.get(str(kind).lower())
    if known is None:
        row.refuse("holder", kind, "must be person or organization")
        return None
    if known == PERSON:
        return holders.person(given["name"], given.get("phone"))
    return holders.organization(
        given["name"], given.get("organization_kind"), given.get("phone"), given.get("phone_24h")
    )


def _settled(
    role: str,
    place: Known,
    rows: list[Row],
    meant: dict[int, Holder],
    known: list[Term],
    as_of: date | None,
    *,
    single: bool,
    follows: list[tuple[Term, Holder]],
) -> list[Term]:
    free = sorted(known, key=lambda term: starts(term.period))
    result: list[Term] = []
    unmatched = []
    for row in sorted(rows, key=lambda row: starts(row.dated or ALWAYS)):
        same = [t for t in free if t.holder is meant[id(row)] and overlap(t.period, row.dated or ALWAYS)]
        same.sort(key=lambda t: t.period != row.dated)
        if same:
            free.remove(same[0])
            result.append(_said(same[0], row, row.dated or same[0].period))
        else:
            unmatched.append(row)
    for row in unmatched:
        holder, period = meant[id(row)], row.dated or (as_of, None)
        # One post, one first day, another name or number: the holder of that very term was wrong.
        wrong = [t for t in free if t.period[0] == period[0] and (single or t.holder.name == holder.name)]
        if len(wrong) == 1 and wrong[0].holder.person == holder.person:
            free.remove(wrong[0])
            follows.append((wrong[0], holder))
            result.append(_said(wrong[0], row, period))
            continue
        if single and as_of and not row.dated:
            for term in free:
                if starts(term.period) < as_of < ends(term.period):
                    term.period = (term.period[0], as_of)
        result.append(_said(Term(role, place, holder, period), row, period))
    return free + result


def _said(term: Term, row: Row, period: Period) -> Term:
    term.row, term.period = row, period
    term.consent = term.consent if row.given.get("consent") is None else bool(row.given["consent"])
    term.note = row.given.get("note") or term.note
    return term


def _refuse_overlaps(terms: list[Term], *, single: bool) -> None:
    for one, other in combinations(sorted(terms, key=lambda term: starts(term.period)), 2):
        row = other.row or one.row
        if row and overlap(one.period, other.period) and (single or one.holder is other.holder):
            theirs = one if row is other.row else other
            row.refuse(
                "valid_from",
                days(other.period if row is other.row else one.period),
                "overlaps the term of {name}, {when}; end one before the other begins",
                name=theirs.holder.name + (f" ({theirs.row.label})" if theirs.row else ""),
                when=days(theirs.period),
            )


def _correct_holders(roster: Roster, follows: list[tuple[Term, Holder]]) -> None:
    """Where all terms of a person go to a new one of the same name or number, the person itself was corrected."""
    by_old: dict[int, list[tuple[Term, Holder]]] = defaultdict(list)
    for term, new in follows:
        by_old[id(term.holder)].append((term, new))
    everywhere = [term for listed in roster.terms.values() for term in listed]
    for pairs in by_old.values():
        old, new = pairs[0][0].holder, pairs[0][1]
        whole = {id(t) for t in everywhere if t.holder is old} == {id(t) for t, _ in pairs}
        alike = old.name == new.name or (old.said["phone"] == new.said["phone"] and old.said["phone"] is not None)
        if new.id is None and whole and alike and all(n is new for _, n in pairs):
            old.said = new.said
            roster.holders.persons[new.name, new.said["phone"]] = old
            for term in everywhere:
                if term.holder is new:
                    term.holder = old
        else:
            for term, holder in pairs:
                term.holder = holder


def _row(term: Term, roster: Roster) -> dict[str, Any]:
    return {
        "id": term.id,
        "role": term.role,
        "single_holder": roster.roles[term.role].single_holder,
        "place_id": term.place.id,
        "kind": term.place.kind,
        "person_id": term.holder.id if term.holder.person else None,
        "organization_id": None if term.holder.person else term.holder.id,
        "during": writing.daterange(term.period),
        "consent": term.consent,
        "note": term.note,
    }


def _plain(name: str) -> str:
    return re.sub(r"[\s_·\-]+", "", unicodedata.normalize("NFKC", name)).casefold()
