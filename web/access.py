"""Who is asking: sign-in pages, the rule of every route, and the refusal of everything that has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask

from gridmap.access import Action

View = TypeVar("View", bound=Callable[..., Any])

#: The rule of a view that anybody may see.
PUBLIC = "public"

bp = Blueprint("access", __name__)


def allow(action: Action) -> Callable[[View], View]:
    """Open a view to the levels that may do `action`; it stands below the route's own decorator.

    Parameters
    ----------
    action
        What the view does, as far as permission goes.
    """

    def ruled(view: View) -> View:
        cast("Any", view).rule = action
        return view

    return ruled


def public(view: View) -> View:
    """Open a view to everybody, signed in or not."""
    cast("Any", view).rule = PUBLIC
    return view


def guard(app: Flask) -> None:
    """Put the rules before every view of `app`."""
