"""A little town for tests of storing: one square community, two compounds, four grid cells, all by fractions of its sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import sqlalchemy as sa
from shapely.geometry import Point, Polygon, box
from sqlalchemy.orm import Session

from geodata.exchange import CommunitySettings, Layers

CODE = "150902008012"
WEST, SOUTH, WIDTH, HEIGHT = 113.10, 41.03, 0.008, 0.006


def x(fraction: float) -> float:
    return WEST + WIDTH * fraction


def y(fraction: float) -> float:
    return SOUTH + HEIGHT * fraction


def block(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return box(x(x0), y(y0), x(x1), y(y1))


def dot(x0: float, y0: float) -> Point:
    return Point(x(x0), y(y0))


def places(*rows: dict[str, Any], index: list[Any] | None = None) -> gpd.GeoDataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names if name != "geometry"}
    frame = gpd.GeoDataFrame(columns, geometry=[row.get("geometry") for row in rows], crs=4326)
    return frame.set_axis(index, axis=0) if index else frame


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame({name: [row.get(name) for row in rows] for name in names}, dtype=object)


BOUNDARY = places({"code": CODE, "name": "瑞宁社区", "geometry": block(0, 0, 1, 1)})
COMPOUNDS = places(
    {"code": "A", "name": "东苑", "geometry": block(0, 0, 0.5, 1)},
    {"code": "B", "name": "西苑", "geometry": block(0.5, 0, 1, 1)},
)
CELLS = places(
    {"code": f"{CODE}001", "name": "一网格", "geometry": block(0, 0.5, 0.5, 1)},
    {"code": f"{CODE}002", "name": "二网格", "geometry": block(0.5, 0.5, 1, 1)},
    {"code": f"{CODE}003", "name": "三网格", "geometry": block(0, 0, 0.5, 0.5)},
    {"code": f"{CODE}004", "name": "四网格", "geometry": block(0.5, 0, 1, 0.5)},
)
BUILDINGS = places(
    {"source_id": "way/1", "name": "1号楼", "floors": 6, "geometry": block(0.1, 0.1, 0.2, 0.2)},
    {"source_id": "way/2", "name": "2号楼", "floors": 6, "geometry": block(0.6, 0.6, 0.7, 0.7)},
)
TOWN = Layers(
    community=CommunitySettings(CODE, office_phone="0474-5550000", region_name="泉山街道"),
    boundary=BOUNDARY,
    compounds=COMPOUNDS,
    grid_cells=CELLS,
    buildings=BUILDINGS,
)


def only(**frames: Any) -> Layers:
    """Layers for the town that is on record."""
    return Layers(community=CommunitySettings(CODE), **frames)


def with_buildings(*rows: dict[str, Any]) -> Layers:
    return replace(TOWN, buildings=places(*rows))


_PLACES = sa.text(
    "select p.code, v.name, lower(v.valid) as first, upper(v.valid) as last, u.code as parent, g.code as cell,"
    " c.code as cluster, v.households, v.floors, v.aliases, p.source_id, p.facility_kind, ST_AsText(v.geom) as shape"
    " from place p join place_version v on v.place_id = p.id left join place u on u.id = v.parent_id"
    " left join place g on g.id = v.grid_cell_id left join place c on c.id = v.cluster_id"
    " where p.kind = :kind order by p.code, v.valid"
)


def on_record(session: Session, kind: str) -> list[Any]:
    return list(session.execute(_PLACES, {"kind": kind}))


def versions(session: Session, code: str) -> list[tuple[date | None, date | None, str]]:
    rows = session.execute(
        sa.text(
            "select lower(v.valid), upper(v.valid), v.name from place p join place_version v on v.place_id = p.id"
            " where p.code = :code order by v.valid"
        ),
        {"code": code},
    )
    return [(row[0], row[1], row[2]) for row in rows]


_TERMS = sa.text(
    "select a.role, p.code, coalesce(h.name, o.name) as name, coalesce(h.phone, o.phone) as phone,"
    " lower(a.during) as first, upper(a.during) as last, a.consent, a.note, a.person_id, o.phone_24h"
    " from appointment a join place p on p.id = a.place_id left join person h on h.id = a.person_id"
    " left join organization o on o.id = a.organization_id order by p.code, a.role, a.during"
)


def terms(session: Session) -> list[Any]:
    return list(session.execute(_TERMS))
