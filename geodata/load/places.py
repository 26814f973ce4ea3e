"""The layers of places: from rows to timelines, with everything wrong found before anything is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import shapely
from sqlalchemy.orm import Session

from geodata.load import tiling, tree, writing
from geodata.load.community import Found
from geodata.load.identity import KINDS, Codes, find, identify
from geodata.load.record import BLANK, Known, Record
from geodata.load.rows import Row
from geodata.load.versions import Change, Period, changed, meant, overlap
from gridmap.places import Kind, Place

AREAS = frozenset({"compounds", "grid_cells"})
_REFERENCES = {"compound_code": ("parent_id", Kind.COMPOUND), "grid_cell_code": ("grid_cell_id", Kind.GRID_CELL)}
_SAID = ("households", "residents", "floors")


def plan(
    session: Session,
    rows: dict[str, list[Row]],
    record: Record,
    community: Found,
    region_id: int | None,
    as_of: date | None,
) -> None:
    """Bring the timelines of the record to what rows say; what is wrong stands in the rows' problems.

    Parameters
    ----------
    session
        Gives ids for new places.
    rows
        By layer.
    record
        Its timelines are changed.
    community
        With its settings settled.
    region_id
        Parent of the community, None where nothing is said.
    as_of
        The day of a change, None for a correction.
    """
    codes = Codes(community.code)
    for layer in AREAS & rows.keys():
        tiling.node(rows[layer])
    identify(rows, record, codes, lambda n: writing.new_ids(session, Place, n))
    explicit: dict[tuple[int, str], list[Change]] = defaultdict(list)
    for layer in KINDS:
        for row in rows.get(layer, ()):
            if row.place and not row.problems:
                _say(row, row.place, record, codes, explicit, as_of, community.today)
    _say_community(record, community, region_id, as_of, named=bool(rows.get("boundary")))
    areas_given = bool(AREAS & rows.keys())
    if cells := rows.get("grid_cells"):
        if as_of:
            tiling.retire(record, {row.place.id for row in cells if row.place}, as_of, community.srid)
        tiling.overlaps(record, cells, community.srid)
    _check_inside(rows, record, community)
    if not any(problem.fatal for layer in rows.values() for row in layer for problem in row.problems):
        tree.settle(record, explicit, community.srid, areas_given=areas_given)


def stored(rows: Iterable[Row]) -> int:
    """Return how many sound rows change what is on record.

    Parameters
    ----------
    rows
        Of a layer of places, after `plan`.
    """
    return sum(bool(row.place and row.place.changed) for row in rows if not row.problems)


def _say(
    row: Row,
    place: Known,
    record: Record,
    codes: Codes,
    explicit: dict[tuple[int, str], list[Change]],
    as_of: date | None,
    today: date,
) -> None:
    period = row.dated or meant(place.before, as_of, today)
    # A blank cell says nothing: a map without floors must not wipe out those that somebody counted.
    said: dict[str, Any] = {name: row.given[name] for name in _SAID if row.given.get(name) is not None}
    if name := row.given.get("name") or (None if place.timeline else codes.label(place)):
        said["name"] = name
    if row.given.get("aliases"):
        said["aliases"] = tuple(row.given["aliases"])
    if row.geometry is not None:
        said["geom"] = shapely.to_wkb(row.geometry, byte_order=1)
    said |= _said_of_tree(row, place, record, codes, period, explicit)
    if (kind_text := row.given.get("facility_kind")) and place.facility_kind != kind_text:
        place.facility_kind, place.renamed = kind_text, not place.new
    place.timeline = changed(place.timeline, [Change(period, said)], BLANK)


def _said_of_tree(
    row: Row,
    place: Known,
    record: Record,
    codes: Codes,
    period: Period,
    explicit: dict[tuple[int, str], list[Change]],
) -> dict[str, Any]:
    said: dict[str, Any] = {}
    columns = [("cluster_code", "cluster_id", Kind.CLUSTER)]
    if place.kind is Kind.ENTRANCE:
        columns = [("building_code", "parent_id", Kind.BUILDING), ("grid_cell_code", "grid_cell_id", Kind.GRID_CELL)]
    for column, attribute, kind in columns:
        if (target := _referred(row, column, kind, record, codes)) is not None:
            said[attribute] = target
    if place.kind is Kind.ENTRANCE:
        return said
    for column, (attribute, kind) in _REFERENCES.items():
        if (target := _referred(row, column, kind, record, codes)) is not None:
            explicit[place.id, attribute].append(Change(period, {attribute: target}))
    return said


def _referred(row: Row, column: str, kind: Kind, record: Record, codes: Codes) -> int | None:
    named = row.given.get(column)
    if named is None:
        return None
    place = find(record, codes, named, kind)
    if place is None:
        row.refuse(column, named, "is no {kind} of this community", kind=kind.value)
        return None
    return place.id


def _say_community(record: Record, community: Found, region_id: int | None, as_of: date | None, *, named: bool) -> None:
    place = record.places[community.id]
    said: dict[str, Any] = {}
    if region_id is not None:
        said["parent_id"] = region_id
    if community.wanted.name and not named:
        said["name"] = community.wanted.name
    if said and place.timeline:
        periods: list[Period] = [version.period for version in place.timeline]
        if as_of and not place.new:
            periods = [meant(place.timeline, as_of, community.today)]
        place.timeline = changed(place.timeline, [Change(period, said) for period in periods], BLANK)


def _check_inside(rows: dict[str, list[Row]], record: Record, community: Found) -> None:
    """Report what lies outside the envelope, and areas and buildings that no boundary of their time touches."""
    boundaries = [
        (version.period, shapely.from_wkb(version.attributes["geom"]))
        for version in record.places[community.id].timeline
        if version.attributes["geom"]
    ]
    for _, shape in boundaries:
        shapely.prepare(shape)
    for layer in KINDS.keys() - {"boundary"}:
        placed = [row for row in rows.get(layer, ()) if row.geometry is not None and not row.problems]
        shapes = np.array([row.geometry for row in placed], dtype=object)
        if not placed:
            continue
        near = shapely.covered_by(shapes, community.envelope)
        inside = np.zeros(len(placed), dtype=bool)
        for period, boundary in boundaries:
            timely = np.array([overlap(row.dated or (None, None), period) for row in placed], dtype=bool)
            inside |= timely & shapely.intersects(shapes, boundary)
        for row, is_near, is_inside in zip(placed, near.tolist(), inside.tolist(), strict=True):
            if not is_near or (not is_inside and layer not in {"entrances", "facilities"}):
                row.refuse(
                    "geometry", _where(row), "lies outside community {community}{hint}",
                    community=community.code, hint=_hint(row, community),
                )  # fmt: skip


def _where(row: Row) -> str:
    lon, lat = shapely.get_coordinates(shapely.centroid(row.geometry))[0]
    return f"{lon:.6f}, {lat:.6f}"


def _hint(row: Row, community: Found) -> str:
    lon, lat = shapely.get_coordinates(shapely.centroid(row.geometry))[0]
    swapped = shapely.covers(community.envelope, shapely.Point(lat, lon))
    return "; longitude and latitude are swapped" if swapped else ""
