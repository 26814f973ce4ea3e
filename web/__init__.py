"""The pages, the API and the commands of GridMap."""

from web.app import create_app

__all__ = ["create_app"]
