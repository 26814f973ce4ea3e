"""Which place each row is about: one on record, or a new one with a code of its own."""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import shapely

from geodata.load.record import Known, Record, days
from geodata.load.rows import Row
from geodata.load.values import Unusable
from geodata.load.versions import ALWAYS, ends, overlap, starts
from gridmap.places import Kind

KINDS: dict[str, Kind] = {
    "boundary": Kind.COMMUNITY,
    "compounds": Kind.COMPOUND,
    "grid_cells": Kind.GRID_CELL,
    "clusters": Kind.CLUSTER,
    "facilities": Kind.FACILITY,
    "buildings": Kind.BUILDING,
    "entrances": Kind.ENTRANCE,
}
"""The layers of places, in an order in which every row finds what its code is made of."""
CODE = re.compile(r"[^/\s\x00-\x1f\x7f]{1,64}")
_STATISTICAL = re.compile(r"\d{12}", re.ASCII)
_OF_ANOTHER = re.compile(r"\d{12}(?:-.*|\d{3})?", re.ASCII)


class UnusableCode(Unusable):
    """A code that cannot be a place's code."""


class Codes:
    """How codes look in one community.

    Parameters
    ----------
    community
        Its own code.
    """

    def __init__(self, community: str) -> None:
        self.community = community
        self.statistical = bool(_STATISTICAL.fullmatch(community))

    def whole(self, kind: Kind, label: str, building: Known | None = None) -> str:
        """Return the whole code for what a file calls a place: the code itself, or its label in the community.

        Parameters
        ----------
        kind
            Of the place.
        label
            As the file has it.
        building
            Of an entrance.

        Raises
        ------
        UnusableCode
            With the reason as its text.
        """
        own = self.community
        if kind is Kind.GRID_CELL and self.statistical:
            short = label.removeprefix(own).removeprefix("-")
            if not (short.isascii() and short.isdigit() and len(short) <= 3 and int(short)):
                raise UnusableCode(
                    "is no code of a grid cell: {community} and three digits from 001 to 999", community=own
                )
            return own + short.zfill(3)
        if label == own or label.startswith(f"{own}-"):
            code = label
        elif _OF_ANOTHER.fullmatch(label):
            raise UnusableCode("belongs to another community than {community}", community=own)
        else:
            code = f"{building.code if building else own}-{label}"
        if not CODE.fullmatch(code):
            raise UnusableCode("must be 1 to 64 characters without blanks and slashes, the community's code included")
        return code

    def label(self, place: Known) -> str:
        """Return what remains of a place's code without what stands above it: its name where it has no other.

        Parameters
        ----------
        place
            Any place.
        """
        if place.kind is Kind.ENTRANCE:
            return place.code.rpartition("-")[2]
        return place.code.removeprefix(self.community).lstrip("-") or place.code

    def pattern(self, kind: Kind, building: Known | None) -> tuple[str, int]:
        """Return what stands before the number in a code made here, and how many digits the number has.

        Parameters
        ----------
        kind
            Of the place.
        building
            Of an entrance.
        """
        own = self.community
        return {
            Kind.COMPOUND: (f"{own}-X", 2),
            Kind.GRID_CELL: (own if self.statistical else f"{own}-", 3),
            Kind.CLUSTER: (f"{own}-C", 2),
            Kind.BUILDING: (f"{own}-B", 5),
            Kind.FACILITY: (f"{own}-F", 3),
            Kind.ENTRANCE: (f"{building.code if building else own}-", 1),
        }[kind]


def find(record: Record, codes: Codes, text: str, *kinds: Kind) -> Known | None:
    """Return the place that a text names by code, by label or by source_id; None where there is none of those kinds.

    Parameters
    ----------
    record
        Where to look.
    codes
        Of the community.
    text
        As a file has it.
    *kinds
        Kinds that are meant; all when none is given.
    """
    found = (
        record.by_code.get(text)
        or record.by_code.get(f"{codes.community}-{text}")
        or record.by_code.get(f"{codes.community}{text}")
        or record.by_source.get(text)
    )
    return found if found and (not kinds or found.kind in kinds) else None


