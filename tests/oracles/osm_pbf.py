"""OpenStreetMap's PBF format read by hand, so that counts do not rest on the library under test.

Format: https://wiki.openstreetmap.org/wiki/PBF_Format. Only what counting buildings needs is decoded.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

Tags = dict[str, str]


@dataclass
class Raw:
    """Objects by number: nodes that are there, nodes of ways, ways of relations."""

    nodes: set[int] = field(default_factory=set)
    ways: dict[int, tuple[list[int], Tags]] = field(default_factory=dict)
    relations: dict[int, tuple[list[int], Tags]] = field(default_factory=dict)


def read(path: Path) -> Raw:
    raw = Raw()
    data, at = path.read_bytes(), 0
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        header = dict(_fields(data[at + 4 : at + 4 + size]))
        at += 4 + size
        blob = dict(_fields(data[at : at + header[3]]))
        at += header[3]
        if header[1] == b"OSMData":
            _block(blob[1] if 1 in blob else zlib.decompress(blob[3]), raw)
    return raw


def _block(data: bytes, raw: Raw) -> None:
    strings: list[str] = []
    groups: list[bytes] = []
    for number, value in _fields(data):
        if number == 1:
            strings = [text.decode() for _, text in _fields(value)]
        elif number == 2:
            groups.append(value)
    for group in groups:
        for number, value in _fields(group):
            if number == 2:
                raw.nodes.update(_summed(next(v for n, v in _fields(value) if n == 1)))
            elif number == 3:
                id_, members, tags = _object(value, strings, 8)
                raw.ways[id_] = (members, tags)
            elif number == 4:
                id_, members, tags = _object(value, strings, 9)
                kinds = list(_packed(next((v for n, v in _fields(value) if n == 10), b"")))
                raw.relations[id_] = ([m for m, kind in zip(members, kinds, strict=True) if kind == 1], tags)


def _object(data: bytes, strings: list[str], member_field: int) -> tuple[int, list[int], Tags]:
    found: dict[int, bytes] = dict(_fields(data))
    keys, values = (_packed(found.get(n, b"")) for n in (2, 3))
    tags = {strings[k]: strings[v] for k, v in zip(keys, values, strict=True)}
    return int(found[1]), list(_summed(found.get(member_field, b""))), tags


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
        else:
            assert key & 7 == 2
            size, at = _varint(data, at)
            yield key >> 3, data[at : at + size]
            at += size


def _packed(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _summed(data: bytes) -> Iterator[int]:
    """Numbers given as differences, negative ones in zigzag."""
    total = 0
    for value in _packed(data):
        total += (value >> 1) ^ -(value & 1)
        yield total


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
