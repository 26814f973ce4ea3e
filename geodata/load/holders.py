"""Persons and organizations of one community: known again by name and number, or taken in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from geodata.addresses import keys
from geodata.load import writing
from gridmap.duties import Organization, Person


@dataclass(slots=True, eq=False)
class Holder:
    """Somebody who holds posts.

    Parameters
    ----------
    person
        False for an organization.
    said
        Columns of its row.
    id
        Of its row, None while it has none.
    """

    person: bool
    said: dict[str, Any]
    id: int | None = None
    before: dict[str, Any] = field(default_factory=dict)
    used: bool = False
    """Whether anything refers to it: one that nothing refers to is not taken in."""

    @property
    def name(self) -> str:
        """As it is shown."""
        return str(self.said["name"])


class Holders:
    """All persons and organizations of a community.

    Parameters
    ----------
    session
        Where the record is.
    community_id
        Of the community's own place.
    """

    def __init__(self, session: Session, community_id: int) -> None:
        self.community_id = community_id
        self.by_id: dict[tuple[bool, int], Holder] = {}
        self.persons: dict[tuple[str, str | None], Holder] = {}
        self.organizations: dict[str, Holder] = {}
        here = {"community": community_id}
        for row in session.execute(_PERSONS, here).mappings():
            self._know(Holder(True, {"name": row["name"], "phone": row["phone"]}, row["id"]))
        for row in session.execute(_ORGANIZATIONS, here).mappings():
            self._know(Holder(False, {k: row[k] for k in ("name", "kind", "phone", "phone_24h")}, row["id"]))

    def person(self, name: str, phone: str | None) -> Holder:
        """Return the person of that name and number, taken in where unknown.

        Parameters
        ----------
        name, phone
            Without a number the only one of that name is meant; one on record without a number gets it.
        """
        if known := self.persons.get((name, phone)):
            return known
        same_name = [holder for (other, _), holder in self.persons.items() if other == name]
        if phone is None and len(same_name) == 1:
            return same_name[0]
        if phone and (bare := self.persons.pop((name, None), None)):
            bare.said["phone"] = phone
            self.persons[name, phone] = bare
            return bare
        return self.persons.setdefault((name, phone), Holder(True, {"name": name, "phone": phone}))

    def organization(self, name: str, kind: str | None, phone: str | None, phone_24h: str | None) -> Holder:
        """Return the organization of that name, taken in where unknown; numbers that are given are corrected.

        Parameters
        ----------
        name, kind, phone, phone_24h
            As they shall be; None leaves what is on record.
        """
        blank = {"name": name, "kind": None, "phone": None, "phone_24h": None}
        holder = self.organizations.setdefault(name, Holder(False, blank))
        given = {"kind": kind, "phone": phone, "phone_24h": phone_24h}
        holder.said.update({key: value for key, value in given.items() if value is not None})
        return holder

    def write(self, session: Session) -> None:
        """Write who is new or has changed: at most four statements, and give ids to the new ones.

        Parameters
        ----------
        session
            Its transaction stays open.
        """
        for model, holders in (
            (Person, [h for h in self.persons.values() if h.person]),
            (Organization, list(self.organizations.values())),
        ):
            fresh = [holder for holder in holders if holder.id is None and holder.used]
            changed = [holder for holder in holders if holder.id is not None and holder.said != holder.before]
            for holder, id_ in zip(fresh, writing.new_ids(session, model, len(fresh)), strict=True):
                holder.id = id_
            columns = (
                ("name", "phone", "search") if model is Person else ("name", "kind", "phone", "phone_24h", "search")
            )
            writing.insert(session, model, ("id", "community_id", *columns), map(self._row, fresh))
            writing.update(session, model, columns, map(self._row, changed))

    def _know(self, holder: Holder) -> None:
        holder.before = dict(holder.said)
        self.by_id[holder.person, holder.id or 0] = holder
        if holder.person:
            self.persons.setdefault((holder.name, holder.said["phone"]), holder)
        else:
            self.organizations.setdefault(holder.name, holder)

    def _row(self, holder: Holder) -> dict[str, Any]:
        return {
            **holder.said,
            "id": holder.id,
            "community_id": self.community_id,
            "search": keys(holder.name),
        }


_PERSONS = sa.text("select id, name, phone from person where community_id = :community order by id")
_ORGANIZATIONS = sa.text(
    "select id, name, kind, phone, phone_24h from organization where community_id = :community order by id"
)
