"""What a request may ask of the installation it runs in."""

from __future__ import annotations

from typing import cast

from flask import current_app, g

from gridmap.access import Viewer
from gridmap.database import Database
from gridmap.settings import Settings


def settings() -> Settings:
    """Return the settings of this installation."""
    return cast("Settings", current_app.extensions["gridmap.settings"])


def database() -> Database:
    """Return the database of this installation."""
    return cast("Database", current_app.extensions["gridmap.database"])


def viewer() -> Viewer:
    """Return who is asking; only routes behind `access.allow` may call it."""
    return cast("Viewer", g.viewer)
