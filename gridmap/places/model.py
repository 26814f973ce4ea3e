"""The identity of a place, and its versions in time.

Everything else (appointments, cases, members) points at the identity; what was true of it on a day stands in the
version whose `valid` period holds that day. A correction edits a version; a change ends one and begins the next.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from geoalchemy2 import WKBElement
from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.database import Base, geometry, on_earth, one_of, period


class Kind(StrEnum):
    """The kinds of place, the most specific first."""

    ENTRANCE = "entrance"
    BUILDING = "building"
    FACILITY = "facility"
    CLUSTER = "cluster"
    GRID_CELL = "grid_cell"
    COMPOUND = "compound"
    COMMUNITY = "community"
    REGION = "region"


class Place(Base):
    """An identity: it keeps its code for ever, and is never deleted or numbered anew."""

    __tablename__ = "place"
    __table_args__ = (
        one_of("kind", Kind),
        # A code is a part of an address: dots alone would mean another folder there.
        CheckConstraint("code ~ '^[^/[:cntrl:][:space:]]{1,64}$' and code !~ '^[.]+$'", name="code"),
        CheckConstraint("source_id ~ '[^[:space:]]' and length(source_id) <= 200", name="source_id"),
        CheckConstraint("(kind = 'region') = (community_id is null)", name="community"),
        CheckConstraint("(kind = 'community') = (community_id is not distinct from id)", name="own_community"),
        CheckConstraint(
            "case when kind = 'community' then num_nulls(metric_srid, timezone, envelope) = 0 else num_nonnulls("
            "metric_srid, timezone, envelope, sample, office_phone, founded, declared_area_m2) = 0 end",
            name="community_settings",
        ),
        # A community is small: an envelope around half the world would let swapped coordinates in.
        CheckConstraint(
            on_earth("envelope")
            + " and ST_XMax(envelope) - ST_XMin(envelope) <= 5 and ST_YMax(envelope) - ST_YMin(envelope) <= 5",
            name="envelope",
        ),
        CheckConstraint("length(office_phone) between 1 and 40", name="office_phone"),
        CheckConstraint("founded between '1000-01-01' and '9999-12-31'", name="founded"),
        CheckConstraint("declared_area_m2 > 0 and declared_area_m2 < 1e12", name="declared_area"),
        CheckConstraint("(kind = 'facility') = (facility_kind is not null)", name="facility_kind"),
        CheckConstraint("facility_kind ~ '[^[:space:]]' and length(facility_kind) <= 60", name="facility_kind_text"),
        UniqueConstraint("code"),
        UniqueConstraint("as_community"),
        UniqueConstraint("community_id", "source_id"),
        UniqueConstraint("id", "kind"),
        UniqueConstraint("id", "community_id"),
        Index(None, "community_id", "kind"),
    )
    __mapper_args__ = {"polymorphic_on": "kind"}  # noqa: RUF012 - SQLAlchemy's own interface

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[str]
    community_id: Mapped[int | None] = mapped_column(
        ForeignKey("place.as_community", deferrable=True, initially="DEFERRED")
    )
    as_community: Mapped[int | None] = mapped_column(
        Computed("case when kind = 'community' then id end", persisted=True)
    )
    """The id, of a community only: what every `community_id` points at, so that it names nothing else."""
    code: Mapped[str]
    source_id: Mapped[str | None]


class Region(Place):
    """Street, district or city: what lies above communities."""

    __mapper_args__ = {"polymorphic_identity": Kind.REGION}  # noqa: RUF012


class Community(Place):
    """The territory of one community office, and the settings that hold in it."""

    __mapper_args__ = {"polymorphic_identity": Kind.COMMUNITY}  # noqa: RUF012

    metric_srid: Mapped[int | None]
    """EPSG code of the projected CRS in which its metres are measured."""
    timezone: Mapped[str | None]
    """IANA name; "today" is today there."""
    envelope: Mapped[WKBElement | None] = mapped_column(geometry("POLYGON"))
    """Nothing of the community may lie outside it: its boundary's box and a margin."""
    sample: Mapped[bool | None]
    """True for the made-up community; every page and print says so."""
    office_phone: Mapped[str | None]
    founded: Mapped[date | None]
    declared_area_m2: Mapped[float | None]


class Compound(Place):
    """A residential compound (小区)."""

    __mapper_args__ = {"polymorphic_identity": Kind.COMPOUND}  # noqa: RUF012


