"""Terms of office: who held a post from when to when, since the community was founded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np

from geodata.sample.names import Names, Somebody

FOUNDED = date(2013, 6, 1)
_QUIET = 75
"""Days before the day of reference in which no post changes hands but those that are meant to."""


class Fate(StrEnum):
    """What a post is on the day of reference."""

    HELD = "held"
    CHANGED = "changed last month"
    LEAVING = "handed over soon"
    LEFT = "vacant since some time"
    NEVER = "never held"


@dataclass(frozen=True)
class Holding:
    """Who holds a post on the day of reference.

    Parameters
    ----------
    who
        The person.
    since
        First day of the term.
    """

    who: Somebody
    since: date


class Roster:
    """Rows of the roster, in the columns of `geodata.exchange`.

    Parameters
    ----------
    as_of
        Day of reference.
    names
        People to come.
    rng
        Draws when posts change hands.
    """

    def __init__(self, as_of: date, names: Names, rng: np.random.Generator) -> None:
        self.as_of = as_of
        self.names = names
        self.rng = rng
        self.rows: list[dict[str, Any]] = []

    @property
    def last_month(self) -> date:
        """A day of the month before the day of reference, always the same."""
        return (self.as_of.replace(day=1) - timedelta(days=1)).replace(day=16)

    @property
    def soon(self) -> date:
        """The day after the day of reference on which posts are handed over."""
        return self.as_of + timedelta(days=12)

    def day(self, years: float) -> date:
        """Return a day so many years after the founding; of a young community in proportion.

        Parameters
        ----------
        years
            Below ten.
        """
        span = (self.as_of - FOUNDED).days
        return FOUNDED + timedelta(days=min(round(years * 365.25), round(span * years / 10)))

    def add(
        self, role: str, place: str, who: Somebody, start: date, end: date | None = None, *,
        consent: bool | None = None, note: str | None = None,
    ) -> None:  # fmt: skip
        """Add one term of a person.

        Parameters
        ----------
        role, place, who, start, end
            The term; `end` is the first day on which it no longer holds.
        consent
            Whether name and number may be published; drawn when None.
        note
            For the office only.
        """
        agreed = bool(self.rng.random() < 0.93) if consent is None else consent
        self.rows.append(
            {
                "role": role, "place": place, "holder": "person", "name": who.name, "phone": who.phone,
                "phone_24h": None, "organization_kind": None, "valid_from": start, "valid_to": end,
                "consent": agreed, "note": note,
            }
        )  # fmt: skip

    def fill(
        self, role: str, place: str, begin: date, years: float, fate: Fate = Fate.HELD, *,
        last: Somebody | None = None, consent: bool | None = None,
    ) -> Holding | None:  # fmt: skip
        """Add all terms of a post that one person holds at a time, and return its holder today.

        Parameters
        ----------
        role, place
            The post.
        begin
            First day on which it was held.
        years
            Length of a term on average.
        fate
            What it is on the day of reference.
        last
            Who holds it then; somebody new when None.
        consent
            See `add`.
        """
        if fate is Fate.NEVER:
            return None
        changes = self._changes(begin, years)
        end: date | None = None
        if fate is Fate.CHANGED:
            changes.append(self.last_month)
        elif fate is Fate.LEAVING:
            end = self.soon
        elif fate is Fate.LEFT:
            end = self.as_of - timedelta(days=int(self.rng.integers(20, _QUIET)))
        for start, stop in pairwise([begin, *changes]):
            self.add(role, place, self.names.somebody(), start, stop, consent=consent)
        since = changes[-1] if changes else begin
        who = last or self.names.somebody()
        self.add(role, place, who, since, end, consent=consent)
        if fate is Fate.LEAVING:
            self.add(role, place, self.names.somebody(), self.soon, consent=consent)
        return None if fate is Fate.LEFT else Holding(who, since)

    def _changes(self, begin: date, years: float) -> list[date]:
        """Draw the days on which a post changed hands."""
        quiet = self.as_of - timedelta(days=_QUIET)
        changes: list[date] = []
        day = begin
        while True:
            day += timedelta(days=round(365.25 * years * self.rng.uniform(0.4, 1.6)))
            if day >= quiet:
                return changes
            changes.append(day)
