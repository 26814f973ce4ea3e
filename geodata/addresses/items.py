"""The numbered items of an address: 三号楼, 2单元, 501室, Building 3, and bare numbers where an address can have them.

A text is read once from left to right. Every pattern is tried at one position and takes a bounded number of
characters, so the cost is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from geodata.addresses.text import EVERYDAY, NUMERALS, integer


class Kind(StrEnum):
    """What the mark of an item says it is."""

    BUILDING = "building"
    #: 12号, 12号院: a building where no better one stands, else part of the words before it.
    STREET_NUMBER = "street number"
    #: 3楼: a building; after a building one of its floors.
    LEVEL = "level"
    ENTRANCE = "entrance"
    ROOM = "room"
    FLOOR = "floor"
    #: A number without a mark.
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Item:
    """A label, what its mark says it is, and where both stand in the text."""

    kind: Kind
    label: str
    start: int
    end: int


#: Behind a number; a space may stand where the question mark is.
_MARKS = {
    Kind.BUILDING: "号住宅楼 号公寓 号楼 #楼 #栋 栋楼 幢楼 座楼 栋 幢 座 # hao?lou hl dong zhuang zuo lou",
    Kind.STREET_NUMBER: "号大院 号院 号 hao",
    Kind.LEVEL: "楼",
    Kind.ENTRANCE: "号单元 #单元 单元门 单元 号门 #门 门洞 门栋 门 号梯 梯 dan?yuan dy haomen men",
    Kind.ROOM: "号房间 房间 号房 号室 号户 房 室 户 shi fang",
    Kind.FLOOR: "楼层 层",
}
#: Before a number, in English and as in the towns of the north.
_WORDS = {
    Kind.BUILDING: "building bldg block blk tower house talo",
    Kind.ENTRANCE: "unit entrance entr door staircase stair gate porras rappu",
    Kind.ROOM: "room rm apartment apt flat suite",
    Kind.FLOOR: "floor",
}
_KIND_OF = {
    sign.replace("?", ""): kind for table in (_MARKS, _WORDS) for kind, signs in table.items() for sign in signs.split()
}
#: Other words can go on from these: 三门峡, 三座店, 五层楼小区, 一号公馆.
_LOOSE_MARKS = frozenset({"座", "楼", "号", "号院", "门", "梯", "房", "室", "户", "层"})
#: With these they still are marks: 3号楼5楼西户.
_SIDES = frozenset("东西南北中左右前后侧边旁口的底附内外")
_STEMS = "甲乙丙丁戊己庚辛"
_SIGNS_BETWEEN = " -/\\,、.。;:()[]_|#'\""

_NUMBER = rf"(?:[a-z]|[{_STEMS}])?(?<![0-9])[0-9]{{1,4}}(?![0-9])(?:[a-z](?![a-z]))?"
_LETTER = "[a-z](?![a-z])"


def _any(table: dict[Kind, str]) -> str:
    longest_first = sorted((sign for signs in table.values() for sign in signs.split()), key=len, reverse=True)
    ends = {sign: "(?![a-z])" if sign[-1] in "abcdefghijklmnopqrstuvwxyz" else "" for sign in longest_first}
    return "|".join(re.escape(sign).replace(r"\?", " ?") + ends[sign] for sign in longest_first)


_ANY_LABEL = rf"(?P<label>{_NUMBER}|[{NUMERALS}]{{1,9}}|{_LETTER}|[{_STEMS}东西南北中左右])"
_MARKED = re.compile(rf"(?:第|no\.? ?|#)?{_ANY_LABEL} ?(?P<mark>{_any(_MARKS)})(?!群)")
_WORDED = re.compile(rf"(?P<mark>{_any(_WORDS)})\.? ?(?:no\.? ?|#)?(?P<label>{_NUMBER}|{_LETTER})(?![0-9])")
_BARE = re.compile(rf"(?:no\.? ?|#)?(?P<label>{_NUMBER}|[{EVERYDAY}]{{1,9}}|{_LETTER})")
_START = re.compile(rf"[0-9{NUMERALS}{_STEMS}东西南北中左右第#a-z]")
_RUN = re.compile(rf"[0-9]+|[a-z]+|[{NUMERALS}]+|.", re.DOTALL)
_GAP = re.compile(f"[{re.escape(_SIGNS_BETWEEN)}]*")


def items(text: str) -> list[Item]:
    """Return the numbered items of a text in order.

    Parameters
    ----------
    text
        A text that `normalise` returned.

    Examples
    --------
    >>> [(str(item.kind), item.label) for item in items("三门峡小区3栋二单元501")]
    [('building', '3'), ('entrance', '2'), ('bare', '501')]
    """
    found: list[Item] = []
    at = 0
    while (start := _START.search(text, at)) is not None:
        at = start.start()
        if item := _item(text, at, found[-1] if found else None):
            found.append(item)
            at = item.end
        else:  # no part of a longer number or word is a label
            at = _RUN.match(text, at).end()  # type: ignore[union-attr]
    return found


def words(text: str) -> str:
    """Return a text without the signs that part items at its ends.

    Parameters
    ----------
    text
        What stands between or around items.
    """
    return text.strip(_SIGNS_BETWEEN)


def label(written: str) -> str | None:
    """Return a label in plain digits and letters; None when a Chinese numeral is no number.

    Parameters
    ----------
    written
        What stands before the mark.

    Examples
    --------
    >>> label("03"), label("廿一"), label("甲1"), label("百")
    ('3', '21', '甲1', None)
    """
    if written[0] in NUMERALS:
        value = integer(written)
        return None if value is None else str(value)
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", written)


def _item(text: str, at: int, before: Item | None) -> Item | None:
    tries: Sequence[tuple[re.Match[str] | None, bool]] = (
        (worded := _WORDED.match(text, at), worded is not None),
        (marked := _MARKED.match(text, at), marked is not None and _is_mark(text, marked)),
        (bare := _BARE.match(text, at), bare is not None and _is_label(text, bare, before)),
    )
    for found, fits in tries:
        if found and fits and (plain := label(found["label"])) is not None:
            mark = found.groupdict().get("mark")
            return Item(_KIND_OF[mark.replace(" ", "")] if mark else Kind.BARE, plain, at, found.end())
    return None


def _is_mark(text: str, found: re.Match[str]) -> bool:
    """Whether the mark is one here, and not the beginning of another word."""
    named, mark, end = found["label"], found["mark"], found.end()
    if named in "东西南北中左右":
        return mark == "单元"
    if mark.isascii() and mark != "#":  # pinyin stands behind digits only: "dalou" names no building "da"
        return named[-1].isdigit()
    if mark not in _LOOSE_MARKS or end == len(text):
        return True
    follows = text[end]
    return not follows.isalpha() or follows.isascii() or follows in _SIDES or _START.match(follows) is not None


def _is_label(text: str, found: re.Match[str], before: Item | None) -> bool:
    """Whether a number without a mark is part of an address here."""
    named, start, end = found["label"], found.start(), found.end()
    if end < len(text) and text[end] not in _SIGNS_BETWEEN and not _MARKED.match(text, end):
        return False
    joined = before is not None and _GAP.match(text, before.end).end() >= start  # type: ignore[union-attr]
    if named.isalpha() and named.isascii():  # staircase A after number 4
        return joined and start > before.end and before.kind in _HAS_STAIRS  # type: ignore[union-attr]
    dashed = text[end : end + 1] in {"-", "/"} and _BARE.match(text, end + 1) is not None
    if named[0] in EVERYDAY:
        return start == 0 or dashed or (joined and start > before.end)  # type: ignore[union-attr]
    follows = _GAP.match(text, end).end()  # type: ignore[union-attr]
    return joined or dashed or follows == len(text) or _START.match(text, follows) is not None


_HAS_STAIRS = frozenset({Kind.BUILDING, Kind.STREET_NUMBER, Kind.BARE})
