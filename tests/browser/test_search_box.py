"""The search box: a list of at most eight, chosen by keys or by hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import answered, building, move, until

pytestmark = pytest.mark.browser


def test_typing_offers_hits_best_first(sample_page: Page) -> None:
    sample_page.fill("#q", "塞上江南3号楼")
    first = sample_page.locator("#hits [role=option]").first
    expect(first.locator(".hit-name")).to_contain_text("3号楼")
    expect(first.locator(".hit-context")).to_contain_text("塞上江南小区")
    assert sample_page.locator("#hits [role=option]").count() <= 8
    expect(sample_page.locator("#q")).to_have_attribute("aria-expanded", "true")


def test_a_resident_writes_the_address_in_chinese_numerals(sample_page: Page) -> None:
    sample_page.fill("#q", "塞上江南三号楼2单元")
    first = sample_page.locator("#hits [role=option]").first
    expect(first).to_contain_text("2单元")
    sample_page.keyboard.press("Enter")
    heading = sample_page.locator("#panel h2")
    expect(heading).to_contain_text("2单元")


def test_arrows_choose_and_enter_opens(sample_page: Page) -> None:
    sample_page.fill("#q", "5号楼")
    options = sample_page.locator("#hits [role=option]")
    expect(options.nth(1)).to_be_visible()
    sample_page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    chosen = options.nth(1).get_attribute("id")
    expect(sample_page.locator("#q")).to_have_attribute("aria-activedescendant", chosen or "")
    sample_page.keyboard.press("Enter")
    until(sample_page, "Home.answer")
    expect(sample_page.locator("#hits")).to_be_hidden()
    assert "#p=" in sample_page.url


def test_arrows_go_round(sample_page: Page) -> None:
    sample_page.fill("#q", "5号楼")
    options = sample_page.locator("#hits [role=option]")
    expect(options.first).to_have_attribute("aria-selected", "true")
    sample_page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")


def test_a_hit_is_taken_by_hand_and_the_map_flies_there(sample_page: Page) -> None:
    before = sample_page.evaluate("GridMap.map.getZoom()")
    sample_page.fill("#q", "塞上江南7号楼")
    sample_page.locator("#hits [role=option]").first.click()
    answered(sample_page, "7号楼")
    assert sample_page.evaluate("GridMap.map.getZoom()") > before
    assert sample_page.evaluate(
        "GridMap.map.getBounds().contains(GridMap.find(Home.answer.places[0].code).shape.getBounds())"
    )


def test_enter_before_the_list_comes_still_opens_the_best_hit(sample_page: Page) -> None:
    sample_page.fill("#q", "塞上江南7号楼")
    sample_page.keyboard.press("Enter")
    answered(sample_page, "7号楼")


def test_escape_closes_the_list_then_empties_the_box(sample_page: Page) -> None:
    sample_page.fill("#q", "5号楼")
    expect(sample_page.locator("#hits")).to_be_visible()
    sample_page.keyboard.press("Escape")
    expect(sample_page.locator("#hits")).to_be_hidden()
    expect(sample_page.locator("#q")).to_have_value("5号楼")
    sample_page.keyboard.press("Escape")
    expect(sample_page.locator("#q")).to_have_value("")


def test_nothing_found_says_what_to_try(town: Page) -> None:
    town.fill("#q", "zzzz")
    expect(town.locator("#hits")).to_contain_text("Nothing found for “zzzz”.")
    expect(town.locator("#hits-note")).to_contain_text("Nothing found")


def test_a_hit_outside_the_view_is_opened_and_marked(town: Page) -> None:
    move(town, 41.0316, 113.102, 19)
    town.fill("#q", "4号楼")
    expect(town.locator("#hits [role=option]").first).to_contain_text("4号楼")
    town.keyboard.press("Enter")
    answered(town, "4号楼")
    expect(building(town, "4号楼")).to_be_visible()
    expect(town.locator(".leaflet-gm-selected-pane path")).to_have_count(2)


def test_letters_that_are_still_being_composed_are_not_asked(town: Page) -> None:
    asked: list[str] = []
    town.on("request", lambda request: asked.append(request.url) if "/api/search" in request.url else None)
    town.evaluate("""() => {
        const box = document.getElementById("q");
        box.focus();
        box.value = "lou";
        box.dispatchEvent(new InputEvent("input", { isComposing: true }));
    }""")
    town.wait_for_timeout(300)
    assert not asked
    town.evaluate("""() => {
        const box = document.getElementById("q");
        box.value = "楼";
        box.dispatchEvent(new CompositionEvent("compositionend"));
    }""")
    expect(town.locator("#hits")).to_be_visible()
    assert len(asked) == 1


def test_a_slash_goes_to_the_box(town: Page) -> None:
    town.keyboard.press("/")
    assert town.evaluate("document.activeElement.id") == "q"
    expect(town.locator("#q")).to_have_value("")
