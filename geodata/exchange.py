"""The contract of each layer that goes in or out: its columns, their types, and what people call them.

A place has a code that it keeps for ever. Codes are made here, and by nothing else::

    community   12 digits, or any short label      150902008012
    grid cell   the community's 12 digits + 001…   150902008012001
    compound    <community>-<local label>          150902008012-A
    cluster     <community>-C01
    building    <community>-B00001
    facility    <community>-F001
    entrance    <building>-1
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geopandas import GeoDataFrame
    from pandas import DataFrame

CRS = 4326
"""EPSG code of every frame, lon before lat; CGCS2000 is taken as equal, the difference is below a metre."""


class Type(StrEnum):
    """What a column holds."""

    TEXT = "text"
    TEXTS = "texts"
    COUNT = "count"
    DATE = "date"
    FLAG = "flag"
    TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layer.

    Parameters
    ----------
    name
        In frames, files and answers.
    type
        What its values are; None is always allowed unless `required`.
    zh
        Chinese heading in tables for people.
    also
        Other headings that people write, in either language.
    required
        Whether a row without it is refused.
    """

    name: str
    type: Type
    zh: str
    also: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """What the rows of one layer are.

    Parameters
    ----------
    columns
        In the order of an export. A frame may lack a column and a row its value: then what is on record stays.
    geometry
        The kinds that `geometry` may have; empty for a table.
    geometry_required
        Whether a row may lack its geometry.
    """

    columns: tuple[Column, ...]
    geometry: tuple[str, ...] = ()
    geometry_required: bool = True

    def __iter__(self) -> Iterator[str]:
        return (column.name for column in self.columns)


AREA = ("Polygon", "MultiPolygon")
_PERIOD = (
    Column("valid_from", Type.DATE, "生效日期", ("valid from", "from", "since", "起始日期", "开始日期", "自")),
    # Exclusive, as everywhere in GridMap; tables for people have the last day itself, see `geodata.roster`.
    Column("valid_to", Type.DATE, "失效日期", ("valid to",)),
)
_PLACE = (
    Column("code", Type.TEXT, "编码", ("代码", "编号")),
    Column("source_id", Type.TEXT, "来源编号", ("source id", "来源")),
    Column("name", Type.TEXT, "名称", ("名字", "title")),
    Column("aliases", Type.TEXTS, "别名", ("alias", "曾用名")),
)
_HOUSEHOLDS = Column("households", Type.COUNT, "户数")
_COUNTS = (_HOUSEHOLDS, Column("residents", Type.COUNT, "人数", ("人口", "people", "population")))
_COMPOUND = Column("compound_code", Type.TEXT, "小区编码", ("compound", "小区", "所属小区"))
_GRID_CELL = Column("grid_cell_code", Type.TEXT, "网格编码", ("grid_cell", "grid cell", "网格", "所属网格"))

