"""Buildings of the drawing: outlines, doors, lanes before the doors, floors and flats."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Point, Polygon, box

from geodata.sample.estates import ESTATES, Estate, Row
from geodata.sample.plan import Frame

_TOKEN = re.compile(
    r"(?P<shape>[LJUT]?)(?P<entrances>\d+)(?:x(?P<floors>\d+))?(?:/(?P<flats>\d+))?(?:\+(?P<wing>\d+))?"
    r"(?:\^(?P<back>\d+)|_(?P<front>\d+))?"
)
LANE = 4.5
"""Metres between a door and the middle of the lane before it."""
_WING = 12.6
"""Depth of a wing."""


@dataclass(frozen=True)
class Door:
    """One entrance of a building.

    Parameters
    ----------
    at
        A vertex of the building's outline, metres of the drawing.
    before
        Where the lane before the door is.
    dwellings
        Flats that are reached by it.
    """

    at: Point
    before: Point
    dwellings: int


@dataclass(frozen=True)
class Building:
    """A residential building.

    Parameters
    ----------
    estate, cell
        Label of its compound, and position of its cell there.
    number
        Of its name, within the compound.
    aliases
        What residents call it.
    floors
        Of the whole building.
    outline
        Metres of the drawing.
    doors
        In order along the row, as they are numbered.
    lane
        Runs past the doors; it has no crossing with the building.
    row
        Number of the row in which it stands, over all compounds.
    """

    estate: str
    cell: int
    number: int
    aliases: tuple[str, ...]
    floors: int
    outline: Polygon
    doors: tuple[Door, ...]
    lane: LineString
    row: int

    @property
    def name(self) -> str:
        """As on its plate."""
        return f"{self.number}号楼"


@dataclass(frozen=True)
class _Shape:
    """A building along its own axes: x from its western end, y from its middle line."""

    outline: Polygon
    doors: tuple[tuple[Point, Point], ...]
    lane: LineString
    length: float


def drawn(rng: np.random.Generator) -> list[Building]:
    """Return the buildings of all compounds, numbered from 1 in each.

    Parameters
    ----------
    rng
        Draws widths, gaps and setbacks; the rows themselves are fixed.
    """
    buildings: list[Building] = []
    row_number = 0
    for estate in ESTATES:
        number = 0
        for position, cell in enumerate(estate.cells):
            for row in cell.rows:
                row_number += 1
                for building in _row(row, estate, rng):
                    number += 1
                    buildings.append(replace(building, cell=position, number=number, row=row_number))
    return _with_aliases(buildings)


def _row(row: Row, estate: Estate, rng: np.random.Generator) -> list[Building]:
    axes = Frame(row.u, row.v, row.turn)
    built: list[Building] = []
    x, gap = 0.0, 0.0
    for token in row.buildings.split():
        part = _TOKEN.fullmatch(token)
        if part is None:
            raise ValueError(f"row {row}: {token!r} is neither a building nor a gap")
        if part["floors"] is None and not part["shape"]:
            gap = float(part["entrances"])
            continue
        if built:
            x += (gap or 15.0) + round(rng.uniform(-1.2, 1.2), 2)
        gap = 0.0
        entrances, flats, wing = (int(part[k] or d) for k, d in (("entrances", 1), ("flats", 2), ("wing", 0)))
        floors = int(part["floors"] or 0)
        if part["shape"] == "T":
            floors, entrances = entrances, 1
            shape = _tower(rng)
        else:
            shape = _slab(entrances, part["shape"], wing, rng, plain=not estate.aliases)
        setback = float(part["back"] or 0) - float(part["front"] or 0) + round(rng.uniform(-0.8, 0.8), 2)
        local = Frame(x, setback)

        def onto(geometry: shapely.Geometry, local: Frame = local) -> Any:
            placed = estate.frame.place(axes.place(local.place(geometry)))
            return shapely.transform(placed, lambda points: np.round(points, 3))

        built.append(
            Building(
                estate=estate.label, cell=0, number=0, row=0,
                aliases=(row.alias,) if row.alias else (),
                floors=floors,
                outline=onto(shape.outline),
                doors=tuple(Door(onto(at), onto(before), (floors - row.shops) * flats) for at, before in shape.doors),
                lane=onto(shape.lane),
            )
        )  # fmt: skip
        x += shape.length
    return built


def _slab(entrances: int, form: str, wing: int, rng: np.random.Generator, *, plain: bool) -> _Shape:
    """Draw a slab that faces south, its doors in stair bays at the back; with wings to the north it closes a court."""
    width = round(rng.uniform(15.6, 16.2) if plain else rng.uniform(16.8, 17.8), 1)
    half = round(rng.uniform(6.1, 6.7), 2)
    bay = 0.0 if plain else 1.2
    step = float(rng.choice([0.0, 0.0, 1.4, -1.4])) if entrances > 2 and not wing and not plain else 0.0
    west, east = _WING * (form in ("L", "U")), _WING * (form in ("J", "U"))
    length = round(west + entrances * width + east, 2)
    parts: list[Polygon] = []
    doors: list[tuple[Point, Point]] = []
    lane: list[tuple[float, float]] = []
    for k in range(entrances):
        left = west + k * width
        shift = step * (k % 2 if entrances > 3 else k / 2)
        middle, back = left + width / 2, half + shift + bay
        parts.append(box(left, shift - half, left + width, shift + half))
        # The door is a corner of the bay, so that it stays one of the outline.
        parts.append(
            Polygon(
                [
                    (middle - 1.5, shift),
                    (middle - 1.5, back),
                    (middle, back),
                    (middle + 1.5, back),
                    (middle + 1.5, shift),
                ]
            )
        )
        depth = 0.9 if plain else 1.5
        parts += [box(near, shift - half - depth, near + width / 2 - 3, shift) for near in (left + 1.4, middle + 1.6)]
        doors.append((Point(middle, back), Point(middle, half + bay + max(step, 0) + LANE)))
    front = half + bay + max(step, 0) + LANE
    lane = [(west + (LANE if west else -2), front), (length - east - (LANE if east else -2), front)]
    for corner, inner, side in ((0.0, west, 1), (length - east, length - east, -1)):
        if (side == 1 and not west) or (side == -1 and not east):
            continue
        reach = half + wing * width
        parts.append(box(corner, -half, corner + _WING, reach))
        wing_doors = []
        for k in range(wing):
            y = round(half + (k + 0.6) * width, 2)
            out = inner + side * bay
            parts.append(
                Polygon([(inner - side, y - 1.5), (out, y - 1.5), (out, y), (out, y + 1.5), (inner - side, y + 1.5)])
            )
            wing_doors.append((Point(out, y), Point(inner + side * (LANE + bay), y)))
        turn = (inner + side * (LANE + bay), reach + 3)
        if side == 1:
            lane = [turn, (turn[0], front), *lane[1:]]
            doors = wing_doors[::-1] + doors
        else:
            lane = [*lane[:-1], (turn[0], front), turn]
            doors += wing_doors
    outline: Any = shapely.union_all(parts, grid_size=0.001)
    return _Shape(outline, tuple(doors), LineString(lane), length)


def _tower(rng: np.random.Generator) -> _Shape:
    """Draw a point tower: four flats around one core, notched at its corners."""
    length, half = round(rng.uniform(26, 28), 1), round(rng.uniform(10.5, 11.5), 1)
    middle, back = length / 2, half + 1.2
    parts = [
        box(0, -half + 4, length, half - 3),
        box(3.5, -half, middle - 2.4, half),
        box(middle + 2.4, -half, length - 3.5, half),
        Polygon([(middle - 2.8, 0), (middle - 2.8, back), (middle, back), (middle + 2.8, back), (middle + 2.8, 0)]),
        box(middle - 2.8, -half + 2.5, middle + 2.8, 0),
    ]
    lane = LineString([(-2, back + LANE), (length + 2, back + LANE)])
    outline: Any = shapely.union_all(parts, grid_size=0.001)
    return _Shape(outline, ((Point(middle, back), Point(middle, back + LANE)),), lane, length)


def _with_aliases(buildings: list[Building]) -> list[Building]:
    """Number what residents call the buildings: 东1栋, and so on."""
    seen: dict[tuple[str, str], int] = {}
    named = []
    for building in buildings:
        aliases = []
        for pattern in building.aliases:
            key = (building.estate, pattern)
            seen[key] = seen.get(key, 0) + 1
            aliases.append(pattern.format(seen[key]))
        named.append(replace(building, aliases=tuple(aliases)))
    return named
