"""Who is asking: sign-in pages, the rule of every route, and the refusal of everything that has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Request,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_babel import gettext
from flask_wtf.csrf import CSRFError, CSRFProtect

from gridmap import errors
from gridmap.access import (
    Action,
    Viewer,
    Viewers,
    authenticate,
    change_password,
    close_session,
    open_session,
    permits,
    prove,
    record_event,
)
from web.context import database, settings, viewer
from web.i18n import sentence

View = TypeVar("View", bound=Callable[..., Any])
Answer = Response | tuple[str, int] | tuple[str, int, dict[str, str]] | str

#: The rule of a view that anybody may see.
PUBLIC = "public"
COOKIE = "gridmap"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Browsers take a cookie of this prefix only over https, for this host alone and without a parent domain's say.
HOST_PREFIX = "__Host-"

bp = Blueprint("access", __name__)
_forms = CSRFProtect()


def allow(action: Action) -> Callable[[View], View]:
    """Open a view to the levels that may do `action`; it stands below the route's own decorator.

    Parameters
    ----------
    action
        What the view does, as far as permission goes.
    """

    def ruled(view: View) -> View:
        cast("Any", view).rule = action
        return view

    return ruled


def public(view: View) -> View:
    """Open a view to everybody, signed in or not."""
    cast("Any", view).rule = PUBLIC
    return view


def rule_of(app: Flask, endpoint: str) -> Action | str | None:
    """Return the rule of an endpoint: an action, `PUBLIC`, or None, which opens it to nobody."""
    if endpoint == "static":
        return PUBLIC
    return getattr(app.view_functions[endpoint], "rule", None)


def guard(app: Flask) -> None:
    """Put the rules before every view of `app`: what has no rule answers nothing."""
    app.extensions["gridmap.viewers"] = Viewers(app.extensions["gridmap.database"])
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # asked below, for programs with a token are exempt
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a form left open over lunch still works
    app.config["WTF_CSRF_SSL_STRICT"] = False  # the origin is looked at below; proxies strip the referrer
    app.session_interface = _FormCookie()
    _forms.init_app(app)
    app.before_request(_ask)
    app.after_request(_challenge)


class _FormCookie(SecureCookieSessionInterface):
    """Flask's readable cookie, which holds the secret of forms and nothing else; fitted to http and https."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        # Programs, and pages without a form, have none: then there is nothing to verify.
        if self.get_cookie_name(app) in request.cookies:
            return super().open_session(app, request)
        return self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session.accessed or session.modified:
            super().save_session(app, session, response)

    def get_cookie_name(self, app: Flask) -> str:
        name = super().get_cookie_name(app)
        return HOST_PREFIX + name if request.is_secure else name

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's signature
        return request.is_secure


def _ask() -> Response | None:
    """Let a request pass when its endpoint has a rule and the rule lets whoever asks pass."""
    if request.endpoint is None:
        return None  # no such address or method: answered as such
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        raise errors.Refused("This address has no rule, so it is open to nobody.")
    by_token = _bearer()
    if request.method not in SAFE and by_token is None:
        _refuse_foreign_form()
    if rule == PUBLIC:
        return None
    asking = _viewers().of_token(by_token) if by_token is not None else _signed_in()
    if asking is None:
        raise errors.NotSignedIn("Sign in first.")
    g.viewer = asking
    if permits(asking, cast("Action", rule)):
        return None
    if asking.must_change_password and request.method == "GET" and not request.path.startswith("/api/"):
        return cast("Response", redirect(url_for("access.password", next=_here())))
    with database().writing(f"user:{asking.name}") as writing:
        record_event(writing, "refused", request.path.replace("\0", "")[:200], action=str(rule), method=request.method)
    if asking.must_change_password:
        raise errors.Refused("Choose a password of your own first.")
    raise errors.Refused("Your account may not do this.")


def _challenge(response: Response) -> Response:
    if response.status_code == 401 and request.path.startswith("/api/"):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _viewers() -> Viewers:
    return cast("Viewers", current_app.extensions["gridmap.viewers"])


def _signed_in() -> Viewer | None:
    token = request.cookies.get(_cookie_name())
    return _viewers().of_session(token) if token else None


def _bearer() -> str | None:
    """Return the token of a program; only the API takes one."""
    given = request.authorization
    if given is None or given.type != "bearer" or not request.path.startswith("/api/"):
        return None
    return given.token or ""


def _refuse_foreign_form() -> None:
    """Refuse what another site made the browser send: by where it comes from, then by the form's secret."""
    origin = request.headers.get("Origin")
    if site := request.headers.get("Sec-Fetch-Site"):
        own = site in {"same-origin", "none"}
    else:
        # Browsers name the site only to trustworthy addresses; over plain http the origin is all there is.
        own = origin is None or origin in _own_origins()
    if not own:
        raise errors.Refused("This was sent from another site, so it was not done.")
    try:
        _forms.protect()
    except CSRFError as error:
        raise errors.Refused("This form is out of date. Load its page again, then send it once more.") from error


