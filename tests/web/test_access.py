"""Signing in, out, and changing the password: sessions that end, forms that nobody else can send."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from itsdangerous import base64_decode
from werkzeug.test import TestResponse

from gridmap.access import Level, UserSession, lock, unlock, user_named
from gridmap.access.sessions import digest
from gridmap.audit import AuditRecord
from tests.gridmap.access_town import PASSWORD, appoint
from tests.web.site import HOST, Browser, Site, site

__all__ = ["site"]
NEW = "seven lanterns at dusk"


def inside(browser: Browser) -> bool:
    return browser.get("/password").status_code == 200


def field_fault(answer: TestResponse, field: str) -> str:
    found = re.search(rf'id="{field}-fault">([^<]+)<', answer.text)
    assert found, answer.text
    assert f'name="{field}"' in answer.text
    assert re.search(rf'<input id="{field}"[^>]*aria-invalid="true"', answer.text)
    return found[1]


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


# --- throttle --------------------------------------------------------------------------------------------------------


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


# --- sessions --------------------------------------------------------------------------------------------------------


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


# --- cookies ---------------------------------------------------------------------------------------------------------


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


# --- forms that nobody else can send ---------------------------------------------------------------------------------


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


# --- programs --------------------------------------------------------------------------------------------------------


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


# --- passwords -------------------------------------------------------------------------------------------------------


def test_a_one_time_password_opens_nothing_but_the_change_of_it(site: Site) -> None:
    browser = site.browser()
    answer = browser.sign_in(site.add(Level.ADMIN, one_time=True), following="/%3Fon=2026-01-31")
    assert answer.headers["Location"].startswith("/password?next=")
    assert browser.get("/").headers["Location"].startswith("/password")
    assert browser.get("/api/search?q=1").status_code == 403
    changed = browser.submit(answer.headers["Location"], {"old": PASSWORD, "new": NEW, "again": NEW})
    assert (changed.status_code, changed.headers["Location"]) == (303, "/?on=2026-01-31")
    assert browser.get("/").status_code == 200


def test_a_new_password_ends_every_other_session_and_renews_this_one(site: Site) -> None:
    name = site.add()
    here, there = site.browser(), site.browser(site.workers[1])
    for browser in (here, there):
        browser.sign_in(name)
        assert inside(browser)
    before = here.cookie()
    answer = here.submit("/password", {"old": PASSWORD, "new": NEW, "again": NEW})
    assert answer.headers["Location"] == "/password?changed=1"
    assert 'role="status"' in here.get("/password?changed=1").text
    assert here.cookie() != before
    site.clock.forward(seconds=1)
    assert not inside(there)
    replay = site.browser()
    assert before is not None
    replay.keep(before)
    assert not inside(replay)
    assert site.browser(address="192.0.2.90").sign_in(name).status_code == 401
    assert site.browser(address="192.0.2.90").sign_in(name, NEW).status_code == 303


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"old": "wrong", "new": NEW, "again": NEW}, "old"),
        ({"old": PASSWORD, "new": NEW, "again": NEW + "x"}, "again"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "new"),
        ({"old": PASSWORD, "new": "password123", "again": "password123"}, "new"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "new"),
        ({"old": PASSWORD}, "new"),
        ({}, "old"),
    ],
)
def test_a_password_that_is_not_changed_says_why_beside_the_field(site: Site, form: dict[str, str], field: str) -> None:
    browser = site.signed_in()
    answer = browser.submit("/password", form)
    assert answer.status_code == 422
    assert field_fault(answer, field)
    for typed in form.values():
        assert typed not in re.sub(r"<p class=.*?</p>", "", answer.text) or typed == ""
    assert inside(browser)


def test_guessing_the_present_password_is_throttled(site: Site) -> None:
    browser = site.browser(address="192.0.2.95")
    browser.sign_in(site.add())
    form = {"old": "wrong", "new": NEW, "again": NEW}
    assert [browser.submit("/password", form).status_code for _ in range(11)] == [422] * 10 + [429]


def test_chinese_spaces_and_length_are_welcome_in_a_password(site: Site) -> None:
    long = "三号楼下 有棵老槐树 " * 10
    name = site.add()
    browser = site.browser()
    browser.sign_in(name)
    assert browser.submit("/password", {"old": PASSWORD, "new": long, "again": long}).status_code == 303
    assert site.browser(address="192.0.2.96").sign_in(name, long.strip()).status_code == 401  # nothing is trimmed
    assert site.browser(address="192.0.2.97").sign_in(name, long).status_code == 303


# --- record ----------------------------------------------------------------------------------------------------------


def test_sign_in_denial_password_change_and_sign_out_are_on_record(site: Site) -> None:
    name = site.add(Level.AUDITOR)
    browser = site.browser()
    browser.sign_in(name)
    assert browser.get("/").status_code == 403
    browser.submit("/password", {"old": PASSWORD, "new": NEW, "again": NEW})
    browser.submit("/sign-out", page="/password")
    with site.database.reading() as session:
        records = session.execute(
            sa.select(AuditRecord.action, AuditRecord.key, AuditRecord.table_name)
            .where(AuditRecord.actor == f"user:{name}")
            .order_by(AuditRecord.id)
        ).all()
        whole = str(session.scalar(sa.text("select string_agg(a::text, ' ') from audit_record a")))
    events = [(action, key) for action, key, table in records if not table]
    assert events == [("sign in", name), ("refused", "/"), ("password change", name), ("sign out", name)]
    for secret in (PASSWORD, NEW, "$argon2"):
        assert secret not in whole


def test_the_pages_work_without_scripts_and_say_what_goes_where(site: Site) -> None:
    page = site.browser().get("/sign-in").text
    form = page[page.index("<form") : page.index("</form>")]
    assert "<script" not in form
    for expected in (
        'autocomplete="username"',
        'autocomplete="current-password"',
        'for="name"',
        'for="password"',
        'type="submit"',
    ):
        assert expected in form
    page = site.signed_in().get("/password").text
    assert page.count('autocomplete="new-password"') == 2
    assert 'for="old"' in page


def test_both_languages_are_spoken(site: Site) -> None:
    browser = site.browser()
    assert 'lang="zh-CN"' in browser.get("/sign-in").text
    browser.get("/sign-in?lang=en")
    assert 'lang="en"' in browser.get("/sign-in").text
