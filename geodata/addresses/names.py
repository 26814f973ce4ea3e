"""What a name is found by: its spelling, its number, its pinyin and its initials, as plain keys that an index serves.

Each key is a string with its kind in front, so that no text of a user can pass for a key of another kind:

    @…   the place of the name in a list (pinyin, numbers by value); always the first key
    =…   a whole name; what begins with it is a prefix match
    ~…   a name from one of its later characters or syllables on: what begins with it is a substring match
    b#…  the label of a building, e#… of an entrance (12, a3)
    w#…  the label of a building and the words before it (4/mannerheimintie): labels and words of different aliases
         do not belong together

`gridmap.search` asks for them; the tables keep them in the column `search`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate

from geodata.addresses.parse import labelled
from geodata.addresses.text import arabic, compact, normalise

#: A query has at most so many characters, so longer keys would serve nobody.
KEY_LENGTH = 100
#: Later characters than this start no substring key: it bounds what a long name costs.
STARTS = 60
#: Words that people leave out: 塞上江南 is 塞上江南小区.
LEFT_OUT = re.compile(r"(?<=..)(?:住宅小区|小区|社区)$")
#: Surnames whose reading differs from the usual one of the character.
_SURNAMES = {
    reading[0]: reading[1]
    for reading in re.findall(
        r"(\w+):([a-z']+)",
        """
        单:shan 解:xie 仇:qiu 曾:zeng 区:ou 查:zha 盖:ge 乐:yue 朴:piao 翟:zhai 召:shao 缪:miao 员:yun 种:chong 折:she
        繁:po 冼:xian 谌:chen 祭:zhai 覃:qin 牟:mu 句:gou 黑:he 秘:bi 宓:fu 郇:xun 隗:wei 逄:pang 郗:xi 訾:zi 乜:nie
        厍:she 佴:nai 会:gui 能:nai 洗:xian 重:chong 尉迟:yu'chi 万俟:mo'qi 长孙:zhang'sun 单于:chan'yu 澹台:tan'tai
        """,
    )
}
#: Characters of place names that people read in two ways.
_PAIRS = {
    "长": ("chang", "zhang"), "厦": ("sha", "xia"), "乐": ("le", "yue"), "行": ("hang", "xing"), "朝": ("chao", "zhao"),
    "重": ("chong", "zhong"), "堡": ("bao", "pu"), "都": ("du", "dou"),
}  # fmt: skip
_HAN_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{2,4}")


def keys(*names: str) -> list[str]:
    """Return what a place, person or organization is found by: the content of its column `search`.

    Parameters
    ----------
    *names
        Its name, then its aliases; blank ones count for nothing.

    Returns
    -------
    list of str
        The key by which lists are sorted first, then all others in order, each once. Empty without a name.

    Examples
    --------
    >>> keys("3号楼")[:3]
    ['@000003haolou', '=3号楼', '=3haolou']
    """
    given = [plain for name in names if (plain := normalise(name or ""))]
    if not given:
        return []
    found = dict.fromkeys(key for plain in given for key in _keys(plain))
    return ["@" + sort_key(given[0]), *found]


def sort_key(name: str) -> str:
    """Return a string by which names sort as people list them: by pinyin, numbers by value.

    Parameters
    ----------
    name
        A text that `normalise` returned.

    Examples
    --------
    >>> sorted(["10号楼", "2号楼", "东苑", "A座"], key=sort_key)
    ['2号楼', '10号楼', 'A座', '东苑']
    """
    spelt = "".join(pinyin(arabic(compact(normalise(name)))))
    return re.sub(r"[0-9]{1,20}", lambda number: number[0].zfill(6), spelt[:KEY_LENGTH])


def pinyin(text: str) -> tuple[str, ...]:
    """Return the syllables of a text; what is not Chinese stays whole between them.

    Parameters
    ----------
    text
        A text that `compact` returned.

    Examples
    --------
    >>> pinyin("名苑a区")
    ('ming', 'yuan', 'a', 'qu')
    """
    # Imported when first needed: its dictionary takes a tenth of a second, which other commands save.
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(text[:KEY_LENGTH]))


def initials(syllables: Iterable[str], text: str) -> tuple[str, ...]:
    """Return the first letters of syllables; what is not Chinese stays whole.

    Parameters
    ----------
    syllables
        What `pinyin` returned for `text`.
    text
        The text itself: what stands in it as it is, is no syllable.

    Examples
    --------
    >>> initials(("ming", "yuan", "a3", "qu"), "名苑a3区")
    ('m', 'y', 'a3', 'q')
    """
    short, at = [], 0
    for syllable in syllables:
        if text.startswith(syllable, at):
            short.append(syllable)
            at += len(syllable)
        else:
            short.append(syllable[:1])
            at += 1
    return tuple(short)


# Names repeat: every building has its 1单元, every compound its 3号楼.
@lru_cache(maxsize=4096)
def _keys(plain: str) -> tuple[str, ...]:
    spellings = dict.fromkeys((compact(plain), arabic(compact(plain))))
    parts = [tuple(spelling[:KEY_LENGTH]) for spelling in spellings]
    for spelling in spellings:
        if not spelling.isascii():
            parts += _readings(spelling)
    found = dict.fromkeys("=" + "".join(part)[:KEY_LENGTH] for part in parts)
    for spelling in spellings:
        if (short := LEFT_OUT.sub("", spelling)) != spelling:
            syllables = pinyin(short)
            for way in (short, syllables, initials(syllables, short)):
                found["=" + "".join(way)[:KEY_LENGTH]] = None
    found |= dict.fromkeys("~" + later for part in parts for later in _later(part))
    return tuple(found | dict.fromkeys(_labels(plain)))


def _labels(plain: str) -> Iterator[str]:
    address = labelled(plain)
    if address.building:
        yield f"b#{address.building}"
        for spelling in dict.fromkeys((address.compound, arabic(address.compound))) if address.compound else ():
            for way in (spelling, *(() if spelling.isascii() else _readings(spelling))):
                yield f"w#{address.building}/{''.join(way)[:KEY_LENGTH]}"
    if address.entrance:
        yield f"e#{address.entrance}"


def _readings(spelling: str) -> Iterator[tuple[str, ...]]:
    """Every way to read a name in Latin letters, each with its initials."""
    usual = pinyin(spelling)
    ways = [usual]
    if _HAN_NAME.fullmatch(spelling):
        for surname in (spelling[:2], spelling[:1]):
            if special := _SURNAMES.get(surname):
                syllables = special.split("'")
                ways.append((*syllables, *usual[len(syllables) :]))
    for sign, pair in _PAIRS.items():
        if sign in spelling:
            other = dict(zip(pair, reversed(pair), strict=True))
            ways.append(tuple(other.get(syllable, syllable) for syllable in usual))
    # 绿 and 女 are typed with v or with u.
    ways += [tuple(syllable.replace("v", "u") for syllable in way) for way in ways if "v" in "".join(way)]
    for way in ways:
        yield way
        yield initials(way, spelling)


def _later(part: tuple[str, ...]) -> Iterator[str]:
    whole = "".join(part)
    for start in list(accumulate(map(len, part)))[: min(STARTS, len(part) - 1)]:
        # A last letter alone would find half of the town.
        if start < len(whole) - 1 or not whole[start].isascii() or whole[start].isdigit():
            yield whole[start : start + KEY_LENGTH]
