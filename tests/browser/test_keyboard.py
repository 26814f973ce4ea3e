"""The map without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import answered, building, code, move, until

pytestmark = pytest.mark.browser


def focused(page: Page) -> str:
    """What has the focus, by id, name or class."""
    found = page.evaluate(
        "(e => e.id || e.getAttribute('aria-label') || e.getAttribute('class') || e.tagName)(document.activeElement)"
    )
    return str(found)


def test_search_is_the_first_stop(town: Page) -> None:
    town.keyboard.press("Tab")
    assert focused(town) == "q"


def test_all_buildings_are_one_stop(town: Page) -> None:
    assert town.locator(".gm-stop[tabindex='0']").count() == 1
    assert town.locator(".gm-stop[tabindex='-1']").count() == 4  # three buildings and a venue


def test_a_building_says_its_name_its_place_and_what_is_wrong(town: Page) -> None:
    assert building(town, "1号楼").get_attribute("aria-label") == "1号楼, West Court, Cell One, vacant posts: 1"


def test_arrow_keys_walk_from_building_to_building(town: Page) -> None:
    building(town, "1号楼").focus()
    town.keyboard.press("ArrowRight")
    assert focused(town).startswith("Tea Room") or focused(town).startswith("3号楼")
    building(town, "3号楼").focus()
    town.keyboard.press("ArrowUp")
    assert focused(town).startswith("4号楼")
    town.keyboard.press("ArrowLeft")
    assert focused(town).startswith("2号楼")
    assert town.locator(".gm-stop[tabindex='0']").count() == 1


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_enter_and_space_open_and_the_focus_follows(town: Page, key: str) -> None:
    building(town, "3号楼").focus()
    town.keyboard.press(key)
    answered(town, "3号楼")
    until(town, "document.activeElement.id === 'panel-title'")


def test_escape_closes_and_gives_the_focus_back(town: Page) -> None:
    building(town, "3号楼").focus()
    town.keyboard.press("Enter")
    answered(town, "3号楼")
    until(town, "document.activeElement.id === 'panel-title'")
    town.keyboard.press("Escape")
    expect(town.locator("#panel h2")).to_have_text("Plum Town")
    assert focused(town).startswith("3号楼")


def test_enter_on_the_map_asks_about_its_centre(town: Page) -> None:
    move(town, 41.0345, 113.1005, 17)
    town.locator(".folium-map").focus()
    town.keyboard.press("Shift")  # a key, so that the crosshair shows
    expect(town.locator(".gm-cross")).to_have_css("opacity", "1")
    town.keyboard.press("Enter")
    answered(town, "Cell One")


def test_the_answer_is_said_in_one_sentence(town: Page) -> None:
    building(town, "1号楼").focus()
    town.keyboard.press("Enter")
    answered(town, "1号楼")
    said = town.locator("#said").inner_text()
    assert said == "1号楼, Entrance leader Chen An, vacant posts: 3"


def test_everything_is_done_by_keys_alone(town: Page) -> None:
    town.keyboard.press("Tab")
    town.keyboard.type("4号楼")
    expect(town.locator("#hits [aria-selected=true]")).to_contain_text("4号楼")
    town.keyboard.press("Enter")
    answered(town, "4号楼")
    until(town, "document.activeElement.id === 'panel-title'")
    assert town.url.endswith("#p=" + code("B4"))
    for _ in range(40):
        town.keyboard.press("Tab")
        if town.evaluate("document.activeElement.matches('a.call')"):
            break
    assert town.evaluate("document.activeElement.href").startswith("tel:")
