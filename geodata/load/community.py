"""The community that an import is about: found on record, or made from its boundary."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from geodata.addresses import keys
from geodata.crs import default_timezone, is_metric, metric_srid
from geodata.exchange import CommunitySettings, Layers
from geodata.load import values, writing
from geodata.load.identity import CODE
from geodata.load.rows import Row
from gridmap.database import read_sql
from gridmap.errors import BadInput, NotFound
from gridmap.places import Community, Kind

MARGIN_DEG = 0.01  # about a kilometre: what an office cares for just outside its border
STREET_DIGITS = 9
_COMMUNITIES = sa.text(
    "select id, code, metric_srid, timezone, ST_AsBinary(envelope) as envelope, office_phone, founded,"
    " declared_area_m2, sample from place where kind = 'community' order by code"
)
_SETTINGS = ("metric_srid", "timezone", "envelope", "sample", "office_phone", "founded", "declared_area_m2")
_REGION = sa.text(read_sql(__package__, "region.sql"))


@dataclass(slots=True)
class Found:
    """The community of one import.

    Parameters
    ----------
    id, code
        Of its place.
    settings
        What is on record, by column; empty for a new one.
    wanted
        What the import says.
    """

    id: int
    code: str
    settings: dict[str, Any] = field(default_factory=dict)
    wanted: CommunitySettings = field(default_factory=lambda: CommunitySettings(""))

    @property
    def new(self) -> bool:
        """Not on record yet."""
        return not self.settings

    @property
    def srid(self) -> int:
        """EPSG code of the CRS in which its metres are measured."""
        return int(self.settings["metric_srid"])

    @property
    def today(self) -> date:
        """The day it is there."""
        return datetime.now(ZoneInfo(self.settings["timezone"])).date()

    @property
    def envelope(self) -> BaseGeometry:
        """Nothing of the community lies outside it."""
        return self.settings["envelope"]  # type: ignore[no-any-return]


def find(session: Session, layers: Layers) -> Found:
    """Return the community that layers are about.

    Parameters
    ----------
    session
        Where to look.
    layers
        Their settings name it, else the codes in them do, else it is the only one on record.

    Raises
    ------
    BadInput
        Nothing says which one, or its settings cannot be.
    NotFound
        It is not on record and no boundary is given.
    """
    known = {row.code: row for row in session.execute(_COMMUNITIES)}
    wanted = layers.community or CommunitySettings("")
    if not wanted.code:
        wanted = replace(wanted, code=_named(layers, list(known)))
    if not CODE.fullmatch(wanted.code):
        raise BadInput("{value} cannot be the code of a community", field="community", value=repr(wanted.code))
    _check(wanted)
    if row := known.get(wanted.code):
        settings = {**row._mapping, "envelope": shapely.from_wkb(bytes(row.envelope))}  # noqa: SLF001 - SQLAlchemy's own
        return Found(row.id, row.code, settings, wanted)
    if layers.boundary is None or not len(layers.boundary):
        raise NotFound("community {code} is not on record; import its boundary first", code=wanted.code)
    return Found(next(writing.new_ids(session, Community, 1)), wanted.code, {}, wanted)


def settle(session: Session, community: Found, boundaries: list[Row]) -> None:
    """Write the community's own row: settings as wanted, the envelope around all its boundaries.

    Parameters
    ----------
    session
        Its transaction stays open.
    community
        Its settings are brought up to date.
    boundaries
        Sound rows of the boundary layer; at least one for a new community.
    """
    shapes = [row.geometry for row in boundaries if row.geometry is not None]
    wanted, settings = community.wanted, dict(community.settings)
    if community.new:
        lon, lat = shapely.get_coordinates(shapely.centroid(shapes[0]))[0].tolist()
        settings = {
            "metric_srid": metric_srid(lon, lat),
            "timezone": default_timezone(lon, lat),
            "sample": False,
            "office_phone": None,
            "founded": None,
            "declared_area_m2": None,
        }
    for name in ("metric_srid", "timezone", "office_phone", "founded", "declared_area_m2"):
        if (value := getattr(wanted, name)) is not None:
            settings[name] = value
    settings["sample"] = settings["sample"] or wanted.sample
    boxes = [shapely.buffer(shapely.box(*shape.bounds), MARGIN_DEG, join_style="mitre") for shape in shapes]
    # It never shrinks: places on record may lie in what a corrected boundary leaves out.
    boxes += [community.settings["envelope"]] if not community.new else []
    settings["envelope"] = shapely.box(*np.round(shapely.union_all(boxes).bounds, 9))
    if settings != community.settings:
        row = {name: settings[name] for name in _SETTINGS} | {
            "id": community.id,
            "kind": Kind.COMMUNITY,
            "community_id": community.id,
            "code": community.code,
            "envelope": writing.geometry(settings["envelope"].wkb),
            "founded": settings["founded"] and settings["founded"].isoformat(),
        }
        if community.new:
            writing.insert(session, Community, ("id", "kind", "community_id", "code", *_SETTINGS), [row])
        else:
            writing.update(session, Community, _SETTINGS, [row])
    community.settings = settings


def region(session: Session, community: Found, name: str | None) -> int | None:
    """Return the id of the street or town above a community, made or renamed where needed; None where none is named.

    Parameters
    ----------
    session
        Its transaction stays open.
    community
        With twelve digits its first nine are the street's code.
    name
        As the import gives it.
    """
    if (clean := values.text(name)) is None:
        return None
    digits = community.code[:STREET_DIGITS]
    statistical = community.code.isascii() and community.code.isdigit() and len(community.code) > STREET_DIGITS
    code = digits if statistical else f"{community.code}-R"
    parameters = {"code": code, "name": clean, "search": keys(clean)}
    return int(session.execute(_REGION, parameters).scalar_one())


def _named(layers: Layers, known: list[str]) -> str:
    """Read the community's code from the codes of the rows."""
    if layers.boundary is not None and "code" in layers.boundary.columns:
        given = [code for code in layers.boundary["code"].tolist() if not values.missing(code)]
        if given:
            return str(values.text(given[0]))
    prefixes = set()
    for layer in layers.given():
        frame = getattr(layers, layer)
        column = "place" if "place" in frame.columns else "code"
        for value in frame[column].tolist() if column in frame.columns else ():
            text = "" if values.missing(value) else str(value)
            if holder := max((code for code in known if text.startswith(code)), key=len, default=None):
                prefixes.add(holder)
    if len(prefixes) == 1:
        return prefixes.pop()
    if prefixes:
        listed = ", ".join(sorted(prefixes))
        raise BadInput("the rows belong to several communities ({codes}); import them apart", codes=listed)
    if len(known) == 1:
        return known[0]
    if known:
        raise BadInput(
            "which community is meant? give --community with one of: {codes}", field="community", codes=", ".join(known)
        )
    raise BadInput(
        "no community is on record; import a boundary that has a code, or give --community", field="community"
    )


def _check(wanted: CommunitySettings) -> None:
    if wanted.timezone is not None:
        try:
            ZoneInfo(wanted.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise BadInput(
                "time zone {value} is not known; use a name such as Asia/Shanghai",
                field="timezone",
                value=wanted.timezone,
            ) from error
    if wanted.metric_srid is not None and not is_metric(wanted.metric_srid):
        raise BadInput("EPSG:{value} does not measure in metres", field="metric_srid", value=wanted.metric_srid)
