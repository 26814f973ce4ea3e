"""The home page, its script, its tiles, and what phones ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from gridmap.access import Level
from gridmap.errors import NotConfigured
from tests.web.site import Browser, Site, site
from tests.web.test_tiles import PNG, archive

__all__ = ["site"]


def test_the_map_is_for_those_who_signed_in(site: Site) -> None:
    answer = site.browser().get("/")
    assert answer.status_code == 302
    assert answer.location == "/sign-in"


def test_the_page_holds_nothing_inline(site: Site) -> None:
    page = site.signed_in().get("/").text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page)


def test_every_file_of_the_page_exists(site: Site) -> None:
    browser = site.signed_in()
    addresses = re.findall(r'(?:src|href)="(/(?:static|map)/[^"]+|/manifest[^"]+)"', browser.get("/").text)
    assert len(addresses) > 20
    assert {browser.get(address).status_code for address in addresses} == {200}


def test_a_partner_is_not_shown_the_map(site: Site) -> None:
    answer = site.signed_in(Level.PARTNER).get("/")
    assert answer.status_code == 403
    assert "<main" in answer.text


def test_the_script_of_the_map_is_kept_by_browsers_until_it_changes(site: Site) -> None:
    browser = site.signed_in()
    address = re.search(r'src="(/map/home\.js\?v=\w+)"', browser.get("/").text)
    assert address is not None
    answer = browser.get(address[1])
    assert "immutable" in answer.headers["Cache-Control"]
    again = browser.get("/map/home.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_script_is_the_same_in_every_process(site: Site) -> None:
    answers = {site.browser(worker).get("/map/home.js").text for worker in site.workers}
    assert len(answers) == 1


def test_without_a_base_map_there_are_no_tiles(site: Site) -> None:
    assert site.signed_in().get("/base/1/1/0").status_code == 404


@pytest.fixture
def tiled(site: Site, tmp_path: Path) -> Flask:
    """A worker of the site whose base map is a file."""
    file = archive(tmp_path / "a.pmtiles")
    approval = "GS(2026)<b>1</b>"
    return site.worker(tmp_path, site.database, GRIDMAP_BASEMAP=f"pmtiles:{file}", GRIDMAP_MAP_APPROVAL=approval)


@pytest.fixture
def browser(site: Site, tiled: Flask) -> Browser:
    """A browser that is signed in at that worker."""
    browser = site.browser(tiled)
    browser.sign_in(site.add())
    return browser


def test_tiles_of_a_file_are_handed_on(browser: Browser) -> None:
    answer = browser.get("/base/1/1/0")
    assert answer.data == PNG
    assert answer.mimetype == "image/png"
    assert browser.get("/base/1/0/0").mimetype == "image/png"


IMPOSSIBLE = ("1/2/0", "99/0/0", "-1/0/0", "1/x/0", "names/1/0/0", "1/1/0.5", "1/1/99999999999999999999")


@pytest.mark.parametrize("tile", IMPOSSIBLE)
def test_a_tile_that_cannot_be_does_not_exist(browser: Browser, tile: str) -> None:
    assert browser.get(f"/base/{tile}").status_code == 404


def test_tiles_are_for_those_who_signed_in(site: Site, tiled: Flask) -> None:
    assert site.browser(tiled).get("/base/1/1/0").status_code in {302, 401}


def test_credits_and_approval_stand_on_the_page_as_text(browser: Browser) -> None:
    page = browser.get("/").text
    assert "The Survey" in page
    assert "GS(2026)&lt;b&gt;1&lt;/b&gt;" in page


def test_a_base_map_that_cannot_be_used_stops_the_start(site: Site, tmp_path: Path) -> None:
    with pytest.raises(NotConfigured):
        site.worker(tmp_path, site.database, GRIDMAP_BASEMAP="pmtiles:/nowhere")


@pytest.mark.parametrize(("language", "name"), [("zh", "网格地图"), ("en", "GridMap")])
def test_a_phone_is_told_how_the_app_is_called(site: Site, language: str, name: str) -> None:
    answer = site.browser().get("/manifest.webmanifest", headers={"Accept-Language": language})
    assert answer.mimetype == "application/manifest+json"
    assert answer.get_json()["name"] == name


def test_browsers_that_ask_for_an_icon_get_the_mark(site: Site) -> None:
    answer = site.browser().get("/favicon.ico")
    assert answer.status_code == 200
    assert answer.mimetype == "image/svg+xml"


def test_the_language_is_switched_by_a_link_and_stays(site: Site) -> None:
    browser = site.signed_in()
    assert 'lang="zh-CN"' in browser.get("/").text
    assert browser.get("/?lang=en").status_code == 302
    page = browser.get("/").text
    assert '<html lang="en">' in page
    assert "/static/i18n/en.js" in page
