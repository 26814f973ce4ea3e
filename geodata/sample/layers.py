"""The drawing and the roster as frames in degrees, in the columns of `geodata.exchange`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import shapely
from geopandas import GeoDataFrame
from pandas import DataFrame
from shapely import MultiPolygon, Point, Polygon

from geodata.exchange import CONTRACTS, CRS, CommunitySettings, Layers
from geodata.sample.estates import ESTATES
from geodata.sample.facilities import Facility
from geodata.sample.names import OFFICE_PHONE
from geodata.sample.outline import Division
from geodata.sample.plan import METRIC_SRID, lonlat
from geodata.sample.registry import CODE, NAME, GridCell, House, Registry, compound_code
from geodata.sample.terms import FOUNDED, Roster
from geodata.sample.walks import Walk

TIMEZONE = "Asia/Shanghai"
DECLARED_AREA_M2 = 1_500_000
REGION = "泉山街道"

Rows = list[dict[str, Any]]


def framed(
    registry: Registry, division: Division, facilities: list[Facility], ways: list[Walk], roster: Roster,
    leaves: Rows, channels: Rows,
) -> Layers:  # fmt: skip
    """Return the sample as layers.

    Parameters
    ----------
    registry, division, facilities, ways
        The drawing.
    roster, leaves, channels
        Who answers for what, who is away, and the group chats.
    """
    settings = CommunitySettings(
        code=CODE, name=NAME, metric_srid=METRIC_SRID, timezone=TIMEZONE, sample=True, office_phone=OFFICE_PHONE,
        founded=FOUNDED, declared_area_m2=DECLARED_AREA_M2, region_name=REGION,
    )  # fmt: skip
    cells = lonlat(cell.shape for cell in registry.cells)
    houses = registry.houses
    return Layers(
        community=settings,
        # Of the very vertices of the cells, so that they tile it to the bit.
        boundary=_frame("boundary", [_place(CODE, NAME, ["瑞宁社区"]) | _counts(houses)], [shapely.union_all(cells)]),
        compounds=_compounds(division, houses),
        grid_cells=_frame("grid_cells", [_cell(cell, houses) for cell in registry.cells], cells),
        clusters=_frame(
            "clusters",
            [
                _place(c.code, c.name) | {"compound_code": compound_code(c.estate.label), "grid_cell_code": c.cell}
                for c in registry.clusters
            ],
            lonlat(cluster.shape for cluster in registry.clusters),
        ),
        buildings=_frame("buildings", [_building(house) for house in houses], lonlat(h.drawn.outline for h in houses)),
        entrances=_entrances(houses),
        facilities=_facilities(facilities, registry, roster),
        ways=_ways(ways),
        roster=_table("roster", roster.rows),
        leaves=_table("leaves", leaves),
        channels=_table("channels", channels),
    )


def _frame(layer: str, rows: Rows, shapes: Iterable[shapely.Geometry]) -> GeoDataFrame:
    return GeoDataFrame(_table(layer, rows), geometry=[*shapes], crs=CRS)


def _table(layer: str, rows: Rows) -> DataFrame:
    # Objects: pandas would turn missing dates and counts into floating point numbers.
    return DataFrame(rows, columns=[*CONTRACTS[layer]], dtype=object)


def _place(code: str, name: str, aliases: Sequence[str] = (), since: date = FOUNDED) -> dict[str, Any]:
    return {
        "code": code, "source_id": None, "name": name, "aliases": [*aliases], "valid_from": since, "valid_to": None,
    }  # fmt: skip


def _counts(houses: Iterable[House]) -> dict[str, int]:
    counted = [house.census for house in houses]
    return {
        "households": sum(sum(census.households) for census in counted),
        "residents": sum(census.residents for census in counted),
    }


def _compounds(division: Division, houses: list[House]) -> GeoDataFrame:
    rows = [
        _place(compound_code(estate.label), estate.name, estate.aliases)
        | _counts(house for house in houses if house.drawn.estate == estate.label)
        for estate in ESTATES
    ]
    return _frame("compounds", rows, lonlat(division.walls[estate.label] for estate in ESTATES))


def _cell(cell: GridCell, houses: list[House]) -> dict[str, Any]:
    compound = {"compound_code": compound_code(cell.estate.label)}
    return _place(cell.code, cell.name, cell.aliases) | compound | _counts(h for h in houses if h.cell == cell.code)


def _building(house: House) -> dict[str, Any]:
    links = {
        "compound_code": compound_code(house.drawn.estate), "grid_cell_code": house.cell, "cluster_code": house.cluster,
        "floors": house.drawn.floors,
    }  # fmt: skip
    return _place(house.code, house.drawn.name, house.drawn.aliases) | links | _counts([house])


def _entrances(houses: list[House]) -> GeoDataFrame:
    pairs = [(house, entrance) for house in houses for entrance in house.entrances]
    rows = [
        _place(entrance.code, entrance.name)
        | {"building_code": house.code, "grid_cell_code": entrance.cell, "households": entrance.households}
        for house, entrance in pairs
    ]
    return _frame("entrances", rows, lonlat(entrance.shape for _, entrance in pairs))


def _facilities(facilities: list[Facility], registry: Registry, roster: Roster) -> GeoDataFrame:
    rows = []
    for number, facility in enumerate(facilities, 1):
        # Of a park between two cells the larger part decides.
        shared = [_shared(cell.shape, facility.shape) for cell in registry.cells]
        cell = registry.cells[shared.index(max(shared))]
        rows.append(
            _place(f"{CODE}-F{number:03}", facility.name, facility.aliases, roster.day(facility.founded))
            | {
                "facility_kind": facility.kind,
                "compound_code": compound_code(facility.estate) if facility.estate else None,
                "grid_cell_code": cell.code,
            }
        )
    return _frame("facilities", rows, lonlat(facility.shape for facility in facilities))


def _shared(cell: Polygon, shape: Point | Polygon | MultiPolygon) -> float:
    part = cell.intersection(shape)
    return part.area if shape.area else float(not part.is_empty)


def _ways(ways: list[Walk]) -> GeoDataFrame:
    rows = [
        {"kind": way.kind.value, "source_id": way.source_id, "name": way.name, "tags": dict(way.tags),
         "valid_from": FOUNDED, "valid_to": None}
        for way in ways
    ]  # fmt: skip
    return _frame("ways", rows, lonlat(way.shape for way in ways))
