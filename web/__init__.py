"""The pages, the API and the commands of GridMap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from web.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    # The command line stands in this package too, and most of it needs no application.
    if name == "create_app":
        from web.app import create_app

        return create_app
    raise AttributeError(name)
