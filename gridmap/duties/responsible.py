"""Who is responsible here: the ladder of leaders over a position or a place on a day, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Boolean, Connection, Date, Float, Integer, Text, TextClause
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from gridmap.database import read_sql, typed
from gridmap.errors import OutsideCommunity, UnknownPlace
from gridmap.places.position import Position

NEAREST_REACH_M = 15.0


@dataclass(frozen=True)
class Wording:
    """The sentences of an answer in the reader's language; ``{role}`` and ``{until}`` are filled in.

    Parameters
    ----------
    language
        ``zh`` or ``en``: which label of a role is shown.
    office
        What the community's office is called as a post.
    why_deputy, why_vacant_above, why_leave_above, why_vacant_office, why_leave_office
        Why somebody else than the holder acts.
    """

    language: str = "en"
    office: str = "Community office"
    why_deputy: str = "on leave until {until}; the deputy acts"
    why_vacant_above: str = "vacant; the next rank up acts ({role})"
    why_leave_above: str = "on leave until {until}, no deputy; the next rank up acts ({role})"
    why_vacant_office: str = "vacant, and nobody stands above; the community office acts"
    why_leave_office: str = "on leave until {until}, and nobody stands above; the community office acts"


def _statement(start: str, last: str) -> TextClause:
    return typed(
        read_sql("gridmap.duties", start) + read_sql("gridmap.duties", "ladder.sql") + last,
        on_day=Date, scope=ARRAY(Integer), households=Boolean, lon=Float, lat=Float, reach_m=Float, place=Text,
        **{name: Text() for name in asdict(Wording())},
    )  # fmt: skip


_AT_POINT = _statement(
    "start_at_point.sql",
    """select (select body from answer) as body,
        not exists (select from chosen) and abs(:lon) <= 90 and exists (
            select from place_version v
            where ST_Covers(v.geom, ST_SetSRID(ST_MakePoint(:lat, :lon), 4490)) and (v.kind = 'community') is true
        ) as swapped""",
)
_AT_PLACE = _statement("start_at_place.sql", "select body, false as swapped from answer")


def responsible_at(
    session: Session | Connection,
    where: Position | str,
    on: date | None = None,
    *,
    scope: Sequence[int] | None = None,
    households: bool = False,
    wording: Wording | None = None,
) -> str:
    """Who answers for a position or a place on a day, as the JSON text that `/api/responsible` sends.

    Parameters
    ----------
    session
        Any session or connection; one statement is run.
    where
        A position (the most specific place covering it is chosen, on shared edges the lowest code), or a place's code.
    on
        The day; None is today where the place lies.
    scope
        Ids of the places below which the asker sees; None is everywhere.
    households
        Include the posts that are residents' homes: for the office alone.
    wording
        Sentences in the reader's language; English when None.

    Returns
    -------
    str
        A JSON object, see ``docs/api.md``; coordinates are lon, lat in degrees, distances in metres.

    Raises
    ------
    OutsideCommunity
        The position lies in no community that the asker sees.
    UnknownPlace
        No place that the asker sees has that code on that day.

    Notes
    -----
    Cost: one index probe by point or code, then look-ups by key; it does not grow with the number of places.
    """
    values = vars(wording or Wording()) | {
        "on_day": on,
        "scope": None if scope is None else list(scope),
        "households": households,
    }
    if isinstance(where, Position):
        row = session.execute(
            _AT_POINT, values | {"lon": where.lon, "lat": where.lat, "reach_m": NEAREST_REACH_M}
        ).one()
        if row.body is None:
            raise _outside(where, swapped=row.swapped)
        return str(row.body)
    body = session.scalar(_AT_PLACE, values | {"place": where})
    if body is None:
        if on is None:
            raise UnknownPlace("no place on record has the code {code}", code=where)
        raise UnknownPlace("no place on record had the code {code} on {day}", code=where, day=on)
    return str(body)


def _outside(where: Position, *, swapped: bool) -> OutsideCommunity:
    if swapped:
        return OutsideCommunity(
            "the position {lon}, {lat} lies in no community on record; "
            "with longitude and latitude exchanged it would lie in one",
            lon=where.lon,
            lat=where.lat,
            hint="swapped",
        )
    return OutsideCommunity("the position {lon}, {lat} lies in no community on record", lon=where.lon, lat=where.lat)
