"""Every address of the site: which rule it has, and what each level gets there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from gridmap.access import RULES, Action, Level
from tests.web.site import Site, site
from web import create_app
from web.access import PUBLIC, rule_of

__all__ = ["site"]

# Who gets in: "public" is everybody, otherwise a letter for each level:
# A admin, S staff, L leader, V viewer, P partner, U auditor.
ROUTES = {
    "/": "ASLV",
    "/api/places": "ASLV",
    "/api/places/<code>": "ASLV",
    "/api/responsible": "ASLV",
    "/api/search": "ASLV",
    "/base/<int:z>/<int:x>/<int:y>": "ASLV",
    "/base/<layer>/<int:z>/<int:x>/<int:y>": "ASLV",
    "/favicon.ico": "public",
    "/healthz": "public",
    "/manifest.webmanifest": "public",
    "/map/home.js": "public",
    "/password": "ASLVPU",
    "/readyz": "public",
    "/sign-in": "public",
    "/sign-out": "public",
    "/static/<path:filename>": "public",
}
LETTERS = {
    "A": Level.ADMIN,
    "S": Level.STAFF,
    "L": Level.LEADER,
    "V": Level.VIEWER,
    "P": Level.PARTNER,
    "U": Level.AUDITOR,
}
#: What is put into the variable parts of an address.
PARTS = {
    "code": "990000000001-K1",
    "filename": "css/gridmap.css",
    "z": "16",
    "x": "53300",
    "y": "24300",
    "layer": "vec",
}
QUERIES = {
    "/api/responsible": "?lon=113.101&lat=41.031",
    "/api/search": "?q=1",
    "/api/places": "?kind=compound&bbox=113,41,114,42",
}


def rules(app: Flask) -> Iterator[Rule]:
    yield from app.url_map.iter_rules()


def address(rule: Rule) -> str:
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: PARTS[part[1]], rule.rule)
    return path + QUERIES.get(rule.rule, "")


def test_every_address_has_a_rule(site: Site) -> None:
    without = [rule.rule for rule in rules(site.app) if rule_of(site.app, rule.endpoint) is None]
    assert without == [], "give each view @allow(Action…) or @public from web.access"


def test_every_address_stands_in_the_table_above_with_its_levels(site: Site) -> None:
    found = {}
    for rule in rules(site.app):
        kind = rule_of(site.app, rule.endpoint)
        allowed = RULES[kind] if isinstance(kind, Action) else ()
        found[rule.rule] = (
            "public" if kind == PUBLIC else "".join(key for key, level in LETTERS.items() if level in allowed)
        )
    assert found == ROUTES


def test_every_action_says_which_levels_may_do_it() -> None:
    assert set(RULES) == set(Action)


@pytest.mark.parametrize("level", list(Level))
def test_each_level_gets_what_the_table_says_and_nothing_else(site: Site, level: Level) -> None:
    browser = site.signed_in(level)
    letter = next(letter for letter, known in LETTERS.items() if known == level)
    for rule in rules(site.app):
        if "GET" not in (rule.methods or ()):
            continue
        status = browser.get(address(rule)).status_code
        open_to = ROUTES[rule.rule] == "public" or letter in ROUTES[rule.rule]
        assert (status != 403) == open_to, (rule.rule, status)
        assert status not in {401, 500}, (rule.rule, status)


@pytest.mark.parametrize("level", list(Level))
def test_a_token_gets_what_the_table_says_and_nothing_outside_the_api(site: Site, level: Level) -> None:
    client = site.app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {site.token(site.add(level))}"
    letter = next(letter for letter, known in LETTERS.items() if known == level)
    for rule in rules(site.app):
        if "GET" not in (rule.methods or ()) or ROUTES[rule.rule] == "public":
            continue
        answer = client.get(address(rule))
        if rule.rule.startswith("/api/"):
            assert (answer.status_code != 403) == (letter in ROUTES[rule.rule]), rule.rule
            assert answer.status_code not in {302, 401, 500}, rule.rule
        else:
            assert is_sign_in(answer), rule.rule


def is_sign_in(answer: TestResponse) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in")


def test_without_a_sign_in_only_public_addresses_answer(site: Site) -> None:
    browser = site.browser()
    for rule in rules(site.app):
        if "GET" not in (rule.methods or ()):
            continue
        answer = browser.get(address(rule))
        if ROUTES[rule.rule] == "public":
            assert answer.status_code in {200, 204, 404}, rule.rule
        elif rule.rule.startswith("/api/"):
            assert answer.status_code == 401, rule.rule
            assert answer.content_type == "application/problem+json"
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        else:
            assert is_sign_in(answer), rule.rule


def test_an_address_without_a_rule_answers_nothing(site: Site) -> None:
    app = site.worker(site.app.extensions["gridmap.settings"].data, site.database)
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    app.add_url_rule("/api/forgotten", "forgotten_too", lambda: "secret", methods=["GET", "POST"])
    browser = site.browser(app)
    browser.sign_in(site.add(Level.ADMIN))
    for path in ("/forgotten", "/api/forgotten"):
        answer = browser.get(path)
        assert answer.status_code == 403
        assert b"secret" not in answer.data
    assert browser.post("/api/forgotten").status_code == 403


def test_unsafe_requests_need_the_secret_of_a_form_everywhere(site: Site) -> None:
    browser = site.signed_in(Level.ADMIN)
    for rule in rules(site.app):
        for method in {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set()):
            answer = browser.open(address(rule), method=method)
            assert answer.status_code == 403, (method, rule.rule)


def test_a_refusal_is_recorded_whatever_stands_in_the_address(site: Site) -> None:
    browser = site.signed_in(Level.AUDITOR)
    assert browser.get("/api/places/%00%ff'").status_code == 403
    with site.database.reading() as session:
        path = session.scalar(sa.text("select key from audit_record where action = 'refused' order by id desc limit 1"))
    assert path == "/api/places/\ufffd'"


@pytest.mark.parametrize("method", ["TRACE", "PUT", "PATCH", "DELETE", "CONNECT", "FANCY"])
def test_methods_that_an_address_does_not_take_are_405(site: Site, method: str) -> None:
    browser = site.signed_in(Level.ADMIN)
    for path in ("/", "/sign-in", "/healthz", "/api/responsible", "/static/css/gridmap.css"):
        answer = browser.open(path, method=method)
        assert answer.status_code == 405, path
        assert "GET" in answer.headers["Allow"]


def test_reading_every_address_changes_nothing(site: Site) -> None:
    browser = site.signed_in(Level.ADMIN)

    def everything() -> dict[str, str]:
        with site.database.reading() as session:
            tables = session.scalars(
                sa.text(
                    "select tablename from pg_tables where schemaname = 'public' and has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), 'select') order by 1"
                )
            ).all()
            return {
                t: str(
                    session.scalar(
                        sa.text(f"select md5(coalesce(string_agg(t::text, '' order by t::text), '')) from {t} t")
                    )
                )
                for t in tables
            }

    before = everything()
    for rule in rules(site.app):
        for method in {"GET", "HEAD", "OPTIONS"} & (rule.methods or set()):
            assert browser.open(address(rule), method=method).status_code < 500, rule.rule
    assert everything() == before


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sign-in", 200),
        ("/", 302),
        ("/nowhere", 404),
        ("/api/nowhere", 404),
        ("/api/responsible", 401),
        ("/sign-out", 405),
        ("/healthz", 200),
        ("/static/css/gridmap.css", 200),
        ("/static/nowhere.css", 404),
        ("/static/../app.py", 404),
        ("/fault", 500),
        ("/api/fault", 500),
    ],
)
def test_every_answer_carries_the_headers_that_protect(site: Site, path: str, status: int) -> None:
    app = site.worker(site.app.extensions["gridmap.settings"].data, site.database)

    def fault() -> str:
        message = "select secret from /srv/gridmap"
        raise RuntimeError(message)

    fault.rule = PUBLIC  # type: ignore[attr-defined]
    app.add_url_rule("/fault", "fault", fault)
    app.add_url_rule("/api/fault", "api_fault", fault)
    answer = site.browser(app).get(path)
    assert answer.status_code == status
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "geolocation" in answer.headers["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    if not path.startswith("/static/css"):
        assert answer.headers["Cache-Control"] == "no-store"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_no_foreign_site_may_read_answers(site: Site) -> None:
    answer = site.signed_in().get("/api/search?q=1", headers={"Origin": "http://evil.test"})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/api/responsible", "/nowhere", "/static/css/gridmap.css"])
def test_a_host_that_is_not_ours_is_refused(site: Site, path: str) -> None:
    app = site.worker(
        site.app.extensions["gridmap.settings"].data, site.database, GRIDMAP_TRUSTED_HOSTS="office.test,.gridmap.test"
    )
    client = app.test_client()
    for host in ("evil.test", "office.test.evil.test", "office.test@evil.test", "a b", ""):
        answer = client.get(path, headers={"Host": host}, buffered=True)
        assert answer.status_code == 400, host
        assert "evil" not in answer.headers.get("Location", "")
        assert "Content-Security-Policy" in answer.headers
    for host in ("office.test", "map.gridmap.test", "office.test:8000"):
        assert client.get("/sign-in", headers={"Host": host}).status_code == 200, host


def test_the_configured_proxies_alone_are_believed(site: Site) -> None:
    data = site.app.extensions["gridmap.settings"].data
    behind = site.worker(data, site.database, GRIDMAP_TRUSTED_PROXIES="1")
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.9"}
    for app, secure in ((site.app, False), (behind, True)):
        answer = app.test_client().get("/sign-in", headers=forwarded)
        assert ("; Secure" in answer.headers["Set-Cookie"]) == secure


def test_browsers_are_bound_to_https_for_the_configured_domain_alone(site: Site) -> None:
    data = site.app.extensions["gridmap.settings"].data
    app = site.worker(data, site.database, GRIDMAP_PUBLIC_URL="https://map.office.test")
    client = app.test_client()
    for base, bound in (
        ("https://map.office.test", True),
        ("http://map.office.test", False),
        ("https://localhost:8000", False),
    ):
        answer = client.get("/sign-in", base_url=base)
        assert ("Strict-Transport-Security" in answer.headers) == bound, base


def test_the_application_is_made_by_a_factory_that_takes_nothing_by_default() -> None:
    assert create_app.__defaults__ == (None, None)
