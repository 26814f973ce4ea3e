"""Where each place hangs in the tree: its compound and its grid cell, by the largest overlap in metres."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.crs import in_metres
from geodata.load.record import BLANK, Known, Record
from geodata.load.versions import Change, Period, Version, changed, common, overlap
from gridmap.places import Kind

Geometries = NDArray[np.object_]
SAME_M2 = 1e-3  # areas that differ by less are a tie: the rounding of coordinates, not a preference
ATTRIBUTES = {"parent_id": Kind.COMPOUND, "grid_cell_id": Kind.GRID_CELL}


@dataclass(frozen=True, slots=True)
class Area:
    """A version of a compound or grid cell."""

    id: int
    period: Period
    wkb: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """A shape that lies in areas, for a period."""

    period: Period
    wkb: bytes


def settle(record: Record, explicit: dict[tuple[int, str], list[Change]], srid: int, *, areas_given: bool) -> None:
    """Give every place its parent and grid cell in the timelines that shall be.

    Parameters
    ----------
    record
        Its timelines are changed.
    explicit
        What rows say of a place's attribute themselves; nothing is derived for those.
    srid
        CRS in which overlaps are measured.
    areas_given
        Whether compounds or cells may have changed, so that places on record have to be looked at as well.

    Notes
    -----
    What somebody assigned by hand stays: a place on record whose parent or cell is not what the record itself would
    derive is left alone, as long as that parent or cell exists.
    """
    hanging = record.of(Kind.GRID_CELL, Kind.CLUSTER, Kind.FACILITY, Kind.BUILDING)
    for attribute, kind in ATTRIBUTES.items():
        areas = record.of(kind)
        for (place_id, named), changes in explicit.items():
            if named == attribute:
                _apply(record.places[place_id], changes)
        wanted = [
            place
            for place in hanging
            if (place.id, attribute) not in explicit
            and not (attribute == "grid_cell_id" and place.kind is Kind.GRID_CELL)
            and (place.new or areas_given or _moved(place))
        ]
        wanted = _without_assigned(wanted, attribute, areas, srid)
        fallback = record.community_id if attribute == "parent_id" else None
        _derive(wanted, attribute, areas, fallback, srid)
    _settle_clusters(record, explicit)
    for place in record.of(Kind.COMPOUND):
        _apply(place, [Change(v.period, {"parent_id": record.community_id}) for v in place.timeline])


def containing(items: Sequence[Item], areas: Sequence[Area], srid: int) -> list[list[tuple[Period, int | None]]]:
    """Return for each item in which area it lies, period by period.

    Parameters
    ----------
    items
        Shapes in lon, lat.
    areas
        The lower their place in the list, the rather they win a tie; several versions of one area may be among them.
    srid
        CRS in which overlaps are measured.

    Returns
    -------
    list of list
        The periods follow one another and cover the item's period; None is no area at all.
    """
    shapes = in_metres(shapely.from_wkb([item.wkb for item in items]), srid)
    bounds = in_metres(shapely.from_wkb([area.wkb for area in areas]), srid)
    result: list[list[tuple[Period, int | None]]] = [[] for _ in items]
    for slice_ in _slices(area.period for area in areas):
        present = np.array([i for i, item in enumerate(items) if overlap(item.period, slice_)], dtype=np.intp)
        holding = np.array([i for i, area in enumerate(areas) if overlap(area.period, slice_)], dtype=np.intp)
        if not len(present):
            continue
        for i, chosen in zip(present.tolist(), largest(shapes[present], bounds[holding]).tolist(), strict=True):
            found = areas[holding[chosen]].id if chosen >= 0 else None
            period = common(items[i].period, slice_)
            if result[i] and result[i][-1][1] == found:
                period = (result[i].pop()[0][0], period[1])
            result[i].append((period, found))
    return result


def largest(shapes: Geometries, areas: Geometries) -> NDArray[np.intp]:
    """Return for each shape the area that it overlaps most, -1 where it overlaps none.

    Parameters
    ----------
    shapes : (n,) geometries
        Planar; a point or line counts where an area covers it.
    areas : (m,) geometries
        Planar; the first wins a tie.

    Returns
    -------
    (n,) int
        Index into `areas`.
    """
    chosen = np.full(len(shapes), -1, dtype=np.intp)
    if not len(shapes) or not len(areas):
        return chosen
    which, area = shapely.STRtree(areas).query(shapes, predicate="intersects")
    solid = shapely.get_dimensions(shapes[which]) == 2
    size = np.where(solid, 0.0, 1.0)
    size[solid] = np.round(shapely.area(shapely.intersection(shapes[which[solid]], areas[area[solid]])) / SAME_M2)
    # The last one written stays: sorted so that the largest, and among equals the first area, comes last.
    order = np.lexsort((-area, size, which))
    order = order[size[order] > 0]
    chosen[which[order]] = area[order]
    return chosen


def _slices(periods: Iterable[Period]) -> list[Period]:
    bounds = sorted({bound for period in periods for bound in period if bound})
    return list(pairwise([None, *bounds, None])) if bounds else [(None, None)]


def _derive(places: list[Known], attribute: str, areas: list[Known], fallback: int | None, srid: int) -> None:
    found = _contained([(place, place.timeline) for place in places], [(area, area.timeline) for area in areas], srid)
    for place in places:
        _apply(
            place,
            [
                Change(period, {attribute: fallback if area is None else area})
                for pieces in found.get(place.id, ())
                for period, area in pieces
            ],
        )


def _without_assigned(places: list[Known], attribute: str, areas: list[Known], srid: int) -> list[Known]:
    """Leave out the places that somebody assigned by hand: their last version is not what would be derived."""
    old = [place for place in places if place.before]
    if not old:
        return places
    living = {area.id for area in areas if area.timeline}
    found = _contained([(p, p.before[-1:]) for p in old], [(area, area.before) for area in areas], srid)
    assigned = set()
    for place in old:
        recorded = place.before[-1].attributes[attribute]
        derived = found.get(place.id)
        if recorded in living and derived and recorded != derived[-1][-1][1]:
            assigned.add(place.id)
    return [place for place in places if place.id not in assigned]


def _contained(
    places: list[tuple[Known, list[Version]]], areas: list[tuple[Known, list[Version]]], srid: int
) -> dict[int, list[list[tuple[Period, int | None]]]]:
    owners, items = [], []
    for place, versions in places:
        for version in versions:
            if version.attributes["geom"]:
                owners.append(place.id)
                items.append(Item(version.period, cast("bytes", version.attributes["geom"])))
    listed = [Area(area.id, v.period, cast("bytes", v.attributes["geom"])) for area, vs in areas for v in vs]
    found: dict[int, list[list[tuple[Period, int | None]]]] = defaultdict(list)
    for owner, pieces in zip(owners, containing(items, listed, srid), strict=True):
        found[owner].append(pieces)
    return found


def _settle_clusters(record: Record, explicit: dict[tuple[int, str], list[Change]]) -> None:
    """A cluster that nobody drew lies where most of its buildings lie."""
    members: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for building in record.of(Kind.BUILDING):
        if building.timeline and (cluster := building.timeline[-1].attributes["cluster_id"]):
            members[cluster].append(dict(building.timeline[-1].attributes))
    for cluster in record.of(Kind.CLUSTER):
        for version in list(cluster.timeline):
            if version.attributes["geom"]:
                continue
            said = {}
            for attribute, fallback in (("parent_id", record.community_id), ("grid_cell_id", None)):
                counted = Counter(m[attribute] for m in members[cluster.id] if m[attribute])
                settled = version.attributes[attribute] not in {None, record.community_id}
                if (cluster.id, attribute) in explicit or (settled and not cluster.new):
                    continue
                best = min(counted, key=lambda id_: (-counted[id_], record.places[id_].code), default=fallback)
                said[attribute] = best
            _apply(cluster, [Change(version.period, said)])


def _moved(place: Known) -> bool:
    return {v.attributes["geom"] for v in place.timeline} != {v.attributes["geom"] for v in place.before}


def _apply(place: Known, changes: list[Change]) -> None:
    place.timeline = changed(place.timeline, changes, BLANK)
