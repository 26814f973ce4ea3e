"""GeoJSON as RFC 7946 says it, every fault with its path: `features[3].geometry.coordinates[0]`.

Only the right-hand rule is not held against a file: rings are turned when they are stored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from geodata.problems import Problem, refuse
from geodata.validate.text import DEEPEST, Twice, parsed

DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How many arrays lie around each position."""
GEOMETRIES = (*DEPTH, "GeometryCollection")
TYPES = ("FeatureCollection", "Feature", *GEOMETRIES)
MOST_FEATURES, MOST_POSITIONS, MOST_PROBLEMS = 100_000, 1_000_000, 1_000
#: Members that would make one kind of object pass for another (RFC 7946, 7.1).
FOREIGN = {
    "FeatureCollection": ("coordinates", "geometries", "geometry", "properties"),
    "Feature": ("coordinates", "geometries", "features"),
    **dict.fromkeys(GEOMETRIES, ("geometry", "properties", "features")),
}
#: What names longitude and latitude, in that order, of WGS-84 or CGCS2000.
LONLAT = ("OGC:CRS84", "OGC:1.3:CRS84", "OGC::CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4490", "EPSG:4490", "CRS84")


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature, sound in form.

    Parameters
    ----------
    path
        Where it stands in the file.
    id
        As the file gives it.
    properties
        As the file gives them; null is an empty set.
    geometry
        A GeoJSON geometry, None for an unlocated feature.
    """

    path: str
    id: str | int | float | None
    properties: dict[str, Any]
    geometry: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Document:
    """The content of one file.

    Parameters
    ----------
    features
        In the order of the file; a lone geometry is a feature without properties.
    name
        The layer's name, where the file says one.
    crs
        The coordinate system that an old `crs` member names, where it is another than longitude and latitude.
    """

    features: tuple[Feature, ...]
    name: str | None = None
    crs: str | None = None


def document(data: bytes, *, layer: str = "file", projected: bool = False) -> Document:
    """Return the features of a GeoJSON text.

    Parameters
    ----------
    data
        The whole file.
    layer
        Named in the report.
    projected
        Whether the caller knows the coordinate system: then an old `crs` member may name any.

    Raises
    ------
    ImportRefused
        With every fault, at most `MOST_PROBLEMS` of them.
    """
    look = _Look(projected)
    root = parsed(data, layer)
    features = look.root(root)
    if look.problems:
        raise refuse(layer, len(features), look.problems)
    return Document(tuple(features), look.name, look.crs)


@dataclass
class _Look:
    projected: bool
    problems: list[Problem] = field(default_factory=list)
    positions: int = 0
    name: str | None = None
    crs: str | None = None

    def fault(self, path: str, message: str, value: object = None, **values: object) -> None:
        shown = None if isinstance(value, dict | list) else value
        problem = Problem(path or "file", None, shown, message, values)
        if len(self.problems) < MOST_PROBLEMS and problem not in self.problems[-1:]:
            self.problems.append(problem)

    def root(self, root: Any) -> list[Feature]:
        if not isinstance(root, dict):
            self.fault("", "must be an object of GeoJSON")
            return []
        kind = self._kind(root, "", TYPES)
        self._foreign(root)
        if kind == "FeatureCollection":
            self._common(root, "", kind)
            return self._features(root)
        if kind == "Feature":
            return [self._feature(root, "")]
        if kind:
            self._geometry(root, "")
            return [Feature("geometry", None, {}, root)]
        return []

    def _foreign(self, root: dict[str, Any]) -> None:
        """The layer's name and the coordinate system, which GeoJSON itself no longer knows."""
        self.name = root["name"] if isinstance(root.get("name"), str) else None
        if "crs" not in root:
            return
        crs = root["crs"]
        properties = crs.get("properties") if isinstance(crs, dict) else None
        name = properties.get("name") if isinstance(properties, dict) else None
        if not isinstance(name, str):
            self.fault("crs", "must name a coordinate system, or be left out")
        elif name.upper().removeprefix("URN:OGC:DEF:CRS:") not in LONLAT:
            self.crs = name
            if not self.projected:
                self.fault("crs", "is not longitude and latitude; give --datum with the file's coordinate system", name)

    def _features(self, root: dict[str, Any]) -> list[Feature]:
        features = root.get("features")
        if not isinstance(features, list):
            self.fault("features", "must be an array" if "features" in root else "is missing")
            return []
        if len(features) > MOST_FEATURES:
            self.fault(
                "features", "are {count}, more than {limit}; split the file", count=len(features), limit=MOST_FEATURES
            )
            return []
        return [self._feature(item, f"features[{i}]") for i, item in enumerate(features)]

    def _feature(self, item: Any, path: str) -> Feature:
        label = path or "feature"
        nothing = Feature(label, None, {}, None)
        if not isinstance(item, dict):
            self.fault(path, "must be a feature")
            return nothing
        if (kind := self._kind(item, path, ("Feature",))) is None:
            return nothing
        self._common(item, path, kind)
        id_ = item.get("id")
        if "id" in item and (isinstance(id_, bool) or not isinstance(id_, str | int | float)):
            self.fault(_at(path, "id"), "must be a text or a number", id_)
            id_ = None
        properties = item.get("properties")
        if "properties" not in item:
            self.fault(_at(path, "properties"), "is missing")
        elif properties is not None and not isinstance(properties, dict):
            self.fault(_at(path, "properties"), "must be an object or null")
        else:
            self._values(properties, _at(path, "properties"), 0)
        geometry = item.get("geometry")
        if "geometry" not in item:
            self.fault(_at(path, "geometry"), "is missing; null where there is none")
        elif geometry is not None:
            self._geometry(geometry, _at(path, "geometry"))
        return Feature(label, id_, properties if isinstance(properties, dict) else {}, geometry)

    def _geometry(self, item: Any, path: str, *, within: bool = False) -> None:
        if not isinstance(item, dict):
            self.fault(path, "must be a geometry", item)
            return
        if (kind := self._kind(item, path, GEOMETRIES)) is None:
            return
        self._common(item, path, kind)
        if kind == "GeometryCollection":
            self._collection(item, path, within=within)
        elif "coordinates" not in item:
            self.fault(_at(path, "coordinates"), "is missing")
        else:
            self._coordinates(item["coordinates"], _at(path, "coordinates"), DEPTH[kind], kind)

    def _collection(self, item: dict[str, Any], path: str, *, within: bool) -> None:
        geometries = item.get("geometries")
        if within:
            self.fault(path, "a collection must not hold another collection")
        elif not isinstance(geometries, list):
            self.fault(_at(path, "geometries"), "must be an array" if "geometries" in item else "is missing")
        elif len(geometries) == 1 and isinstance(geometries[0], dict):
            self.fault(_at(path, "geometries"), "a collection of one geometry must be that geometry")
        else:
            for i, part in enumerate(geometries):
                self._geometry(part, _at(path, f"geometries[{i}]"), within=True)

    def _coordinates(self, item: Any, path: str, depth: int, kind: str) -> None:
        if not isinstance(item, list):
            self.fault(path, "must be an array", item)
        elif depth == 0:
            self._count(1, path)
            self._position(item, path)
        elif depth == 1 or not item:
            self._line(item, path, ring=kind in {"Polygon", "MultiPolygon"}, points=kind == "MultiPoint")
        else:
            for i, part in enumerate(item):
                self._coordinates(part, f"{path}[{i}]", depth - 1, kind)

    def _line(self, item: list[Any], path: str, *, ring: bool, points: bool) -> None:
        before = len(self.problems)
        for i, position in enumerate(item):
            if not _plain(position):
                self._position(position, f"{path}[{i}]")
        self._count(len(item), path)
        if len(self.problems) > before or points or not item:
            return
        if ring and len(item) < 4:
            self.fault(path, "a ring needs four positions or more, not {count}", count=len(item))
        if ring and item[0] != item[-1]:
            self.fault(path, "the first and the last position of a ring must be the same")
        if not ring and len(item) < 2:
            self.fault(path, "a line needs two positions or more")

    def _count(self, positions: int, path: str) -> None:
        if self.positions <= MOST_POSITIONS < self.positions + positions:
            self.fault(path, "is one too many: a file may have {limit} positions; split it", limit=MOST_POSITIONS)
        self.positions += positions

    def _position(self, item: Any, path: str) -> None:
        if not isinstance(item, list):
            self.fault(path, "must be a position: longitude and latitude in an array", item)
            return
        if not 2 <= len(item) <= 3:
            self.fault(path, "a position has two or three numbers, not {count}", count=len(item))
            return
        for i, number in enumerate(item):
            if isinstance(number, bool) or not isinstance(number, int | float):
                self.fault(f"{path}[{i}]", "must be a number", number)
            elif not -1e300 < number < 1e300:
                self.fault(f"{path}[{i}]", "must be a finite number", number)

    def _kind(self, item: dict[str, Any], path: str, allowed: tuple[str, ...]) -> str | None:
        if isinstance(item, Twice):
            self.fault(path, "has members twice: {names}", names=", ".join(item.names))
        kind = item.get("type")
        if isinstance(kind, str) and kind in allowed:
            return kind
        where = _at(path, "type")
        if "type" not in item:
            self.fault(where, "is missing")
            return None
        near = next((name for name in allowed if isinstance(kind, str) and name.lower() == kind.lower()), None)
        if near:
            self.fault(where, "must be {right}, with these capitals", kind, right=near)
        else:
            self.fault(where, "must be one of: {allowed}", kind, allowed=", ".join(allowed))
        return None

    def _common(self, item: dict[str, Any], path: str, kind: str) -> None:
        for name in FOREIGN[kind]:
            if name in item:
                self.fault(_at(path, name), "has no place in a {kind}", kind=kind)
        if "bbox" not in item:
            return
        bbox, where = item["bbox"], _at(path, "bbox")
        if not isinstance(bbox, list) or len(bbox) not in {4, 6}:
            self.fault(where, "must be an array of four or six numbers")
        elif not all(_finite(number) for number in bbox):
            self.fault(where, "must hold finite numbers only")
        elif bbox[1] > bbox[len(bbox) // 2 + 1]:
            self.fault(where, "has its south above its north")

    def _values(self, item: Any, path: str, depth: int) -> None:
        """Properties may be anything that JSON is; numbers must be numbers, names single, and the end near."""
        if depth > DEEPEST:
            self.fault(path, "is nested more than {depth} levels deep", depth=DEEPEST)
        elif isinstance(item, float) and not math.isfinite(item):
            self.fault(path, "must be a finite number", item)
        elif isinstance(item, dict):
            if isinstance(item, Twice):
                self.fault(path, "has members twice: {names}", names=", ".join(item.names))
            for name, value in item.items():
                if not isinstance(value, str | int | None):
                    self._values(value, _at(path, name), depth + 1)
        elif isinstance(item, list):
            for i, value in enumerate(item):
                if not isinstance(value, str | int | None):
                    self._values(value, f"{path}[{i}]", depth + 1)


def _plain(position: Any) -> bool:
    """Whether a position is two finite fractions, as nearly all are: the rest is looked at more closely."""
    return (
        type(position) is list
        and len(position) == 2
        and type(position[0]) is type(position[1]) is float
        and -1e300 < position[0] < 1e300
        and -1e300 < position[1] < 1e300
    )


def _finite(number: Any) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and -1e300 < number < 1e300


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
