"""Resident-style addresses, taken apart: "塞上江南三号楼2单元501", "3#2-501", "名苑A区12栋", "Mannerheimintie 4 A"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from geodata.addresses.items import Item, Kind, items, label, words
from geodata.addresses.text import EVERYDAY, NUMERALS, compact, normalise


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address; labels are plain, such as 12 or a3.

    Parameters
    ----------
    compound
        What stands before the building: compound, street, or all of a text that is no address.
    building, entrance, room
        Their labels, numbers in digits without leading zeros; None where not given.
    rest
        What else was written: floors, sides, remarks.
    """

    compound: str = ""
    building: str | None = None
    entrance: str | None = None
    room: str | None = None
    rest: str = ""


def parse(text: str) -> Address:
    """Return the parts of an address; a text that is none is all `compound`.

    Parameters
    ----------
    text
        As somebody typed it.

    Examples
    --------
    >>> parse("塞上江南三号楼2单元501")
    Address(compound='塞上江南', building='3', entrance='2', room='501', rest='')
    >>> parse("３-２").entrance
    '2'
    """
    return _parsed(normalise(text))


def _parsed(text: str) -> Address:
    plain = _LOOSELY_SET.sub("", text)
    found = items(plain)
    chosen = _building(plain, found)
    if chosen is None:
        tail = found if found and found[0].kind in {Kind.ENTRANCE, Kind.ROOM} else []
        return _filled(plain, tail[0].start if tail else len(plain), None, tail)
    building, later, start = found[chosen], found[chosen + 1 :], found[chosen].start
    before = found[chosen - 1] if chosen else None
    # 2单元3号楼: the entrance may stand before its building.
    if before and before.kind is Kind.ENTRANCE and not words(plain[before.end : start]):
        later, start = [before, *later], before.start
    address = _filled(plain, start, building, later)
    if address.compound and address.compound in _SIDES:  # 西3栋 is the third of the western row, a name of its own
        return replace(address, compound="", building=address.compound + building.label)
    return address


def readings(text: str) -> list[Address]:
    """Return every sensible way to read an address, the likeliest first; none where nothing is numbered.

    Parameters
    ----------
    text
        As somebody typed it, perhaps not to its end.

    Examples
    --------
    >>> [(way.compound, way.building) for way in readings("名苑A3栋")]
    [('名苑', 'a3'), ('名苑a', '3')]
    """
    first = parse(text)
    if first.building is None and first.entrance is None:
        # 塞上江南三: the mark is not typed yet. A lone letter may be a building: A座.
        unfinished = _UNFINISHED.search(first.compound)
        if not unfinished or (named := label(unfinished[0])) is None:
            return []
        first = Address(first.compound[: unfinished.start()], named)
    ways = [first, *_others(first)]
    if not first.compound and first.rest.isascii() and len(first.rest) > 1:
        # Unit 2, Building 3, Ruining Court: from small to large.
        ways.insert(0, replace(first, compound=first.rest, rest=""))
    return list(dict.fromkeys(ways))


def labelled(name: str) -> Address:
    """Return the parts of a place's own name; a bare 12 or A may be a building's or an entrance's.

    Parameters
    ----------
    name
        A text that `normalise` returned.

    Examples
    --------
    >>> labelled("2单元").entrance, labelled("a")
    ('2', Address(compound='', building='a', entrance='a', room=None, rest=''))
    """
    plain = compact(name)
    if _ONLY_LABEL.fullmatch(plain):
        return Address(building=label(plain), entrance=label(plain))
    return _parsed(name)


#: 3 号 楼 is 3号楼; but 三 二 are two numbers.
_LOOSELY_SET = re.compile(rf"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])(?![{NUMERALS}])")
_ONLY_LABEL = re.compile(r"[a-z]?[0-9]{1,4}[a-z]?|[a-z]")
_UNFINISHED = re.compile(rf"(?<=[^{EVERYDAY}])[{EVERYDAY}]{{1,7}}$|^[a-z]$")
_LETTERED = re.compile(r"(?P<before>[a-z]?)(?P<number>[0-9]+)(?P<after>[a-z]?)")
_LETTER_AT_END = re.compile(r"(?<![a-z])[a-z]$")
#: Rows of buildings are called by these.
_SIDES = "东西南北中前后新老旧"
#: A pinyin mark of which one letter is typed: 3d(ong), 3l(ou), 3z(huang), 3h(aolou).
_BEGUN_MARKS = "dlzh"


def _others(first: Address) -> Iterator[Address]:
    if first.building and first.building[0] in _SIDES:  # 东3: perhaps building 3 of 东苑, being typed
        yield replace(first, compound=first.building[0], building=first.building[1:])
    elif first.building and len(first.compound) > 1 and first.compound[-1] in _SIDES:
        yield replace(first, compound=first.compound[:-1], building=first.compound[-1] + first.building)
    lettered = _LETTERED.fullmatch(first.building or "")
    if lettered:
        before, number, after = lettered.groups()
        if before:  # A3栋 is also building 3 of A区
            yield replace(first, compound=first.compound + before, building=number + after)
        elif letter := _LETTER_AT_END.search(first.compound):
            yield replace(first, compound=first.compound[:-1].rstrip("-"), building=letter[0] + number + after)
        if after and not first.entrance:  # 4a: staircase A of number 4
            yield replace(first, building=before + number, entrance=after)
        if after and not first.entrance and after in _BEGUN_MARKS:
            yield replace(first, building=before + number)


def _building(text: str, found: list[Item]) -> int | None:
    """Say which item is the building."""
    inside = next((at for at, item in enumerate(found) if item.kind in {Kind.ENTRANCE, Kind.ROOM}), len(found))
    chosen = None
    for at, item in enumerate(found):
        if chosen is not None and item.kind not in {Kind.BUILDING, Kind.STREET_NUMBER}:
            break
        # 三栋屋小区5号楼: what has words behind it belonged to a name.
        if item.kind is Kind.BUILDING and (chosen is None or words(text[found[at - 1].end : item.start])):
            chosen = at
    if chosen is not None:
        return chosen
    for kind in (Kind.STREET_NUMBER, Kind.BARE, Kind.LEVEL):
        for at, item in enumerate(found[:inside]):
            if item.kind is kind:
                return at
    return None


def _filled(text: str, start: int, building: Item | None, later: list[Item]) -> Address:
    """Sort what stands after the building into entrance, room and rest."""
    entrance = next((item for item in later if item.kind is Kind.ENTRANCE), None)
    room = next((item for item in later if item.kind is Kind.ROOM), None)
    for item in (item for item in later if item.kind in {Kind.BARE, Kind.STREET_NUMBER}):
        if entrance is None and room is None and len(item.label) <= 2:
            entrance = item
        elif room is None or room.kind is Kind.BARE:  # 3-2-5-501: the last one is the room
            room = item
    at, rest = (building.end if building else start), []
    for item in sorted((part for part in (entrance, room) if part), key=lambda part: part.start):
        if item.start >= at:
            rest.append(text[at : item.start])
            at = item.end
    rest.append(text[at:])
    return Address(
        compact(text[:start].strip()).strip("-/\\_|(,#"),
        building.label if building else None,
        entrance.label if entrance else None,
        room.label if room else None,
        compact(" ".join(part for piece in rest if (part := words(piece)))),
    )
