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

#: Chinese digits of everyday writing, then those of cheques, which are surnames too (伍, 陆) and so count only before a mark.
DIGITS = {
    sign: value
    for value, signs in enumerate(("〇零", "一", "二两", "三", "四", "五", "六", "七", "八", "九"))
    for sign in signs
}
FORMAL = dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True))
UNITS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
TENS = {"廿": 20, "卅": 30, "卌": 40}
EVERYDAY = "".join([*DIGITS, "十百千", *TENS])
NUMERALS = "".join([*DIGITS, *FORMAL, *UNITS, *TENS])
_RUN = re.compile(f"[{EVERYDAY}]+")


def normalise(text: str) -> str:
    """Return the spelling under which a text is compared; spaces stay, single.

    Parameters
    ----------
    text
        Anything that people type: full-width, upper case, accents, traditional characters, invisible signs.

    Examples
    --------
    >>> normalise(" ３－２ Ａ區\\u200b")
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
    >>> compact("东苑 13号楼 2 门"), compact("3 2"), compact("…?")
    ('东苑13号楼2门', '3-2', '...?')
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
    Own code instead of the library cn2an: forty lines without a dependency, no exceptions for odd input, and it knows 廿, 卅
    and "一百二", which house numbers use.

    Examples
    --------
    >>> [integer(numeral) for numeral in ("十", "廿一", "一百零二", "一百二", "两", "二〇三", "百合")]
    [10, 21, 102, 120, 2, 203, None]
    """
    if not numeral or len(numeral) > 9:
        return None
    digits = [DIGITS.get(sign, FORMAL.get(sign)) for sign in numeral]
    if None not in digits:
        return int("".join(map(str, digits))) if len(digits) <= 4 else None
    total, digit, unit, zero = 0, None, 10000, False
    for sign, value in zip(numeral, digits, strict=True):
        if value is not None:
            if digit is not None:
                return None
            if value == 0:
                zero = True
            else:
                digit = value
            continue
        size = TENS.get(sign) or UNITS.get(sign)
        if size is None:
            return None
        step = 10 if sign in TENS else size
        if step >= unit or (sign in TENS and digit is not None):
            return None
        if sign in TENS:
            total += size
        elif digit is not None:
            total += digit * size
        elif step == 10:  # 十二, 一百十二
            total += 10
        else:
            return None
        digit, unit, zero = None, step, False
    if digit is not None:
        # "一百二" is a hundred and twenty; with 零 it is a hundred and two.
        total += digit if zero or unit == 10 else digit * unit // 10
    return total


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
