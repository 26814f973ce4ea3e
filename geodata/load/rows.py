"""The rows of a frame, each value made clean or reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.exchange import CONTRACTS, Contract, Type
from geodata.load import values
from geodata.load.values import Unusable
from geodata.load.versions import Period, ends, starts
from geodata.problems import Problem
from geodata.validate import faults

if TYPE_CHECKING:
    from pandas import DataFrame

    from geodata.load.record import Known

FLOORS = 200
PHONE_LENGTH, NOTE_LENGTH, SOURCE_LENGTH = 40, 500, 200
_CLEAN: dict[Type, Callable[[object], object]] = {
    Type.TEXT: values.text,
    Type.TEXTS: values.texts,
    Type.COUNT: values.count,
    Type.DATE: values.day,
    Type.FLAG: values.flag,
    Type.TAGS: values.tags,
}
_LIMITED: dict[str, Callable[[object], object]] = {
    "floors": lambda value: values.count(value, limit=FLOORS),
    "phone": lambda value: values.text(value, length=PHONE_LENGTH),
    "phone_24h": lambda value: values.text(value, length=PHONE_LENGTH),
    "deputy_phone": lambda value: values.text(value, length=PHONE_LENGTH),
    "note": lambda value: values.text(value, length=NOTE_LENGTH),
}


@dataclass(slots=True)
class Row:
    """One row of a layer.

    Parameters
    ----------
    layer
        Its name in `CONTRACTS`.
    label
        What problems call it.
    given
        Clean values of the columns that the frame has.
    geometry
        In lon, lat; None where the layer has none.
    place
        What it is about, once that is known.
    """

    layer: str
    label: str
    given: dict[str, Any]
    geometry: BaseGeometry | None = None
    place: Known | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def dated(self) -> Period | None:
        """The period that the row names, None where it names none."""
        first, last = self.given.get("valid_from"), self.given.get("valid_to")
        return (first, last) if first or last else None

    def refuse(
        self, attribute: str | None, value: object, message: str, *, fatal: bool = True, **fields: object
    ) -> None:
        """Note what is wrong with the row.

        Parameters
        ----------
        attribute, value, message, fatal
            See `Problem`.
        **fields
            What the fields of the message stand for.
        """
        self.problems.append(Problem(self.label, attribute, value, message, fields, fatal))


def read(layer: str, frame: DataFrame) -> list[Row]:
    """Return the rows of a layer; what is wrong with one stands in its `problems`.

    Parameters
    ----------
    layer
        Its name in `CONTRACTS`.
    frame
        Keeps to the contract; its index names the rows in problems (whole numbers become "row 7").
    """
    contract = CONTRACTS[layer]
    present = [column for column in contract.columns if column.name in frame.columns]
    columns = {column.name: frame[column.name].tolist() for column in present}
    geometries = _geometries(frame, contract)
    rows = []
    for position, index in enumerate(frame.index.tolist()):
        raw = {name: cells[position] for name, cells in columns.items()}
        row = Row(layer, _label(index, raw), {}, geometries[position])
        for column in present:
            try:
                clean = _LIMITED.get(column.name, _CLEAN[column.type])
                row.given[column.name] = clean(raw[column.name])
            except Unusable as error:
                row.refuse(column.name, raw[column.name], error.message, **error.values)
        for column in contract.columns:
            if column.required and row.given.get(column.name) is None and not _wrong(row, column.name):
                row.refuse(column.name, None, "is missing")
        _check_period(row)
        rows.append(row)
    if contract.geometry:
        _check_geometries(rows, contract)
    return rows


def _label(index: object, raw: dict[str, Any]) -> str:
    if isinstance(index, str):
        return index
    named = next((raw[key] for key in ("source_id", "code") if not values.missing(raw.get(key))), None)
    return str(named) if named else f"row {index}"


def _wrong(row: Row, attribute: str) -> bool:
    return any(problem.attribute == attribute for problem in row.problems)


def _check_period(row: Row) -> None:
    period: tuple[date | None, date | None] = (row.given.get("valid_from"), row.given.get("valid_to"))
    if starts(period) >= ends(period):
        row.refuse("valid_to", period[1], "is not after the first day, {first}", first=period[0])


def _geometries(frame: DataFrame, contract: Contract) -> list[BaseGeometry | None]:
    if not contract.geometry or "geometry" not in frame.columns:
        return [None] * len(frame)
    flat = shapely.force_2d(np.asarray(frame["geometry"], dtype=object))
    # Exterior rings counter-clockwise, so that the same shape is the same bytes whichever way it was drawn.
    return list(shapely.orient_polygons(flat))


def _check_geometries(rows: list[Row], contract: Contract) -> None:
    for row, fault in zip(rows, faults([row.geometry for row in rows]), strict=True):
        shape = row.geometry
        if shape is None:
            if contract.geometry_required:
                row.refuse("geometry", None, "is missing")
        elif shape.geom_type not in contract.geometry:
            row.refuse("geometry", shape.geom_type, "must be one of: {kinds}", kinds=", ".join(contract.geometry))
        elif fault:
            row.refuse("geometry", None, "{fault}; repair it and import again", fault=fault)
