"""Addresses of our own scripts, styles and pictures: each carries the hash of its content, so browsers may keep it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).resolve().parent / "static"


def address(path: str) -> str:
    """Return the address of a file below `web/static`, which changes whenever its content does.

    Parameters
    ----------
    path
        Relative to the static folder, with forward slashes.

    Raises
    ------
    FileNotFoundError
        There is no such file; browser assets are made by `make assets`.
    """
    file = STATIC / path
    return f"/static/{path}?v={_content_hash(file, file.stat().st_mtime_ns)}"


@lru_cache(maxsize=256)
def _content_hash(file: Path, _changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:10]
