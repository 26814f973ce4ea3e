"""The ladder over a real map equals a second implementation: shapely and plain loops over the roster's own rows.

The oracle reads places from the database as geometry and codes only, and the roster from the Excel file itself; who
covers what, which is nearest, who holds and who acts is decided here without SQL and without an index.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import shapely
import sqlalchemy as sa
from pyproj import Transformer

from gridmap.database import Database
from gridmap.duties import responsible_at
from gridmap.errors import OutsideCommunity
from gridmap.places.position import Position

LEVELS = ("building", "cluster", "grid_cell", "compound", "community")
DAYS = (date(2022, 12, 31), date(2023, 1, 1), date(2024, 6, 30), date(2024, 7, 1), date(2026, 11, 1))
RANDOM_POINTS = 20_000
SRID = 32635  # UTM zone 35 N, where Helsinki lies


@dataclass
class Spot:
    code: str
    source_id: str | None
    kind: str
    parent: str | None
    grid_cell: str | None
    geom: shapely.Geometry
    metric: shapely.Geometry


class Oracle:
    """Every place on record, and every row of the roster file."""

    def __init__(self, database: Database, roster: Path) -> None:
        rows = sa.text("""select p.code, p.source_id, v.kind, parent.code, cell.code, ST_AsBinary(v.geom) from place_version v
            join place p on p.id = v.place_id left join place parent on parent.id = v.parent_id
            left join place cell on cell.id = v.grid_cell_id where v.kind = any(:kinds)""")
        self.to_metres = Transformer.from_crs(4490, SRID, always_xy=True)
        with database.reading() as session:
            self.spots = [self._spot(*row) for row in session.execute(rows, {"kinds": list(LEVELS)})]
        self.spots.sort(key=lambda spot: (LEVELS.index(spot.kind), spot.code))
        self.by_code = {spot.code: spot for spot in self.spots}
        self.buildings = [spot for spot in self.spots if spot.kind == "building"]
        self.geometries = np.array([spot.geom for spot in self.spots])
        self.building_metres = np.array([spot.metric for spot in self.buildings])
        sheet = openpyxl.load_workbook(roster).active
        assert sheet is not None
        _, *self.roster = [tuple(row) for row in sheet.iter_rows(values_only=True)]

    def _spot(self, code: str, source: str | None, kind: str, parent: str, cell: str, wkb: bytes) -> Spot:
        geom = shapely.from_wkb(bytes(wkb))
        metric = shapely.transform(geom, lambda xy: np.column_stack(self.to_metres.transform(*xy.T)))
        return Spot(code, source, kind, parent, cell, geom, metric)

    def answer(self, lon: float, lat: float, on: date) -> tuple[str, float, list[str], list[tuple[Any, ...]]] | None:
        covering = [self.spots[i] for i in np.flatnonzero(shapely.covers(self.geometries, shapely.Point(lon, lat)))]
        if not covering:
            return None
        chosen = covering[0]  # most specific first, then lowest code
        match, distance, house = "inside", 0.0, chosen if chosen.kind == "building" else None
        if house is None:
            distances = shapely.distance(self.building_metres, shapely.Point(*self.to_metres.transform(lon, lat)))
            nearest = int(np.argmin(distances))
            if distances[nearest] <= 15:
                match, distance, house = "nearest", float(distances[nearest]), self.buildings[nearest]
        cell = chosen if chosen.kind == "grid_cell" else self.by_code.get(chosen.grid_cell or "")
        compound = chosen if chosen.kind == "compound" else self.by_code.get(chosen.parent or "")
        community = next(spot for spot in self.spots if spot.kind == "community")
        path = [spot for spot in (house, cell, compound, community) if spot]
        return match, distance, [spot.code for spot in path], self._chain(path, on)

    def _chain(self, path: list[Spot], on: date) -> list[tuple[Any, ...]]:
        required = {"building": ["building_leader"], "grid_cell": ["grid_leader"], "compound": ["branch_secretary"],
                    "community": ["director", "secretary"]}  # fmt: skip
        rungs = [(role, spot.code, self._holder(role, spot, on)) for spot in path for role in required[spot.kind]]
        chain = []
        for number, (role, place, holder) in enumerate(rungs):
            above = next((up[2] for up in rungs[number + 1 :] if up[2]), "the office")
            chain.append((role, place, holder, None if holder else above))
        return chain

    def _holder(self, role: str, spot: Spot, on: date) -> str | None:
        for row_role, place, person, _, first, last in self.roster:
            if row_role == role and place in (spot.code, spot.source_id):
                started = date.fromisoformat(str(first)) <= on
                if started and (last is None or on <= date.fromisoformat(str(last))):
                    return str(person)
        return None


@pytest.fixture(scope="module")
def oracle(helsinki: Database, shared: Path) -> Oracle:
    return Oracle(helsinki, shared / "data" / "osm" / "helsinki_roster.xlsx")


def questions(oracle: Oracle) -> Iterator[tuple[float, float, date]]:
    rng = random.Random(20260601)
    west, south, east, north = oracle.geometries[-1].bounds
    for _ in range(RANDOM_POINTS):
        margin = 0.02
        lon = rng.uniform(west - margin * (east - west), east + margin * (east - west))
        lat = rng.uniform(south - margin * (north - south), north + margin * (north - south))
        yield lon, lat, rng.choice(DAYS)
    for lon, lat in sorted({tuple(xy) for spot in oracle.spots for xy in shapely.get_coordinates(spot.geom)}):
        yield float(lon), float(lat), rng.choice(DAYS)


def test_every_answer_over_the_real_map_equals_the_oracle(helsinki: Database, oracle: Oracle) -> None:
    asked = outside = shared_edges = 0
    with helsinki.reading() as session:
        for lon, lat, on in questions(oracle):
            asked += 1
            expected = oracle.answer(lon, lat, on)
            try:
                answer = json.loads(responsible_at(session, Position(lon, lat), on))
            except OutsideCommunity:
                assert expected is None, (lon, lat, on)
                outside += 1
                continue
            assert expected is not None, (lon, lat, on)
            match, distance, places, chain = expected
            assert answer["match"] == match, (lon, lat, on)
            assert answer["distance_m"] == pytest.approx(distance, abs=0.06), (lon, lat, on)
            assert [place["code"] for place in answer["places"]] == places, (lon, lat, on)
            given = [
                (
                    entry["role"],
                    entry["place"]["code"],
                    entry["holder"] and entry["holder"]["name"],
                    entry["acting"]
                    and ("the office" if entry["acting"]["role"] == "office" else entry["acting"]["name"]),
                )
                for entry in answer["chain"]
            ]
            assert given == chain, (lon, lat, on)
            cells = shapely.covers(oracle.geometries, shapely.Point(lon, lat))
            shared_edges += (
                sum(bool(hit) for hit, spot in zip(cells, oracle.spots, strict=True) if spot.kind == "grid_cell") > 1
            )
    # The question must have been a hard one: points outside, and points on shared edges and corners.
    assert asked > RANDOM_POINTS + 1000
    assert outside > 100
    assert shared_edges > 300


def test_the_building_across_two_cells_answers_with_its_own_on_both_sides(helsinki: Database, oracle: Oracle) -> None:
    slab = next(spot for spot in oracle.buildings if spot.source_id == "relation/1688377")
    cells = [spot for spot in oracle.spots if spot.kind == "grid_cell" and spot.geom.intersection(slab.geom).area > 0]
    assert len(cells) == 2
    with helsinki.reading() as session:
        for cell in cells:
            inside = cell.geom.intersection(slab.geom).representative_point()
            answer = json.loads(responsible_at(session, Position(inside.x, inside.y)))
            assert [place["code"] for place in answer["places"]][:2] == [slab.code, slab.grid_cell]
