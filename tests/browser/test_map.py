"""What the map shows: colours, hatches, names, layers, legend, communities, position."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from shapely import box
from sqlalchemy import text

from gridmap.database import Database
from tests.browser.conftest import Site, answered, building, move, plant, served, until, visit, watched
from tests.gridmap.conftest import Town

pytestmark = pytest.mark.browser


def fill(page: Page, name: str) -> str:
    return building(page, name).get_attribute("fill") or ""


def test_buildings_of_one_compound_have_one_colour(town: Page) -> None:
    assert fill(town, "1号楼") == fill(town, "2号楼") != fill(town, "3号楼")


def test_colour_by_grid_cell(town: Page) -> None:
    town.check("input[value=grid_cell]")
    assert fill(town, "1号楼") != fill(town, "2号楼")
    assert fill(town, "3号楼") == fill(town, "4号楼")
    expect(town.locator(".gm-label-cell").first).to_be_visible()


def test_vacancies_are_told_by_hatches_and_not_by_colour_alone(town: Page) -> None:
    town.check("input[value=vacancy]")
    assert fill(town, "1号楼") == "url(#gm-hatch-vacant)"
    assert fill(town, "2号楼") == "url(#gm-hatch-leave)"
    assert fill(town, "4号楼") == "#dfe9ec"
    legend = town.locator(".gm-legend li")
    assert legend.all_inner_texts() == [
        "all posts filled\n1",
        "somebody on leave\n1",
        "1 to 2 posts vacant\n2",
        "3 or more posts vacant\n0",
    ]


def test_the_way_of_colouring_is_kept_for_the_next_visit(town: Page) -> None:
    town.check("input[value=vacancy]")
    town.reload()
    town.wait_for_selector("html[data-ready]")
    expect(town.locator("input[value=vacancy]")).to_be_checked()


def test_names_stand_on_what_is_large_enough(town: Page) -> None:
    assert "West Court" in town.locator(".gm-label-compound").all_inner_texts()
    town.evaluate("void GridMap.map.setZoom(14, { animate: false })")
    expect(town.locator(".gm-label-building")).to_have_count(0)
    move(town, 41.0316, 113.102, 18)
    expect(town.locator(".gm-label-building", has_text="1号楼")).to_be_visible()


def test_names_do_not_lie_over_each_other(sample_page: Page) -> None:
    sample_page.evaluate("void GridMap.map.setZoom(17, { animate: false })")
    until(sample_page, "document.querySelectorAll('.gm-label').length > 10")
    clashes = sample_page.evaluate("""() => {
        const boxes = [...document.querySelectorAll(".gm-label")].map(label => label.getBoundingClientRect());
        return boxes.filter((a, i) => boxes.some((b, j) => j > i
            && a.left < b.right - 4 && b.left < a.right - 4 && a.top < b.bottom - 4 && b.top < a.bottom - 4)).length;
    }""")
    assert clashes == 0


def test_a_layer_is_switched_off_and_on(town: Page) -> None:
    town.locator(".gm-layers summary").click()
    town.get_by_label("Names").uncheck()
    expect(town.locator(".gm-label")).to_have_count(0)
    town.get_by_label("Names").check()
    expect(town.locator(".gm-label").first).to_be_visible()


def test_doors_appear_when_the_map_is_near(town: Page) -> None:
    move(town, 41.0312, 113.102, 19)
    doors = town.locator("path.gm-entrance")
    expect(doors).to_have_count(2)
    doors.first.click()
    answered(town, "1号楼1单元")


def test_a_venue_is_asked_by_its_picture(town: Page) -> None:
    move(town, 41.0335, 113.1045, 18)
    town.locator(".gm-facility").click()
    answered(town, "Tea Room")


def test_moving_the_map_keeps_what_is_loaded(town: Page) -> None:
    town.evaluate("window.kept = document.querySelector('path.gm-building')")
    town.evaluate("void GridMap.map.panBy([0, 60], { animate: false })")
    until(town, "document.getElementById('busy').hidden")
    assert town.evaluate("document.contains(window.kept)")


def test_the_whole_community_is_shown_again(town: Page) -> None:
    move(town, 41.0312, 113.102, 19)
    town.get_by_role("button", name="Show the whole community").click()
    until(town, "GridMap.map.getBounds().contains(GridMap.find(Home.community.id).shape.getBounds())")


def test_the_sample_is_labelled_as_made_up(sample_page: Page) -> None:
    expect(sample_page.locator("#sample")).to_be_visible()


def test_a_real_community_is_not_labelled_as_made_up(town: Page) -> None:
    expect(town.locator("#sample")).to_be_hidden()


def test_the_position_is_asked_of_the_browser_and_answered(browser: Browser, town_site: Site) -> None:
    here = {"latitude": 41.0316, "longitude": 113.102, "accuracy": 10}
    with watched(browser, town_site, geolocation=here, permissions=["geolocation"]) as page:
        visit(page)
        page.get_by_role("button", name="Where am I?").click()
        answered(page, "1号楼")


def test_a_refused_position_says_what_to_do(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site, permissions=[]) as page:
        visit(page)
        page.get_by_role("button", name="Where am I?").click()
        expect(page.locator("#trouble")).to_contain_text("Allow it in the browser's settings")


def test_plain_http_says_that_it_has_no_position(browser: Browser, town_site: Site) -> None:
    with watched(browser, town_site) as page:
        # 127.0.0.1 counts as secure; the office's address in its own network does not.
        page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
        visit(page)
        page.get_by_role("button", name="Where am I?").click()
        expect(page.locator("#trouble")).to_contain_text("this page is plain http")


def test_a_city_of_buildings_is_drawn_on_a_canvas_and_still_answers(town: Page) -> None:
    town.evaluate("""() => {
        const layer = GridMap.layers.buildings, features = [];
        for (let i = 0; i < 3000; i++) {
            const x = 113.1 + (i % 60) * .00016, y = 41.03 + Math.floor(i / 60) * .0002;
            features.push({ type: "Feature", id: "X" + i, properties: { name: i + "号楼", kind: "building", vacant: i % 4, on_leave: 0 },
                geometry: { type: "Polygon", coordinates: [[[x, y], [x + .0001, y], [x + .0001, y + .0001], [x, y + .0001], [x, y]]] } });
        }
        layer.put({ features });
        window.picked = [];
        GridMap.pick = choice => window.picked.push(choice.code);
    }""")
    assert town.locator("path.gm-building").count() == 0
    assert town.locator(".leaflet-gm-buildings-pane canvas").count() == 1
    move(town, 41.03205, 113.10165, 19)
    town.evaluate("GridMap.layers.buildings.request && GridMap.layers.buildings.request.abort.abort()")
    where = town.evaluate("""() => {
        const point = GridMap.map.latLngToContainerPoint([41.03205, 113.10165]);
        const box = GridMap.map.getContainer().getBoundingClientRect();
        return [box.left + point.x, box.top + point.y];
    }""")
    town.mouse.click(*where)
    assert town.evaluate("window.picked") == ["X610"]


@pytest.fixture(scope="module")
def two_communities(new_database: Callable[..., Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with the town and another community beside it."""
    database = new_database()
    with database.writing("test") as session:
        plant(session)
        other = Town(session, code="990000000002")
        other.place("T", "community", box(113.120, 41.030, 113.130, 41.040))
        other.place("K1", "compound", box(113.120, 41.030, 113.130, 41.040), parent="T")
        other.place("B1", "building", box(113.121, 41.031, 113.123, 41.0322), parent="K1")
        session.execute(text("update place set sample = true where code = '990000000002'"))
        session.execute(
            text("update place_version set name = 'Pear Town' where place_id = :id"), {"id": other.ids["T"]}
        )
    with served(database, Path(tmp_path_factory.mktemp("two"))) as site:
        site.add_user("li")
        yield site


def test_somebody_who_sees_two_communities_chooses(browser: Browser, two_communities: Site) -> None:
    with watched(browser, two_communities) as page:
        visit(page)
        assert page.locator("#community option").all_inner_texts() == ["Plum Town", "Pear Town"]
        page.select_option("#community", label="Pear Town")
        expect(page.locator("#panel h2")).to_have_text("Pear Town")
        expect(page.locator("#sample")).to_be_visible()
        until(page, "GridMap.map.getBounds().contains([41.035, 113.125])")


def test_an_answer_in_another_community_changes_the_choice(browser: Browser, two_communities: Site) -> None:
    with watched(browser, two_communities) as page:
        visit(page, "/#p=990000000002-B1")
        answered(page, "B1")
        expect(page.locator("#community")).to_have_value("990000000002")
        expect(page.locator("#sample")).to_be_visible()
