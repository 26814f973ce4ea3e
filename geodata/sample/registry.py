"""Codes and names of the places of the sample: what the roster refers to and the layers are made of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import shapely
from shapely import Polygon

from geodata.sample.buildings import Building
from geodata.sample.census import Census
from geodata.sample.estates import ESTATES, Estate
from geodata.sample.outline import Division

CODE = "150902008000"
"""Street 150902008 and community 000, which says "not set": no community has it."""
NAME = "瑞宁社区(样例)"
NUMERALS = "一二三四五六七八九"


@dataclass(frozen=True)
class GridCell:
    """One grid cell.

    Parameters
    ----------
    code, name, aliases
        As on the map.
    estate
        The compound to which it belongs.
    shape
        Metres of the drawing.
    """

    code: str
    name: str
    aliases: tuple[str, ...]
    estate: Estate
    shape: Polygon


@dataclass(frozen=True)
class Entrance:
    """One entrance.

    Parameters
    ----------
    code, name
        As on its plate.
    shape
        Metres of the drawing.
    households
        Behind it.
    cell
        Code of the grid cell where it is not the building's.
    """

    code: str
    name: str
    shape: shapely.Point
    households: int
    cell: str | None


@dataclass(frozen=True)
class House:
    """One building with what is known of it.

    Parameters
    ----------
    code
        Of the building.
    drawn
        Its outline and doors.
    census
        Who lives there.
    cell, cluster
        Codes.
    entrances
        In order.
    """

    code: str
    drawn: Building
    census: Census
    cell: str
    cluster: str
    entrances: tuple[Entrance, ...]


@dataclass(frozen=True)
class Cluster:
    """A few neighbouring buildings.

    Parameters
    ----------
    code, name
        As people call it.
    estate
        The compound in which it lies.
    cell
        Code of the grid cell.
    shape
        Around its buildings.
    """

    code: str
    name: str
    estate: Estate
    cell: str
    shape: Polygon


@dataclass(frozen=True)
class Registry:
    """All places that can be answered for.

    Parameters
    ----------
    cells
        From west to east, north to south, as their codes run.
    clusters, houses
        By compound and cell.
    """

    cells: list[GridCell]
    clusters: list[Cluster]
    houses: list[House]


def compound_code(label: str) -> str:
    """Return the code of a compound.

    Parameters
    ----------
    label
        Of the estate.
    """
    return f"{CODE}-{label}"


def short_name(estate: Estate) -> str:
    """Return what residents call a compound.

    Parameters
    ----------
    estate
        The compound.
    """
    return (estate.aliases or (estate.name,))[0]


def registered(division: Division, buildings: list[Building], counted: list[Census]) -> Registry:
    """Return all places with their codes.

    Parameters
    ----------
    division
        The cells.
    buildings
        By compound and cell, as drawn.
    counted
        Of each building.
    """
    cells = _cells(division)
    shapes = {cell.code: cell.shape for cell in cells.values()}
    clusters: list[Cluster] = []
    houses: list[House] = []
    for estate in ESTATES:
        of_estate = count()
        for position in range(len(estate.cells)):
            cell = cells[estate.label, position]
            own = [
                (b, c)
                for b, c in zip(buildings, counted, strict=True)
                if (b.estate, b.cell) == (estate.label, position)
            ]
            for group in _neighbours(own):
                code = f"{CODE}-C{len(clusters) + 1:02}"
                name = f"{short_name(estate)}第{NUMERALS[next(of_estate)]}楼群"
                clusters.append(
                    Cluster(code, name, estate, cell.code, _around([b.outline for b, _ in group], cell.shape))
                )
                houses += [_house(len(houses) + k, b, c, cell.code, code, shapes) for k, (b, c) in enumerate(group, 1)]
    return Registry(sorted(cells.values(), key=lambda cell: cell.code), clusters, houses)


def _neighbours(own: list[tuple[Building, Census]]) -> list[list[tuple[Building, Census]]]:
    """Divide the buildings of a cell into clusters: eight into four and four, unless that would tear a row apart."""
    if len(own) == 8 and own[3][0].row != own[4][0].row:
        return [own[:4], own[4:]]
    return [own]


def _cells(division: Division) -> dict[tuple[str, int], GridCell]:
    # First numbering runs from west to east, north to south: by bands of the length of a cell.
    middles = {key: shape.centroid for key, shape in division.cells.items()}
    band = np.sqrt(division.community.area / len(middles))
    order = sorted(middles, key=lambda key: (-round(middles[key].y / band), middles[key].x))
    cells = {}
    for estate in ESTATES:
        for position in range(len(estate.cells)):
            number = order.index((estate.label, position)) + 1
            name = f"{short_name(estate)}第{NUMERALS[position]}网格"
            shape = division.cells[estate.label, position]
            cells[estate.label, position] = GridCell(f"{CODE}{number:03}", name, (f"{number:02}网格",), estate, shape)
    return cells


def _around(outlines: list[Polygon], cell: Polygon) -> Any:
    """Return the ground of a cluster: it stays in its cell, but for a building that leaves it."""
    buildings = shapely.union_all(outlines)
    hull = buildings.convex_hull.buffer(3, join_style="mitre").intersection(cell)
    return shapely.union_all([hull, buildings], grid_size=0.001)


def _house(
    number: int, building: Building, counted: Census, cell: str, cluster: str, cells: dict[str, Polygon]
) -> House:
    code = f"{CODE}-B{number:05}"
    entrances = []
    for k, (door, households) in enumerate(zip(building.doors, counted.households, strict=True), 1):
        own = next(code for code, shape in cells.items() if shape.covers(door.at))
        entrances.append(Entrance(f"{code}-{k}", f"{k}单元", door.at, households, own if own != cell else None))
    return House(code, building, counted, cell, cluster, tuple(entrances))
