"""Signing in and out: who gets in, who is throttled, and sessions that end."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gridmap.access import Level, UserSession, lock, unlock, user_named
from gridmap.access.sessions import digest
from tests.gridmap.access_town import PASSWORD, appoint
from tests.web.site import HOST, Browser, Site, site

__all__ = ["site"]


def inside(browser: Browser) -> bool:
    return browser.get("/password").status_code == 200


def test_the_right_password_opens_the_page_that_was_asked_for(site: Site) -> None:
    browser = site.browser()
    asked = browser.get("/?on=2026-01-31")
    assert asked.headers["Location"] == "/sign-in?next=/?on%3D2026-01-31"
    answer = browser.submit(asked.headers["Location"], {"name": site.add(), "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?on=2026-01-31")
    assert browser.get("/?on=2026-01-31").status_code == 200


def test_a_wrong_password_and_an_unknown_name_get_the_same_page(site: Site) -> None:
    said = []
    for name in (site.add(), "nobody-at-all"):
        answer = site.browser(address="192.0.2.50").sign_in(name, "wrong")
        assert answer.status_code == 401
        page = answer.text.replace(name, "NAME")
        said.append(re.sub(r'name="csrf_token" value="[^"]+"', "", page))
    assert said[0] == said[1]
    assert 'role="alert"' in said[0]


def test_what_was_typed_into_the_name_is_shown_as_text(site: Site) -> None:
    answer = site.browser(address="192.0.2.51").sign_in('"><script>alert(1)</script>{{7*7}}', "wrong")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in answer.text


def test_whoever_is_signed_in_is_sent_on_from_the_sign_in_page(site: Site) -> None:
    browser = site.signed_in()
    assert browser.get("/sign-in?next=/%3Fon=2026-01-31").headers["Location"] == "/?on=2026-01-31"


@pytest.mark.parametrize(
    "foreign",
    [
        "//evil.test",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "https://evil.test/",
        "http:evil.test",
        "javascript:alert(1)",
        "/\t/evil.test",
        "/%09/evil.test",
        "\x01//evil.test",
        "/ok\r\nSet-Cookie: a=b",
        "evil",
        "/sign-out",
        "/sign-in?next=/x",
        "",
    ],
)
def test_after_a_sign_in_nobody_is_sent_to_another_site(site: Site, foreign: str) -> None:
    browser = site.browser()
    form = {"name": site.add(), "password": PASSWORD, "csrf_token": browser.secret("/sign-in")}
    answer = browser.post("/sign-in", form, query_string={"next": foreign})
    assert answer.status_code == 303
    location = answer.headers["Location"]
    assert location in {"/", "/%09/evil.test", "/%2509/evil.test"}  # the latter are paths of this site
    assert "Set-Cookie: a=b" not in str(answer.headers)


def test_two_workers_throttle_as_one_and_let_others_in(site: Site) -> None:
    name, other = site.add(), site.add()
    for number in range(10):
        worker = site.workers[number % 2]
        assert site.browser(worker, address="192.0.2.60").sign_in(name, "wrong").status_code == 401
    for worker in site.workers:
        for address in ("192.0.2.60", "192.0.2.61"):
            answer = site.browser(worker, address=address).sign_in(name)
            assert answer.status_code == 429
            assert 295 <= int(answer.headers["Retry-After"]) <= 301
            assert 'role="alert"' in answer.text
    assert site.browser(address="192.0.2.62").sign_in(other).status_code == 303
    site.clock.forward(minutes=5, seconds=1)
    assert site.browser(address="192.0.2.60").sign_in(name).status_code == 303


def test_a_forwarded_address_that_no_proxy_set_does_not_help(site: Site) -> None:
    browser = site.browser(address="192.0.2.70")
    for number in range(10):
        form = {"name": f"guess{number}", "password": "x"}
        assert browser.submit("/sign-in", form, headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code == 401
    answer = browser.submit(
        "/sign-in", {"name": site.add(), "password": PASSWORD}, headers={"X-Forwarded-For": "203.0.113.99"}
    )
    assert answer.status_code == 429


def test_a_sign_in_gives_a_new_token_whatever_the_browser_brought(site: Site) -> None:
    browser = site.browser()
    browser.keep("planted-by-somebody-else")
    name = site.add()
    browser.sign_in(name)
    first = browser.cookie()
    assert first not in {None, "planted-by-somebody-else"}
    with site.database.writing("test") as session:
        user_id = user_named(session, name).id
    browser.client.delete_cookie("gridmap", domain=HOST)
    browser.sign_in(name)
    assert browser.cookie() != first
    with site.database.reading() as session:
        assert len(session.scalars(sa.select(UserSession).where(UserSession.user_id == user_id)).all()) == 2


def test_signing_in_again_ends_the_session_that_the_browser_had(site: Site) -> None:
    browser = site.browser()
    secret = browser.secret("/sign-in")
    name = site.add()
    browser.post("/sign-in", {"name": name, "password": PASSWORD, "csrf_token": secret})
    first = browser.cookie()
    assert first is not None
    browser.client.delete_cookie("gridmap", domain=HOST)
    secret = browser.secret("/sign-in")
    browser.keep(first)
    browser.post("/sign-in", {"name": name, "password": PASSWORD, "csrf_token": secret})
    with site.database.reading() as session:
        assert session.get(UserSession, digest(first)) is None


def test_after_signing_out_the_old_cookie_is_worth_nothing(site: Site) -> None:
    browser = site.signed_in()
    token = browser.cookie()
    assert token is not None
    answer = browser.submit("/sign-out", page="/password")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert browser.cookie() is None
    for worker in site.workers:
        thief = site.browser(worker)
        thief.keep(token)
        assert thief.get("/api/responsible").status_code == 401


def test_signing_out_without_a_session_is_no_error(site: Site) -> None:
    assert site.browser().submit("/sign-out", page="/sign-in").status_code == 303


def test_half_an_hour_of_silence_ends_a_session(site: Site) -> None:
    browser = site.signed_in()
    site.clock.forward(minutes=29)
    assert inside(browser)
    site.clock.forward(minutes=30, seconds=1)
    assert not inside(browser)


def test_a_lock_ends_the_session_in_every_worker_within_a_second(site: Site) -> None:
    name = site.add()
    browsers = [site.browser(worker) for worker in site.workers]
    for browser in browsers:
        browser.sign_in(name)
        assert inside(browser)
    with site.database.writing("test") as session:
        lock(session, name)
    site.clock.forward(seconds=1)
    assert [inside(browser) for browser in browsers] == [False, False]
    assert site.browser(address="192.0.2.80").sign_in(name).status_code == 401
    with site.database.writing("test") as session:
        unlock(session, name)
    assert site.browser(address="192.0.2.80").sign_in(name).status_code == 303


def test_a_hand_over_moves_a_leaders_access_at_midnight_of_the_community(site: Site) -> None:
    start = site.clock.now
    old, new = site.add(Level.LEADER), site.add(Level.LEADER)
    day = (start + timedelta(days=1)).date()
    with site.database.writing("test") as session:
        appoint(session, site.ids, name=f"person of {old}", role="grid_leader", place="001", during=(None, day))
        appoint(session, site.ids, name=f"person of {new}", role="grid_leader", place="001", during=(day, None))
    site.clock.now = start.replace(hour=15, minute=59, second=50)  # UTC; ten seconds before midnight in the community
    programs = [site.app.test_client(), site.app.test_client()]
    for program, name in zip(programs, (old, new), strict=True):
        program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {site.token(name)}"
    cell = "/api/places/990000000001001"
    assert [program.get(cell).status_code for program in programs] == [200, 404]
    site.clock.forward(seconds=10)
    assert [program.get(cell).status_code for program in programs] == [404, 200]
    site.clock.now = start


def test_one_look_up_serves_a_second_of_requests(site: Site, statements: Any) -> None:
    browser = site.signed_in()
    site.clock.forward(seconds=2)
    with statements(site.database.reading_engine) as seen:
        for _ in range(5):
            assert inside(browser)
    assert len([statement for statement in seen if "sign-in look-up" in statement]) == 1
