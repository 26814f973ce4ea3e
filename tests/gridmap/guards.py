"""How the tests of the database's own refusals ask: plain SQL, and the name of what refuses."""

from __future__ import annotations

import math
import struct
import uuid
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from shapely import Geometry, Polygon, box
from sqlalchemy.orm import Session

from gridmap.database import STORAGE_SRID, Database
from tests.gridmap.conftest import CODE, Town


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


HOUSE = box(113.1030, 41.0310, 113.1035, 41.0315)
NAN, INFINITY = math.nan, math.inf


Shape = Geometry | str | None


def stored(geom: Shape) -> str | None:
    return f"SRID={STORAGE_SRID};{geom.wkb_hex}" if isinstance(geom, Geometry) else geom


def raw(kind: int, *corners: tuple[float, float]) -> str:
    """A point (1), line (2) or polygon (3) as PostGIS reads it, unseen by shapely, which warns of NaN."""
    count = {1: b"", 2: struct.pack("<I", len(corners)), 3: struct.pack("<II", 1, len(corners))}[kind]
    head = struct.pack("<BII", 1, kind | 0x20000000, STORAGE_SRID)
    return (head + count + b"".join(struct.pack("<dd", *corner) for corner in corners)).hex()


def identity(town: Town, kind: str, code: str, **columns: Any) -> int:
    """A place without a version."""
    row = {"kind": kind, "community_id": town.community, "code": code, **columns}
    if kind == "facility":
        row["facility_kind"] = "venue"
    place_id = town.session.scalar(sa.text(insert("place", row) + " returning id"), row)
    assert isinstance(place_id, int)
    return place_id


def version(town: Town, kind: str = "building", geom: Shape = HOUSE, **columns: Any) -> dict[str, Any]:
    """A version of a new place that lacks nothing."""
    parent = {"entrance": "B1", "compound": "T"}.get(kind, "K1")
    return {
        "place_id": columns.get("place_id") or identity(town, kind, f"{CODE}-{uuid.uuid4().hex[:8]}"),
        "kind": kind,
        "community_id": town.community,
        "valid": "(,)",
        "name": "new",
        "aliases": [],
        "search": [],
        "parent_id": town.ids[parent],
        "geom": stored(geom),
        **columns,
    }


def refused(town: Town, kind: str = "building", geom: Shape = HOUSE, **columns: Any) -> str:
    row = version(town, kind, geom, **columns)
    return refusal(town.session, insert("place_version", row), **row)


def accepted(town: Town, kind: str = "building", geom: Shape = HOUSE, **columns: Any) -> int:
    row = version(town, kind, geom, **columns)
    execute(town.session, insert("place_version", row), **row)
    return int(row["place_id"])


A, B, C = (113.101, 41.031), (113.102, 41.031), (113.102, 41.032)
BROKEN_POLYGONS: dict[str, Shape] = {
    "crosses itself": Polygon([(113.101, 41.031), (113.102, 41.032), (113.102, 41.031), (113.101, 41.032)]),
    "is empty": Polygon(),
    "is a line": Polygon([A, B, A]),
    "has a corner at NaN": raw(3, A, (NAN, 41.031), C, A),
    "has a corner of NaN": raw(3, A, (NAN, NAN), C, A),
    "has a corner at infinity": raw(3, A, (INFINITY, 41.031), C, A),
    "has a corner at minus infinity": raw(3, A, (113.102, -INFINITY), C, A),
    "has a corner at 1e308": raw(3, A, (1e308, 41.031), C, A),
}


FOREVER = "(,)"


def post(town: Town, **columns: Any) -> dict[str, Any]:
    """An appointment that lacks nothing: a grid worker, of whom there may be several, over cell 001."""
    role = columns.pop("role", "grid_worker")
    place = columns.pop("place", "001")
    single = town.session.scalar(sa.text("select single_holder from role where code = :code"), {"code": role})
    return {
        "role": role,
        "single_holder": single,
        "place_id": town.ids[place],
        "kind": town.kinds[place],
        "person_id": town.person("Ann") if "organization_id" not in columns else None,
        "organization_id": None,
        "during": FOREVER,
        "consent": False,
        **columns,
    }


def post_refused(town: Town, **columns: Any) -> str:
    row = post(town, **columns)
    return refusal(town.session, insert("appointment", row), **row)


def appointed(town: Town, **columns: Any) -> int:
    row = post(town, **columns)
    with town.session.begin_nested():
        key = town.session.scalar(sa.text(insert("appointment", row) + " returning id"), row)
    assert isinstance(key, int)
    return key


def organization(town: Town, name: str = "Heat") -> int:
    row = {"community_id": town.community, "name": name, "search": []}
    key = town.session.scalar(sa.text(insert("organization", row) + " returning id"), row)
    assert isinstance(key, int)
    return key


def last_records(session: Session, table: str) -> list[dict[str, Any]]:
    rows = session.execute(
        sa.text("select * from audit_record where table_name = :table order by id desc limit 20"), {"table": table}
    )
    return [dict(row._mapping) for row in rows]


def changed(session: Session, table: str, statement: str, **values: Any) -> dict[str, Any]:
    """The only record that a statement leaves of a table."""
    before = session.scalar(sa.text("select coalesce(max(id), 0) from audit_record"))
    session.execute(sa.text(statement), values)
    [record] = [r for r in last_records(session, table) if r["id"] > before]
    assert record["actor"] == "test"
    assert record["transaction"] == session.scalar(sa.text("select txid_current()"))
    return record
