"""Duties over HTTP: who is responsible here."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from flask_babel import gettext

from gridmap.access import Action, permits
from gridmap.duties import Wording, responsible_at
from gridmap.errors import BadInput
from gridmap.places.position import parse_day, parse_position
from web.access import allow
from web.context import database, viewer
from web.i18n import language
from web.places import single

bp = Blueprint("duties", __name__)


@bp.get("/api/responsible")
@allow(Action.SEE_RESPONSIBLE)
def responsible() -> Response:
    """Answer who is responsible: `?lon=113.1&lat=41.03`, or `?place=CODE`; `&on=2026-01-31` for another day."""
    place, lon, lat = single("place"), single("lon"), single("lat")
    on = parse_day(single("on"))
    if place is not None and (lon is not None or lat is not None):
        raise BadInput("give {field} or a position, not both", field="place")
    where = place or parse_position(lon, lat)
    asker = viewer()
    with database().reading_engine.connect() as connection:
        body = responsible_at(
            connection,
            where,
            on,
            scope=asker.scope,
            households=permits(asker, Action.SEE_HOUSEHOLD_POSTS),
            wording=_wording(language()),
        )
    return current_app.response_class(body, content_type="application/json")


def _wording(reader: str) -> Wording:
    # The catalogue is asked once for each language, not for every click.
    if reader not in _WORDINGS:
        _WORDINGS[reader] = Wording(
            language=reader,
            office=gettext("Community office"),
            why_deputy=gettext("on leave until {until}; the deputy acts"),
            why_vacant_above=gettext("vacant; the next rank up acts ({role})"),
            why_leave_above=gettext("on leave until {until}, no deputy; the next rank up acts ({role})"),
            why_vacant_office=gettext("vacant, and nobody stands above; the community office acts"),
            why_leave_office=gettext("on leave until {until}, and nobody stands above; the community office acts"),
        )
    return _WORDINGS[reader]


_WORDINGS: dict[str, Wording] = {}
