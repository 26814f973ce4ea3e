"""The made-up sample community 瑞宁社区(样例): drawn by hand, peopled by chance, the same for the same seed and day.

    community() ── plan, estates   the drawing: streets, public land, compounds with their rows
                ── outline         the community cut into compounds and grid cells
                ── buildings       rows into outlines and doors
                ── census          4,499 households and 10,000 residents behind the doors
                ── walks           walls, gates, roads, paths
                ── facilities      venues, stations, greens
                ── registry        codes and names
                ── people, services, terms, names    who answered for what, when
                ── layers          all of it as `geodata.exchange.Layers`

Nobody in it exists; names, numbers, firms and the community's code are made up.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from geodata.exchange import Layers
from geodata.sample.buildings import drawn
from geodata.sample.census import counted
from geodata.sample.facilities import all_facilities
from geodata.sample.layers import TIMEZONE, framed
from geodata.sample.names import Names
from geodata.sample.outline import divided
from geodata.sample.people import appoint, channels
from geodata.sample.registry import CODE, NAME, registered
from geodata.sample.services import engage
from geodata.sample.terms import FOUNDED, Roster
from geodata.sample.walks import all_ways
from gridmap.errors import BadInput

__all__ = ["CODE", "FOUNDED", "FROM", "NAME", "SEED", "UNTIL", "community"]

SEED = 20130601
FROM, UNTIL = date(2014, 7, 1), date(2050, 1, 1)
"""The days on which the sample can be: later than its first year, and before it runs out of telephone numbers."""


def community(*, as_of: date | None = None, seed: int = SEED) -> Layers:
    """Return the sample community.

    Parameters
    ----------
    as_of
        The day on which its roster is the present one, today in its time zone when None. Posts changed hands in the
        years before, last month, and will on a day soon after.
    seed
        Draws the small differences between buildings, who lives where, and everybody's name.

    Returns
    -------
    Layers
        All layers; the same for the same day and seed.

    Raises
    ------
    BadInput
        The community did not exist on that day, or it is too far ahead.

    Examples
    --------
    >>> layers = community(as_of=date(2026, 3, 18))
    >>> layers.community.name, int(layers.buildings["households"].sum())
    ('瑞宁社区(样例)', 4499)
    """
    as_of = as_of or datetime.now(ZoneInfo(TIMEZONE)).date()
    if not FROM <= as_of < UNTIL:
        raise BadInput(
            "the sample community is of {first} to {last}, not of {value}; choose another day",
            field="as_of", first=FROM, last=UNTIL, value=as_of,
        )  # fmt: skip
    # A stream of its own for each part: a change to the houses leaves the names alone.
    shapes, lives, dates, names = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(4))
    division = divided()
    buildings = drawn(shapes)
    registry = registered(division, buildings, counted(buildings, lives))
    ways = all_ways(division, buildings)
    places = all_facilities(division, buildings, ways)
    roster = Roster(as_of, Names(names), dates)
    staff = appoint(registry, roster)
    engage(registry, roster)
    return framed(registry, division, places, ways, roster, staff.leaves, channels(registry, roster))
