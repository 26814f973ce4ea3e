"""Resident-style addresses."""

from __future__ import annotations

import re

from geodata.addresses.text import arabic, compact

_LABEL = re.compile(r"(?:.*?[^0-9a-z]|)(?:第)?([a-z]?[0-9]{1,4}[a-z]?|[a-z])(号楼|栋|幢|座|楼|#|单元|门|梯|)")


def labels(name: str) -> list[str]:
    """Return the keys of the numbers in a normalised name."""
    if not (found := _LABEL.fullmatch(arabic(compact(name)))):
        return []
    kinds = {"单元": "e", "门": "e", "梯": "e", "": "be"}.get(found[2], "b")
    return [f"{kind}#{found[1]}" for kind in kinds]
