"""Walls, gates and paths: the lines and points that people walk by, or cannot pass."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.dialects.postgresql import ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.database import Base, geometry, on_earth, one_of, period


class WayKind(StrEnum):
    """What a way is to somebody on foot."""

    WALL = "wall"
    GATE = "gate"
    PATH = "path"
    ROAD = "road"
    BARRIER = "barrier"


class Way(Base):
    """One line or point of the walking map, during a period."""

    __tablename__ = "way"
    __table_args__ = (
        one_of("kind", WayKind),
        ExcludeConstraint(
            ("community_id", "="),
            ("source_id", "="),
            ("valid", "&&"),
            using="gist",
            name="one_way_at_a_time",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        period("valid"),
        CheckConstraint("source_id ~ '[^[:space:]]' and length(source_id) <= 200", name="source_id"),
        CheckConstraint("length(name) <= 200", name="name"),
        CheckConstraint("jsonb_typeof(tags) = 'object'", name="tags"),
        CheckConstraint(on_earth("geom"), name="geom_valid"),
        CheckConstraint(
            "ST_GeometryType(geom) = 'ST_LineString'"
            " or kind in ('gate', 'barrier') and ST_GeometryType(geom) = 'ST_Point'",
            name="geom_type",
        ),
        Index(None, "geom", postgresql_using="gist"),
        Index(None, "community_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("place.as_community"))
    kind: Mapped[str]
    valid: Mapped[Range[date]]
    source_id: Mapped[str]
    name: Mapped[str | None]
    tags: Mapped[dict[str, Any]]
    geom: Mapped[WKBElement] = mapped_column(geometry("GEOMETRY"))
