"""Sets of rows into tables: one statement each, whatever the number of rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from gridmap.database import STORAGE_SRID, Base

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert(session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows; nothing happens without any.

    Parameters
    ----------
    session
        Its transaction stays open.
    model
        The mapped class of the table.
    columns
        Those that the rows hold; the others get their defaults.
    rows
        Values by column, as JSON has them; what else they hold is passed over.
    """
    _run(session, _insert(model, tuple(columns)), rows)


def update(session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Update rows by their `id`; nothing happens without any.

    Parameters
    ----------
    session
        Its transaction stays open.
    model
        The mapped class of the table.
    columns
        Those that are set.
    rows
        Values by column and the `id`; what else they hold is passed over.
    """
    _run(session, _update(model, tuple(columns)), rows)


def delete(session: Session, model: type[Base], ids: Iterable[int]) -> None:
    """Delete rows by their `id`.

    Parameters
    ----------
    session
        Its transaction stays open.
    model
        The mapped class of the table.
    ids
        Nothing happens without any.
    """
    if listed := list(ids):
        table = _table(model)
        session.execute(sa.delete(table).where(table.c.id == sa.any_(sa.literal(listed, postgresql.ARRAY(sa.Integer)))))


def new_ids(session: Session, model: type[Base], n: int) -> Iterator[int]:
    """Return ids for `n` new rows, so that they can name each other before any of them is written.

    Parameters
    ----------
    session
        Where the sequence is.
    model
        The mapped class of the table.
    n
        How many.
    """
    if not n:
        return iter(())
    query = sa.text(
        "select nextval(pg_get_serial_sequence(:table_name, 'id'))::int from generate_series(1, cast(:n as int))"
    )
    return iter(session.scalars(query, {"table_name": _table(model).name, "n": n}).all())


def daterange(period: tuple[date | None, date | None]) -> str:
    """Return a period as PostgreSQL writes it.

    Parameters
    ----------
    period
        Half-open; None is unbounded.
    """
    first, last = ("" if bound is None else bound.isoformat() for bound in period)
    return f"[{first},{last})"


def geometry(wkb: bytes | None) -> str | None:
    """Return a shape as PostGIS reads it.

    Parameters
    ----------
    wkb
        In lon, lat.
    """
    return None if wkb is None else f"SRID={STORAGE_SRID};{wkb.hex()}"


def _run(session: Session, sql: sa.TextClause, rows: Iterable[dict[str, Any]]) -> None:
    if listed := list(rows):
        session.execute(sql, {"rows": json.dumps(listed, ensure_ascii=False)})


@cache
def _insert(model: type[Base], columns: tuple[str, ...]) -> sa.TextClause:
    listed = ", ".join(columns)
    return sa.text(f"insert into {_table(model).name} ({listed}) select {listed} from {_records(model, columns)}")  # noqa: S608


@cache
def _update(model: type[Base], columns: tuple[str, ...]) -> sa.TextClause:
    set_to = ", ".join(f"{column} = r.{column}" for column in columns)
    records = _records(model, ("id", *columns))
    return sa.text(f"update {_table(model).name} t set {set_to} from {records} where t.id = r.id")  # noqa: S608


def _records(model: type[Base], columns: tuple[str, ...]) -> str:
    """The rows as a table: PostgreSQL itself reads each JSON value as its column's type."""
    table = _table(model)
    typed = ", ".join(f"{column} {table.c[column].type.compile(_DIALECT)}" for column in columns)
    return f"json_to_recordset(cast(:rows as json)) as r({typed})"


def _table(model: type[Base]) -> sa.Table:
    return cast("sa.Table", model.__table__)