class GridCell(Place):
    """The smallest territory of responsibility (网格)."""

    __mapper_args__ = {"polymorphic_identity": Kind.GRID_CELL}  # noqa: RUF012


class Cluster(Place):
    """A set of buildings with one leader (楼群); its outline may be missing, its buildings name it."""

    __mapper_args__ = {"polymorphic_identity": Kind.CLUSTER}  # noqa: RUF012


class Building(Place):
    """A residential or other building (楼栋)."""

    __mapper_args__ = {"polymorphic_identity": Kind.BUILDING}  # noqa: RUF012


class Entrance(Place):
    """One door and stairwell of a building (单元): a point."""

    __mapper_args__ = {"polymorphic_identity": Kind.ENTRANCE}  # noqa: RUF012


class Facility(Place):
    """A venue, station, notice board, green: what is neither dwelling nor territory."""

    __mapper_args__ = {"polymorphic_identity": Kind.FACILITY}  # noqa: RUF012

    facility_kind: Mapped[str | None]


class PlaceVersion(Base):
    """What was true of a place during a period."""

    __tablename__ = "place_version"
    __table_args__ = (
        ForeignKeyConstraint(["place_id", "kind"], ["place.id", "place.kind"]),
        ForeignKeyConstraint(["place_id", "community_id"], ["place.id", "place.community_id"]),
        # A cell or cluster of another community would carry responsibility across the border.
        ForeignKeyConstraint(["grid_cell_id", "community_id"], ["place.id", "place.community_id"]),
        ForeignKeyConstraint(["cluster_id", "community_id"], ["place.id", "place.community_id"]),
        # What kind a parent, a cell and a cluster have is looked at by a trigger (`tree`), a whole statement at once.
        CheckConstraint("parent_id is not null or kind in ('region', 'community')", name="parent_given"),
        CheckConstraint("parent_id <> place_id", name="parent_other"),
        CheckConstraint(
            "grid_cell_id is null or kind in ('entrance', 'building', 'facility', 'cluster')", name="grid_cell"
        ),
        CheckConstraint("cluster_id is null or kind = 'building'", name="cluster"),
        # Deferrable, so that the border date between two versions can be corrected in two steps.
        ExcludeConstraint(
            ("place_id", "="),
            ("valid", "&&"),
            using="gist",
            name="one_version_at_a_time",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        period("valid"),
        CheckConstraint("(kind = 'region') = (community_id is null)", name="community"),
        CheckConstraint("name ~ '[^[:space:]]' and length(name) <= 200", name="name"),
        # A null among texts would reach every reader.
        CheckConstraint(
            "array_position(aliases, null) is null and cardinality(aliases) <= 100"
            " and length(array_to_string(aliases, '')) <= 5000",
            name="aliases",
        ),
        CheckConstraint("array_position(search, null) is null", name="search"),
        CheckConstraint("geom is not null or kind in ('region', 'cluster')", name="geom_given"),
        CheckConstraint(on_earth("geom"), name="geom_valid"),
        CheckConstraint(
            "kind in ('entrance') and ST_GeometryType(geom) = 'ST_Point'"
            " or kind in ('facility') and ST_GeometryType(geom) in ('ST_Point', 'ST_Polygon', 'ST_MultiPolygon')"
            " or kind not in ('entrance', 'facility') and ST_GeometryType(geom) in ('ST_Polygon', 'ST_MultiPolygon')",
            name="geom_type",
        ),
        CheckConstraint("households >= 0 and residents >= 0 and floors between 0 and 200", name="counts"),
        Index(None, "geom", postgresql_using="gist"),
        # As lexemes, so that the index also serves prefixes: see `gridmap.search`.
        Index("ix_place_version_search", text("array_to_tsvector(search)"), postgresql_using="gin"),
        Index(None, "place_id"),
        Index(None, "parent_id"),
        Index(None, "grid_cell_id"),
        Index(None, "cluster_id"),
        Index(None, "community_id", "kind"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    place_id: Mapped[int]
    kind: Mapped[str]
    community_id: Mapped[int | None]
    valid: Mapped[Range[date]]
    name: Mapped[str]
    aliases: Mapped[list[str]]
    search: Mapped[list[str]]
    """What the place is found by: see `gridmap.search`."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    grid_cell_id: Mapped[int | None]
    cluster_id: Mapped[int | None]
    geom: Mapped[WKBElement | None] = mapped_column(geometry("GEOMETRY"))
    households: Mapped[int | None]
    residents: Mapped[int | None]
    floors: Mapped[int | None]
