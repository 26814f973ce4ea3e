"""What an extract holds, read in two passes, a third where relations have to be explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import osmium
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.osm.tags import KEPT, Tags, address, point_kind, way_kind
from gridmap.ways import WayKind

KEYS = ("building", "highway", "barrier", "addr:housenumber")
Position = tuple[float, float]


@dataclass(slots=True)
class Building:
    """One way or relation that is tagged as a building.

    Parameters
    ----------
    id
        `way/<number>` or `relation/<number>`.
    tags
        All of them.
    shape
        None where it has none, or none that can be trusted.
    fault
        Why it cannot be used: a message and its values.
    """

    id: str
    tags: Tags
    shape: BaseGeometry | None = None
    fault: tuple[str, dict[str, object]] | None = None


@dataclass
class Extract:
    """The objects that GridMap knows what to do with."""

    buildings: dict[str, Building] = field(default_factory=dict)
    members: dict[str, list[int]] = field(default_factory=dict)
    addresses: list[tuple[Position, str]] = field(default_factory=list)
    ways: list[dict[str, Any]] = field(default_factory=list)


def extract(source: osmium.io.File) -> Extract:
    """Return the objects of a file; every building object is among them, with the reason where it cannot be used.

    Parameters
    ----------
    source
        A file on this machine.
    """
    found = Extract()
    _relations(source, found)
    _objects(source, found)
    _explain(source, found)
    return found


def _relations(source: osmium.io.File, found: Extract) -> None:
    for relation in _with_keys(osmium.FileProcessor(source, osmium.osm.RELATION), "building"):
        building = Building(f"relation/{relation.id}", dict(relation.tags))
        found.buildings[building.id] = building
        found.members[building.id] = [member.ref for member in relation.members if member.type == "w"]
        kind = building.tags.get("type")
        if building.tags["building"] == "no":
            building.fault = ("building=no: not a building", {})
        elif kind != "multipolygon":
            building.fault = ("is a relation of type {kind}, not a multipolygon", {"kind": kind})
        elif not found.members[building.id]:
            building.fault = ("has no outline: no way is a member", {})


def _objects(source: osmium.io.File, found: Extract) -> None:
    processor = osmium.FileProcessor(source).with_areas(osmium.filter.KeyFilter("building"))
    wkb = osmium.geom.WKBFactory()
    for item in _with_keys(processor, *KEYS):
        if item.is_node():
            _node(item, found)
        elif item.is_way():
            _way(item, found)
        elif item.is_area() and not item.from_way():
            building = found.buildings.get(f"relation/{item.orig_id()}")
            # What cannot be assembled comes as an area without rings.
            if building and building.fault is None and item.num_rings()[0]:
                building.shape = shapely.from_wkb(wkb.create_multipolygon(item))


def _node(node: osmium.osm.Node, found: Extract) -> None:
    if not node.location.valid():
        return
    tags = dict(node.tags)
    position = (node.location.lon, node.location.lat)
    if text := address(tags):
        found.addresses.append((position, text))
    if kind := point_kind(tags):
        found.ways.append(_way_row(f"node/{node.id}", kind, tags, shapely.Point(position)))


def _way(way: osmium.osm.Way, found: Extract) -> None:
    tags = dict(way.tags)
    refs = tuple(node.ref for node in way.nodes)
    positions = [(n.location.lon, n.location.lat) if n.location.valid() else None for n in way.nodes]
    if "building" in tags:
        building = Building(f"way/{way.id}", tags)
        found.buildings[building.id] = building
        whole = [position for position in positions if position is not None]
        missing = len(refs) - len(whole)
        if tags["building"] == "no":
            building.fault = ("building=no: not a building", {})
        elif missing:
            message = "{missing} of its {count} nodes are not in the extract"
            building.fault = (message, {"missing": missing, "count": len(refs)})
        elif len(refs) < 4 or refs[0] != refs[-1]:
            building.fault = ("its outline is not closed", {})
        else:
            building.shape = shapely.Polygon(whole)
    if kind := way_kind(tags):
        for number, line in enumerate(_runs(positions), 1):
            name = f"way/{way.id}" if number == 1 else f"way/{way.id}.{number}"
            found.ways.append(_way_row(name, kind, tags, line))


def _explain(source: osmium.io.File, found: Extract) -> None:
    """Say of each relation that was not assembled what is missing of it."""
    torn = [b for b in found.buildings.values() if b.id in found.members and b.shape is None and b.fault is None]
    wanted = {ref for building in torn for ref in found.members[building.id]}
    if not wanted:
        return
    whole: dict[int, bool] = {}
    processor = osmium.FileProcessor(source, osmium.osm.NODE | osmium.osm.WAY).with_locations()
    ways: Iterator[Any] = iter(
        processor.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(osmium.filter.IdFilter(wanted))
    )
    for way in ways:
        whole[way.id] = all(node.location.valid() for node in way.nodes)
    for building in torn:
        members = found.members[building.id]
        absent = next((ref for ref in members if ref not in whole), None)
        cut = next((ref for ref in members if not whole.get(ref, True)), None)
        if absent is not None:
            building.fault = ("its member {way} is not in the extract", {"way": f"way/{absent}"})
        elif cut is not None:
            building.fault = ("nodes of its member {way} are not in the extract", {"way": f"way/{cut}"})
        else:
            building.fault = ("its members make no closed outline", {})


def _way_row(source_id: str, kind: WayKind, tags: Tags, shape: BaseGeometry) -> dict[str, Any]:
    kept = {key: value for key, value in tags.items() if key in KEPT}
    return {"source_id": source_id, "kind": kind.value, "name": tags.get("name"), "tags": kept, "geometry": shape}


def _runs(positions: list[Position | None]) -> Iterator[BaseGeometry]:
    """Yield the lines through nodes that the extract has; a gap ends one and begins the next."""
    run: list[Position] = []
    for position in [*positions, None]:
        if position is not None:
            run.append(position)
            continue
        if len(set(run)) > 1:
            yield shapely.LineString(run)
        run = []


def _with_keys(processor: osmium.FileProcessor, *keys: str) -> Iterator[Any]:
    return iter(processor.with_filter(osmium.filter.KeyFilter(*keys)))
