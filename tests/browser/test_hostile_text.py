"""Whatever a person types is shown as it is, and runs nowhere: not in the browser, not on the server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from gridmap.access import Level
from gridmap.database import Database
from tests.browser.conftest import Site, code, plant, served, until, visit, watched
from web.maps import LAYERS, compose, single_file

pytestmark = pytest.mark.browser

#: Each sets window.PWN, or shows 49 or a process, if any part of the product treats it as code.
HOSTILE = (
    "<img src=x onerror='window.PWN=1'>",
    "</script><script>window.PWN=1</script>",
    "${window.PWN=1}",
    "${7*7}",
    "`+(window.PWN=1)+`",
    "\\`+(window.PWN=1)+`",
    "';window.PWN=1;'",
    '";window.PWN=1;"',
    "{{7*7}}",
    "{% raw %}",
    "{{cycler.__init__.__globals__}}",
    "javascript:window.PWN=1",
    "</title><svg onload=window.PWN=1>",
)
#: Every column of the town that people fill and that the page shows.
COLUMNS = (
    "update place_version set name = :payload",
    "update person set name = :payload, phone = :payload",
    "update organization set name = :payload, phone = :payload, phone_24h = :payload",
    "update channel set name = :payload",
    "update role set label_en = :payload, label_zh = :payload",
    "update problem set label_en = :payload, label_zh = :payload",
    "update appointment set note = :payload",
)


@pytest.fixture(scope="module")
def site(new_database: Callable[..., Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A town whose every name a test may overwrite."""
    database = new_database()
    with database.writing("test") as session:
        town = plant(session)
        session.execute(
            text("""insert into way (community_id, kind, valid, source_id, name, tags, geom)
                values (:id, 'road', '(,)', 'test/road', 'Road', '{}', 'SRID=4490;LINESTRING(113.101 41.034, 113.109 41.034)')"""),
            {"id": town.ids["T"]},
        )
    with served(database, tmp_path_factory.mktemp("hostile")) as site:
        site.add_user("li", Level.ADMIN)
        yield site


@pytest.mark.parametrize("payload", HOSTILE)
def test_text_of_people_is_shown_and_never_run(browser: Browser, site: Site, payload: str) -> None:
    with site.database.writing("test") as session:
        for statement in (*COLUMNS, "update way set name = :payload"):
            session.execute(text(statement), {"payload": payload})
    with watched(browser, site) as page:
        visit(page)
        expect(page.locator("#panel h2")).to_have_text(payload)
        assert page.locator("#panel .row-name").all_text_contents() == [payload] * 2
        page.evaluate("code => void Home.ask({ code }, { far: true })", code("B1"))
        until(page, "Home.answer && Home.answer.places[0].kind === 'building'")
        panel = page.locator("#panel")
        assert panel.locator("h2").text_content() == payload
        # Every role, person, number and place of the ladder, word for word.
        for part in (".holder", ".role > span:first-child", ".trail-place"):
            shown = panel.locator(f".level {part}, .panel-head {part}").all_text_contents()
            assert shown
            assert set(shown) == {payload}
        assert panel.locator(".chip").first.text_content() == payload
        panel.locator(".chip").first.click()
        assert panel.locator(".contact .holder").text_content() == payload
        assert panel.locator(".channel span").first.text_content() == payload
        # A number that is no number is never an address.
        links = panel.locator("a.call").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        assert all(link.startswith("tel:") for link in links)
        for colour in ("grid_cell", "vacancy", "compound"):
            page.check(f"input[value={colour}]")
            until(
                page, "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
            )
        labels = page.locator(".gm-label-building, .gm-label-compound, .gm-label-way").all_text_contents()
        assert payload in labels
        assert payload in (page.locator("path.gm-building").first.get_attribute("aria-label") or "")
        assert payload in page.evaluate("Home.asText(Home.answer)")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.locator("#card h2").text_content() == payload
        assert page.evaluate("window.PWN") is None
        assert "49" not in page.locator("#panel h2, .gm-legend").all_inner_texts()


@pytest.mark.parametrize("payload", HOSTILE)
def test_a_hit_and_a_question_of_the_search_are_never_run(browser: Browser, site: Site, payload: str) -> None:
    hit = {"kind": "building", "code": payload, "name": payload, "context": payload, "role": payload, "role_name": payload,
        "lon": 113.101, "lat": 41.031}  # fmt: skip
    with watched(browser, site, refusals=(404, 400)) as page:
        visit(page)
        page.fill("#q", payload)
        expect(page.locator("#hits")).to_be_visible()
        assert page.locator("#hits").inner_text()
        page.route("**/api/search*", lambda route: route.fulfill(json={"hits": [hit]}))
        page.fill("#q", payload + " ")
        page.fill("#q", payload + "1")
        shown = page.locator("#hits .hit-name")
        expect(shown).to_have_count(1)
        assert shown.text_content() == payload
        page.keyboard.press("Enter")  # asks for a place whose code is the payload
        expect(page.locator("#panel [role=alert]")).to_be_visible()
        assert page.evaluate("window.PWN") is None


def test_a_hostile_address_is_never_run(browser: Browser, site: Site) -> None:
    with watched(browser, site, refusals=(404,)) as page:
        visit(page, "/#p=" + "%3Cimg%20src%3Dx%20onerror%3D%27window.PWN%3D1%27%3E")
        expect(page.locator("#panel [role=alert]")).to_contain_text("<img src=x")
        assert page.evaluate("window.PWN") is None


@pytest.mark.parametrize("name", ["{{7*7}}", "<b>x</b>", "${7*7}"])
def test_a_hostile_user_name_is_shown_as_it_is(browser: Browser, site: Site, name: str) -> None:
    site.add_user(name)
    with watched(browser, site, user=name) as page:
        visit(page)
        assert page.locator(".menu-name").text_content() == name


@pytest.mark.parametrize("payload", HOSTILE)
def test_a_single_file_holds_text_of_people_word_for_word(browser: Browser, tmp_path: Path, payload: str) -> None:
    shape = {
        "type": "Polygon",
        "coordinates": [[[113.1, 41], [113.11, 41], [113.11, 41.01], [113.1, 41.01], [113.1, 41]]],
    }
    places = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "id": "B1", "geometry": shape,
            "properties": {"code": "B1", "kind": "building", "name": payload, "vacant": 0, "on_leave": 0}}],
    }  # fmt: skip
    file = tmp_path / "meeting.html"
    file.write_text(single_file(compose("meeting", layers={"buildings": places}), title=payload), "utf-8")
    site = Site(file.as_uri(), None)  # type: ignore[arg-type]
    with watched(browser, site, user=None, base_url=None) as page:
        page.goto(file.as_uri())
        page.locator("path.gm-building").click()
        assert page.locator(".gm-caption").text_content() == payload
        assert page.locator("h1").text_content() == payload
        assert page.title() == payload
        assert page.evaluate("window.PWN") is None
    assert json.dumps(payload, ensure_ascii=False).replace("<", "\\u003c") in file.read_text("utf-8")


def test_every_layer_may_be_inlined() -> None:
    empty = {"type": "FeatureCollection", "features": []}
    assert compose("all", layers=dict.fromkeys(LAYERS, empty)).parts().html.count("application/json") == len(LAYERS)
