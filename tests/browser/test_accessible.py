"""WCAG 2.1 A and AA as far as a machine can tell, in each state of each page, in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import AXE, PHONE, Site, answered, building, until, visit, watched

pytestmark = pytest.mark.browser

LANGUAGES = {"zh": "zh-CN", "en": "en-US"}


def faults(page: Page) -> list[Any]:
    """What axe finds wrong."""
    until(page, "document.getAnimations().every(animation => animation.effect.getTiming().iterations === Infinity)")
    page.evaluate(AXE.read_text("utf-8"))  # through the debugging protocol, which the policy does not stop
    found = page.evaluate(
        "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })"
        ".then(result => result.violations.map(fault => [fault.id, fault.impact, fault.nodes.map(node => node.html.slice(0, 160))]))"
    )
    return list(found)


@pytest.mark.parametrize("locale", LANGUAGES.values(), ids=LANGUAGES)
def test_the_map_and_an_answer(browser: Browser, sample_site: Site, locale: str) -> None:
    with watched(browser, sample_site, locale=locale) as page:
        visit(page)
        assert faults(page) == []
        page.locator("#panel .row").last.click()
        until(page, "Home.answer")
        page.locator(".chip").first.click()
        assert faults(page) == []


def test_every_state_of_a_post(town: Page) -> None:
    for name in ("1号楼", "2号楼"):
        building(town, name).click()
        panel = answered(town, name)
        for section in panel.locator("details.section summary").all():
            section.click()
        assert faults(town) == []


def test_open_menus_and_lists(town: Page) -> None:
    town.check("input[value=vacancy]")
    town.locator(".gm-layers summary").click()
    assert faults(town) == []
    town.keyboard.press("Escape")
    town.locator(".gm-days summary").click()
    town.fill("#day", "2024-06-01")
    town.keyboard.press("Tab")
    assert faults(town) == []
    town.fill("#q", "1")
    town.wait_for_selector("#hits li")
    assert faults(town) == []
    town.locator(".bar .menu summary").click()
    assert faults(town) == []


def test_a_phone(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        visit(page)
        assert faults(page) == []
        building(page, "1号楼").tap()
        answered(page, "1号楼")
        assert faults(page) == []


def test_a_fault_on_the_panel(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, refusals=(404,)) as page:
        visit(page, "/#p=nowhere")
        page.wait_for_selector("#panel [role=alert]")
        assert faults(page) == []


@pytest.mark.parametrize("locale", LANGUAGES.values(), ids=LANGUAGES)
@pytest.mark.parametrize("address", ["/sign-in", "/no-such-page"])
def test_pages_before_the_sign_in(browser: Browser, town_site: Site, address: str, locale: str) -> None:
    with watched(browser, town_site, user=None, locale=locale, refusals=(404,)) as page:
        page.goto(address)
        assert faults(page) == []


def test_the_change_of_a_password(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site) as page:
        page.goto("/password")
        assert faults(page) == []


def test_text_may_be_twice_as_large(browser: Browser, town_site: Site) -> None:
    """A desk at 200 % is a window of half its width."""
    with watched(browser, town_site, viewport={"width": 640, "height": 400}, device_scale_factor=2) as page:
        visit(page)
        building(page, "1号楼").click(force=True)
        answered(page, "1号楼")
        assert page.evaluate("document.documentElement.scrollWidth") <= 640
