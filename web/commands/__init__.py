"""The `gridmap` command: every part of it works on the database of the installation it is called in."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click
from pydantic import ValidationError

from gridmap.database import Database, open_database, upgrade
from gridmap.errors import GridMapError, NotConfigured
from gridmap.settings import Settings

#: Each command and the module that adds it: `gridmap who` need not wait for the map and the server to load.
MODULES = {
    "db": "data",
    "demo": "demo",
    "import": "data",
    "sample": "data",
    "search": "search",
    "serve": "serve",
    "token": "accounts",
    "user": "accounts",
    "who": "look",
}


class _OnCall(click.Group):
    """A group whose commands are loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(MODULES)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in MODULES:
            import_module(f"web.commands.{MODULES[name]}")
        return super().get_command(ctx, name)


@click.group(cls=_OnCall, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="gridmap-community")
def gridmap() -> None:
    """网格地图 GridMap: who is responsible for any building of a community."""


@contextmanager
def opened(*, upgraded: bool = True) -> Iterator[Database]:
    """Open the installation's database for one command.

    Parameters
    ----------
    upgraded
        Bring the tables to the newest revision first; commands that only look leave them as they are.
    """
    database = open_database(read_settings())
    try:
        if upgraded:
            upgrade(database)
        yield database
    finally:
        database.close()


def read_settings() -> Settings:
    """Read the settings, naming the variable that cannot be used.

    Raises
    ------
    NotConfigured
        A variable of the environment holds what it cannot hold.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise NotConfigured("{variable}: {reason}", variable=first["loc"][0], reason=first["msg"]) from error


def actor() -> str:
    """Return who acts, as it stands in the audit record: the login of the shell."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"


def main() -> None:
    """Run the command line: exit 0 when done, 1 with one plain line when refused, 2 when called wrongly."""
    try:
        sys.exit(gridmap(standalone_mode=False) or 0)
    except GridMapError as error:
        click.echo(f"gridmap: {error}", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
