"""Whatever stands in a cell of a table is stored or refused with its reason; the database itself never has to speak."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from sqlalchemy.orm import Session

from geodata.load import store
from geodata.problems import ImportRefused
from tests.geodata.town import CODE, TOWN, block, dot, on_record, only, places, table, with_buildings

once = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXTS = [
    "${7*7}",
    "`x`",
    "{{7*7}}",
    "{% raw %}",
    "{}",
    "{0}",
    "{value}",
    "%s",
    "';--",
    "\\",
    '"',
    "<img src=x onerror=alert(1)>",
    "=1+1",
    "𠮷",
    "é",
]
odd = st.sampled_from(
    [None, "", " ", "x", "\x00", "a\x00b", "\ud800", "\u202eabc", "１２", "1_0", "nan", "NaN", "1e308", -1, 0, 1, 2**31, 2**63, 10**30,
     1.5, float("nan"), float("inf"), True, [], ["a", 1], {}, {"a": 1}, date(1, 1, 1), date(9999, 12, 31), date(2024, 7, 1),
     datetime(2024, 7, 1, 12),  # noqa: DTZ001
     pd.NaT, pd.NA, np.int64(3), np.float64("nan"), b"x", object(), "2024-13-01", "way/1", "x" * 5000, CODE,
     *TEXTS]
)  # fmt: skip
shape = st.sampled_from(
    [None, Point(113.101, 41.031), Point(np.nan, 41), Point(np.inf, 41), Point(113, 1e308), Point(), Polygon(), LineString([(113.1, 41.03), (113.1, 41.03)]),
     block(0.1, 0.1, 0.2, 0.2), block(-9, -9, 9, 9), shapely.force_3d(block(0.3, 0.3, 0.4, 0.4)), MultiPolygon([block(0.5, 0.5, 0.6, 0.6)]),
     MultiPolygon([block(0, 0, 0.5, 0.5), block(0.2, 0.2, 0.7, 0.7)]), shapely.GeometryCollection([dot(0.1, 0.1)]), LineString([(113.1, 41.03), (113.2, 41.04)])]
)  # fmt: skip


def tried(session: Session, layers: Any, **options: Any) -> None:
    savepoint = session.begin_nested()
    try:
        report = store(session, layers, **options)
        json.dumps(report.as_json(), allow_nan=False)
        again = store(session, layers, **options)
        assert [layer.stored for layer in again.layers] == [0] * len(again.layers)
    except ImportRefused as refused:
        "".join(str(problem) for problem in refused.report.problems)
        json.dumps(refused.report.as_json(), allow_nan=False)
    finally:
        savepoint.rollback()


@pytest.fixture
def town(session: Session) -> Session:
    store(session, TOWN)
    return session


@once
@given(st.lists(st.fixed_dictionaries({"geometry": shape}, optional=dict.fromkeys(
    ("code", "source_id", "name", "aliases", "compound_code", "grid_cell_code", "cluster_code", "households", "floors", "valid_from", "valid_to"), odd)), min_size=1, max_size=4))  # fmt: skip
def test_odd_buildings(town: Session, rows: list[dict[str, Any]]) -> None:
    tried(town, only(buildings=places(*rows)))


@once
@given(st.lists(st.fixed_dictionaries({"geometry": shape, "kind": odd | st.just("path"), "source_id": odd}, optional={"tags": odd, "name": odd}), min_size=1, max_size=4))  # fmt: skip
def test_odd_ways(town: Session, rows: list[dict[str, Any]]) -> None:
    tried(town, only(ways=places(*rows)))


@once
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "role": st.sampled_from(["grid_leader", "building_leader", "网格员"]) | odd,
                "place": st.sampled_from(["001", "002", "way/1", "way/9"]) | odd,
                "name": odd,
            },
            optional=dict.fromkeys(
                ("phone", "phone_24h", "holder", "organization_kind", "valid_from", "valid_to", "consent", "note"), odd
            ),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([None, date(2024, 7, 1)]),
)
def test_odd_rosters(town: Session, rows: list[dict[str, Any]], as_of: date | None) -> None:
    tried(town, only(roster=table(*rows)), as_of=as_of)


@once
@given(st.lists(st.fixed_dictionaries({"geometry": shape}, optional={"code": odd, "name": odd}), min_size=1, max_size=4), st.sampled_from([None, date(2024, 7, 1)]))  # fmt: skip
def test_odd_cells(town: Session, rows: list[dict[str, Any]], as_of: date | None) -> None:
    tried(town, only(grid_cells=places(*rows)), as_of=as_of)


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_names_are_stored_to_the_letter(session: Session, text: str) -> None:
    store(
        session,
        with_buildings({"source_id": text, "name": text, "aliases": [text], "geometry": block(0.1, 0.1, 0.2, 0.2)}),
    )
    row = on_record(session, "building")[0]
    assert (row.name, row.aliases, row.source_id) == (text, [text], text)


def test_every_naughty_string_is_stored_or_refused(town: Session, shared: Any) -> None:
    naughty = json.loads((shared / "data/badinput/blns/blns.json").read_text("utf-8"))
    rows = [
        {"source_id": f"gen/{n}", "name": text, "geometry": block(0.1, 0.1, 0.2, 0.2)}
        for n, text in enumerate(naughty)
    ]  # fmt: skip
    try:
        store(town, only(buildings=places(*rows)))
    except ImportRefused as refused:
        bad = {problem.id for problem in refused.report.problems}
        store(town, only(buildings=places(*(row for row in rows if row["source_id"] not in bad))))
    stored = {row.source_id: row.name for row in on_record(town, "building")}
    same = sum(stored.get(row["source_id"]) == row["name"] for row in rows)
    assert same > 0.85 * len(rows)
    assert town.execute(sa.text("select count(*) from place where kind = 'building'")).scalar() == len(stored)
