"""Languages: Chinese first, English beside it; every text of the product is a message of the catalogue."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, Response, g, redirect, request
from flask_babel import Babel, gettext
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from gridmap.errors import GridMapError

LANGUAGES = ("zh", "en")
COOKIE = "lang"


def translate(app: Flask) -> None:
    """Let templates and errors of `app` speak the language of the request."""
    app.config["BABEL_DEFAULT_LOCALE"] = LANGUAGES[0]
    Babel(app, locale_selector=language, timezone_selector=lambda: "Asia/Shanghai")
    app.context_processor(lambda: {"language": language(), "languages": LANGUAGES})
    app.before_request(_switch)


def language() -> str:
    """Return the language of this request: asked for by cookie or header, else Chinese."""
    if "language" not in g:
        wanted = request.cookies.get(COOKIE, "")
        g.language = wanted if wanted in LANGUAGES else _preferred(request.headers.get("Accept-Language", ""))
    return str(g.language)


@lru_cache
def _preferred(header: str) -> str:
    # Browsers send the same few headers all day.
    return str(parse_accept_header(header, LanguageAccept).best_match(LANGUAGES, LANGUAGES[0]))


def sentence(error: GridMapError) -> str:
    """Return an error's message in the language of the request."""
    template = str(gettext(error.message))
    return template.format(**error.values) if error.values else template


def _switch() -> Response | None:
    """`?lang=en` on any page sets the language, then shows the page without it."""
    if (
        request.method != "GET"
        or request.path.startswith("/api/")
        or (wanted := request.args.get("lang")) not in LANGUAGES
    ):
        return None
    rest = "&".join(
        part for part in request.query_string.decode("ascii", "replace").split("&") if not part.startswith("lang=")
    )
    answer = redirect(request.path + ("?" + rest if rest else ""))
    answer.set_cookie(COOKIE, str(wanted), max_age=31536000, samesite="Lax", secure=request.is_secure, httponly=True)
    return answer  # type: ignore[return-value]
