"""Sound GeoJSON geometries into shapes."""

from __future__ import annotations

from collections.abc import Iterable
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
