"""Venues, stations, greens and public land of the sample: what is neither dwelling nor territory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import Point, Polygon

from geodata.sample.buildings import Building
from geodata.sample.estates import ESTATES, Estate
from geodata.sample.outline import Division, gate_points, rounded
from geodata.sample.plan import LANDS
from geodata.sample.walks import RING, Walk
from gridmap.ways import WayKind

KINDS = {
    "party_service_centre": ("党群服务中心", "Service centre"),
    "station": ("党群服务站", "Service station"),
    "deliberation_venue": ("议事场所", "Deliberation venue"),
    "notice_board": ("公示栏", "Notice board"),
    "property_office": ("物业服务处", "Property office"),
    "police_room": ("警务室", "Police room"),
    "civic_practice_station": ("新时代文明实践站", "Civic practice station"),
    "canteen": ("助老餐厅", "Canteen for the elderly"),
    "library": ("书屋", "Reading room"),
    "pavilion": ("凉亭", "Pavilion"),
    "square": ("广场", "Square"),
    "playground": ("儿童乐园", "Playground"),
    "fitness": ("健身场地", "Fitness ground"),
    "green": ("绿地", "Green"),
    "park": ("公园", "Park"),
    "water": ("水面", "Water"),
    "parking": ("停车场", "Car park"),
    "charging": ("电动车充电棚", "E-bike charging shed"),
    "recycling": ("垃圾分类投放点", "Waste sorting point"),
    "heating_station": ("换热站", "Heating station"),
    "school": ("学校", "School"),
    "kindergarten": ("幼儿园", "Kindergarten"),
    "clinic": ("卫生服务中心", "Clinic"),
    "market": ("市场", "Market"),
    "sports_ground": ("运动场", "Sports ground"),
    "public_building": ("公共建筑", "Public building"),
}
"""Codes of `facility_kind`, with what they are called in Chinese and English."""


@dataclass(frozen=True)
class Facility:
    """One facility of the drawing.

    Parameters
    ----------
    kind
        One of `KINDS`.
    name
        As on the map.
    shape
        Metres of the drawing.
    estate
        Label of the compound in which it lies, None outside.
    aliases
        What else it is called.
    founded
        Years after the community in which it was opened.
    """

    kind: str
    name: str
    shape: Point | Polygon | shapely.MultiPolygon
    estate: str | None = None
    aliases: tuple[str, ...] = ()
    founded: int = 0


@dataclass(frozen=True)
class Room:
    """A facility on the ground floor of a residential building.

    Parameters
    ----------
    kind, name, aliases, founded
        See `Facility`.
    estate, building, door
        Label of the compound, number of the building, and which of its doors the room lies beside (from 1).
    beside
        Metres from the door along the building, so that two rooms do not share a point.
    """

    kind: str
    name: str
    estate: str
    building: int
    door: int
    beside: float = 4
    aliases: tuple[str, ...] = ()
    founded: int = 0


LAWN_NAMES = ("宅间绿地一", "宅间绿地二", "宅间绿地三")
_LAWN = 60
"""Square metres below which a strip of grass is left out."""
_BAY = 14
"""Metres between two lanes of a row that are enough for parked cars."""
OUTDOORS = (
    ("deliberation_venue", "党群服务中心议事厅", (-64, 78)),
    ("civic_practice_station", "新时代文明实践站", (-70, 86)),
    ("police_room", "瑞宁社区警务室", (-62, 98)),
    ("canteen", "瑞宁社区助老餐厅", (-72, 104)),
)
"""Rooms of the service centre: kind, name, place in the drawing."""
ROOMS = (
    Room("station", "塞上江南党群服务站", "SS", 17, 1, aliases=("塞上江南站",), founded=3),
    Room("deliberation_venue", "塞上江南站议事室", "SS", 17, 1, 9, founded=3),
    Room("property_office", "塞上江南物业服务处", "SS", 20, 2),
    Room("library", "江南书屋", "SS", 16, 2, founded=5),
    Room("station", "名苑党群服务站", "MYA", 8, 2, aliases=("名苑站",), founded=4),
    Room("deliberation_venue", "名苑站议事室", "MYA", 8, 2, 9, founded=4),
    Room("property_office", "名苑A区物业服务处", "MYA", 20, 2),
    Room("property_office", "名苑B区物业服务处", "MYB", 8, 4, founded=2),
    Room("library", "名苑B区共享书屋", "MYB", 8, 2, founded=6),
    Room("station", "西片党群服务站", "WM", 16, 3, aliases=("西片站",), founded=5),
    Room("deliberation_venue", "西片站议事室", "WM", 16, 3, 8, founded=5),
    Room("property_office", "未命名小区物业服务处", "WM", 1, 2, founded=1),
)


def all_facilities(division: Division, buildings: list[Building], ways: list[Walk]) -> list[Facility]:
    """Return all facilities of the community.

    Parameters
    ----------
    division
        Outline, cells and walls.
    buildings
        On whose ground floors the rooms are.
    ways
        Paths, which lawns leave free.
    """
    found = [
        Facility(land.kind, land.name, shape)
        for land in LANDS
        if isinstance(shape := land.polygon.intersection(division.community), Polygon)
    ]
    found += [Facility(kind, name, Point(at)) for kind, name, at in OUTDOORS]
    by_number = {(b.estate, b.number): b for b in buildings}
    found += [_in_building(room, by_number[room.estate, room.building]) for room in ROOMS]
    for estate in ESTATES:
        own = [b for b in buildings if b.estate == estate.label]
        paths = [w for w in ways if w.kind is WayKind.PATH and w.source_id.startswith(f"path/{estate.label}-")]
        gardens = [
            Facility(g.kind, g.name, rounded(estate.frame.place(g.polygon)), estate.label) for g in estate.gardens
        ]
        gardens += _parking(estate, own, paths, gardens)
        found += gardens
        found += _lawns(estate, division, own, paths, gardens)
        found += _points(estate, own)
    return found


def _in_building(room: Room, building: Building) -> Facility:
    """Put a room on the ground floor, behind the wall beside a door."""
    door = building.doors[room.door - 1]
    inward = np.subtract(door.at.coords[0], door.before.coords[0])
    inward /= np.hypot(*inward)
    along = np.array([-inward[1], inward[0]])
    # Deep enough to be behind the stair bay.
    point = rounded(Point(np.array(door.at.coords[0]) + 6 * inward + room.beside * along))
    return Facility(room.kind, room.name, point, room.estate, room.aliases, room.founded)


def _lawns(
    estate: Estate, division: Division, buildings: list[Building], paths: list[Walk], gardens: list[Facility]
) -> Iterable[Facility]:
    """Give each cell the lawns between its houses: what neither buildings, paths nor gardens take."""
    taken = [b.outline.buffer(3.5, join_style="mitre") for b in buildings]
    taken += [g.shape.buffer(2) for g in gardens]
    for path in paths:
        wide = path.tags["highway"] == "service"
        taken.append(path.shape.buffer(4.5 if wide else 1.8, cap_style="flat"))
    # From the wall to the path that follows it grow hedges, not lawns.
    ground = division.walls[estate.label].buffer(-RING, join_style="mitre").difference(shapely.union_all(taken))
    for position in range(len(estate.cells)):
        lawn = ground.intersection(division.cells[estate.label, position])
        lawn = lawn.buffer(-2.5).buffer(2.5, quad_segs=3).simplify(0.3)
        parts = [part for part in shapely.get_parts(lawn) if part.area > _LAWN]
        yield Facility(
            "green", f"{estate.name}{LAWN_NAMES[position]}", rounded(shapely.MultiPolygon(parts)), estate.label
        )


def _parking(
    estate: Estate, buildings: list[Building], paths: list[Walk], gardens: list[Facility]
) -> Iterable[Facility]:
    """Give each cell the bays between two houses of a row, beside the lane."""
    taken = shapely.union_all(
        [p.shape.buffer(2.2) for p in paths]
        + [g.shape.buffer(3) for g in gardens]
        + [b.outline.buffer(3) for b in buildings]
    )
    for position in range(len(estate.cells)):
        bays = []
        for one, other in pairwise([b for b in buildings if b.cell == position]):
            start, end = np.array(one.lane.coords[-1]), np.array(other.lane.coords[0])
            if one.row != other.row or (gap := np.hypot(*(end - start))) < _BAY:
                continue
            along = (end - start) / gap
            back = np.array([along[1], -along[0]])
            corners = [start + 4 * along, end - 4 * along, end - 4 * along + 17 * back, start + 4 * along + 17 * back]
            bays.append(rounded(Polygon(corners)).difference(taken))
        bays = [bay for bay in bays if isinstance(bay, Polygon) and bay.area > _LAWN]
        if bays:
            yield Facility(
                "parking", f"{estate.name}{position + 1}号停车区", rounded(shapely.MultiPolygon(bays)), estate.label
            )


def _points(estate: Estate, buildings: list[Building]) -> Iterable[Facility]:
    """Return notice board, waste points and charging sheds: beside the main gate, and at the ends of rows."""
    short = (estate.aliases or (estate.name,))[0]
    gate, middle = np.array(gate_points(estate)[0].coords[0]), estate.frame.at((0, 0))[0]
    inward = (middle - gate) / np.hypot(*(middle - gate))
    board = gate + 15 * inward + 8 * np.array([-inward[1], inward[0]])
    yield Facility("notice_board", f"{short}协商议事公示栏", rounded(Point(board)), estate.label)
    for position in range(len(estate.cells)):
        own = [b for b in buildings if b.cell == position]
        for kind, name, building in (("recycling", "垃圾分类投放点", own[0]), ("charging", "电动车充电棚", own[-1])):
            start, following = (np.array(p) for p in building.lane.coords[:2])
            heading = (following - start) / np.hypot(*(following - start))
            # Three metres behind the lane, where the house begins.
            point = start + 4 * heading + 3.5 * np.array([-heading[1], heading[0]])
            yield Facility(kind, f"{short}{position + 1}号{name}", rounded(Point(point)), estate.label)
