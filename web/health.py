"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, json
from sqlalchemy.exc import SQLAlchemyError

from gridmap.database import revision
from web.access import public
from web.context import database

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> Response:
    """Answer that the process lives; nothing else is looked at."""
    return current_app.response_class("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@public
def ready() -> Response:
    """Answer 200 when the database answers with the tables that this program knows, else 503 and why."""
    try:
        with database().reading() as session:
            current, head = revision(session)
    except SQLAlchemyError:
        fault = "the database does not answer"
    else:
        fault = "" if current == head else f"the tables are at revision {current}, this program needs {head}"
    body = json.dumps({"ready": not fault, **({"fault": fault} if fault else {})})
    return current_app.response_class(body, 503 if fault else 200, mimetype="application/json")
