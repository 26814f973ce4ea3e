"""The home page: the map that answers who is responsible here; its script, its base tiles, and the app's manifest."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import cast

from flask import Blueprint, Response, current_app, json, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from gridmap.access import Action
from web import assets
from web.access import allow, public
from web.context import settings
from web.i18n import language
from web.maps import BaseMap, Parts, compose
from web.tiles import GROUND, TileMap, base_map, picture_type

bp = Blueprint("pages", __name__)
bp.add_app_template_global(assets.address, "asset")

YEAR = 31_536_000
WHOLE = 1 << 20  # bytes of a script, style or picture


@bp.record_once
def _open_base_map(state: BlueprintSetupState) -> None:
    # At the start, so that a setting that cannot be used is said then and not by grey tiles.
    state.app.extensions["gridmap.base_map"] = base_map(state.app.extensions["gridmap.settings"])


@bp.after_app_request
def _read_whole(response: Response) -> Response:
    """Read a small file at once: what is compressed piece by piece would leave it open."""
    if response.direct_passthrough and response.status_code == 200 and (response.content_length or 0) <= WHOLE:
        response.direct_passthrough = False
        response.make_sequence()
    return response


@bp.get("/")
@allow(Action.SEE_RESPONSIBLE)
def home() -> str:
    """Show the map."""
    tiles = _tiles()
    parts = _home(tiles.as_seen() if tiles else None)
    return render_template(
        "pages/home.html",
        parts=parts,
        script=f"/map/home.js?v={_tag(parts.script)}",
        catalogue=assets.address(f"i18n/{language()}.js"),
        credits=tiles.credits if tiles else "",
        approval=settings().map_approval or "",
    )


@bp.get("/map/home.js")
@public
def home_script() -> Response:
    """Answer the script that folium wrote: the same for everybody, so browsers keep it."""
    tiles = _tiles()
    script = _home(tiles.as_seen() if tiles else None).script
    response = current_app.response_class(script, mimetype="text/javascript")
    response.set_etag(_tag(script))
    # Its address carries its hash; without the hash it is asked for anew each time.
    fresh = request.args.get("v") == _tag(script)
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if fresh else "no-cache"
    response.make_conditional(request)
    return response


@bp.get("/base/<int:z>/<int:x>/<int:y>", defaults={"layer": GROUND})
@bp.get("/base/<layer>/<int:z>/<int:x>/<int:y>")
@allow(Action.SEE_PLACES)
def tile(layer: str, z: int, x: int, y: int) -> Response:
    """Answer a tile of the base map."""
    tiles = _tiles()
    picture = (tiles or TileMap({}, 0, "")).tile(layer, z, x, y)
    response = current_app.response_class(picture, mimetype=picture_type(picture) or "application/octet-stream")
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


@bp.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """Answer what a phone needs to put the map on its home screen."""
    body = {
        "name": gettext("GridMap"),
        "short_name": gettext("GridMap"),
        "lang": "zh-CN" if language() == "zh" else language(),
        "start_url": "/",
        "display": "standalone",
        "background_color": "#f2f5f4",
        "theme_color": "#103f4d",
        "icons": [
            {"src": assets.address("images/mark.svg"), "type": "image/svg+xml", "sizes": "any"},
            {"src": assets.address("images/mark-180.png"), "type": "image/png", "sizes": "180x180"},
        ],
    }
    response = current_app.response_class(json.dumps(body), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/favicon.ico")
@public
def favicon() -> Response:
    """Answer the mark to browsers that ask for it unbidden."""
    response = current_app.send_static_file("images/mark.svg")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@cache
def _home(base: BaseMap | None) -> Parts:
    return compose("home", base=base).parts()


@cache
def _tag(script: str) -> str:
    return sha256(script.encode()).hexdigest()[:10]


def _tiles() -> TileMap | None:
    return cast("TileMap | None", current_app.extensions["gridmap.base_map"])
