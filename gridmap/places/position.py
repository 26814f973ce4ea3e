"""Positions as they enter: the only door for coordinates and days that somebody typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from gridmap.errors import BadInput, BadPosition

# ASCII digits only: float() itself takes full-width digits, "1_0", "nan" and "infinity".
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Position:
    """A point on earth in degrees, WGS-84 or CGCS2000 (they differ by less than a metre).

    Parameters
    ----------
    lon
        Longitude, -180 to 180, east positive.
    lat
        Latitude, -90 to 90, north positive.

    Raises
    ------
    BadPosition
        A value is not finite or beyond the earth; `field` names it.
    """

    lon: float
    lat: float

    def __post_init__(self) -> None:
        for field, value, limit in (("lon", self.lon, 180), ("lat", self.lat, 90)):
            # A plain comparison also refuses NaN and the infinities.
            if not -limit <= value <= limit:
                raise BadPosition(
                    "{field} {value} lies beyond the earth; give degrees from -{limit} to {limit}",
                    field=field,
                    value=value,
                    limit=limit,
                )


def parse_position(lon: str | None, lat: str | None) -> Position:
    """Return the position that two texts give.

    Parameters
    ----------
    lon, lat
        Degrees as ASCII decimal numbers.

    Returns
    -------
    Position
        A point on earth.

    Raises
    ------
    BadPosition
        A text is missing, no number, or beyond the earth; `field` names it.

    Examples
    --------
    >>> parse_position("113.1", "41.03")
    Position(lon=113.1, lat=41.03)
    """
    return Position(*(_number(field, text) for field, text in (("lon", lon), ("lat", lat))))


def parse_day(text: str | None, field: str = "on") -> date | None:
    """Return the day that a text gives, None for none.

    Parameters
    ----------
    text
        ``YYYY-MM-DD`` in ASCII digits.
    field
        How the value is called where it came from.

    Raises
    ------
    BadInput
        The text is no day of the calendar.

    Examples
    --------
    >>> parse_day("2026-02-28")
    datetime.date(2026, 2, 28)
    """
    if text is None or text == "":
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadInput("{field}: {value} is no day; write it as 2026-01-31", field=field, value=_short(text))


def _number(field: str, text: str | None) -> float:
    if text is None or not text.strip():
        raise BadPosition("{field} is missing; give degrees as a decimal number", field=field)
    if not _NUMBER.fullmatch(text):
        raise BadPosition(
            "{field} {value} is not a number; give degrees as a decimal number", field=field, value=_short(text)
        )
    return float(text)


def _short(text: str) -> str:
    """Shorten a value for a message: it may be a megabyte, and may hold what no page should show."""
    shown = "".join(character if character.isprintable() else "�" for character in text[:40])
    return f'"{shown}…"' if len(text) > 40 else f'"{shown}"'
