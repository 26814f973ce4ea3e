"""Browser fixtures: Debian's chromium and no network but our own server, so every test is also one of the policy."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import playwright.sync_api as playwright
import pytest
from playwright.sync_api import Browser, Page
from shapely import Point, box
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from geodata.addresses import keys
from geodata.load import store
from geodata.sample import community
from gridmap.access import Level, create_user, open_session, user_named
from gridmap.access.passwords import hashed
from gridmap.database import Database
from gridmap.groups import Channel
from gridmap.settings import Settings
from tests.conftest import SAMPLE_DAY
from tests.gridmap.conftest import CODE, Town
from web import create_app
from web.assets import STATIC

FLAGS = ["--no-sandbox", "--headless=new", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]  # fmt: skip
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PASSWORD = "under the old locust tree"
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@dataclass
class Site:
    """A served installation, and the keys of those who are signed in."""

    address: str
    database: Database
    tokens: dict[str, str] = field(default_factory=dict)

    def add_user(self, name: str, level: Level = Level.ADMIN, *, places: tuple[str, ...] = ()) -> None:
        """Add an account that has chosen its password, and sign it in."""
        with self.database.writing("test") as session:
            create_user(session, name, level, places=places)
            made = user_named(session, name)
            made.password_hash, made.must_change_password = _HASH, False
            session.flush()
            self.tokens[name] = open_session(session, made.id, now=datetime.now(UTC))


_HASH = hashed(PASSWORD)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One chromium for the whole run."""
    executable = shutil.which("chromium") or pytest.fail("chromium is not installed: run `make setup`")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def served(database: Database, data: Path, **settings: str) -> Iterator[Site]:
    """Serve an installation on a free port of this machine."""
    if not (STATIC / "vendor" / "leaflet").is_dir() or not AXE.is_file():
        pytest.fail("browser assets are missing: run `make assets`")
    app = create_app(Settings(GRIDMAP_DATA=data, **settings), database)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}", database)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    """A failed test shows what failed, not a hundred lines of requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture(scope="session")
def sample_site(new_database: Callable[..., Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The sample community, served; the user `li` sees everything."""
    database = new_database()
    with database.writing("test") as session:
        store(session, community(as_of=SAMPLE_DAY))
    with served(database, tmp_path_factory.mktemp("sample")) as site:
        site.add_user("li")
        yield site


@pytest.fixture(scope="session")
def town_site(new_database: Callable[..., Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The town of `plant`, served; `li` is of the office, `wang` a viewer."""
    database = new_database()
    with database.writing("test") as session:
        plant(session)
    with served(database, tmp_path_factory.mktemp("town")) as site:
        site.add_user("li", Level.STAFF)
        site.add_user("wang", Level.VIEWER)
        yield site


def plant(session: Session) -> Town:
    """A town that can be checked by hand: the drawing of `tests.gridmap.conftest`, peopled.

    B1 has two entrances; the post of the second one has been vacant since 2026-03-01. B2's leader is on leave for all of
    2026 and later, with a deputy. B3 has no leader and nobody in its cell. Until the end of 2024 Old Zhou led cell 001.
    """
    town = Town(session)
    town.place("T", "community", box(113.100, 41.030, 113.110, 41.040))
    town.place("K1", "compound", box(113.100, 41.030, 113.105, 41.040), parent="T")
    town.place("K2", "compound", box(113.105, 41.030, 113.110, 41.040), parent="T")
    town.place("001", "grid_cell", box(113.100, 41.030, 113.105, 41.035), parent="K1")
    town.place("002", "grid_cell", box(113.100, 41.035, 113.105, 41.040), parent="K1")
    town.place("003", "grid_cell", box(113.105, 41.030, 113.110, 41.040), parent="K2")
    for name, x, y, compound, cell in (
        ("B1", 113.101, 41.031, "K1", "001"),
        ("B2", 113.101, 41.037, "K1", "002"),
        ("B3", 113.107, 41.031, "K2", "003"),
        ("B4", 113.107, 41.037, "K2", "003"),
    ):
        town.place(name, "building", box(x, y, x + 0.002, y + 0.0012), parent=compound, grid_cell=cell)
    town.place("B1-1", "entrance", Point(113.1014, 41.031), parent="B1")
    town.place("B1-2", "entrance", Point(113.1026, 41.031), parent="B1")
    town.place("V1", "facility", Point(113.1045, 41.0335), parent="K1", grid_cell="001")
    for name, label in (
        ("T", "Plum Town"), ("K1", "West Court"), ("K2", "East Court"), ("001", "Cell One"), ("002", "Cell Two"),
        ("003", "Cell Three"), ("B1", "1号楼"), ("B2", "2号楼"), ("B3", "3号楼"), ("B4", "4号楼"),
        ("B1-1", "1号楼1单元"), ("B1-2", "1号楼2单元"), ("V1", "Tea Room"),
    ):  # fmt: skip
        session.execute(
            text("update place_version set name = :label, search = :keys where place_id = :id"),
            {"label": label, "keys": keys(label), "id": town.ids[name]},
        )
    town.appoint("Chen An", "entrance_leader", "B1-1", date(2024, 5, 1))
    town.appoint("Lin Bo", "entrance_leader", "B1-2", date(2024, 5, 1), date(2026, 3, 1))
    town.appoint("Sun Ya", "building_leader", "B1", date(2023, 1, 1))
    away = town.appoint("Gao Li", "building_leader", "B2", date(2022, 1, 1))
    town.leave(away, date(2026, 1, 1), date(2090, 1, 1), "Tang Qi")
    town.appoint("He Wei", "building_leader", "B4", date(2022, 1, 1))
    town.appoint("Old Zhou", "grid_leader", "001", date(2019, 1, 1), date(2025, 1, 1))
    town.appoint("Young Wu", "grid_leader", "001", date(2025, 1, 1))
    town.appoint("Ma Lan", "grid_leader", "002", date(2020, 1, 1))
    town.appoint("Xu Jin", "secretary", "T", date(2020, 1, 1))
    town.appoint("Hub One", "hub_household", "B1", date(2023, 1, 1))
    town.contract("Warm Company", "heating_contact", "T", phone_24h="0474-0000009")
    session.add(Channel(place_id=town.ids["B1-1"], name="1号楼1单元 Group", during=Range(None, None)))
    # Numbers that can be dialled, each person's own.
    session.execute(text("update person set phone = '1390000' || lpad(id::text, 4, '0'), search = array[]::text[]"))
    session.execute(text("update organization set phone = '0474-0000008'"))
    return town


def code(name: str) -> str:
    """The code of a place of the town."""
    return CODE + name if name.startswith("00") else CODE if name == "T" else f"{CODE}-{name}"


@contextmanager
def watched(
    browser: Browser, site: Site, *, user: str | None = "li", refusals: tuple[int, ...] = (), offline: bool = False,
    **options: Any,
) -> Iterator[Page]:  # fmt: skip
    """A fresh page; on leaving, no error, policy violation or request elsewhere may have happened.

    Chromium writes an error for every refused request: `refusals` are the statuses that the test provokes.
    """
    context = browser.new_context(**{"locale": "en-US", "viewport": DESK, "base_url": site.address, **options})
    if user:
        context.add_cookies([{"name": "gridmap", "value": site.tokens[user], "url": site.address}])
    page, problems = context.new_page(), []
    page.set_default_timeout(8_000)

    def note(message: playwright.ConsoleMessage) -> None:
        expected = [f"status of {status} " for status in refusals] + ["ERR_INTERNET_DISCONNECTED"] * offline
        if message.type == "error" and not any(known in message.text for known in expected):
            problems.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((site.address, "data:", "blob:")) else problems.append(request.url)
        ),
    )
    try:
        yield page
    finally:
        context.close()
    assert not problems, problems