CONTRACTS: dict[str, Contract] = {
    "boundary": Contract((*_PLACE, *_COUNTS, *_PERIOD), AREA),
    "compounds": Contract((*_PLACE, *_COUNTS, *_PERIOD), AREA),
    "grid_cells": Contract((*_PLACE, _COMPOUND, *_COUNTS, *_PERIOD), AREA),
    # A cluster is the set of buildings that name it; few are ever drawn.
    "clusters": Contract((*_PLACE, _COMPOUND, _GRID_CELL, *_PERIOD), AREA, geometry_required=False),
    "buildings": Contract(
        (
            *_PLACE,
            _COMPOUND,
            _GRID_CELL,
            Column("cluster_code", Type.TEXT, "楼群编码", ("cluster", "楼群")),
            *_COUNTS,
            Column("floors", Type.COUNT, "层数", ("levels", "楼层", "楼层数")),
            *_PERIOD,
        ),
        AREA,
    ),
    "entrances": Contract(
        (
            *_PLACE,
            Column("building_code", Type.TEXT, "楼栋编码", ("building", "楼栋", "所属楼栋"), required=True),
            _GRID_CELL,
            _HOUSEHOLDS,
            *_PERIOD,
        ),
        ("Point",),
    ),
    "facilities": Contract(
        (
            *_PLACE,
            Column("facility_kind", Type.TEXT, "设施类别", ("kind", "类别", "类型"), required=True),
            _COMPOUND,
            _GRID_CELL,
            *_PERIOD,
        ),
        ("Point", *AREA),
    ),
    "ways": Contract(
        (
            Column("kind", Type.TEXT, "类别", ("类型",), required=True),
            Column("source_id", Type.TEXT, "来源编号", ("source id",), required=True),
            Column("name", Type.TEXT, "名称"),
            Column("tags", Type.TAGS, "标签"),
            *_PERIOD,
        ),
        ("LineString", "Point"),
    ),
    "roster": Contract(
        (
            Column("role", Type.TEXT, "岗位", ("职务", "角色", "post"), required=True),
            Column(
                "place",
                Type.TEXT,
                "地点",
                ("place code", "地点编码", "负责范围", "管辖范围", "责任区域"),
                required=True,
            ),
            Column("holder", Type.TEXT, "任职类型", ("holder kind",)),
            Column(
                "name", Type.TEXT, "姓名", ("person", "leader", "负责人", "单位名称", "organization"), required=True
            ),
            Column("phone", Type.TEXT, "电话", ("telephone", "mobile", "手机", "联系电话", "手机号", "值班电话")),
            Column("phone_24h", Type.TEXT, "24小时电话", ("24h", "24 h phone", "phone 24h")),
            Column("organization_kind", Type.TEXT, "单位类型", ("organization kind",)),
            *_PERIOD,
            Column("consent", Type.FLAG, "同意公开", ("public", "是否公开", "公开")),
            Column("note", Type.TEXT, "备注", ("notes", "remark", "说明")),
        )
    ),
    "leaves": Contract(
        (
            Column("role", Type.TEXT, "岗位", required=True),
            Column("place", Type.TEXT, "地点", required=True),
            Column("name", Type.TEXT, "姓名", required=True),
            *_PERIOD,
            Column("deputy_name", Type.TEXT, "代理人"),
            Column("deputy_phone", Type.TEXT, "代理人电话"),
        )
    ),
    "channels": Contract(
        (
            Column("place", Type.TEXT, "地点", required=True),
            Column("name", Type.TEXT, "群名称", required=True),
            *_PERIOD,
        )
    ),
}


@dataclass(frozen=True, slots=True)
class CommunitySettings:
    """Which community the layers belong to, and what is set for it; None leaves what is on record.

    Parameters
    ----------
    code
        Twelve digits of the statistical code, or any label without blanks and slashes; empty where the rows tell.
    name
        Needed for a community that is not yet on record, here or in the boundary's row.
    metric_srid
        EPSG code of the projected CRS in which its metres are measured; derived from the boundary when None.
    timezone
        IANA name; Asia/Shanghai in China, else the nautical zone of the boundary, when None.
    sample
        Made up: every page and print says so.
    office_phone, founded, declared_area_m2
        What the office says of itself.
    region_name
        The street or town above it.
    """

    code: str
    name: str | None = None
    metric_srid: int | None = None
    timezone: str | None = None
    sample: bool = False
    office_phone: str | None = None
    founded: date | None = None
    declared_area_m2: float | None = None
    region_name: str | None = None


@dataclass(frozen=True, slots=True)
class Layers:
    """What is known of one community, as frames in EPSG:4326 that keep to `CONTRACTS`; None is not given.

    Parameters
    ----------
    community
        Needed unless only one community is on record, or the codes of the rows begin with its code.
    boundary, compounds, grid_cells, clusters, buildings, entrances, facilities, ways
        Places and ways. `valid_to` is the first day on which a row no longer holds.
    roster, leaves, channels
        Tables: who holds which post, who is away, how a place's residents are reached. `place` is a code or source_id.
    """

    community: CommunitySettings | None = None
    boundary: GeoDataFrame | None = None
    compounds: GeoDataFrame | None = None
    grid_cells: GeoDataFrame | None = None
    clusters: GeoDataFrame | None = None
    buildings: GeoDataFrame | None = None
    entrances: GeoDataFrame | None = None
    facilities: GeoDataFrame | None = None
    ways: GeoDataFrame | None = None
    roster: DataFrame | None = None
    leaves: DataFrame | None = None
    channels: DataFrame | None = None

    def given(self) -> list[str]:
        """Return the names of the layers that hold a frame, in the order in which they are stored."""
        return [f.name for f in fields(self) if f.name in CONTRACTS and getattr(self, f.name) is not None]
