"""Cookies that tell nothing, forms that nobody else can send, and tokens of programs."""

from __future__ import annotations

import json
import re

import pytest
from itsdangerous import base64_decode
from werkzeug.test import TestResponse

from tests.gridmap.access_town import PASSWORD
from tests.web.site import HOST, Browser, Site, site

__all__ = ["site"]
NEW = "seven lanterns at dusk"


def inside(browser: Browser) -> bool:
    return browser.get("/password").status_code == 200


def set_cookies(answer: TestResponse) -> dict[str, str]:
    return {line.split("=", 1)[0]: line for line in answer.headers.getlist("Set-Cookie")}


def test_over_https_cookies_are_bound_to_this_host_alone(site: Site) -> None:
    browser = site.browser(https=True)
    page = set_cookies(browser.get("/sign-in"))
    kept = set_cookies(browser.sign_in(site.add()))
    for line in (page["__Host-gridmap_form"], kept["__Host-gridmap"]):
        for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert f"; {attribute}" in line
        assert "Domain" not in line
    assert inside(browser)


def test_over_plain_http_the_same_without_what_would_drop_them(site: Site) -> None:
    browser = site.browser()
    page = set_cookies(browser.get("/sign-in"))
    kept = set_cookies(browser.sign_in(site.add()))
    for line in (page["gridmap_form"], kept["gridmap"]):
        for attribute in ("HttpOnly", "SameSite=Lax", "Path=/"):
            assert f"; {attribute}" in line
        assert "Secure" not in line


def test_over_https_a_cookie_that_plain_http_could_have_set_is_not_looked_at(site: Site) -> None:
    browser = site.signed_in()
    token = browser.cookie()
    assert token is not None
    secure = site.browser(https=True)
    secure.keep(token)
    assert not inside(secure)


def test_no_cookie_tells_who_is_signed_in(site: Site) -> None:
    browser = site.browser()
    name = site.add()
    browser.sign_in(name)
    browser.get("/password")
    readable = browser.cookie("gridmap_form")
    assert readable is not None
    content = json.loads(base64_decode(readable.split(".")[0]))
    assert set(content) == {"csrf_token"}
    assert re.fullmatch(r"[0-9a-f]{40}", content["csrf_token"])
    token = browser.cookie()
    assert token is not None
    assert name not in token
    assert re.fullmatch(r"[\w-]{43}", token)


def test_pages_behind_the_sign_in_are_kept_by_no_browser(site: Site) -> None:
    browser = site.signed_in()
    for path in ("/", "/password", "/api/search?q=1"):
        assert browser.get(path).headers["Cache-Control"] == "no-store", path


def test_a_form_without_its_secret_is_refused_and_changes_nothing(site: Site) -> None:
    browser = site.signed_in()
    assert browser.post("/sign-out").status_code == 403
    assert browser.post("/sign-out", {"csrf_token": "made-up"}).status_code == 403
    assert browser.post("/password", {"old": PASSWORD, "new": NEW, "again": NEW}).status_code == 403
    assert inside(browser)


def test_the_secret_of_another_browser_is_refused(site: Site) -> None:
    browser, other = site.signed_in(), site.browser()
    assert browser.post("/sign-out", {"csrf_token": other.secret("/sign-in")}).status_code == 403
    assert inside(browser)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "nonsense"},
        {"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HOST}"},
        {"Origin": "http://evil.test"},
        {"Origin": f"http://{HOST}.evil.test"},
        {"Origin": f"http://{HOST}:8001"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": HOST},
        {"Origin": ""},
    ],
)
def test_a_form_from_another_site_is_refused_even_with_the_secret(site: Site, headers: dict[str, str]) -> None:
    browser = site.signed_in()
    assert browser.submit("/sign-out", page="/password", headers=headers).status_code == 403
    assert inside(browser)


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": f"http://{HOST}"}]
)
def test_a_form_of_this_site_is_taken(site: Site, headers: dict[str, str]) -> None:
    assert site.signed_in().submit("/sign-out", page="/password", headers=headers).status_code == 303


def test_signing_in_is_guarded_too(site: Site) -> None:
    browser = site.browser()
    assert browser.post("/sign-in", {"name": site.add(), "password": PASSWORD}).status_code == 403
    assert browser.cookie() is None


def test_the_secret_of_forms_changes_with_the_sign_in(site: Site) -> None:
    browser = site.browser()
    before = browser.secret("/sign-in")
    browser.sign_in(site.add())
    assert browser.post("/sign-out", {"csrf_token": before}).status_code == 403


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Bearer", "bearer \xff", "Basic YTpi", "Token x"])
def test_a_token_that_is_none_opens_nothing(site: Site, header: str) -> None:
    browser = site.browser()
    answer = browser.get("/api/search?q=1", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["status"] == 401


def test_a_wrong_token_does_not_fall_back_to_the_session(site: Site) -> None:
    browser = site.signed_in()
    assert browser.get("/api/search?q=1").status_code == 200
    assert browser.get("/api/search?q=1", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_a_token_opens_no_page(site: Site) -> None:
    header = {"Authorization": f"Bearer {site.token(site.add())}"}
    assert site.browser().get("/", headers=header).status_code == 302
    assert site.browser().get("/api/search?q=1", headers=header).status_code == 200
