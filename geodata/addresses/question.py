"""What somebody typed into the search field, as a query of `gridmap.search`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from geodata.addresses.names import KEY_LENGTH, LEFT_OUT, initials, pinyin
from geodata.addresses.parse import readings
from geodata.addresses.text import arabic, compact, normalise
from gridmap.errors import BadInput
from gridmap.search import LONGEST_QUERY, Query, Reading, Words


def query(text: str, *, field: str = "q") -> Query:
    """Return what a text asks for: a code, a name, an address, or several of these.

    Parameters
    ----------
    text
        As it was typed: address, name, pinyin, initials, a mixture of them, or a part.
    field
        What an error calls the text.

    Raises
    ------
    BadInput
        It is blank, longer than `LONGEST_QUERY` characters, or holds what no text may hold.

    Examples
    --------
    >>> asked = query("ssjn3hl")
    >>> asked.readings[0].words.parts, asked.readings[0].building
    (('ssjn',), '3')
    """
    typed = text.strip()
    if len(typed) > LONGEST_QUERY:
        raise BadInput("{field} is longer than {most} characters", field=field, most=LONGEST_QUERY)
    if "\x00" in typed or any("\ud800" <= sign <= "\udfff" for sign in typed):
        raise BadInput("{field} holds a character that no text may hold", field=field)
    plain = compact(normalise(typed))
    if not plain:
        raise BadInput("{field} is empty; type a building, an entrance, a name or a code", field=field)
    ways = [Reading(_ground(way.compound), way.building, way.entrance) for way in readings(typed)]
    plainest = unicodedata.normalize("NFKC", typed)
    return Query(
        tuple(dict.fromkeys([typed, plainest, plainest.upper()])), _words(plain), tuple(dict.fromkeys(ways))[:_WAYS]
    )


def _words(plain: str) -> Words:
    spellings = tuple(dict.fromkeys(spelling[:KEY_LENGTH] for spelling in _spellings(plain)))
    return Words(tuple(dict.fromkeys([*spellings, *(LEFT_OUT.sub("", spelling) for spelling in spellings)])), spellings)


def _spellings(plain: str) -> Iterator[str]:
    yield plain
    yield arabic(plain)
    if _MIXED.search(plain):  # 塞上jn, 张wei: characters first, letters where typing grew tedious
        syllables = pinyin(plain)
        yield "".join(syllables)
        yield "".join(initials(syllables, plain))


_MIXED = re.compile(r"[\u3400-\u9fff].*[a-z]|[a-z].*[\u3400-\u9fff]")
_MARK_ABOVE = re.compile(r"[省市盟州县旗区镇乡]|街道|社区|[路街巷](?:[0-9]+号)?")

_LEVELS_ABOVE = 6
_WAYS = 3


def _ground(compound: str) -> Words:
    """The name of a compound; what stands before it in a long address (城市, 街道) may be left out."""
    if not compound:
        return Words()
    words = _words(compound)
    shorter = [compound[mark.end() :] for mark in _MARK_ABOVE.finditer(compound)][-_LEVELS_ABOVE:]
    names = [spelling for name in shorter if len(name) > 1 for spelling in _words(name).wholes]
    stem = LEFT_OUT.sub("", compound)
    return Words(tuple(dict.fromkeys([*words.wholes, *names])), tuple(dict.fromkeys([*words.parts, stem])))
