"""OpenStreetMap extracts: buildings, and what people on foot walk by.

Doors (`entrance=*`) are not taken: a shop's door or a garage is no stairwell with a leader.

Rings are assembled by osmium, the library of the OpenStreetMap project itself. A building that is not whole in the
extract is reported, never guessed: an outline closed over missing nodes is a wrong shape.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.exchange import CRS, Layers
from geodata.load.community import MARGIN_DEG
from geodata.osm.extract import Building, Extract, extract
from geodata.osm.tags import floors, names
from geodata.problems import LayerReport, Problem, Report
from geodata.validate import faults
from gridmap.errors import BadFile

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

__all__ = ["Reading", "read"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What an extract holds.

    Parameters
    ----------
    layers
        Buildings and ways, in lon, lat.
    report
        Of the layer `buildings`: every building object that is not among them, with its reason.
    """

    layers: Layers
    report: Report


def read(path: Path, form: str, boundary: BaseGeometry | None = None) -> Reading:
    """Return the buildings and ways of an OpenStreetMap extract.

    Parameters
    ----------
    path
        A file on this machine.
    form
        What the file is, `pbf` or `osm` (XML); the ending of its name says nothing.
    boundary
        Of the community, in lon, lat; a building outside it is reported, ways beyond its surroundings are left out.

    Returns
    -------
    Reading
        Buildings returned and buildings reported are together every building object of the file.

    Raises
    ------
    BadFile
        The file is damaged, or is not what `form` says.
    """
    try:
        # The library reads a name such as http://… as something to fetch; an absolute path is never one.
        found = extract(osmium.io.File(str(path.resolve()), form))
    except (RuntimeError, ValueError, OSError) as error:
        raise BadFile("the OpenStreetMap file is damaged: {reason}", reason=str(error).split("\n")[0]) from error
    buildings = list(found.buildings.values())
    _check_shapes(buildings, boundary)
    kept = [building for building in buildings if building.fault is None]
    problems = tuple(_problem(building) for building in buildings if building.fault is not None)
    layers = Layers(
        buildings=_building_frame(kept, found),
        ways=_way_frame(found.ways, boundary),
    )
    return Reading(layers, Report((LayerReport("buildings", len(problems), problems=problems),)))


def _check_shapes(buildings: list[Building], boundary: BaseGeometry | None) -> None:
    drawn = [building for building in buildings if building.fault is None]
    for building in drawn:
        if building.shape is not None and len(parts := shapely.get_parts(building.shape)) == 1:
            building.shape = parts[0]
    for building, fault in zip(drawn, faults([building.shape for building in drawn]), strict=True):
        if fault:
            building.fault = ("its outline is invalid: {fault}", {"fault": fault})
    if boundary is None:
        return
    shapely.prepare(boundary)
    sound = [building for building in drawn if building.fault is None]
    shapes = np.array([building.shape for building in sound], dtype=object)
    inside = shapely.intersects(shapes, boundary) & ~shapely.touches(shapes, boundary)
    for building, is_inside in zip(sound, inside.tolist(), strict=True):
        if not is_inside:
            building.fault = ("lies outside the community", {})


def _problem(building: Building) -> Problem:
    message, values = building.fault or ("", {})
    tag = building.tags["building"]
    attribute, value = ("building", tag) if tag == "no" else (None, None)
    return Problem(building.id, attribute, value, message, values, fatal=False)


def _building_frame(buildings: list[Building], found: Extract) -> GeoDataFrame:
    addresses: dict[int, list[str]] = defaultdict(list)
    if buildings and found.addresses:
        doors = shapely.points([position for position, _ in found.addresses])
        shapes = np.array([building.shape for building in buildings], dtype=object)
        for door, building in zip(*shapely.STRtree(shapes).query(doors, predicate="intersects").tolist(), strict=True):
            addresses[building].append(found.addresses[door][1])
    called = [names(building.tags, sorted(addresses[i], key=_by_number)) for i, building in enumerate(buildings)]
    return _frame(
        [building.id for building in buildings],
        [building.shape for building in buildings],
        source_id=[building.id for building in buildings],
        name=[listed[0] if listed else None for listed in called],
        aliases=[listed[1:] for listed in called],
        floors=[floors(building.tags) for building in buildings],
    )


def _by_number(address: str) -> tuple[int, str]:
    digits = "".join(character for character in address.rpartition(" ")[2] if character in "0123456789")
    return (int(digits[:9] or 0), address)


def _way_frame(ways: list[dict[str, Any]], boundary: BaseGeometry | None) -> GeoDataFrame:
    if boundary is not None:
        west, south, east, north = boundary.bounds
        box = shapely.box(west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG)
        near = shapely.intersects(np.array([way["geometry"] for way in ways], dtype=object), box)
        ways = [way for way, is_near in zip(ways, near.tolist(), strict=True) if is_near]
    return _frame(
        [way["source_id"] for way in ways],
        [way["geometry"] for way in ways],
        **{name: [way[name] for way in ways] for name in ("kind", "source_id", "name", "tags")},
    )


def _frame(index: list[str], shapes: list[Any], **columns: list[Any]) -> GeoDataFrame:
    from geopandas import GeoDataFrame
    from pandas import Series

    plain = {name: Series(values, index=index, dtype=object) for name, values in columns.items()}
    return GeoDataFrame(plain, geometry=shapes, index=index, crs=CRS)
