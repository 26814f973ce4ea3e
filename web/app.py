"""The application: which topics it has, and the headers that every answer carries."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from gridmap.database import Database, open_database
from gridmap.settings import Settings
from web import access, duties, errors, health, i18n, pages, places, search

#: Scripts, styles, fonts and tiles come from this server; nothing is inline. Base map tiles pass through `/base`.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
BODY_LIMIT = 1 << 20  # bytes; an upload route sets its own


def create_app(settings: Settings | None = None, database: Database | None = None) -> Flask:
    """Return the WSGI application of one installation.

    Parameters
    ----------
    settings
        Read from the environment when None.
    database
        Opened as the settings say when None.

    Raises
    ------
    NotConfigured, Unavailable
        The installation cannot run as it is set.
    """
    settings = settings or Settings()
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.signing_key(),
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        TRUSTED_HOSTS=settings.trusted_hosts.split(",") if settings.trusted_hosts else None,
        SESSION_COOKIE_NAME="gridmap_form",  # holds the CSRF secret only; who is signed in stands in the database
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,  # maps shrink tenfold; a higher level costs more time than it saves
        COMPRESS_MIMETYPES=[
            "text/html",
            "text/css",
            "text/javascript",
            "application/json",
            "application/geo+json",
            "image/svg+xml",
        ],
    )
    app.extensions["gridmap.settings"] = settings
    app.extensions["gridmap.database"] = database or open_database(settings)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    Compress(app)
    i18n.translate(app)
    errors.answer(app)
    access.guard(app)
    for topic in (access, duties, health, pages, places, search):
        app.register_blueprint(topic.bp)
    app.after_request(_headers)
    return app


def _headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "geolocation=(self), camera=(self), microphone=(), payment=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    public = urlsplit(current_app.extensions["gridmap.settings"].public_url or "")
    # A promise for a year: for the domain that was configured, never for `localhost` or an office PC tried with --tls.
    if request.is_secure and public.scheme == "https" and request.host == public.netloc:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response
