"""How the tests of the database's own refusals ask: plain SQL, and the name of what refuses."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gridmap.database import Database


def execute(session: Session, statement: str, **values: Any) -> None:
    """Run a statement and simulate the commit: deferred constraints look now."""
    with session.begin_nested():
        session.execute(sa.text(statement), values)
        session.execute(sa.text("set constraints all immediate"))
        session.execute(sa.text("set constraints all deferred"))


def refusal(session: Session, statement: str, **values: Any) -> str:
    """What refuses a statement: the constraint's name, else the SQLSTATE."""
    with pytest.raises(sa.exc.DBAPIError) as caught:
        execute(session, statement, **values)
    error = caught.value.orig
    assert isinstance(error, psycopg.Error)
    return error.diag.constraint_name or str(error.sqlstate)


def insert(table: str, row: dict[str, Any]) -> str:
    """An insert of one row whose values are bound by the columns' names."""
    return f"insert into {table} ({', '.join(row)}) values ({', '.join(':' + name for name in row)})"


def address(database: Database) -> str:
    """The runtime role's address as psycopg takes it."""
    return database.url.replace("+psycopg", "")


def label(value: object) -> str:
    """A short name of a parameter."""
    if isinstance(value, dict):
        return ",".join(f"{name}={str(content)[-26:]}" for name, content in value.items())
    return str(value)[-30:]