def identify(rows: dict[str, list[Row]], record: Record, codes: Codes, new: Callable[[int], Iterable[int]]) -> None:
    """Give every row its place; new ones are added to the record.

    Parameters
    ----------
    rows
        By layer; rows with problems are passed over.
    record
        As it is; the community's own place is in it.
    codes
        Of the community.
    new
        Gives ids for that many new places.
    """
    for layer, kind in KINDS.items():
        sound = [row for row in rows.get(layer, ()) if not row.problems]
        if kind is Kind.COMMUNITY:
            for row in sound:
                row.place = record.places[record.community_id]
        else:
            _identify(sound, kind, record, codes, new)
        _refuse_twice(sound)


def _identify(rows: list[Row], kind: Kind, record: Record, codes: Codes, new: Callable[[int], Iterable[int]]) -> None:
    buildings = {id(row): _building(row, record, codes) for row in rows} if kind is Kind.ENTRANCE else {}
    wanted: dict[int, str] = {}
    for row in rows:
        label = row.given.get("code")
        if row.problems:
            continue
        try:
            if label:
                wanted[id(row)] = codes.whole(kind, label, buildings.get(id(row)))
        except UnusableCode as error:
            row.refuse("code", label, error.message, **error.values)
        else:
            row.place = _match(row, kind, wanted.get(id(row)), record)
    _match_unnamed([row for row in rows if row.place is None and not row.problems], kind, record, buildings)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in _in_order([row for row in rows if row.place is None and not row.problems]):
        # Rows with one code or source_id are versions of one place.
        name = wanted.get(id(row)) or row.given.get("source_id")
        groups[f"named {name}" if name else f"row {id(row)}"].append(row)
    numbers = _Numbers(record)
    for group, id_ in zip(groups.values(), new(len(groups)), strict=True):
        code = next((wanted[id(row)] for row in group if id(row) in wanted), None)
        try:
            code = code or numbers.next(*codes.pattern(kind, buildings.get(id(group[0]))))
        except UnusableCode as error:
            group[0].refuse("code", None, error.message, **error.values)
        else:
            _begin(Known(id_, kind, code, new=True), group, record)


def _begin(place: Known, group: list[Row], record: Record) -> None:
    """Take a new place into the record, unless another row of the file has its code or source_id."""
    place.source_id = next((row.given["source_id"] for row in group if row.given.get("source_id")), None)
    if clash := record.by_code.get(place.code) or record.by_source.get(place.source_id or ""):
        group[0].refuse("code", place.code, "is given to two objects; the other is {other}", other=clash.code)
        return
    record.add(place)
    for row in group:
        row.place = place


def _building(row: Row, record: Record, codes: Codes) -> Known | None:
    named = row.given["building_code"]
    building = find(record, codes, named, Kind.BUILDING)
    if building is None:
        row.refuse("building_code", named, "is no building of this community")
    return building


def _match(row: Row, kind: Kind, code: str | None, record: Record) -> Known | None:
    source = row.given.get("source_id")
    by_code = record.by_code.get(code) if code else None
    by_source = record.by_source.get(source) if source else None
    if by_code and by_source and by_code is not by_source:
        row.refuse("source_id", source, "belongs to {other}, not to {code}", other=by_source.code, code=code)
        return None
    place = by_code or by_source
    if place and place.kind is not kind:
        row.refuse("code" if by_code else "source_id", code or source, "is a {kind} on record", kind=place.kind.value)
        return None
    if place and code and place.code != code:
        row.refuse(
            "code", code, "{source} is on record as {other}: codes are kept for ever", source=source, other=place.code
        )
        return None
    if place and source and place.source_id != source:
        del_key = place.source_id
        if del_key:
            record.by_source.pop(del_key, None)
        place.source_id, place.renamed = source, True
        record.by_source[source] = place
    return place


