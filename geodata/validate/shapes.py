"""Sound GeoJSON geometries into shapes, and what is wrong with a shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

_MULTI: dict[str, Any] = {
    "MultiPoint": shapely.MultiPoint,
    "MultiLineString": shapely.MultiLineString,
    "MultiPolygon": shapely.MultiPolygon,
}


def shapes(geometries: Iterable[dict[str, Any] | None]) -> NDArray[np.object_]:
    """Return two-dimensional shapes in the order of the geometries; None stays None.

    Parameters
    ----------
    geometries
        As `document` returns them: their form is sound, their shape may still cross itself.
    """
    return shapely.force_2d(np.array([_shape(geometry) for geometry in geometries], dtype=object))


def faults(geometries: Sequence[BaseGeometry | None]) -> Iterator[str | None]:
    """Yield for each geometry why it cannot be stored, None where it can.

    Parameters
    ----------
    geometries
        In lon, lat; a missing one has no fault.
    """
    array = np.asarray(geometries, dtype=object)
    bounds = shapely.bounds(array)
    limits = np.array([-180, -90, -180, -90, 180, 90, 180, 90])
    on_earth = np.all((bounds >= limits[:4]) & (bounds <= limits[4:]), axis=1)
    valid = shapely.is_valid(array)
    for item, good, here in zip(geometries, valid, on_earth, strict=True):
        if item is None:
            yield None
        elif item.is_empty:
            yield "is empty"
        elif not here:
            yield "lies beyond the earth (longitude -180 to 180, latitude -90 to 90, both finite)"
        elif not good:
            yield _place_of_fault(shapely.is_valid_reason(item))
        else:
            yield None


def _shape(geometry: dict[str, Any] | None) -> BaseGeometry | None:
    if geometry is None:
        return None
    kind = geometry["type"]
    if kind == "GeometryCollection":
        return shapely.GeometryCollection([_shape(part) for part in geometry["geometries"]])
    coordinates = geometry["coordinates"]
    if kind.startswith("Multi"):
        single = kind.removeprefix("Multi")
        parts = [_shape({"type": single, "coordinates": part}) for part in coordinates]
        return cast("BaseGeometry", _MULTI[kind]([part for part in parts if part is not None and not part.is_empty]))
    if kind == "Polygon":
        rings = [_flat(ring) for ring in coordinates if ring]
        return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()
    if kind == "LineString":
        return shapely.LineString(_flat(coordinates)) if coordinates else shapely.LineString()
    return shapely.Point(_flat([coordinates])[0])


def _flat(positions: list[Any]) -> NDArray[np.float64]:
    # Heights are dropped first: a ring may have them at some positions only.
    return np.array([position[:2] for position in positions], dtype=np.float64)


def _place_of_fault(reason: str) -> str:
    """Turn GEOS' "Self-intersection[113.1 41.0]" into a sentence's part."""
    what, _, where = reason.partition("[")
    lon, _, lat = where.rstrip("]").partition(" ")
    return f"{what.lower()} at ({lon}, {lat})" if lat else what.lower()
