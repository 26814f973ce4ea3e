"""Datums and coordinate reference systems: the only place that knows GCJ-02, BD-09 and the zones of China.

CGCS2000 is the truth, and WGS-84 is taken as equal to it: they differ by less than a metre. GCJ-02 is what Amap and
Tencent publish, BD-09 what Baidu publishes; at 113.10 E 41.03 N they lie 645 m and 1,437 m from the truth.

Axis order is lon, lat and east, north everywhere, whatever the authority's definition says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj.exceptions import CRSError, ProjError

from gridmap.errors import BadInput

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]
Geometries = NDArray[np.object_]

CHINA_LON, CHINA_LAT = (72.0, 138.5), (0.5, 56.0)
"""Degrees within which the datums of China are converted: the country, its seas, and a margin."""
ZONE_LON, ZONE_LAT = (73.5, 136.5), (3.0, 54.0)
"""Degrees within which the 3-degree zones of CGCS2000 measure."""
_AS_GOOD_AS_TRUE = ("WGS 84", "China Geodetic Coordinate System 2000")


class Datum(StrEnum):
    """What lon and lat refer to; from `CGCS2000` on, each is the one before it, shifted."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


@dataclass(frozen=True, slots=True)
class Registered:
    """A coordinate system of the EPSG register, such as a 3-degree zone in metres.

    Parameters
    ----------
    epsg
        Its number; zone-prefixed eastings are those of the number's own definition.
    """

    epsg: int

    def __str__(self) -> str:
        return f"EPSG:{self.epsg}"


def datum(text: str) -> Datum | Registered:
    """Return what a name such as `gcj02` or `EPSG:4547` stands for.

    Parameters
    ----------
    text
        Capitals do not matter.

    Raises
    ------
    BadInput
        No datum has that name, or the register has no such number.
    """
    name = text.strip().lower()
    if name in tuple(Datum):
        return Datum(name)
    number = name.removeprefix("epsg:")
    if not (name.startswith("epsg:") and number.isascii() and number.isdigit() and len(number) <= 6):
        raise BadInput(
            "datum {value} is not known; use wgs84, cgcs2000, gcj02, bd09 or EPSG:<number>", field="datum", value=text
        )
    if int(number) in {4326, 4490}:
        return Datum.WGS84 if number == "4326" else Datum.CGCS2000
    try:
        pyproj.CRS.from_epsg(int(number))
    except CRSError as error:
        raise BadInput("EPSG:{value} is no coordinate system on record", field="datum", value=number) from error
    return Registered(int(number))


def lonlat(geometries: Iterable[shapely.Geometry | None] | Geometries, source: Datum | Registered) -> Geometries:
    """Return geometries in lon, lat of CGCS2000; the third coordinate is dropped, None stays None.

    Parameters
    ----------
    geometries
        In the coordinates of `source`.
    source
        WGS-84 and CGCS2000 come back as they are.

    Raises
    ------
    BadInput
        Coordinates that cannot be those of `source`: outside China for its datums, outside the zone for a projection.

    Notes
    -----
    Only vertices move. The true image of a straight edge bows by 0.12 m on 1 km under GCJ-02, 0.01 m on 300 m.
    """
    flat = shapely.force_2d(np.asarray(geometries, dtype=object))
    if source in {Datum.WGS84, Datum.CGCS2000}:
        return flat
    if isinstance(source, Registered):
        return shapely.transform(flat, _from_register(source.epsg))
    return shapely.transform(flat, lambda xy: np.column_stack(convert(xy[:, 0], xy[:, 1], source, Datum.CGCS2000)))


def metric_srid(lon: float, lat: float) -> int:
    """Return the EPSG code of the CRS in which metres are measured around a position.

    Parameters
    ----------
    lon, lat
        Degrees.

    Returns
    -------
    int
        In China the CGCS2000 3-degree zone without zone prefix (113.1 E 41.0 N → 4547), elsewhere the UTM zone.

    Examples
    --------
    >>> metric_srid(113.10, 41.03), metric_srid(24.94, 60.17), metric_srid(-58.4, -34.6)
    (4547, 32635, 32721)
    """
    if ZONE_LON[0] <= lon < ZONE_LON[1] and ZONE_LAT[0] <= lat <= ZONE_LAT[1]:
        return 4534 + int(np.floor(lon / 3 + 0.5)) - 25
    zone = min(int((lon + 180) // 6) + 1, 60)
    return (32600 if lat >= 0 else 32700) + zone


def default_timezone(lon: float, lat: float) -> str:
    """Return a time zone to begin with: China's in China, else the nautical one of the longitude.

    Parameters
    ----------
    lon, lat
        Degrees.

    Examples
    --------
    >>> default_timezone(113.10, 41.03), default_timezone(24.94, 60.17)
    ('Asia/Shanghai', 'Etc/GMT-2')
    """
    if ZONE_LON[0] <= lon < ZONE_LON[1] and ZONE_LAT[0] <= lat <= ZONE_LAT[1]:
        return "Asia/Shanghai"
    hours = int(np.floor(lon / 15 + 0.5))
    # POSIX counts westwards: Etc/GMT-2 is two hours ahead of Greenwich.
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def in_metres(geometries: Iterable[shapely.Geometry | None] | Geometries, srid: int) -> Geometries:
    """Return lon, lat geometries in a projected CRS; None stays None.

    Parameters
    ----------
    geometries
        In lon, lat.
    srid
        See `metric_srid`.
    """
    move = _projection(srid)
    return shapely.transform(
        np.asarray(geometries, dtype=object), lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1]))
    )


