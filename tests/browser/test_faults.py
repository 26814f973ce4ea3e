"""When there is nothing to show: what the page says, and what it offers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from gridmap.database import Database
from tests.browser.conftest import PASSWORD, Site, answered, building, code, served, until, visit, watched

pytestmark = pytest.mark.browser


def test_an_installation_without_a_community_says_how_to_begin(
    browser: Browser, new_database: Callable[..., Database], tmp_path: Path
) -> None:
    with served(new_database(), tmp_path) as site:
        site.add_user("li")
        with watched(browser, site) as page:
            page.goto("/")
            page.wait_for_selector("html[data-ready]")
            expect(page.locator("#empty")).to_contain_text("gridmap sample")
            expect(page.locator("#empty")).to_contain_text("gridmap import")


def test_outside_every_community_the_panel_says_so(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, refusals=(404,)) as page:
        visit(page, "/#at=100.5,30.5")
        expect(page.locator("#panel h2")).to_have_text("Nobody on record here")
        expect(page.locator("#panel")).to_contain_text("lies in no community")


def test_exchanged_coordinates_are_told(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, refusals=(400,)) as page:
        visit(page, "/#at=41.031,113.101")
        expect(page.locator("#panel")).to_contain_text("lat 113.101 lies beyond the earth")


def test_a_place_that_is_not_on_record_is_told(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, refusals=(404,)) as page:
        visit(page, "/#p=nowhere")
        expect(page.locator("#panel")).to_contain_text("no place on record has the code nowhere")


def test_without_a_network_the_panel_says_so_and_tries_again(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, offline=True) as page:
        visit(page)
        page.context.set_offline(True)
        # A machine that has no network at all was never online, so its browser tells of no change.
        page.evaluate("dispatchEvent(new Event('offline'))")
        expect(page.locator("#trouble")).to_contain_text("The server does not answer.")
        building(page, "1号楼").click()
        expect(page.locator("#panel")).to_contain_text("Is this device still in the network?")
        page.context.set_offline(False)
        page.evaluate("dispatchEvent(new Event('online'))")
        page.locator("#panel").get_by_role("button", name="Try again").click()
        answered(page, "1号楼")
        expect(page.locator("#trouble")).to_be_hidden()


def test_a_server_error_is_told_without_its_insides(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, refusals=(502,)) as page:
        visit(page)
        page.route("**/api/responsible*", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
        building(page, "1号楼").click()
        expect(page.locator("#panel")).to_contain_text("The server could not answer (code 502).")


def test_an_ended_session_leads_to_sign_in_and_back_to_the_same_place(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, refusals=(401,)) as page:
        visit(page)
        page.context.clear_cookies()
        building(page, "1号楼").click()
        expect(page.locator("#panel")).to_contain_text("Your session has ended.")
        page.locator("#panel").get_by_role("link", name="Sign in").click()
        page.fill("#name", "li")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        answered(page, "1号楼")
        assert page.url == f"{town_site.address}/#p={code('B1')}"


def test_a_slow_answer_shows_that_the_page_waits(town: Page) -> None:
    town.route("**/api/responsible*", lambda route: None)
    building(town, "1号楼").click()
    expect(town.locator("#panel .waiting")).to_be_visible()


def test_layers_that_do_not_come_are_told_and_fetched_again(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, refusals=(503,)) as page:
        visit(page)
        refuse = '{"status": 503, "detail": "The database does not answer."}'
        page.route("**/api/places*", lambda route: route.fulfill(status=503, body=refuse))
        page.evaluate("void GridMap.map.setView([41.2, 113.4], 17, { animate: false })")
        expect(page.locator("#trouble")).to_contain_text("The database does not answer.")
        page.unroute("**/api/places*")
        page.locator("#trouble").get_by_role("button", name="Try again").click()
        expect(page.locator("#trouble")).to_be_hidden()
        until(page, "document.getElementById('busy').hidden")


def test_an_address_that_does_not_exist_has_a_page_of_its_own(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, refusals=(404,)) as page:
        page.goto("/no-such-page")
        expect(page.locator("h1")).to_have_text("Nothing found here")
        page.get_by_role("link", name="To the map").click()
        page.wait_for_selector("html[data-ready]")