def until(page: Page, condition: str, arg: object = None, *, seconds: float = 10) -> None:
    """Wait until something is true in the page; asked from outside, for the policy forbids the page to evaluate text."""
    end = time.monotonic() + seconds
    while not _holds(page, condition, arg):
        assert time.monotonic() < end, f"never came true: {condition}"
        page.wait_for_timeout(20)


def _holds(page: Page, condition: str, arg: object) -> bool:
    try:
        return bool(page.evaluate(condition, arg))
    except playwright.Error:  # between two pages nothing is defined
        return False


def move(page: Page, lat: float, lon: float, zoom: float) -> None:
    """Show a spot of the map, and wait for its features."""
    page.evaluate(
        "([lat, lon, zoom]) => void GridMap.map.setView([lat, lon], zoom, { animate: false })", [lat, lon, zoom]
    )
    until(page, "document.getElementById('busy').hidden")


def visit(page: Page, address: str = "/") -> None:
    """Open the map and wait until it stands still."""
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    page.wait_for_selector("path.gm-building", state="attached")
    until(page, "document.getElementById('busy').hidden")


def building(page: Page, name: str) -> playwright.Locator:
    """The outline of a building on the map."""
    return page.locator(f"path.gm-building[aria-label^='{name}']")


def answered(page: Page, heading: str) -> playwright.Locator:
    """Wait for an answer under a heading, and return the panel."""
    until(page, "heading => Home.answer && document.querySelector('#panel h2').textContent === heading", heading)
    return page.locator("#panel")


@pytest.fixture
def town(browser: Browser, town_site: Site) -> Iterator[Page]:
    """The town on a desk, in English, for somebody of the office."""
    with watched(browser, town_site) as page:
        visit(page)
        yield page


@pytest.fixture
def sample_page(browser: Browser, sample_site: Site) -> Iterator[Page]:
    """The sample on a desk, in Chinese."""
    with watched(browser, sample_site, locale="zh-CN") as page:
        visit(page)
        yield page


@pytest.fixture
def phone(browser: Browser, town_site: Site) -> Iterator[Page]:
    """The town on a touch phone, upright."""
    with watched(browser, town_site, viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2) as page:
        visit(page)
        yield page
