"""One hand, one thumb: the sheet, the targets, the narrow screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, Site, answered, building, code, until, visit, watched

pytestmark = pytest.mark.browser


def height(page: Page) -> float:
    box = page.locator("#panel").bounding_box()
    assert box is not None
    return box["height"]


def settled(page: Page, wanted: str) -> None:
    """Wait until the sheet has come to rest at a level."""
    until(page, "wanted => document.getElementById('panel').dataset.level === wanted", wanted)
    until(page, "!document.getElementById('panel').getAnimations().length")


def test_before_any_tap_the_sheet_only_peeks(phone: Page) -> None:
    settled(phone, "peek")
    assert height(phone) < 0.15 * PHONE["height"]
    expect(phone.locator("#panel .hint")).to_be_visible()


def test_a_tap_opens_the_sheet_to_less_than_half(phone: Page) -> None:
    building(phone, "1号楼").tap()
    answered(phone, "1号楼")
    settled(phone, "half")
    assert height(phone) <= 0.45 * PHONE["height"] + 1


def test_the_chosen_building_is_not_under_the_sheet(phone: Page) -> None:
    building(phone, "3号楼").tap()
    answered(phone, "3号楼")
    settled(phone, "half")
    until(phone, "!GridMap.map._panAnim || !GridMap.map._panAnim._inProgress")
    marked = phone.locator(".leaflet-gm-selected-pane path").first.bounding_box()
    sheet = phone.locator("#panel").bounding_box()
    assert marked is not None
    assert sheet is not None
    assert marked["y"] + marked["height"] < sheet["y"]


def test_the_first_number_is_in_sight_without_scrolling(phone: Page) -> None:
    building(phone, "1号楼").tap()
    answered(phone, "1号楼")
    settled(phone, "half")
    expect(phone.locator("#panel a.call").first).to_be_in_viewport(ratio=0.9)


def test_the_handle_is_dragged_up_and_down(phone: Page) -> None:
    building(phone, "1号楼").tap()
    answered(phone, "1号楼")
    settled(phone, "half")
    handle = phone.locator("#handle").bounding_box()
    assert handle is not None
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + 10
    phone.mouse.move(x, y)
    phone.mouse.down()
    phone.mouse.move(x, 200, steps=4)
    phone.mouse.up()
    settled(phone, "full")
    assert height(phone) > 0.7 * PHONE["height"]
    phone.mouse.move(x, PHONE["height"] - height(phone) + 10)
    phone.mouse.down()
    phone.mouse.move(x, PHONE["height"] - 40, steps=4)
    phone.mouse.up()
    settled(phone, "peek")


def test_the_handle_is_a_button_too(phone: Page) -> None:
    handle = phone.locator("#handle")
    for level in ("half", "full", "peek"):
        handle.click()
        settled(phone, level)
        expect(handle).to_have_attribute("aria-expanded", str(level != "peek").lower())


def test_going_back_closes_the_sheet(phone: Page) -> None:
    building(phone, "1号楼").tap()
    answered(phone, "1号楼")
    building(phone, "2号楼").dispatch_event("click")
    answered(phone, "2号楼")
    phone.go_back()
    settled(phone, "peek")
    expect(phone.locator("#panel h2")).to_have_text("Plum Town")


def test_what_a_thumb_touches_is_large_enough(phone: Page) -> None:
    building(phone, "1号楼").tap()
    panel = answered(phone, "1号楼")
    phone.locator("#handle").click()
    settled(phone, "full")
    panel.get_by_text("WeChat groups").click()
    targets = ".chip, .call, .close, .tools .button, .small, .gm-button, .gm-colours label, .leaflet-bar a, summary"
    small = phone.evaluate(
        """targets => [...document.querySelectorAll(targets)].filter(target => target.offsetParent)
            .map(target => [target.className || target.tagName, target.getBoundingClientRect().height])
            .filter(([, height]) => height < 38)""",
        targets,
    )
    assert small == []


def test_a_large_finger_beside_a_door_still_hits_it(phone: Page) -> None:
    phone.evaluate("void GridMap.map.setView([41.0308, 113.1014], 19, { animate: false })")
    expect(phone.locator("path.gm-entrance").first).to_be_attached()
    where = phone.evaluate("""() => {
        const point = GridMap.map.latLngToContainerPoint([41.031, 113.1014]);
        const box = GridMap.map.getContainer().getBoundingClientRect();
        return [box.left + point.x + 9, box.top + point.y + 7];
    }""")
    phone.touchscreen.tap(*where)
    answered(phone, "1号楼1单元")


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_nothing_is_wider_than_the_narrowest_phone(browser: Browser, sample_site: Site, language: str) -> None:
    narrow = {"width": 360, "height": 640}
    with watched(browser, sample_site, locale=language, viewport=narrow, has_touch=True, is_mobile=True) as page:
        visit(page)
        page.locator("#panel .row").first.evaluate("row => row.click()")
        until(page, "Home.answer")
        wide = page.evaluate("""() => [...document.querySelectorAll("header.bar *, .panel *, .gm-toolbar, .strips *")]
            .filter(part => part.offsetParent && !part.closest(".chips, .trail, .hidden, .menu-body")
                && part.getBoundingClientRect().right > window.innerWidth + 1)
            .map(part => part.className || part.tagName)""")
        assert wide == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_permalink_opens_on_a_phone(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        visit(page, f"/#p={code('B4')}")
        answered(page, "4号楼")
        settled(page, "half")
