"""Versions in time, as plain values: what a change does to them, and which rows that writes.

A period is a pair of days, half-open; None is unbounded. A timeline is a list of versions of one thing that do not
overlap, in order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

Period = tuple[date | None, date | None]
ALWAYS: Period = (None, None)
Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """What is true during one period.

    Parameters
    ----------
    period
        Half-open.
    attributes
        Compared by equality, never changed in place.
    id
        Of its row; None while it has none.
    """

    period: Period
    attributes: Attributes
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is said to be true during one period; attributes that it does not name stay as they were."""

    period: Period
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that turn one timeline into another."""

    insert: tuple[Version, ...] = ()
    update: tuple[Version, ...] = ()
    delete: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.insert or self.update or self.delete)


def starts(period: Period) -> date:
    """Return the first day of a period, `date.min` where it is unbounded."""
    return period[0] or date.min


def ends(period: Period) -> date:
    """Return the first day after a period, `date.max` where it is unbounded."""
    return period[1] or date.max


def overlap(one: Period, other: Period) -> bool:
    """Whether two periods share a day."""
    return starts(one) < ends(other) and starts(other) < ends(one)


def common(one: Period, other: Period) -> Period:
    """Return the days that two overlapping periods share."""
    first, last = max(starts(one), starts(other)), min(ends(one), ends(other))
    return (None if first == date.min else first, None if last == date.max else last)


def at(timeline: Iterable[Version], day: date) -> Version | None:
    """Return the version that holds a day."""
    return next((version for version in timeline if starts(version.period) <= day < ends(version.period)), None)


def meant(timeline: list[Version], as_of: date | None, today: date) -> Period:
    """Return the period that an undated row is about.

    Parameters
    ----------
    timeline
        What is on record.
    as_of
        The day of a change, None for a correction.
    today
        Day on which the record is read.

    Returns
    -------
    Period
        A change begins on its day and lasts until the next version begins. A correction is about the version of today,
        else the nearest one; something new has always been so.
    """
    if as_of:
        holding = at(timeline, as_of)
        later = [version.period[0] for version in timeline if starts(version.period) > as_of]
        return (as_of, holding.period[1] if holding else min(filter(None, later), default=None))
    if not timeline:
        return ALWAYS
    past = [version for version in timeline if starts(version.period) <= today]
    return (past[-1] if past else timeline[0]).period


def changed(timeline: list[Version], changes: Iterable[Change], blank: Attributes) -> list[Version]:
    """Return a timeline after changes, each applied to what the one before it left.

    Parameters
    ----------
    timeline
        What is on record.
    changes
        In order; a later one wins.
    blank
        Attributes of something that begins without a version to follow on.

    Returns
    -------
    list of Version
        Touching versions that say the same are one, unless they were two on record already.
    """
    listed = list(changes)
    # Nearly always: something new, or the whole of the one version.
    if len(listed) == 1 and not timeline:
        return [Version(listed[0].period, {**blank, **listed[0].attributes})]
    if len(listed) == 1 and len(timeline) == 1 and timeline[0].period == listed[0].period:
        return [replace(timeline[0], attributes={**timeline[0].attributes, **listed[0].attributes})]
    pieces = [_Piece(version.period, version.attributes, (version,)) for version in timeline]
    for change in listed:
        pieces = _overwritten(pieces, change, blank)
    return _identified(_joined(pieces))


def difference(before: list[Version], after: list[Version]) -> Rows:
    """Return the rows to write.

    Parameters
    ----------
    before
        What is on record, every version with its id.
    after
        What shall be; ids tell which row becomes which.
    """
    old = {version.id: version for version in before}
    kept = {version.id for version in after}
    return Rows(
        insert=tuple(version for version in after if version.id is None),
        update=tuple(version for version in after if version.id is not None and version != old[version.id]),
        delete=tuple(id_ for id_ in old if id_ is not None and id_ not in kept),
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    period: Period
    attributes: Attributes
    origins: tuple[Version, ...]
    """Versions on record that cover some of it."""

    def within(self, period: Period) -> _Piece:
        cut = common(self.period, period)
        return replace(self, period=cut, origins=tuple(o for o in self.origins if overlap(o.period, cut)))


def _overwritten(pieces: list[_Piece], change: Change, blank: Attributes) -> list[_Piece]:
    first, last = change.period
    result = []
    before: Attributes = blank
    cursor = first
    for piece in pieces:
        if not overlap(piece.period, change.period):
            if ends(piece.period) <= starts(change.period):
                before = piece.attributes
            result.append(piece)
            continue
        if starts(piece.period) < starts(change.period):
            result.append(piece.within((None, first)))
        inside = piece.within(change.period)
        if (cursor or date.min) < starts(inside.period):
            result.append(_Piece((cursor, inside.period[0]), {**before, **change.attributes}, ()))
        result.append(replace(inside, attributes={**piece.attributes, **change.attributes}))
        before, cursor = piece.attributes, inside.period[1]
        if ends(change.period) < ends(piece.period):
            result.append(piece.within((last, None)))
    covered = any(overlap(piece.period, change.period) for piece in pieces)
    if not covered or (cursor is not None and cursor < ends(change.period)):
        result.append(_Piece((cursor, last), {**before, **change.attributes}, ()))
    return sorted(result, key=lambda piece: starts(piece.period))


def _joined(pieces: list[_Piece]) -> list[_Piece]:
    result: list[_Piece] = []
    for piece in pieces:
        if result and _one(last := result[-1], piece):
            more = tuple(o for o in piece.origins if not any(o is known for known in last.origins))
            result[-1] = _Piece((last.period[0], piece.period[1]), last.attributes, last.origins + more)
        else:
            result.append(piece)
    return result


def _one(one: _Piece, other: _Piece) -> bool:
    if one.period[1] is None or one.period[1] != other.period[0] or one.attributes != other.attributes:
        return False
    # Two versions that said the same on record stay two: somebody meant that.
    return not (_untouched(one) and _untouched(other))


def _untouched(piece: _Piece) -> bool:
    return any(o.period == piece.period and o.attributes == piece.attributes for o in piece.origins)


def _identified(pieces: list[_Piece]) -> list[Version]:
    """Give each piece the row of a version that it came from: first where nothing but the period differs."""
    taken: dict[int, int] = {}
    preferences: list[Callable[[_Piece, Version], bool]] = [
        lambda piece, origin: piece.period == origin.period,
        lambda piece, origin: piece.attributes == origin.attributes,
        lambda _piece, _origin: True,
    ]
    for suits in preferences:
        for index, piece in enumerate(pieces):
            if index in taken.values():
                continue
            for origin in piece.origins:
                if origin.id is not None and origin.id not in taken and suits(piece, origin):
                    taken[origin.id] = index
                    break
    ids = {index: id_ for id_, index in taken.items()}
    return [Version(piece.period, piece.attributes, ids.get(index)) for index, piece in enumerate(pieces)]
