"""Any day, past or to come, and the page says loudly that it is not today."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, answered, building, code, until, visit, watched

pytestmark = pytest.mark.browser


def choose(page: Page, day: str) -> None:
    """Set the day by the control on the map."""
    page.locator(".gm-days summary").click()
    page.fill("#day", day)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")


def test_a_past_day_shows_who_was_responsible_then(town: Page) -> None:
    building(town, "1号楼").click()
    expect(answered(town, "1号楼")).to_contain_text("Young Wu")
    choose(town, "2024-06-01")
    expect(town.locator("#panel")).to_contain_text("Old Zhou")
    expect(town.locator("#panel")).to_contain_text("Lin Bo")
    assert town.url.endswith(f"#p={code('B1')}&on=2024-06-01")


def test_the_strip_says_that_it_is_not_today_and_leads_back(town: Page) -> None:
    choose(town, "2024-06-01")
    strip = town.locator("#day-strip")
    expect(strip).to_contain_text("As it was on Jun 1, 2024, not today.")
    strip.get_by_role("button", name="Back to today").click()
    expect(strip).to_be_hidden()
    assert "on=" not in town.url


def test_a_day_to_come_is_told_from_a_past_one(town: Page) -> None:
    choose(town, "2088-01-01")
    expect(town.locator("#day-strip")).to_contain_text("As planned for Jan 1, 2088")


def test_today_by_the_control_shows_no_strip(town: Page) -> None:
    building(town, "1号楼").click()
    answered(town, "1号楼")
    today = town.evaluate("Home.answer.on")
    choose(town, "2024-06-01")
    expect(town.locator("#day-strip")).to_be_visible()
    choose(town, today)
    expect(town.locator("#day-strip")).to_be_hidden()


def test_the_colours_are_those_of_the_day(town: Page) -> None:
    town.check("input[value=vacancy]")
    assert building(town, "1号楼").get_attribute("fill") == "url(#gm-hatch-vacant)"
    choose(town, "2025-06-01")
    expect(building(town, "1号楼")).to_have_attribute("fill", "#dfe9ec")


def test_one_day_back_and_on(town: Page) -> None:
    choose(town, "2024-06-01")
    town.locator(".gm-days summary").click()
    town.get_by_role("button", name="One day back").click()
    expect(town.locator("#day-strip")).to_contain_text("May 31, 2024")
    town.get_by_role("button", name="One day on").click()
    expect(town.locator("#day-strip")).to_contain_text("Jun 1, 2024")


def test_the_day_in_the_address_is_on_show_from_the_start(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site) as page:
        visit(page, f"/#p={code('B1')}&on=2024-06-01")
        expect(answered(page, "1号楼")).to_contain_text("Old Zhou")
        expect(page.locator("#day-strip")).to_be_visible()


def test_closing_the_panel_keeps_the_day(town: Page) -> None:
    building(town, "1号楼").click()
    answered(town, "1号楼")
    choose(town, "2024-06-01")
    expect(town.locator("#panel")).to_contain_text("Old Zhou")
    town.locator("#panel").get_by_role("button", name="Close").click()
    expect(town.locator("#panel h2")).to_have_text("Plum Town")
    until(town, "location.hash === '#on=2024-06-01'")
    expect(town.locator("#day-strip")).to_be_visible()
