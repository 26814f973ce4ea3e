"""Taking an answer along: address, text, paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD, Site, answered, building, code, until, visit, watched

pytestmark = pytest.mark.browser


def copied(page: Page) -> str:
    """What the page copied, taken where it leaves the page."""
    return str(page.evaluate("window.copied"))


CATCH_CLIPBOARD = """
    window.copied = null;
    Object.defineProperty(navigator, "clipboard", { value: { writeText: async text => { window.copied = text; } } });
"""
#: As in WeChat's browser: a clipboard that refuses, so the old way is taken.
CATCH_SELECTION = """
    window.copied = null;
    Object.defineProperty(navigator, "clipboard", { value: { writeText: async () => { throw new Error("no"); } } });
    document.execCommand = () => { window.copied = document.activeElement.value; return true; };
"""
NO_WAY = """
    Object.defineProperty(navigator, "clipboard", { value: undefined });
    document.execCommand = () => false;
"""


def test_the_address_of_a_place_opens_it(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site) as page:
        visit(page, f"/#p={code('B2')}")
        answered(page, "2号楼")
        assert page.evaluate("GridMap.map.getBounds().contains(GridMap.marks.getLayers()[0].getBounds())")


def test_the_address_of_a_spot_opens_it(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site) as page:
        visit(page, "/#at=113.1005,41.0345")
        answered(page, "Cell One")


def test_an_address_typed_into_an_open_page_is_followed(town: Page) -> None:
    town.evaluate(f"location.hash = 'p={code('B4')}'")
    answered(town, "4号楼")


def test_closing_what_an_address_opened_stays_on_the_page(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site) as page:
        visit(page, f"/#p={code('B2')}")
        answered(page, "2号楼").get_by_role("button", name="Close").click()
        expect(page.locator("#panel h2")).to_have_text("Plum Town")
        assert page.url == town_site.address + "/"


@pytest.mark.parametrize("catch", [CATCH_CLIPBOARD, CATCH_SELECTION], ids=["clipboard", "selection"])
def test_an_answer_is_copied_as_text(browser: Browser, town_site: Site, catch: str) -> None:
    with watched(browser, town_site) as page:
        page.add_init_script(catch)
        visit(page)
        building(page, "1号楼").click()
        answered(page, "1号楼").get_by_role("button", name="Copy as text").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        lines = copied(page).splitlines()
        assert lines[0] == "[Who is responsible] Plum Town West Court 1号楼"
        assert lines[2].startswith("1号楼1单元 Entrance leader: Chen An 1390000")
        assert lines[3].startswith("1号楼2单元 Entrance leader: vacant; Building leader: Sun Ya 1390000")
        assert lines[4].startswith("Building leader: Sun Ya 1390000")
        assert lines[5].startswith("Cell One Grid leader: Young Wu 1390000")


def test_where_no_page_may_copy_the_text_is_shown_to_be_copied_by_hand(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site) as page:
        page.add_init_script(NO_WAY)
        visit(page)
        building(page, "1号楼").click()
        answered(page, "1号楼").get_by_role("button", name="Copy as text").click()
        expect(page.locator(".by-hand")).to_have_value(page.evaluate("Home.asText(Home.answer)"))
        page.get_by_role("button", name="Done").click()
        expect(page.locator(".by-hand")).to_have_count(0)


def test_the_sample_says_so_in_the_copied_text(sample_page: Page) -> None:
    sample_page.locator("#panel .row").first.click()
    until(sample_page, "Home.answer")
    assert sample_page.evaluate("Home.asText(Home.answer).includes(t('Made-up sample: no real place, nobody real.'))")


def test_the_link_is_copied(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site) as page:
        page.add_init_script(CATCH_CLIPBOARD)
        visit(page)
        building(page, "1号楼").click()
        answered(page, "1号楼").get_by_role("button", name="Copy link").click()
        until(page, "window.copied")
        assert copied(page) == f"{town_site.address}/#p={code('B1')}"


def test_the_card_on_paper_says_all_that_paper_must_say(town: Page) -> None:
    building(town, "1号楼").click()
    answered(town, "1号楼")
    town.emulate_media(media="print")
    town.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    card = town.locator("#card")
    for words in ("1号楼", "West Court", "Plum Town", "Internal use", "Sun Ya", "Young Wu", "Warm Company", "Vacant"):
        expect(card).to_contain_text(words)
    expect(town.locator(".north")).to_be_visible()
    expect(town.locator(".leaflet-control-scale")).to_be_visible()
    expect(town.locator("#panel")).to_be_hidden()
    town.evaluate("window.dispatchEvent(new Event('afterprint'))")
    town.emulate_media(media="screen")
    assert not town.evaluate("document.documentElement.classList.contains('printing')")


def test_the_page_prints_to_paper(sample_page: Page) -> None:
    sample_page.locator("#panel .row").first.click()
    until(sample_page, "Home.answer")
    paper = sample_page.pdf(prefer_css_page_size=True)
    assert paper.startswith(b"%PDF")
    assert sample_page.locator("#card .card-sample").count() == 1  # filled by the browser's own print event


def test_wechat_gets_no_button_that_cannot_print(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, user_agent="Mozilla/5.0 (Linux; Android 12) MicroMessenger/8.0") as page:
        visit(page)
        building(page, "1号楼").click()
        panel = answered(page, "1号楼")
        expect(panel.get_by_role("button", name="Copy as text")).to_be_visible()
        expect(panel.get_by_role("button", name="Print card")).to_have_count(0)


def test_a_change_of_language_keeps_the_place(town: Page) -> None:
    building(town, "1号楼").click()
    answered(town, "1号楼")
    town.locator(".bar .menu summary").click()
    town.get_by_role("link", name="中文").click()
    town.wait_for_selector("html[data-ready][lang='zh-CN']")
    answered(town, "1号楼")
    assert town.url.endswith(f"/#p={code('B1')}")


def test_signing_in_leads_to_the_place_that_the_link_named(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, user=None) as page:
        page.goto(f"/#p={code('B1')}")
        page.fill("#name", "li")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        answered(page, "1号楼")


def test_the_address_of_a_compound_shows_all_of_it(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site) as page:
        visit(page, f"/#p={code('K2')}")
        answered(page, "East Court")
        inside = f"GridMap.map.getBounds().contains(GridMap.find('{code('K2')}').shape.getBounds())"
        until(page, inside)
        assert page.evaluate("GridMap.map.getZoom()") < 18


def test_a_door_is_named_with_its_house(sample_page: Page) -> None:
    sample_page.fill("#q", "塞上江南3号楼2单元")
    sample_page.keyboard.press("Enter")
    answered(sample_page, "3号楼 2单元")
    assert "塞上江南小区 3号楼 2单元" in sample_page.evaluate("Home.asText(Home.answer)")
