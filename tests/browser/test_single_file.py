"""The map as one file for a meeting: it opens from a disk and asks for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from gridmap.database import Database
from gridmap.places.features import features
from tests.browser.conftest import Site, watched
from web.maps import compose, single_file

pytestmark = pytest.mark.browser

KINDS = {
    "community": "community",
    "compounds": "compound",
    "grid_cells": "grid_cell",
    "buildings": "building",
    "ways": "way",
}


@pytest.fixture
def file(sample_site: Site, tmp_path: Path) -> Path:
    """The sample as one file, its features as PostGIS wrote them."""
    database: Database = sample_site.database
    with database.reading() as session:
        layers = {key: features(session, [kind]) for key, kind in KINDS.items()}
    path = tmp_path / "meeting.html"
    path.write_text(single_file(compose("meeting", layers=layers), title="瑞宁社区"), "utf-8")
    return path


def test_it_opens_from_a_disk_without_any_request(browser: Browser, file: Path) -> None:
    requests: list[str] = []
    with watched(browser, Site(file.as_uri(), None), user=None, base_url=None) as page:  # type: ignore[arg-type]
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri())
        expect(page.locator("path.gm-building").first).to_be_visible()
        expect(page.locator(".gm-legend li").first).to_be_visible()
        page.locator("path.gm-building").nth(10).click()
        expect(page.locator(".gm-caption")).to_contain_text("号楼")
        page.check("input[value=vacancy]")
        assert "gm-hatch" in " ".join(
            page.locator("path.gm-building").evaluate_all("all => all.map(one => one.getAttribute('fill'))")
        )
    assert requests == [file.as_uri()]


def test_it_is_small_enough_to_be_sent(file: Path) -> None:
    assert file.stat().st_size < 1_000_000


def test_it_holds_no_name_or_number_of_a_person(file: Path, sample_site: Site) -> None:
    from sqlalchemy import text

    content = file.read_text("utf-8")
    with sample_site.database.reading() as session:
        people = session.execute(text("select name, phone from person limit 50")).all()
    assert people
    assert not [person for person in people if person.phone in content]


def test_a_notebook_shows_the_same_map_in_a_frame(browser: Browser, sample_site: Site) -> None:
    with sample_site.database.reading() as session:
        layers = {"buildings": features(session, ["building"])}
    shown = compose("notebook", layers=layers)._repr_html_()
    with watched(browser, Site("about:", sample_site.database), user=None, base_url=None) as page:
        page.set_content(shown)
        expect(page.frame_locator("iframe").locator("path.gm-building").first).to_be_visible()