def is_metric(srid: int) -> bool:
    """Whether an EPSG code is a projected CRS that measures in metres.

    Parameters
    ----------
    srid
        Number of the register.
    """
    try:
        crs = pyproj.CRS.from_epsg(srid)
    except CRSError:
        return False
    return bool(crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info))


@cache
def _projection(srid: int) -> pyproj.Transformer:
    projected = pyproj.CRS.from_epsg(srid)
    # From the CRS' own geographic base: a datum shift of some grid file must not depend on what is installed.
    return pyproj.Transformer.from_crs(projected.geodetic_crs, projected, always_xy=True)


def _from_register(srid: int) -> Callable[[Floats], Floats]:
    crs = pyproj.CRS.from_epsg(srid)
    base = crs.geodetic_crs
    try:
        if base and base.name in _AS_GOOD_AS_TRUE:
            back = pyproj.Transformer.from_crs(crs, base, always_xy=True)
        else:
            # Where the register knows no shift, PROJ would silently pass coordinates that are 100 m off.
            back = pyproj.Transformer.from_crs(crs, 4326, always_xy=True, allow_ballpark=False)
    except ProjError as error:
        raise BadInput(
            "how {name} (EPSG:{value}) lies to WGS-84 is not on record; convert the file by its local parameters",
            field="datum",
            name=crs.name,
            value=srid,
        ) from error

    def move(xy: Floats) -> Floats:
        lon, lat = back.transform(xy[:, 0], xy[:, 1])
        if not np.all((np.abs(lon) <= 180) & (np.abs(lat) <= 90)):  # also refuses the infinities of a failure
            raise BadInput("coordinates lie outside EPSG:{value}", field="datum", value=srid)
        return np.column_stack((lon, lat))

    return move


def convert(lon: ArrayLike, lat: ArrayLike, source: Datum | str, target: Datum | str) -> Pair:
    """Move positions from one datum to another.

    Parameters
    ----------
    lon, lat
        Degrees, scalars or arrays of one shape.
    source, target
        Their datum, and the one wanted.

    Returns
    -------
    tuple of ndarray
        Longitudes and latitudes. There and back again is within 1e-8 degrees, country-wide.

    Raises
    ------
    BadInput
        A position is outside China's box: swapped axes, metres and NaN among them.

    Notes
    -----
    The formulas are those of the field's open libraries (`prcoords`, equal to 3e-9 m). The inverse is a fixed point:
    5 m after one step, 31 mm after two, 5e-7 m after six.
    """
    here, there = (max(tuple(Datum).index(Datum(name)), 1) - 1 for name in (source, target))
    point = _checked(lon, lat)
    for shift in _SHIFTS[here:there]:
        point = shift(*point)
    for shift in reversed(_SHIFTS[there:here]):
        point = _undo(shift, *point)
    return point


_KRASOVSKY_A, _KRASOVSKY_E2 = 6378245.0, 0.00669342162296594323
_INVERSE_STEPS = 6


def _checked(lon: ArrayLike, lat: ArrayLike) -> Pair:
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    for name, values, (low, high) in (("longitude", lon, CHINA_LON), ("latitude", lat, CHINA_LAT)):
        outside = ~((low <= values) & (values <= high))
        if np.any(outside):
            raise BadInput(
                "{name} {value:.6f} is outside China ({low} to {high}): the axes are swapped, or the datum is another",
                field="datum",
                name=name,
                value=float(values[outside].flat[0]),
                low=low,
                high=high,
            )
    return lon, lat


def _waves(t: Floats, *waves: tuple[float, float]) -> Floats:
    """Two thirds of a sum of (amplitude in metres, cycles per two degrees) sines."""
    total = np.zeros_like(t)
    for amplitude, rate in waves:
        total += amplitude * np.sin(np.pi * t * rate)
    return 2 / 3 * total


def _to_gcj02(lon: Floats, lat: Floats) -> Pair:
    x, y = lon - 105, lat - 35
    root = np.sqrt(np.abs(x))
    shared = 0.1 * x * y + _waves(x, (20, 6), (20, 2))
    north_waves = _waves(y, (20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.2 * root + shared + north_waves
    east_waves = _waves(x, (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * root + shared + east_waves
    phi = np.radians(lat)
    flat = 1 - _KRASOVSKY_E2 * np.sin(phi) ** 2
    prime_vertical = _KRASOVSKY_A / np.sqrt(flat)
    meridian = prime_vertical * (1 - _KRASOVSKY_E2) / flat
    return lon + np.degrees(east / (prime_vertical * np.cos(phi))), lat + np.degrees(north / meridian)


def _to_bd09(lon: Floats, lat: Floats) -> Pair:
    rate = np.pi * 3000 / 180
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * rate)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * rate)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _undo(shift: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """Invert a small smooth shift by fixed-point iteration."""
    x, y = lon, lat
    for _ in range(_INVERSE_STEPS):
        shifted_x, shifted_y = shift(x, y)
        x, y = x + (lon - shifted_x), y + (lat - shifted_y)
    return x, y


_SHIFTS = (_to_gcj02, _to_bd09)
