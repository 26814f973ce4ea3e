"""What is on record of one community, and the statements that write what it shall be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from geodata.addresses import keys
from geodata.load import writing
from geodata.load.versions import Rows, Version, difference
from gridmap.database import read_sql
from gridmap.places import Kind, Place, PlaceVersion

BLANK: dict[str, Any] = {
    "name": None,
    "aliases": (),
    "parent_id": None,
    "grid_cell_id": None,
    "cluster_id": None,
    "geom": None,  # WKB, so that equal is equal to the bit
    "households": None,
    "residents": None,
    "floors": None,
}
_PLACES = sa.text(read_sql(__package__, "places_on_record.sql"))
_VERSIONS = sa.text(read_sql(__package__, "versions_on_record.sql"))
_IDENTITY = ("source_id", "facility_kind")
_VERSION = ("valid", "search", *BLANK)


@dataclass(slots=True)
class Known:
    """One place: as it is on record, and as it shall be.

    Parameters
    ----------
    id, kind, code, source_id, facility_kind
        Its identity.
    before
        Versions on record.
    timeline
        Versions that shall be.
    new
        Not on record yet.
    """

    id: int
    kind: Kind
    code: str
    source_id: str | None = None
    facility_kind: str | None = None
    before: list[Version] = field(default_factory=list)
    timeline: list[Version] = field(default_factory=list)
    new: bool = False
    renamed: bool = False
    """Its source_id or facility_kind differs from the record."""

    @property
    def rows(self) -> Rows:
        """What has to be written of its versions."""
        return difference(self.before, self.timeline)

    @property
    def changed(self) -> bool:
        """Whether anything has to be written."""
        return self.new or self.renamed or bool(self.rows)


@dataclass
class Record:
    """The places of one community.

    Parameters
    ----------
    community_id
        Of the community's own place.
    places
        All of them, by id; the community itself included.
    """

    community_id: int
    places: dict[int, Known] = field(default_factory=dict)
    _by_name: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list), repr=False)

    def __post_init__(self) -> None:
        self.by_code = {place.code: place for place in self.places.values()}
        self.by_source = {place.source_id: place for place in self.places.values() if place.source_id}

    def add(self, place: Known) -> Known:
        """Take in a new place.

        Parameters
        ----------
        place
            Its code must be free.
        """
        self.places[place.id] = place
        self.by_code[place.code] = place
        if place.source_id:
            self.by_source[place.source_id] = place
        return place

    def called(self, name: str, kinds: Collection[Kind]) -> list[Known]:
        """Return the places that have a name or alias now; what they were called before does not count.

        Parameters
        ----------
        name
            The whole of it.
        kinds
            Kinds that are meant; all when empty.
        """
        if not self._by_name:
            for place in self.places.values():
                for version in place.timeline[-1:]:
                    for spelling in {version.attributes["name"], *version.attributes["aliases"]}:
                        self._by_name[spelling].append(place)
        return [place for place in self._by_name.get(name, ()) if not kinds or place.kind in kinds]

    def of(self, *kinds: Kind) -> list[Known]:
        """Return the places of some kinds in the order of their codes.

        Parameters
        ----------
        *kinds
            One or more.
        """
        return sorted((place for place in self.places.values() if place.kind in kinds), key=lambda place: place.code)


def on_record(session: Session, community_id: int) -> Record:
    """Return all places of a community with all their versions.

    Parameters
    ----------
    session
        Where to look.
    community_id
        Of the community's own place.
    """
    record = Record(
        community_id,
        {
            row.id: Known(row.id, Kind(row.kind), row.code, row.source_id, row.facility_kind)
            for row in session.execute(_PLACES, {"community": community_id})
        },
    )
    for row in session.execute(_VERSIONS, {"community": community_id}):
        attributes = {
            "name": row.name,
            "aliases": tuple(row.aliases),
            "parent_id": row.parent_id,
            "grid_cell_id": row.grid_cell_id,
            "cluster_id": row.cluster_id,
            "geom": bytes(row.geom) if row.geom is not None else None,
            "households": row.households,
            "residents": row.residents,
            "floors": row.floors,
        }
        record.places[row.place_id].before.append(Version((row.first, row.last), attributes, row.id))
    for place in record.places.values():
        place.timeline = list(place.before)
    return record


def write(session: Session, record: Record) -> None:
    """Write the difference between what is on record and what shall be: at most five statements.

    Parameters
    ----------
    session
        Its transaction stays open.
    record
        As it shall be. The community's own place must be on record.
    """
    places = list(record.places.values())
    own = {"community_id": record.community_id}
    identities = [(place, {**{name: getattr(place, name) for name in ("id", "kind", "code", *_IDENTITY)}, **own})
                  for place in places]  # fmt: skip
    columns = ("id", "kind", "community_id", "code", *_IDENTITY)
    writing.insert(session, Place, columns, (row for place, row in identities if place.new))
    writing.update(session, Place, _IDENTITY, (row for place, row in identities if place.renamed and not place.new))
    changes = [(place, place.rows) for place in places]
    writing.delete(session, PlaceVersion, (id_ for _, rows in changes for id_ in rows.delete))
    updated = (_version(place, version) for place, rows in changes for version in rows.update)
    writing.update(session, PlaceVersion, _VERSION, updated)
    inserted = ({**_version(place, version), **own} for place, rows in changes for version in rows.insert)
    writing.insert(session, PlaceVersion, ("place_id", "kind", "community_id", *_VERSION), inserted)


def days(period: tuple[date | None, date | None]) -> str:
    """Return a period as people read it, the last day included.

    Parameters
    ----------
    period
        Half-open.
    """
    first, last = period
    end = date.fromordinal(last.toordinal() - 1).isoformat() if last else "…"
    return f"{first.isoformat() if first else '…'} – {end}"


def _version(place: Known, version: Version) -> dict[str, Any]:
    said = version.attributes
    return {
        **said,
        "id": version.id,
        "place_id": place.id,
        "kind": place.kind,
        "valid": writing.daterange(version.period),
        "search": keys(said["name"], *said["aliases"]),
        "geom": writing.geometry(said["geom"]),
    }
