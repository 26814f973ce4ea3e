"""What the tags of OpenStreetMap say of an object: its names, its floors, what it is to somebody on foot."""

from __future__ import annotations

from geodata.load.values import Unusable, count
from gridmap.ways import WayKind

Tags = dict[str, str]
MOST_ALIASES = 20
FLOORS = 200
# fmt: off
ROADS = frozenset({
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service",
    "road", "busway",
})
PATHS = frozenset({
    "footway", "path", "steps", "pedestrian", "corridor", "cycleway", "track", "bridleway", "platform",
})
WALLS = frozenset({
    "wall", "fence", "hedge", "retaining_wall", "city_wall", "guard_rail", "hand_rail", "jersey_barrier",
})
GATES = frozenset({
    "gate", "lift_gate", "swing_gate", "sliding_gate", "kissing_gate", "hampshire_gate", "wicket_gate", "entrance",
    "sally_port", "stile", "turnstile", "full-height_turnstile",
})
NO_OBSTACLE = frozenset({"kerb", "no", "yes"})
KEPT = frozenset({
    "access", "barrier", "bridge", "covered", "foot", "footway", "height", "highway", "incline", "indoor", "layer",
    "level", "lit", "locked", "material", "oneway", "opening_hours", "ramp", "ref", "service", "step_count", "surface",
    "tunnel", "width", "wheelchair",
})
# fmt: on
OTHER_NAMES = ("alt_name", "official_name", "short_name", "loc_name", "old_name", "addr:housename")


def names(tags: Tags, addresses: list[str]) -> list[str]:
    """Return what a building is called, the best name first; nothing where it has none.

    Parameters
    ----------
    tags
        Its own.
    addresses
        Of the doors on it.
    """
    other = [tags.get(key, "") for key in OTHER_NAMES]
    other += [value for key, value in sorted(tags.items()) if key.startswith("name:")]
    listed = (tags.get("name", ""), address(tags) or tags.get("addr:full", ""), *addresses, *other)
    parts = [part.strip() for text in listed for part in text.split(";")]
    return list(dict.fromkeys(part for part in parts if part))[: MOST_ALIASES + 1]


def address(tags: Tags) -> str:
    """Return street and house number as people write them there, nothing where one is missing.

    Parameters
    ----------
    tags
        Of any object.

    Examples
    --------
    >>> address({"addr:street": "Aleksanterinkatu", "addr:housenumber": "9"})
    'Aleksanterinkatu 9'
    >>> address({"addr:street": "新华街", "addr:housenumber": "12号"})
    '新华街12号'
    """
    street, number = tags.get("addr:street", ""), tags.get("addr:housenumber", "")
    if not street or not number:
        return ""
    return f"{street}{number}" if "\u3400" <= street[-1] <= "\u9fff" else f"{street} {number}"


def floors(tags: Tags) -> int | None:
    """Return the number of floors, None where it is not a plain number.

    Parameters
    ----------
    tags
        Of a building.
    """
    try:
        return count(tags.get("building:levels", "").partition(".")[0].strip(), limit=FLOORS)
    except Unusable:
        return None


def way_kind(tags: Tags) -> WayKind | None:
    """Return what a line is to somebody on foot, None where it is nothing to them.

    Parameters
    ----------
    tags
        Of a way.
    """
    highway = tags.get("highway", "")
    if highway in PATHS:
        return WayKind.PATH
    if highway.removesuffix("_link") in ROADS:
        return WayKind.ROAD
    if tags.get("barrier") in WALLS:
        return WayKind.WALL
    return point_kind(tags)


def point_kind(tags: Tags) -> WayKind | None:
    """Return what a point is to somebody on foot, None where it is nothing to them.

    Parameters
    ----------
    tags
        Of a node.
    """
    barrier = tags.get("barrier")
    if barrier is None or barrier in NO_OBSTACLE | WALLS:
        return None
    return WayKind.GATE if barrier in GATES else WayKind.BARRIER
