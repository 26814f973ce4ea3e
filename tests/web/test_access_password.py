"""Changing the password, and what of all this stands on record."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from gridmap.access import Level
from gridmap.audit import AuditRecord
from tests.gridmap.access_town import PASSWORD
from tests.web.site import Browser, Site, site

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
