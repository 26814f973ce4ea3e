"""Outline of the community, and its division into compounds and grid cells, in metres of the drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, Polygon
from shapely.ops import substring

from geodata.sample.estates import ESTATES, Estate
from geodata.sample.plan import (
    BORDER_STREETS,
    EAST,
    MAIN,
    NORTH,
    NORTH_STREET,
    RIVER,
    SOUTH_STREET,
    WEST,
    Points,
    smooth,
)

_NEAR = 8
"""Metres within which the end of an avenue belongs to a gate."""


@dataclass(frozen=True)
class Division:
    """How the community is divided.

    Parameters
    ----------
    community
        Union of the cells.
    cells
        By compound label and position in `Estate.cells`; neighbours share the vertices of their border.
    walls
        By compound label: the ring on which wall and gates lie.
    """

    community: Polygon
    cells: dict[tuple[str, int], Polygon]
    walls: dict[str, Polygon]


def divided() -> Division:
    """Return the community cut along its main streets and the avenues of its compounds.

    The lines are noded before they are made into faces, so that every corner of a cell is a vertex of each neighbour.
    """
    outline = Polygon(np.vstack([NORTH, EAST[1:], smooth(RIVER, 3)[1:], WEST[1:]]))
    lines: list[shapely.Geometry] = [outline.exterior]
    lines += [LineString(smooth(street.line)) for street in (MAIN, NORTH_STREET, SOUTH_STREET)]
    lines += [substring(LineString(smooth(street.line)), start, end) for street, start, end in BORDER_STREETS]
    for estate in ESTATES:
        lines += [LineString(smooth(at_gates(estate, estate.avenues[k]))) for k in estate.dividers]
        lines += [LineString(at_gates(estate, border)) for border in estate.borders]
    noded = shapely.union_all(lines, grid_size=0.001)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded).tolist()))
    tree = shapely.STRtree(faces)
    cells: dict[tuple[str, int], Polygon] = {}
    for estate in ESTATES:
        for position, cell in enumerate(estate.cells):
            (face,) = tree.query(Point(estate.frame.at(cell.seed)[0]), predicate="within")
            cells[estate.label, position] = faces[face]
    community: Any = shapely.union_all(list(cells.values()))
    return Division(community, cells, {e.label: wall(e) for e in ESTATES})


def wall(estate: Estate) -> Polygon:
    """Return the ground of a compound, with its wall as the ring.

    Parameters
    ----------
    estate
        The compound.
    """
    ground: Polygon = rounded(Polygon(estate.frame.at(estate.wall)))
    return ground


def gate_points(estate: Estate) -> list[Point]:
    """Return where the gates of a compound lie on its wall.

    Parameters
    ----------
    estate
        The compound.
    """
    ring = wall(estate).exterior
    near = [Point(at) for at in estate.frame.at([gate.at for gate in estate.gates])]
    return [rounded(ring.interpolate(ring.project(point))) for point in near]


def at_gates(estate: Estate, line: Points) -> NDArray[np.float64]:
    """Return a line of a compound in the drawing; an end that comes near a gate lies in the gate.

    Parameters
    ----------
    estate
        The compound.
    line
        Along its axes.
    """
    points = estate.frame.at(line)
    for end in (0, -1):
        for gate in gate_points(estate):
            if gate.distance(Point(points[end])) < _NEAR:
                points[end] = gate.coords[0]
    return points


def rounded(shape: Any) -> Any:
    """Return a shape on a grid of a millimetre.

    Parameters
    ----------
    shape
        Metres of the drawing.
    """
    return shapely.transform(shape, lambda points: np.round(points, 3))
