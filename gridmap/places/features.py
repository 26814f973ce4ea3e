"""Places as GeoJSON, written by PostGIS: Python hands the text on and never loops over features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Boolean, Date, Float, Integer, Text, TextClause
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from gridmap.database import read_sql, typed
from gridmap.errors import BadInput, UnknownPlace
from gridmap.places.model import Kind
from gridmap.places.position import Position, parse_position

#: Layers that a map may ask for beside the kinds of place.
WAYS = "way"
LAYERS = (*(kind.value for kind in Kind if kind is not Kind.REGION), WAYS)
MOST_FEATURES = 10_000


@dataclass(frozen=True, slots=True)
class Window:
    """A box of the map.

    Parameters
    ----------
    south_west, north_east
        Two corners; boxes across the 180th meridian are not known here.

    Raises
    ------
    BadInput
        The corners are exchanged.
    """

    south_west: Position
    north_east: Position

    def __post_init__(self) -> None:
        if self.south_west.lon >= self.north_east.lon or self.south_west.lat >= self.north_east.lat:
            raise BadInput("{field}: write west,south,east,north, the smaller number first", field="bbox")


def parse_window(value: str) -> Window:
    """Return the window that a text ``west,south,east,north`` gives.

    Parameters
    ----------
    value
        Four ASCII decimal numbers in degrees.

    Raises
    ------
    BadInput
        The text is no such box; `field` is ``bbox``.
    """
    parts = value.split(",", 4)
    if len(parts) != 4:
        raise BadInput("{field} takes four numbers: west,south,east,north", field="bbox")
    try:
        return Window(parse_position(parts[0], parts[1]), parse_position(parts[2], parts[3]))
    except BadInput as error:
        raise BadInput("{field}: {reason}", field="bbox", reason=str(error)) from error


def features(
    session: Session,
    layers: Sequence[str],
    *,
    on: date | None = None,
    window: Window | None = None,
    community: str | None = None,
    scope: Sequence[int] | None = None,
) -> str:
    """Places and ways as a GeoJSON FeatureCollection, lon lat in degrees with 7 decimals.

    Parameters
    ----------
    session
        Any session; one statement is run.
    layers
        Which of `LAYERS`.
    on
        The day; None is today where each place lies.
    window
        Only what meets this box.
    community
        Only what lies in the community of this code.
    scope
        Ids of the places below which the asker sees; None is everywhere. What lies above those places (their compound,
        their community) is shown as well: an outline, for orientation.

    Returns
    -------
    str
        The collection in order of codes, at most `MOST_FEATURES`; ``truncated`` says whether there are more.

    Raises
    ------
    BadInput
        A layer is none of `LAYERS`.
    """
    for layer in layers:
        if layer not in LAYERS:
            raise BadInput(
                "{field}: {value} is none of {known}", field="kind", value=repr(layer[:40]), known=", ".join(LAYERS)
            )
    values = {
        "kinds": list(layers),
        "on_day": on,
        "community": community,
        "scope": None if scope is None else list(scope),
        "outlines": True,
        "at_most": MOST_FEATURES + 1,
        "keep": MOST_FEATURES,
    }
    if window is None:
        return str(session.scalar(_ALL, values))
    corners = {
        "west": window.south_west.lon,
        "south": window.south_west.lat,
        "east": window.north_east.lon,
        "north": window.north_east.lat,
    }
    return str(session.scalar(_IN_WINDOW, values | corners))


def feature(session: Session, code: str, *, on: date | None = None, scope: Sequence[int] | None = None) -> str:
    """One place as a GeoJSON Feature.

    Parameters
    ----------
    session
        Any session; one statement is run.
    code
        The place's code.
    on
        The day; None is today where the place lies.
    scope
        Ids of the places below which the asker sees; None is everywhere.

    Raises
    ------
    UnknownPlace
        No place that the asker sees has that code on that day.
    """
    values = {
        "kinds": [kind.value for kind in Kind],
        "on_day": on,
        "community": None,
        "scope": None if scope is None else list(scope),
        "outlines": False,
        "at_most": 1,
        "code": code,
    }
    body = session.scalar(_ONE, values)
    if body is None:
        raise UnknownPlace("no place on record has the code {code}", code=code)
    return str(body)


def _statement(window: str, way_window: str, last: str) -> TextClause:
    body = (
        read_sql("gridmap.places", "features.sql").replace("-- window", window).replace("-- outer window", way_window)
    )
    return typed(
        read_sql("gridmap.access", "below.sql") + body + last,
        on_day=Date, community=Text, code=Text, scope=ARRAY(Integer), kinds=ARRAY(Text), outlines=Boolean,
        at_most=Integer, keep=Integer, west=Float, south=Float, east=Float, north=Float,
    )  # fmt: skip


_COLLECTION = """select json_build_object('type', 'FeatureCollection',
    'truncated', (select count(*) > :keep from counted),
    'features', coalesce((select json_agg(body) from (select body from counted limit :keep) kept), '[]'))::text"""
_BOX = "and {}.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)"
_ALL = _statement("", "", _COLLECTION)
_IN_WINDOW = _statement(_BOX.format("v"), _BOX.format("w"), _COLLECTION)
_ONE = _statement("and p.code = :code", "and false", "select body::text from counted")