def _match_unnamed(rows: list[Row], kind: Kind, record: Record, buildings: dict[int, Known | None]) -> None:
    """Know rows without code and source_id again: by the very same shape, else by a name that only one has."""
    rows = [row for row in rows if not row.given.get("code") and not row.given.get("source_id")]
    if not rows:
        return
    known = [
        (place, said["parent_id"] if kind is Kind.ENTRANCE else None, said["geom"], said["name"])
        for place in record.of(kind)
        for said in (version.attributes for version in place.before[-1:])
    ]
    within = {id(row): building.id if building else None for row in rows for building in [buildings.get(id(row))]}
    shape, name = operator.itemgetter(1, 2), operator.itemgetter(1, 3)
    # Of several that have one shape none is more the same than another; of one name one may be new.
    _pair(rows, known, lambda row: (within[id(row)], _shape(row)), shape, alone=False)
    _pair(rows, known, lambda row: (within[id(row)], row.given.get("name")), name, alone=True)


def _pair(
    rows: list[Row],
    known: list[tuple[Known, int | None, bytes | None, str]],
    of_row: Callable[[Row], tuple[int | None, object]],
    of_known: Callable[[Any], object],
    *,
    alone: bool,
) -> None:
    taken = {row.place.id for row in rows if row.place}
    free: dict[object, list[Known]] = defaultdict(list)
    for item in known:
        if item[0].id not in taken:
            free[of_known(item)].append(item[0])
    waiting: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        if row.place is None and of_row(row)[1]:
            waiting[of_row(row)].append(row)
    for key, same in waiting.items():
        if not alone or (len(same) == 1 and len(free[key]) == 1):
            for row, place in zip(same, free[key], strict=False):
                row.place = place


def _shape(row: Row) -> bytes | None:
    return shapely.to_wkb(row.geometry, byte_order=1) if row.geometry is not None else None


def _in_order(rows: list[Row]) -> list[Row]:
    """From north to south, in bands of about 100 m from west to east: the order in which new places are numbered."""
    if not rows:
        return []
    nowhere = shapely.Point(0, 0)
    shapes = np.asarray([nowhere if row.geometry is None else row.geometry for row in rows], dtype=object)
    centres = shapely.get_coordinates(shapely.centroid(shapes))
    keys = [
        (-round(lat, 3), round(lon, 9), lat, str(row.given.get("name")), str(row.given.get("source_id")))
        for row, (lon, lat) in zip(rows, centres.tolist(), strict=True)
    ]
    return [row for _, row in sorted(zip(keys, rows, strict=True), key=lambda pair: pair[0])]


class _Numbers:
    """Gives out the next free number of each kind of code; a number is never used twice, retired or not."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.last: dict[str, int] = {}

    def next(self, prefix: str, digits: int) -> str:
        if prefix not in self.last:
            numbers = [code.removeprefix(prefix) for code in self.record.by_code if code.startswith(prefix)]
            self.last[prefix] = max((int(n) for n in numbers if n.isascii() and n.isdigit()), default=0)
        self.last[prefix] += 1
        if digits > 1 and self.last[prefix] >= 10**digits:
            raise UnusableCode("all {count} numbers of this kind are used up", count=10**digits - 1)
        return f"{prefix}{self.last[prefix]:0{digits}d}"


def _refuse_twice(rows: list[Row]) -> None:
    placed = sorted((row for row in rows if row.place), key=lambda row: row.place.id if row.place else 0)
    for _, same in groupby(placed, key=lambda row: row.place):
        in_time = sorted(same, key=lambda row: (starts(row.dated or ALWAYS), ends(row.dated or ALWAYS)))
        for first, second in pairwise(in_time):
            if overlap(first.dated or ALWAYS, second.dated or ALWAYS):
                second.refuse(
                    "code" if second.given.get("code") else "source_id",
                    second.given.get("code") or second.given.get("source_id"),
                    "is given twice for one time: {first} and {second}",
                    first=f"{first.label} ({days(first.dated or ALWAYS)})",
                    second=f"{second.label} ({days(second.dated or ALWAYS)})",
                )