def _own_origins() -> set[str]:
    # Either scheme: a proxy in front may speak https where this process hears http.
    hosts = {request.host, urlsplit(settings().public_url or "").netloc} - {""}
    return {f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts}


def _cookie_name() -> str:
    return HOST_PREFIX + COOKIE if request.is_secure else COOKIE


def _keep(response: Response, token: str) -> Response:
    response.set_cookie(_cookie_name(), token, secure=request.is_secure, httponly=True, samesite="Lax", path="/")
    return response


def _here() -> str | None:
    here = request.full_path.rstrip("?")
    return None if here == "/" else here


def _next() -> str:
    """Return where to go after a form: an address of this site, whatever the query says."""
    wanted = request.args.get("next", "")
    # Browsers read a backslash as a slash and skip control characters, so `/\evil` would leave this site.
    plain = wanted.startswith("/") and not wanted.startswith("//") and wanted.isprintable() and "\\" not in wanted
    own = plain and urlsplit(wanted).path not in {url_for(".sign_in"), url_for(".sign_out"), url_for(".password")}
    return wanted if own else "/"


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Answer:
    """Show the form, or take it and open a session."""
    if request.method in SAFE:
        if _signed_in():
            return cast("Response", redirect(_next()))
        return render_template("access/sign_in.html", name="", fault=None)
    name = request.form.get("name", "")
    old = request.cookies.get(_cookie_name())
    try:
        opened = authenticate(
            database(),
            name,
            request.form.get("password", ""),
            now=_viewers().clock(),
            address=request.remote_addr or "",
            agent=request.user_agent.string,
        )
    except errors.TooManyTries as error:
        page = render_template("access/sign_in.html", name=name, fault=sentence(error))
        return page, 429, {"Retry-After": str(error.retry_after)}
    except errors.NotSignedIn as error:
        return render_template("access/sign_in.html", name=name, fault=sentence(error)), 401
    if old:
        with database().writing(f"user:{opened.name}") as writing:
            close_session(writing, old)
    session.clear()  # a form secret from before the sign-in may be known to somebody else
    target = url_for(".password", next=_next()) if opened.must_change_password else _next()
    return _keep(cast("Response", redirect(target, 303)), opened.token)


@bp.post("/sign-out")
@public
def sign_out() -> Answer:
    """End the session on the server's side; one that ended before is as good."""
    if asking := _signed_in():
        with database().writing(f"user:{asking.name}") as writing:
            close_session(writing, request.cookies[_cookie_name()])
            record_event(writing, "sign out", asking.name, address=request.remote_addr)
        _viewers().forget(asking.user_id)
    session.clear()
    response = cast("Response", redirect(url_for(".sign_in"), 303))
    response.delete_cookie(_cookie_name(), secure=request.is_secure, httponly=True, samesite="Lax", path="/")
    return response


@bp.route("/password", methods=["GET", "POST"])
@allow(Action.SEE_OWN_ACCOUNT)
def password() -> Answer:
    """Show the form, or take it: a new password, a new session here, and no other one anywhere."""
    asking = viewer()
    if request.method in SAFE:
        return render_template("access/password.html", faults={}, changed="changed" in request.args)
    old, new = request.form.get("old", ""), request.form.get("new", "")
    now, address = _viewers().clock(), request.remote_addr or ""
    if new != request.form.get("again", ""):
        return _password_fault("again", gettext("The two new passwords differ."))
    try:
        prove(database(), asking.name, old, now=now, address=address)
        with database().writing(f"user:{asking.name}") as writing:
            change_password(writing, asking.user_id, new)
            token = open_session(writing, asking.user_id, now=now, address=address, agent=request.user_agent.string)
            record_event(writing, "password change", asking.name, address=address)
    except errors.TooManyTries as error:
        page = render_template("access/password.html", faults={"old": sentence(error)}, changed=False)
        return page, 429, {"Retry-After": str(error.retry_after)}
    except errors.NotSignedIn:
        return _password_fault("old", gettext("This is not your present password."))
    except errors.BadInput as error:
        return _password_fault(error.field or "new", sentence(error))
    _viewers().forget(asking.user_id)
    session.clear()
    target = _next() if asking.must_change_password else url_for(".password", changed=1)
    return _keep(cast("Response", redirect(target, 303)), token)


def _password_fault(field: str, fault: str) -> Answer:
    return render_template("access/password.html", faults={field: fault}, changed=False), 422
