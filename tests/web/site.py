"""A site to sign in at: two worker processes of one installation, a clock, and an account of each level."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gridmap.access import Level, create_token
from gridmap.database import Database
from gridmap.settings import Settings
from tests.gridmap.access_town import PASSWORD, Clock, settle, user
from tests.gridmap.conftest import Town
from web import create_app

HOST = "office.test"


class Site:
    """One installation with two workers that share nothing but the database."""

    def __init__(self, database: Database, ids: dict[str, int], data: Path) -> None:
        self.database, self.ids, self.clock = database, ids, Clock()
        self.other = Database(database.url, database.owner_url)
        self.workers = [self.worker(data, door) for door in (database, self.other)]
        self.app = self.workers[0]
        self._made = 0

    def worker(self, data: Path, database: Database, **settings: str) -> Flask:
        """Start an application as a worker process does."""
        app = create_app(Settings(GRIDMAP_DATA=data, **settings), database)
        app.extensions["gridmap.viewers"].clock = self.clock
        return app

    def add(self, level: Level = Level.VIEWER, *, one_time: bool = False) -> str:
        """Add an account with `PASSWORD`, or one that still has its one-time password; returns its name."""
        self._made += 1
        name = f"{level}{self._made}"
        with self.database.writing("test") as session:
            person = None
            if level == Level.LEADER:
                person = Town(session, community=self.ids["T"]).person(f"person of {name}")
            user(session, name, level, person=person, one_time=one_time)
        return name

    def token(self, name: str) -> str:
        """Make a token for programs."""
        with self.database.writing("test") as session:
            return create_token(session, name)

    def browser(self, app: Flask | None = None, *, address: str = "127.0.0.1", https: bool = False) -> Browser:
        """Open a browser."""
        return Browser(app or self.app, address, https=https)

    def signed_in(self, level: Level = Level.VIEWER) -> Browser:
        """Open a browser and sign a new account in."""
        browser = self.browser()
        assert browser.sign_in(self.add(level)).status_code == 303
        return browser


class Browser:
    """A browser that keeps cookies and sends forms with the secret that stands in them."""

    def __init__(self, app: Flask, address: str, *, https: bool) -> None:
        self.client: FlaskClient = app.test_client()
        self.base = f"{'https' if https else 'http'}://{HOST}"
        self.client.environ_base["REMOTE_ADDR"] = address

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.open(path, **more)

    def open(self, path: str, **more: Any) -> TestResponse:
        """Ask for anything; the answer is read to its end, so that no file stays open."""
        return self.client.open(path, base_url=self.base, buffered=True, **more)

    def post(self, path: str, form: dict[str, str] | None = None, **more: Any) -> TestResponse:
        """Send a form as it is, without any secret."""
        return self.open(path, method="POST", data=form or {}, **more)

    def submit(
        self, path: str, form: dict[str, str] | None = None, *, page: str | None = None, **more: Any
    ) -> TestResponse:
        """Load the page of a form, then send the form."""
        return self.post(path, {**(form or {}), "csrf_token": self.secret(page or path)}, **more)

    def secret(self, page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert found
        return found[1]

    def sign_in(self, name: str, password: str = PASSWORD, *, following: str = "") -> TestResponse:
        return self.submit(
            "/sign-in" + (f"?next={following}" if following else ""), {"name": name, "password": password}
        )

    def cookie(self, name: str = "gridmap") -> str | None:
        kept = self.client.get_cookie(name, HOST)
        return kept.value if kept else None

    def keep(self, token: str, name: str = "gridmap") -> None:
        """Put a session's cookie into the browser, as somebody does who copied it."""
        self.client.set_cookie(name, token, domain=HOST)


@pytest.fixture(scope="module")
def site(new_database: Callable[..., Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that the tests of one module share; each brings accounts and addresses of its own."""
    database = new_database()
    with database.writing("test") as session:
        ids = settle(session).ids
    made = Site(database, ids, tmp_path_factory.mktemp("data"))
    yield made
    made.other.close()
