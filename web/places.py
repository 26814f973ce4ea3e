"""Places over HTTP: the layers of the map."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request

from gridmap.access import Action
from gridmap.errors import BadInput
from gridmap.places.features import feature, features, parse_window
from gridmap.places.position import parse_day
from web.access import allow
from web.context import database, viewer

bp = Blueprint("places", __name__)


@bp.get("/api/places")
@allow(Action.SEE_PLACES)
def layers() -> Response:
    """Answer places as GeoJSON: `?kind=building,entrance&bbox=w,s,e,n&on=2026-01-31&community=CODE`."""
    kinds = (single("kind") or "").split(",")
    window = parse_window(box) if (box := single("bbox")) else None
    on = parse_day(single("on"))
    with database().reading() as session:
        body = features(session, kinds, on=on, window=window, community=single("community"), scope=viewer().scope)
    return geojson(body)


@bp.get("/api/places/<code>")
@allow(Action.SEE_PLACES)
def one(code: str) -> Response:
    """Answer one place as a GeoJSON feature."""
    on = parse_day(single("on"))
    with database().reading() as session:
        return geojson(feature(session, text(code, "code"), on=on, scope=viewer().scope))


def single(name: str) -> str | None:
    """Return a parameter of the query; None where it is absent.

    Raises
    ------
    BadInput
        It is given more than once, or holds what no text may hold.
    """
    values = request.args.getlist(name)
    if len(values) > 1:
        raise BadInput("{field} is given {count} times; give it once", field=name, count=len(values))
    return text(values[0], name) if values else None


def text(value: str, field: str) -> str:
    """Return a text that PostgreSQL can take.

    Raises
    ------
    BadInput
        It holds a NUL or half a surrogate pair.
    """
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise BadInput("{field} holds a character that no text may hold", field=field)
    return value


def geojson(body: str) -> Response:
    """Return GeoJSON as an answer that the browser may keep, asking each time whether it still holds."""
    response = current_app.response_class(body, content_type="application/geo+json")
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
