"""Search over HTTP: places and the people who hold posts over them."""

from __future__ import annotations

import re

from flask import Blueprint, Response, current_app

from geodata.addresses import query
from gridmap.access import Action
from gridmap.errors import BadInput
from gridmap.places.position import parse_day
from gridmap.search import MOST_HITS, hits
from web.access import allow
from web.context import database, viewer
from web.i18n import language
from web.places import single

bp = Blueprint("search", __name__)


@bp.get("/api/search")
@allow(Action.SEE_PLACES)
def search() -> Response:
    """Answer the best hits: `?q=塞上江南3号楼2单元&limit=8`; `&on=2026-01-31` for another day."""
    asked = query(single("q") or "")
    limit = _limit(single("limit"))
    on = parse_day(single("on"))
    with database().reading() as session:
        body = hits(session, asked, scope=viewer().scope, on=on, limit=limit, language=language())
    return current_app.response_class(body, content_type="application/json")


def _limit(written: str | None) -> int:
    if written is None:
        return MOST_HITS
    # int() would take full-width digits, signs and underscores as well.
    if not re.fullmatch(r"[0-9]{1,2}", written, re.ASCII) or not 1 <= int(written) <= MOST_HITS:
        raise BadInput("{field} must be a whole number from 1 to {most}", field="limit", most=MOST_HITS)
    return int(written)
