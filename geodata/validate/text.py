"""JSON text into values: what JSON leaves open (NaN, a key twice, endless numbers) is kept, so that it is found."""

from __future__ import annotations

import json
import math
from typing import Any

from geodata.problems import Problem, refuse

LONGEST_NUMBER = 400  # characters; a whole number of thousands of digits takes seconds to read
DEEPEST = 24


class Twice(dict[str, Any]):
    """An object of which one name is given more than once.

    Parameters
    ----------
    pairs
        As they stand in the text.
    """

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.names = sorted({name for name in names if names.count(name) > 1})


def parsed(data: bytes, layer: str) -> Any:
    """Return the value of a JSON text.

    Parameters
    ----------
    data
        UTF-8, with or without a byte order mark.
    layer
        Named in the report.

    Raises
    ------
    ImportRefused
        It is not JSON, not UTF-8, or nested without end.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = "is not UTF-8 text; save the file as UTF-8"
        raise refuse(layer, 0, [Problem(f"byte {error.start}", None, None, message)]) from error
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=float, parse_int=_whole)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise refuse(
            layer, 0, [Problem(where, None, None, "is not JSON: {why}", {"why": error.msg.lower()})]
        ) from error
    except RecursionError as error:
        message = "is nested more than {depth} levels deep"
        raise refuse(layer, 0, [Problem("file", None, None, message, {"depth": DEEPEST})]) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    return plain if len(plain) == len(pairs) else Twice(pairs)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_NUMBER else math.inf
