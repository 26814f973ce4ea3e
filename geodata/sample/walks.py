"""Walls, gates, roads and paths of the drawing; where two of them meet they share a vertex, as in OpenStreetMap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.ops import substring

from geodata.sample.buildings import Building
from geodata.sample.estates import ESTATES, Estate, Gate
from geodata.sample.outline import Division, at_gates, gate_points, rounded
from geodata.sample.plan import STREETS, smooth
from gridmap.ways import WayKind

RING = 7.5
"""Metres between the wall and the path that follows it."""
_REACH = 160
"""How far a lane is led on to meet another path, metres."""
_STUB = 60
"""Length below which the dead end of a street is cut off, metres."""
_CLEAR = 2.0
"""Metres that a path keeps from a building."""
_FOR_CARS = 4
"""Width of a gate that cars go through, metres."""

At = tuple[float, float]
Gates = list[tuple[Gate, Point]]


@dataclass(frozen=True)
class Walk:
    """One way of the drawing.

    Parameters
    ----------
    kind
        What it is to somebody on foot.
    source_id
        Stable name of the object.
    shape
        Metres of the drawing.
    name
        As on its sign.
    tags
        As OpenStreetMap would have them.
    """

    kind: WayKind
    source_id: str
    shape: LineString | Point
    name: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def line(self) -> LineString:
        """The shape of a way that is no point."""
        assert isinstance(self.shape, LineString)
        return self.shape


def all_ways(division: Division, buildings: list[Building]) -> list[Walk]:
    """Return all ways of the community.

    Parameters
    ----------
    division
        The walls, and the outline at which streets end.
    buildings
        Their doors and lanes.
    """
    roads = _roads(division)
    kerbs = {road.name: road.line for road in roads}
    found = list(roads)
    for estate in ESTATES:
        own = [b for b in buildings if b.estate == estate.label]
        gates = list(zip(estate.gates, gate_points(estate), strict=True))
        found += _wall(estate, division.walls[estate.label], gates)
        found += _gates(estate, gates)
        paths = _avenues(estate, division.walls[estate.label], gates)
        for number, (gate, point) in enumerate(gates, 1):
            line = shapely.shortest_line(point, kerbs[gate.street])
            paths.append(_path(f"{estate.label}-gate-{number}", line, _use(gate)))
        paths += _lanes(estate, own, [path.line for path in paths])
        paths += _to_gardens(estate, own, [path.line for path in paths])
        paths += [
            _path(f"{estate.label}-{b.number}-{number}", LineString([door.at, door.before]))
            for b in own
            for number, door in enumerate(b.doors, 1)
        ]
        found += paths
    lines = [k for k, walk in enumerate(found) if walk.kind in (WayKind.PATH, WayKind.ROAD)]
    for k, shape in zip(lines, noded([found[k].line for k in lines]), strict=True):
        found[k] = replace(found[k], shape=shape)
    return _without_stubs(found, division.community)


def _path(name: str, line: Any, use: str = "footway") -> Walk:
    return Walk(WayKind.PATH, f"path/{name}", line, tags={"highway": use})


def _use(gate: Gate) -> str:
    return "service" if gate.width >= _FOR_CARS else "footway"


def _roads(division: Division) -> list[Walk]:
    # A street that leaves the community is drawn a little beyond its edge.
    edge = division.community.buffer(12, join_style="mitre")
    roads = []
    for number, street in enumerate(STREETS, 1):
        on_edge = street.name in ("望山街", "环东路")
        line = LineString(street.line if on_edge else smooth(street.line))
        # The longest part: a street that only touches the edge again is not drawn twice.
        line = max(shapely.get_parts(line.intersection(edge)), key=shapely.length)
        rank = "secondary" if street.width >= 30 else "tertiary" if street.width >= 18 else "residential"
        tags = {"highway": rank, "width": str(street.width)}
        roads.append(Walk(WayKind.ROAD, f"road/{number}", line, street.name, tags))
    return roads


def _without_stubs(ways: list[Walk], community: Polygon) -> list[Walk]:
    """Cut off what a street was drawn too long beyond its last crossing."""
    used = Counter(point for way in ways if way.kind in (WayKind.PATH, WayKind.ROAD) for point in set(way.shape.coords))
    cut = []
    for way in ways:
        shape = way.shape
        if way.kind is WayKind.ROAD:
            points = list(way.shape.coords)
            crossings = [k for k, point in enumerate(points) if used[point] > 1]
            inside = [community.contains(Point(points[end])) for end in (0, -1)]
            first = crossings[0] if inside[0] and crossings[0] and _length(points[: crossings[0] + 1]) < _STUB else 0
            last = crossings[-1] if inside[1] and _length(points[crossings[-1] :]) < _STUB else len(points) - 1
            shape = LineString(points[first : last + 1])
        cut.append(replace(way, shape=shape))
    return cut


def _length(points: list[tuple[float, ...]]) -> float:
    return float(sum(np.hypot(*np.subtract(b, a)[:2]) for a, b in pairwise(points)))


def _gates(estate: Estate, gates: Gates) -> Iterable[Walk]:
    for number, (gate, point) in enumerate(gates, 1):
        tags = {
            "barrier": "gate",
            "width": f"{gate.width:g}",
            "motor_vehicle": "yes" if _use(gate) == "service" else "no",
        }
        yield Walk(WayKind.GATE, f"gate/{estate.label}-{number}", point, gate.name, tags)


def _wall(estate: Estate, wall: Polygon, gates: Gates) -> Iterable[Walk]:
    """Give the wall as lines from gate to gate."""
    ring = LineString(wall.exterior)
    gaps = sorted((ring.project(point), gate.width / 2) for gate, point in gates)
    for number, ((start, left), (end, right)) in enumerate(pairwise([*gaps, gaps[0]]), 1):
        if end > start:
            line = substring(ring, start + left, end - right)
        else:  # over the point where the ring begins
            tail, head = substring(ring, start + left, ring.length), substring(ring, 0, end - right)
            line = LineString([*tail.coords, *head.coords[1:]])
        yield Walk(WayKind.WALL, f"wall/{estate.label}-{number}", rounded(line), tags={"barrier": "wall"})


def _avenues(estate: Estate, wall: Polygon, gates: Gates) -> list[Walk]:
    """Return the avenues, and the path along the wall, which every gate meets."""
    paths = [
        _path(f"{estate.label}-avenue-{number}", LineString(smooth(at_gates(estate, avenue))), "service")
        for number, avenue in enumerate(estate.avenues, 1)
    ]
    ring = LineString(wall.buffer(-RING - 12, join_style="mitre").buffer(12, quad_segs=3).exterior)
    paths.append(_path(f"{estate.label}-ring", ring, "service"))
    for number, (gate, point) in enumerate(gates, 1):
        if min(point.distance(path.line) for path in paths) > 0.01:
            paths.append(_path(f"{estate.label}-inner-{number}", shapely.shortest_line(point, ring), _use(gate)))
    return paths


def _gardens(estate: Estate, *kinds: str) -> list[Polygon]:
    return [estate.frame.place(garden.polygon) for garden in estate.gardens if garden.kind in kinds]


def _lanes(estate: Estate, buildings: list[Building], network: list[LineString]) -> Iterable[Walk]:
    """Give a lane for each row, led on at both ends until it meets another path."""
    gardens = _gardens(estate, "water", "deliberation_venue", "pavilion")
    solid = shapely.STRtree([*(b.outline.buffer(_CLEAR) for b in buildings), *(g.buffer(1) for g in gardens)])
    rows = groupby(buildings, key=lambda b: b.row)
    lanes = [LineString(np.vstack([b.lane.coords for b in row])) for _, row in rows]
    reached = list(network)
    for number, lane in enumerate(lanes, 1):
        others = [*reached, *lanes[number:]]
        points = [(x, y) for x, y in lane.coords]
        start, end = _led_on(points[1], points[0], others, solid), _led_on(points[-2], points[-1], others, solid)
        if start is None and end is None:
            # Between the houses to whatever is near.
            yield _path(f"{estate.label}-link-{number}", _link([Point(points[0]), Point(points[-1])], others, solid))
        line = LineString([*([start] if start else []), *points, *([end] if end else [])])
        reached.append(line)
        yield _path(f"{estate.label}-lane-{number}", line)


def _to_gardens(estate: Estate, buildings: list[Building], network: list[LineString]) -> Iterable[Walk]:
    """Give a path to each square, playground and pavilion that no other path touches."""
    solid = shapely.STRtree([b.outline.buffer(_CLEAR) for b in buildings] + _gardens(estate, "water"))
    for number, garden in enumerate(
        _gardens(estate, "square", "playground", "fitness", "pavilion", "deliberation_venue")
    ):
        if min(garden.distance(line) for line in network) > 0.5:
            yield _path(f"{estate.label}-garden-{number + 1}", _link([garden], network, solid))


def _led_on(before: At, end: At, network: list[LineString], solid: shapely.STRtree) -> At | None:
    """Return where a lane meets the network when it goes straight on, or None where something stands in its way."""
    heading = np.subtract(end, before)
    ray = LineString(np.array([end, np.add(end, heading / np.hypot(*heading) * _REACH)]))
    hits = [point for line in network for point in _points(ray.intersection(line))]
    if not hits:
        return None
    meeting = min(hits, key=Point(end).distance)
    if solid.query(LineString([Point(end), meeting]), predicate="intersects").size:
        return None
    return meeting.x, meeting.y


def _link(starts: Sequence[Point | Polygon], network: list[LineString], solid: shapely.STRtree) -> LineString:
    """Return the shortest way to the network on which nothing stands."""
    links = [shapely.shortest_line(start, line) for start in starts for line in network]
    free = [link for link in links if not solid.query(link, predicate="intersects").size]
    return min(free, key=shapely.length)


def noded(lines: list[LineString]) -> list[LineString]:
    """Return the lines with a vertex wherever another one crosses, joins or ends on them.

    Parameters
    ----------
    lines
        Metres of the drawing; they are put on a grid of a millimetre.
    """
    grid = 0.001
    nodes = np.unique(shapely.get_coordinates(shapely.union_all(lines, grid_size=grid)), axis=0)
    points = np.array([Point(node) for node in nodes], dtype=object)
    tree = shapely.STRtree(points)
    with_nodes = []
    for line in lines:
        on_line = points[tree.query(line, predicate="dwithin", distance=1.5 * grid)]
        ordered = on_line[np.argsort(shapely.line_locate_point(line, on_line))]
        with_nodes.append(LineString([*ordered, ordered[0]] if line.is_closed else ordered))
    return with_nodes


def _points(shape: shapely.Geometry) -> list[Point]:
    return [part for part in shapely.get_parts(shape) if isinstance(part, Point)]
