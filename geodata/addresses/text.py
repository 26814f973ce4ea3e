"""One spelling for the many ways in which the same text is typed: widths, cases, invisible signs, old characters."""

from __future__ import annotations

import re
import unicodedata

from geodata.addresses.traditional import SIMPLIFIED

#: Dashes, minus signs and tildes of all widths: "3—2" and "3~2" are "3-2". An underscore stays itself.
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−─━~∼〜﹣ー"), "-")
#: The circle that is typed where the numeral 〇 is meant.
_SIGNS = _DASHES | {ord("○"): "〇", ord("◯"): "〇", ord("♯"): "#"}
#: Signs that people leave out or add at will; "迪丽热巴·买买提" is "迪丽热巴买买提".
_LOOSE = re.compile(r"[ ·•・‧∙.,。、;:!?'’‘`\"“”()\[\]{}<>《》〈〉「」『』【】〔〕]+")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[ .,、。·/\\]+(?=[0-9])")

#: The digits of everyday writing; those of cheques are surnames too (伍, 陆), so they count only before a mark.
_EVERYDAY = dict(zip("〇零一二两三四五六七八九", "001223456789", strict=True)) | dict(zip("十百千", "thk", strict=True))
_CHEQUES = dict(zip("壹贰叁肆伍陆柒捌玖拾佰仟", "123456789thk", strict=True))
_TENS = {"廿": "2t", "卅": "3t", "卌": "4t"}
EVERYDAY = "".join(_EVERYDAY | _TENS)
NUMERALS = "".join(_EVERYDAY | _TENS | _CHEQUES)
_SPELT = str.maketrans(_EVERYDAY | _TENS | _CHEQUES)
_POSITIONS = re.compile("(?:([1-9])k)?0?(?:([1-9])h)?0?(?:([1-9]?)t)?0?([1-9])?")
_RUN = re.compile(f"[{EVERYDAY}]+")


def normalise(text: str) -> str:
    r"""Return the spelling under which a text is compared; spaces stay, single.

    Parameters
    ----------
    text
        Anything that people type: full-width, upper case, accents, traditional characters, invisible signs.

    Examples
    --------
    >>> normalise(" ３－２ Ａ區\u200b")
    '3-2 a区'
    """
    # One rule can make work for another (NFKC after case folding), so they run until nothing changes.
    for _ in range(4):
        folded = _fold(text)
        if folded == text:
            break
        text = folded
    return text


def _fold(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    apart = unicodedata.normalize("NFD", text)
    # Accents over letters are left out: "Hameentie" finds "Hämeentie".
    text = unicodedata.normalize("NFKC", "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f"))
    kept = (" " if sign.isspace() else sign for sign in text if sign.isspace() or not _invisible(sign))
    return " ".join("".join(kept).translate(_SIGNS).translate(SIMPLIFIED).split())


def _invisible(sign: str) -> bool:
    # Zero-width and bidirectional signs, controls, lone surrogates, variation selectors.
    return (
        unicodedata.category(sign) in {"Cf", "Cc", "Cs"}
        or "\ufe00" <= sign <= "\ufe0f"
        or "\U000e0100" <= sign <= "\U000e01ef"
    )


def compact(text: str) -> str:
    """Return a normalised text without spaces and loose punctuation; what parts two numbers becomes a dash.

    Parameters
    ----------
    text
        A text that `normalise` returned.

    Examples
    --------
    >>> compact("东苑 13号楼 2 门"), compact("3 2"), compact("?!")
    ('东苑13号楼2门', '3-2', '?!')
    """
    return _LOOSE.sub("", _BETWEEN_DIGITS.sub("-", text)) or text


def integer(numeral: str) -> int | None:
    """Return the value of a Chinese numeral below 10,000, None when it is none.

    Parameters
    ----------
    numeral
        Everyday or cheque characters: 廿一, 一百零二, 一百二 (that is 120), 二〇三 digit by digit.

    Notes
    -----
    Own code instead of the library cn2an: it is shorter than the handling of that library's exceptions would be, and it
    knows 廿, 卅 and the spoken "一百二", which house numbers use.

    Examples
    --------
    >>> [integer(numeral) for numeral in ("十", "廿一", "一百零二", "一百二", "两", "二〇三", "百合")]
    [10, 21, 102, 120, 2, 203, None]
    """
    spelt = numeral.translate(_SPELT)
    if spelt.isascii() and spelt.isdigit():
        return int(spelt) if len(spelt) <= 4 else None
    if not spelt or not (found := _POSITIONS.fullmatch(spelt)):
        return None
    thousands, hundreds, tens, last = found.groups()
    total = 1000 * int(thousands or 0) + 100 * int(hundreds or 0)
    if tens is not None:
        return total + 10 * int(tens or 1) + int(last or 0)
    # "一百二" is a hundred and twenty; with 零 it is a hundred and two.
    return total + int(last or 0) * (1 if "0" in spelt else 10 if hundreds else 100)


def arabic(text: str) -> str:
    """Return a text with its everyday Chinese numerals in digits.

    Parameters
    ----------
    text
        A text that `normalise` returned.

    Examples
    --------
    >>> arabic("二期十二号楼"), arabic("百合苑")
    ('2期12号楼', '百合苑')
    """
    return _RUN.sub(lambda run: run[0] if (value := integer(run[0])) is None else str(value), text)
