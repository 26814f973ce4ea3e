"""How an error of the domain becomes an answer: the only place that knows HTTP status codes."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, json, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from gridmap import errors
from web.i18n import sentence

#: Looked up along the class tree, so that a new error answers like its parent.
STATUS: dict[type[errors.GridMapError], HTTPStatus] = {
    errors.BadInput: HTTPStatus.BAD_REQUEST,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.NotSignedIn: HTTPStatus.UNAUTHORIZED,
    errors.TooManyTries: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Refused: HTTPStatus.FORBIDDEN,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.GridMapError: HTTPStatus.BAD_REQUEST,
}
#: SQLSTATE classes and codes that an odd value of a request can cause; anything else is a fault of ours.
VALUE_FAULTS = ("22", "23")


def answer(app: Flask) -> None:
    """Give every error of `app` its answer: a problem document (RFC 9457) to programs, a page to people."""
    app.register_error_handler(errors.GridMapError, _domain)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SecurityError, _foreign_host)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(DBAPIError, _database_refused)
    app.register_error_handler(UnicodeError, _undecodable)
    app.register_error_handler(Exception, _fault)


def _domain(error: errors.GridMapError) -> Response:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if isinstance(error, errors.NotSignedIn) and not _for_programs() and request.method == "GET":
        here = request.full_path.rstrip("?")
        return redirect(url_for("access.sign_in", next=None if here == "/" else here))  # type: ignore[return-value]
    extra: dict[str, Any] = {"field": error.field} if isinstance(error, errors.BadInput) and error.field else {}
    if "hint" in error.values:
        extra["hint"] = error.values["hint"]
    response = _problem(status, sentence(error), **extra)
    if isinstance(error, errors.TooManyTries):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    titles = {
        404: gettext("There is nothing at this address."),
        405: gettext("This address does not take that method."),
        413: gettext("What was sent is too large."),
        415: gettext("What was sent is of a kind that this address does not take."),
    }
    response = _problem(status, titles.get(status, error.description or status.phrase))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _foreign_host(_error: SecurityError) -> Response:
    # Addresses cannot be built for a host that is not ours, so there is no page around the sentence.
    text = gettext("This server does not answer to that name.")
    return current_app.response_class(text + "\n", HTTPStatus.BAD_REQUEST, mimetype="text/plain")


def _database_away(error: OperationalError) -> Response:
    current_app.logger.error("database: %s", str(error.orig).splitlines()[0])
    return _problem(HTTPStatus.SERVICE_UNAVAILABLE, gettext("The database does not answer. Try again in a minute."))


def _database_refused(error: DBAPIError) -> Response:
    state = str(getattr(error.orig, "sqlstate", "") or "")
    if state.startswith(VALUE_FAULTS) or isinstance(error.orig, UnicodeError):
        return _problem(HTTPStatus.BAD_REQUEST, gettext("A value of this request cannot be used."))
    return _fault(error)


def _undecodable(_error: UnicodeError) -> Response:
    return _problem(HTTPStatus.BAD_REQUEST, gettext("A text of this request cannot be read as UTF-8."))


def _fault(error: Exception) -> Response:
    number = uuid.uuid4().hex[:12]
    current_app.logger.error("fault %s", number, exc_info=error)
    if current_app.testing:
        raise error
    text = gettext("Something went wrong here. If it stays so, tell whoever runs GridMap the number {number}.")
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, text.format(number=number), fault=number)


def _for_programs() -> bool:
    return (
        request.path.startswith("/api/")
        or request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "application/json"
    )


def _problem(status: HTTPStatus, detail: str, **extra: Any) -> Response:
    if _for_programs():
        body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail, **extra}
        return current_app.response_class(json.dumps(body), status, content_type="application/problem+json")
    page = render_template("error.html", status=int(status), detail=detail, viewer=g.get("viewer"))
    return current_app.response_class(page, status)
