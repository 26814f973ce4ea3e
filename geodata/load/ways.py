"""The layer of ways: walls, gates and paths, cut at the community's envelope."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from geodata.load import writing
from geodata.load.community import Found
from geodata.load.rows import Row
from geodata.load.versions import Change, Version, changed, difference, meant, overlap
from gridmap.database import read_sql
from gridmap.ways import Way, WayKind

POINTS = frozenset({WayKind.GATE, WayKind.BARRIER})
BLANK: dict[str, Any] = {"kind": None, "name": None, "tags": {}, "geom": None}
_WAYS = sa.text(read_sql(__package__, "ways_on_record.sql"))
_COLUMNS = ("kind", "valid", "name", "tags", "geom")


def plan(session: Session, rows: list[Row], community: Found, as_of: date | None) -> dict[str, list[list[Version]]]:
    """Return for each source_id of the rows its versions on record and those that shall be.

    Parameters
    ----------
    session
        Where the record is.
    rows
        Of the layer; what is wrong stands in their problems. What lies outside the envelope is passed over.
    community
        On record.
    as_of
        The day of a change, None for a correction.
    """
    known: dict[str, list[Version]] = defaultdict(list)
    for found in session.execute(_WAYS, {"community": community.id}):
        attributes = {"kind": found.kind, "name": found.name, "tags": found.tags, "geom": bytes(found.geom)}
        known[found.source_id].append(Version((found.first, found.last), attributes, found.id))
    seen: dict[str, list[Row]] = defaultdict(list)
    result: dict[str, list[list[Version]]] = {}
    for row, pieces in zip(rows, _cut(rows, community.envelope), strict=True):
        _check(row)
        if row.problems:
            continue
        source = row.given["source_id"]
        if any(overlap(row.dated or (None, None), other.dated or (None, None)) for other in seen[source]):
            row.refuse("source_id", source, "is given twice for one time")
            continue
        seen[source].append(row)
        for number, piece in enumerate(pieces, 1):
            name = source if number == 1 else f"{source}#{number}"
            before = known.get(name, [])
            timeline = result.setdefault(name, [before, list(before)])
            period = row.dated or meant(before, as_of, community.today)
            said = {
                "kind": row.given["kind"],
                "name": row.given.get("name"),
                "tags": row.given.get("tags", {}),
                "geom": shapely.to_wkb(piece, byte_order=1),
            }
            timeline[1] = changed(timeline[1], [Change(period, said)], BLANK)
    return result


def stored(rows: list[Row], planned: dict[str, list[list[Version]]]) -> int:
    """Return how many sound rows change what is on record.

    Parameters
    ----------
    rows
        Of the layer, after `plan`.
    planned
        What that returned.
    """
    moved = {name.partition("#")[0] for name, (before, after) in planned.items() if difference(before, after)}
    return sum(row.given["source_id"] in moved for row in rows if not row.problems)


def write(session: Session, planned: dict[str, list[list[Version]]], community: Found) -> None:
    """Write the difference: at most three statements.

    Parameters
    ----------
    session
        Its transaction stays open.
    planned
        See `plan`.
    community
        On record.
    """
    differences = [(name, difference(before, after)) for name, (before, after) in planned.items()]
    own = {"community_id": community.id}
    writing.delete(session, Way, (id_ for _, rows in differences for id_ in rows.delete))
    writing.update(session, Way, _COLUMNS, (_values(version) for _, rows in differences for version in rows.update))
    inserted = ({**_values(version), **own, "source_id": name} for name, rows in differences for version in rows.insert)
    writing.insert(session, Way, ("community_id", "source_id", *_COLUMNS), inserted)


def _values(version: Version) -> dict[str, Any]:
    geom = writing.geometry(version.attributes["geom"])
    return {**version.attributes, "id": version.id, "valid": writing.daterange(version.period), "geom": geom}


def _check(row: Row) -> None:
    kind, shape = row.given.get("kind"), row.geometry
    if kind is not None and kind not in tuple(WayKind):
        row.refuse("kind", kind, "must be one of: {kinds}", kinds=", ".join(WayKind))
    elif shape is not None and shape.geom_type == "Point" and kind not in POINTS:
        row.refuse("geometry", "Point", "a {kind} is a line; only gates and barriers may be points", kind=kind)
    if len(json.dumps(row.given.get("tags", {}))) > 20_000:
        row.refuse("tags", None, "are longer than 20,000 characters")


def _cut(rows: list[Row], envelope: BaseGeometry) -> list[list[BaseGeometry]]:
    """Return the lines and points of each row that lie in the envelope."""
    shapes = np.array([row.geometry if not row.problems else None for row in rows], dtype=object)
    cut = shapely.clip_by_rect(shapes, *envelope.bounds)
    return [
        [part for part in shapely.get_parts(whole).tolist() if not part.is_empty] if whole is not None else []
        for whole in cut.tolist()
    ]
