"""Single values as they come from files and tables, made clean or refused with the reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

NAME_LENGTH = 200
COUNT_LIMIT = 2**31 - 1
YEARS = (1800, 2200)
TRUE, FALSE = (
    frozenset({"true", "yes", "y", "1", "是", "同意", "√"}),
    frozenset({"false", "no", "n", "0", "否", "不同意", "×"}),
)
# Invisible, and able to make one name look like another: zero-width space, word joiner, BOM, bidi controls.
_INVISIBLE = dict.fromkeys([0x200B, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # controls, halves of characters
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_DAY = re.compile(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)


class Unusable(ValueError):
    """A value that cannot be what its column holds; the text is a message of the catalogue, `values` fill it."""

    def __init__(self, message: str, **values: Any) -> None:
        super().__init__(message)
        self.message, self.values = message, values


def missing(value: object) -> bool:
    """Whether a cell of a frame or table says nothing: None, NaN, NaT, blank text.

    Parameters
    ----------
    value
        Any cell.
    """
    if value is None or isinstance(value, str):
        return not (value and value.strip())
    if isinstance(value, list | tuple | dict):
        return not value
    # NaN and NaT are the values that differ from themselves; pandas' NA answers neither yes nor no.
    try:
        return bool(value != value)
    except TypeError:
        return True


def text(value: object, *, length: int = NAME_LENGTH) -> str | None:
    """Return a line of text in NFC without what cannot be seen, None for a blank one.

    Parameters
    ----------
    value
        Text or a number; numbers lose a trailing `.0`.
    length
        Characters allowed.

    Raises
    ------
    Unusable
        Not text, too long, or holding control characters or halves of characters.
    """
    if missing(value):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unusable("is no text")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    clean = unicodedata.normalize("NFC", str(value)).translate(_INVISIBLE)
    clean = re.sub(r"[\t\r\n\u2028\u2029]+", " ", clean).strip()
    if _UNSTORABLE.search(clean):
        raise Unusable("holds control characters or halves of characters")
    if len(clean) > length:
        raise Unusable("is longer than {length} characters", length=length)
    return clean or None


def texts(value: object) -> list[str]:
    """Return a list of texts, each once; a single text is split at `;`, `；` and `、`.

    Parameters
    ----------
    value
        A list or a text.

    Raises
    ------
    Unusable
        See `text`.
    """
    if missing(value):
        return []
    parts = re.split(r"[;；、|]", value) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise Unusable("is no list of texts")
    return list(dict.fromkeys(clean for part in parts if (clean := text(part))))


def count(value: object, *, limit: int = COUNT_LIMIT) -> int | None:
    """Return a whole number from 0 to `limit`, None where there is none.

    Parameters
    ----------
    value
        A number, or digits.
    limit
        The largest allowed.

    Raises
    ------
    Unusable
        Anything else.
    """
    if missing(value):
        return None
    number: object = value
    if isinstance(value, str):
        digits = unicodedata.normalize("NFKC", value).strip().removesuffix(".0")
        if digits.isascii() and digits.isdigit() and len(digits) <= 10:
            number = int(digits)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if hasattr(number, "item"):  # NumPy's own integers
        number = number.item()
        return count(number, limit=limit)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= limit:
        raise Unusable("is no whole number from 0 to {limit}", limit=limit)
    return number


def day(value: object) -> date | None:
    """Return a calendar day, None where there is none.

    Parameters
    ----------
    value
        A date, a midnight, or text such as 2024-07-01, 2024.7.1, 2024/7/1, 2024年7月1日, 20240701.

    Raises
    ------
    Unusable
        Anything else, or a year that nobody means.
    """
    if missing(value):
        return None
    if isinstance(value, datetime):
        if (value.hour, value.minute, value.second) != (0, 0, 0):
            raise Unusable("is a moment, not a day")
        found: date = value.date()
    elif isinstance(value, date):
        found = value
    else:
        plain = (
            unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else str(value).removesuffix(".0")
        )
        if not (match := _DAY.fullmatch(plain) or _DIGITS.fullmatch(plain)):
            raise Unusable("is no day such as 2024-07-01")
        try:
            found = date(*map(int, match.groups()))
        except ValueError:
            raise Unusable("is no day of the calendar") from None
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise Unusable("is no day between the years {first} and {last}", first=YEARS[0], last=YEARS[1])
    return found


def flag(value: object) -> bool | None:
    """Return yes or no, None where nothing is said.

    Parameters
    ----------
    value
        A truth value, 0 or 1, or a word for it in English or Chinese.

    Raises
    ------
    Unusable
        Anything else.
    """
    if missing(value):
        return None
    word = str(value).strip().lower().removesuffix(".0")
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise Unusable("is neither yes nor no")


def tags(value: object) -> dict[str, Any]:
    """Return a mapping of texts to texts or numbers.

    Parameters
    ----------
    value
        A mapping; None is an empty one.

    Raises
    ------
    Unusable
        No mapping, or one with values of another kind.
    """
    if missing(value):
        return {}
    if not isinstance(value, Mapping):
        raise Unusable("is no set of tags")
    return {
        clean: item if isinstance(item, bool | int | float) else text(item, length=2000)
        for key, item in value.items()
        if (clean := text(key))
    }
