"""A click answers with the whole ladder: who, since when, who acts where nobody is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, answered, building, code, until, visit, watched

pytestmark = pytest.mark.browser


def test_a_click_on_a_building_shows_the_whole_ladder(town: Page) -> None:
    building(town, "1号楼").click()
    panel = answered(town, "1号楼")
    kinds = panel.locator(".level-kind").all_inner_texts()
    assert kinds == ["Entrances", "Building", "Grid cell", "Compound", "Community"]
    expect(panel).to_contain_text("Sun Ya")
    expect(panel).to_contain_text("Young Wu")
    expect(panel).to_contain_text("Xu Jin")


def test_the_building_is_marked_before_the_answer_comes(town: Page) -> None:
    town.route("**/api/responsible*", lambda route: None)  # an answer that never comes
    building(town, "1号楼").click()
    expect(town.locator(".leaflet-gm-selected-pane path")).to_have_count(2)
    expect(town.locator("#panel h2")).to_have_text("1号楼")


def test_each_number_is_a_call(town: Page) -> None:
    building(town, "1号楼").click()
    panel = answered(town, "1号楼")
    call = panel.locator(".call-first")
    number = call.get_attribute("href")
    assert number is not None
    assert number.startswith("tel:1390000")
    box = call.bounding_box()
    assert box is not None
    assert box["height"] >= 44


def test_the_entrances_of_a_building_are_grouped_by_door(town: Page) -> None:
    building(town, "1号楼").click()
    doors = answered(town, "1号楼").locator(".door")
    assert doors.locator(".door-name").all_inner_texts() == ["1单元", "2单元"]
    expect(doors.nth(0)).to_contain_text("Chen An")


def test_a_vacant_post_says_so_in_words_and_names_who_acts_and_why(town: Page) -> None:
    building(town, "1号楼").click()
    door = answered(town, "1号楼").locator(".door").nth(1)
    expect(door.locator(".state-vacant")).to_have_text("Vacant")
    expect(door).to_contain_text("vacant since Mar 1, 2026")
    expect(door).to_contain_text("Sun Ya")
    expect(door).to_contain_text("next rank up")
    expect(door.get_by_role("link", name="Call Sun Ya")).to_be_visible()


def test_a_leader_on_leave_keeps_the_name_and_the_deputy_is_called(town: Page) -> None:
    building(town, "2号楼").click()
    post = answered(town, "2号楼").locator(".rung-on_leave")
    expect(post.locator(".state-leave")).to_have_text("On leave")
    expect(post).to_contain_text("Gao Li")
    expect(post).to_contain_text("Tang Qi")
    expect(post.get_by_role("link", name="Call Tang Qi")).to_be_visible()


def test_a_click_on_the_ground_answers_for_the_cell(town: Page) -> None:
    town.evaluate("void GridMap.map.fire('click', { latlng: L.latLng(41.0345, 113.1005) })")
    panel = answered(town, "Cell One")
    expect(panel).to_contain_text("Young Wu")
    assert "#at=113.1005,41.0345" in town.url


def test_a_click_beside_a_building_says_that_it_is_the_nearest(town: Page) -> None:
    town.evaluate("void GridMap.map.fire('click', { latlng: L.latLng(41.03105, 113.10095) })")
    expect(answered(town, "1号楼")).to_contain_text("The nearest building, 4 m away.")


def test_a_place_in_the_trail_is_asked_by_a_click(town: Page) -> None:
    building(town, "1号楼").click()
    answered(town, "1号楼").get_by_role("button", name="West Court").click()
    answered(town, "West Court")
    assert town.url.endswith("#p=" + code("K1"))


def test_one_touch_on_a_problem_gives_one_name_and_its_numbers(town: Page) -> None:
    building(town, "1号楼").click()
    panel = answered(town, "1号楼")
    panel.get_by_role("button", name="Heating").click()
    contact = panel.locator(".contact")
    expect(contact).to_contain_text("Warm Company")
    assert contact.locator("a.call").evaluate_all("links => links.map(link => link.getAttribute('href'))") == [
        "tel:04740000008",
        "tel:04740000009",
    ]


def test_a_problem_without_a_contact_is_answered_by_a_leader(town: Page) -> None:
    building(town, "1号楼").click()
    panel = answered(town, "1号楼")
    panel.get_by_role("button", name="Lift").click()
    expect(panel.locator(".contact")).to_contain_text("No contact is on record for this; Young Wu answers instead.")


def test_the_chosen_problem_stays_for_the_next_building(town: Page) -> None:
    building(town, "1号楼").click()
    answered(town, "1号楼").get_by_role("button", name="Heating").click()
    building(town, "4号楼").click()
    expect(answered(town, "4号楼").locator(".contact")).to_contain_text("Warm Company")


def test_groups_are_listed_by_name(town: Page) -> None:
    building(town, "1号楼").click()
    panel = answered(town, "1号楼")
    panel.get_by_text("WeChat groups").click()
    expect(panel.locator(".channel")).to_contain_text("1号楼1单元 Group")


def test_household_posts_are_shown_to_the_office(town: Page) -> None:
    building(town, "1号楼").click()
    panel = answered(town, "1号楼")
    panel.get_by_text("Household posts").click()
    expect(panel).to_contain_text("Hub One")


def test_household_posts_are_not_shown_to_a_viewer(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, user="wang") as page:
        visit(page)
        building(page, "1号楼").click()
        panel = answered(page, "1号楼")
        assert "Household" not in panel.inner_text()
        assert "Hub One" not in page.content()


def test_the_panel_before_any_click_lists_the_compounds(town: Page) -> None:
    expect(town.locator("#panel h2")).to_have_text("Plum Town")
    town.locator("#panel .row", has_text="East Court").click()
    answered(town, "East Court")


def test_closing_returns_to_the_community(town: Page) -> None:
    building(town, "1号楼").click()
    answered(town, "1号楼").get_by_role("button", name="Close").click()
    expect(town.locator("#panel h2")).to_have_text("Plum Town")
    until(town, "!location.hash")
    expect(town.locator(".leaflet-gm-selected-pane path")).to_have_count(0)


def test_the_last_of_two_quick_clicks_wins(town: Page) -> None:
    building(town, "1号楼").click()
    building(town, "4号楼").click()
    answered(town, "4号楼")
    town.wait_for_timeout(300)
    expect(town.locator("#panel h2")).to_have_text("4号楼")
