"""Areas that lie side by side: noded so that neighbours share their border to the bit, never overlapping in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

import numpy as np
import shapely

from geodata.crs import in_metres
from geodata.load.record import Known, Record, days
from geodata.load.rows import Row
from geodata.load.versions import Period, Version, at, common, ends, overlap, starts
from gridmap.places import Kind

OVERLAP_M2 = 1.0  # less is the rounding of shared borders; the database has the same limit
SNAP_DEG, GAP_DEG = 1e-8, 1e-7  # a millimetre, a centimetre


def node(rows: list[Row]) -> None:
    """Give neighbouring areas of one time the same vertices along their common border; gaps of a centimetre close.

    Parameters
    ----------
    rows
        Their geometries are replaced. Areas that truly overlap are left for `overlaps` to report.
    """
    groups: dict[Period, list[Row]] = defaultdict(list)
    for row in rows:
        if not row.problems and row.geometry is not None:
            groups[row.dated or (None, None)].append(row)
    for group in groups.values():
        shapes = np.array([row.geometry for row in group], dtype=object)
        if len(group) < 2 or shapely.coverage_is_valid(shapes):
            continue
        cleaned = shapely.coverage_clean(shapes, gap_width=GAP_DEG, snapping_distance=SNAP_DEG)  # type: ignore[attr-defined]
        # Cleaning hands an overlap to one neighbour without a word: only what moved less than a hair is taken.
        moved = shapely.hausdorff_distance(shapely.boundary(shapes), shapely.boundary(cleaned))
        if np.all(moved <= GAP_DEG) and np.all(shapely.is_valid(cleaned)) and not np.any(shapely.is_empty(cleaned)):
            for row, shape in zip(group, shapely.orient_polygons(cleaned), strict=True):
                row.geometry = shape


def retire(record: Record, named: Collection[int], as_of: date, srid: int) -> list[Known]:
    """End the grid cells that a new division replaces on its day, and return them.

    Parameters
    ----------
    record
        Its timelines are changed.
    named
        Ids of the cells that the new division names itself.
    as_of
        First day of the new division.
    srid
        CRS in which overlaps are measured.

    Notes
    -----
    Only cells that a cell of the new division overlaps are ended, so that one compound can be divided anew alone.
    """
    present = [(cell, v) for cell in record.of(Kind.GRID_CELL) if (v := at(cell.timeline, as_of))]
    fresh = [version for cell, version in present if cell.id in named]
    old = [(cell, version) for cell, version in present if cell.id not in named]
    replaced = {old[i][0].id for i, _ in _pairs([version for _, version in old], fresh, srid)}
    ended = [cell for cell, _ in old if cell.id in replaced]
    for cell in ended:
        cell.timeline = [
            v if ends(v.period) <= as_of else Version((v.period[0], as_of), v.attributes, v.id)
            for v in cell.timeline
            if starts(v.period) < as_of
        ]
    return ended


def overlaps(record: Record, rows: list[Row], srid: int) -> None:
    """Report every two grid cells that overlap at one time, on the row that brings one of them.

    Parameters
    ----------
    record
        As it shall be.
    rows
        Of the layer of grid cells.
    srid
        CRS in which overlaps are measured.
    """
    by_place = {row.place.id: row for row in rows if row.place}
    cells = [(cell, version) for cell in record.of(Kind.GRID_CELL) for version in cell.timeline]
    versions = [version for _, version in cells]
    for i, j in _pairs(versions, versions, srid):
        (one, mine), (other, theirs) = cells[i], cells[j]
        if i < j and one is not other and (row := by_place.get(other.id) or by_place.get(one.id)):
            neighbour = one if row is by_place.get(other.id) else other
            row.refuse(
                "geometry",
                None,
                "overlaps grid cell {other} ({when}); mend the border, or give --as-of to divide anew from a day on",
                other=neighbour.code,
                when=days(common(mine.period, theirs.period)),
            )


def _pairs(ones: list[Version], others: list[Version], srid: int) -> list[tuple[int, int]]:
    """Return the index pairs of versions that share a day and more than `OVERLAP_M2`."""
    if not ones or not others:
        return []
    mine, theirs = (
        in_metres(shapely.from_wkb([version.attributes["geom"] for version in versions]), srid)
        for versions in (ones, others)
    )
    left, right = shapely.STRtree(theirs).query(mine, predicate="intersects")
    together = np.array(
        [
            overlap(ones[i].period, others[j].period) and ones[i] is not others[j]
            for i, j in zip(left, right, strict=True)
        ],
        dtype=bool,
    )
    left, right = left[together], right[together]
    size = shapely.area(shapely.intersection(mine[left], theirs[right]))
    return list(zip(left[size > OVERLAP_M2].tolist(), right[size > OVERLAP_M2].tolist(), strict=True))
