"""Sound GeoJSON geometries into shapes, and what is wrong with a shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry


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
    if geometry["type"] == "GeometryCollection":
        return shapely.GeometryCollection([_shape(part) for part in geometry["geometries"]])
    # Heights are dropped first: a ring may have them at some positions only.
    return shape({"type": geometry["type"], "coordinates": _flat(geometry["coordinates"])})


def _flat(coordinates: list[Any]) -> list[Any]:
    if not coordinates or isinstance(coordinates[0], list):
        return [_flat(part) for part in coordinates]
    return [float(number) for number in coordinates[:2]]


def _place_of_fault(reason: str) -> str:
    """Turn GEOS' "Self-intersection[113.1 41.0]" into a sentence's part."""
    what, _, where = reason.partition("[")
    lon, _, lat = where.rstrip("]").partition(" ")
    return f"{what.lower()} at ({lon}, {lat})" if lat else what.lower()
