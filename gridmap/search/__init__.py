"""Search: places and the people who hold posts over them, found by the keys in the columns `search`.

The keys are plain strings with their kind in front (`geodata.addresses.names` makes and describes them). A GIN index
holds them as lexemes, which also serves prefixes. What a user types becomes a `Query` in `geodata.addresses`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from gridmap.database import read_sql, typed
from gridmap.errors import BadInput

MOST_HITS = 8
LONGEST_QUERY = 100  # characters
#: Of so many equally good matches the best are chosen; more are not looked at ("1单元" in a city).
MOST_CANDIDATES = 1000


@dataclass(frozen=True, slots=True)
class Words:
    """A name that is looked for, in every spelling under which it may be on record.

    Parameters
    ----------
    wholes
        Spellings of a whole name.
    parts
        Spellings of its beginning, or of what stands further on in it.
    """

    wholes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what was typed as an address.

    Parameters
    ----------
    words
        What names the compound, cell, cluster or community, or the building itself by its street; empty for any.
    building, entrance
        Their labels, None where not given.
    """

    words: Words
    building: str | None
    entrance: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    Parameters
    ----------
    codes
        All of it read as a place's code, in the ways in which that may be written.
    name
        All of it read as one name.
    readings
        All of it read as an address, the likeliest way first.
    """

    codes: tuple[str, ...]
    name: Words
    readings: tuple[Reading, ...] = ()


def hits(
    session: Session,
    query: Query,
    *,
    scope: Sequence[int] | None,
    on: date | None = None,
    limit: int = MOST_HITS,
    language: str = "zh",
) -> str:
    """What answers to a query, best first, as the JSON text that `/api/search` sends.

    Parameters
    ----------
    session
        Any session; one statement is run.
    query
        What is looked for, from `geodata.addresses.query`.
    scope
        Ids of the places below which the asker sees; None is everywhere.
    on
        The day on which names and posts must hold; None is today where each place lies.
    limit
        At most so many hits, 1 to 8.
    language
        ``zh`` or ``en``: which label of a role is shown.

    Returns
    -------
    str
        ``{"hits": [{"kind", "code", "name", "aliases", "context", "place", "lon", "lat", "role", "role_name"}, …]}``.
        `kind` is a kind of place, ``person`` or ``organization``; `code` and `place` say where the hit leads; `role` is
        null for places; `lon` and `lat`, in degrees, are null for a cluster without outline and buildings.

    Raises
    ------
    BadInput
        `limit` is not 1 to 8.

    Notes
    -----
    The order: a code; a whole name; an address (entrance, then its building, then what its words name); the beginning
    of a name; a later part of one. Within each compounds, buildings, other places, people; then by name, numbers by
    value. A weaker kind of match is only looked for while there are fewer hits than asked. Cost: index probes by key.
    """
    if not 1 <= limit <= MOST_HITS:
        raise BadInput("{field} must be a whole number from 1 to {most}", field="limit", most=MOST_HITS)
    readings = query.readings
    grounds = [_ground(way.words) for way in readings]
    owns, doors = [_own(way) for way in readings], [_door(way) for way in readings]
    values = {
        "codes": list(query.codes),
        "whole": _any(_whole(query.name)),
        "begins": _any(_begins(query.name)),
        "within": _any(_within(query.name)),
        "any_ground": _any(filter(None, grounds)),
        "any_own": _any(filter(None, owns)),
        "any_door": _any(filter(None, doors)),
        "grounds": grounds,
        "wholes": [_any(_whole(way.words)) for way in readings],
        "beginnings": [_any([*_whole(way.words), *_begins(way.words)]) for way in readings],
        "owns": owns,
        "own_wholes": [_own(way, whole=True) for way in readings],
        "doors": doors,
        "buildings": [way.building and f"b#{way.building}" for way in readings],
        "entrances": [way.entrance and f"e#{way.entrance}" for way in readings],
        "on_day": on,
        "scope": None if scope is None else list(scope),
        "at_most": limit,
        "enough": MOST_CANDIDATES,
        "language": language,
    }
    return str(session.scalar(_STATEMENT, values))


# Below, each text is a PostgreSQL lexeme query: alternatives, some of them prefixes.


def _whole(words: Words) -> list[str]:
    return [_lexeme("=" + spelling) for spelling in words.wholes]


def _begins(words: Words) -> list[str]:
    return [_lexeme("=" + spelling) + ":*" for spelling in words.parts]


def _within(words: Words) -> list[str]:
    return [_lexeme("~" + spelling) + ":*" for spelling in words.parts]


def _ground(words: Words) -> str | None:
    return _any([*_whole(words), *_begins(words), *_within(words)])


def _own(way: Reading, *, whole: bool = False) -> str | None:
    """A building by its label alone, or with the words of the same name before it."""
    if way.building is None:
        return None
    if not way.words.parts:
        return _lexeme(f"b#{way.building}")
    spellings = way.words.wholes if whole else (*way.words.wholes, *way.words.parts)
    return _any(_lexeme(f"w#{way.building}/{spelling}") + ("" if whole else ":*") for spelling in spellings)


def _door(way: Reading) -> str | None:
    """An entrance of any building: only where nothing else is given."""
    alone = way.building is None and _ground(way.words) is None
    return _lexeme(f"e#{way.entrance}") if way.entrance and alone else None


def _any(lexemes: Iterable[str]) -> str | None:
    # Null matches nothing and is quiet; an empty lexeme query would be a notice in the log.
    return " | ".join(dict.fromkeys(lexemes)) or None


def _lexeme(text: str) -> str:
    doubled = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def _tier(name: str, score: int, keys: str, *before: str) -> str:
    """Return the part that looks for names; while those `before` it found enough, it looks for nothing."""
    so_far = " union ".join(f"select version_id, holder_kind, holder_id, role from {tier}" for tier in before)  # noqa: S608
    wanted = f"(select count(*) from ({so_far}) found) < :at_most" if so_far else "true"  # noqa: S608
    text = read_sql("gridmap.search", "names.sql").replace("<tier>", name).replace("<score>", str(score))
    return text.replace("<keys>", keys).replace("<wanted>", wanted)


_PARTS = (
    read_sql("gridmap.access", "below.sql"),
    read_sql("gridmap.search", "addresses.sql"),
    _tier("named", 5, "whole"),
    _tier("begun", 40, "begins", "addressed", "named"),
    _tier("further", 50, "within", "addressed", "named", "begun"),
    read_sql("gridmap.search", "best.sql"),
)
_TEXTS = ARRAY(Text)
_STATEMENT = typed(
    "".join(_PARTS),
    codes=_TEXTS, whole=Text, begins=Text, within=Text, any_ground=Text, any_own=Text, any_door=Text, grounds=_TEXTS,
    wholes=_TEXTS, beginnings=_TEXTS, owns=_TEXTS, own_wholes=_TEXTS, doors=_TEXTS, buildings=_TEXTS, entrances=_TEXTS,
    on_day=Date, scope=ARRAY(Integer), at_most=Integer, enough=Integer, language=Text,
)  # fmt: skip
