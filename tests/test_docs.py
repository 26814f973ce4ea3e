"""Docs fail the build when they fall behind: every class, role, setting, command, dependency and route stands in them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from gridmap import access, audit, duties, groups, places, ways
from gridmap.access import Level
from gridmap.database import Base
from gridmap.settings import Settings
from web.commands import gridmap

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
MAPPED = (access, audit, duties, groups, places, ways)  # imported, so that every mapped class is known


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("name", sorted(mapper.class_.__name__ for mapper in Base.registry.mappers))
def test_every_mapped_class_stands_in_the_glossary(name: str) -> None:
    assert f"`{name}`" in page("glossary.md")


def test_every_role_stands_in_the_glossary() -> None:
    seeds = (ROOT / "gridmap/migrations/versions/0001_roles.sql").read_text("utf-8")
    roles = re.findall(r"^    \('([a-z_]+)', +'(?:leader|staff|office|household|service)'", seeds, re.MULTILINE)
    assert len(roles) > 20
    assert [role for role in roles if f"`{role}`" not in page("glossary.md")] == []


def test_every_level_stands_in_the_glossary() -> None:
    assert [level for level in Level if level not in page("glossary.md")] == []


@pytest.mark.parametrize("alias", [str(field.alias) for field in Settings.model_fields.values()])
def test_every_setting_is_explained_and_in_the_example(alias: str) -> None:
    assert f"`{alias}`" in page("settings.md")
    assert f"{alias}=" in (ROOT / ".env.example").read_text("utf-8")


def commands(group: click.Group, before: str = "gridmap") -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += commands(command, f"{before} {name}")
        else:
            found.append((f"{before} {name}", command))
    return found


@pytest.mark.parametrize(
    ("name", "command"), commands(gridmap), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_is_explained_and_its_help_has_an_example(name: str, command: click.Command) -> None:
    assert f"`{name}" in page("commands.md")
    text = command.get_help(click.Context(command, info_name=name))
    assert re.search(r"Examples?:", text), f"{name} --help has no example"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.split(r"[\[>=<]", requirement)[0] for requirement in project["dependencies"]]
    text = page("dependencies.md").lower()
    assert [name for name in names if name not in text] == []


def test_every_route_of_the_api_is_explained() -> None:
    sources = "\n".join(file.read_text("utf-8") for file in (ROOT / "web").glob("*.py"))
    routes = re.findall(r'@bp\.(?:get|post)\("(/api/[a-z]+)', sources)
    assert routes
    assert [route for route in routes if route not in page("api.md")] == []


def test_pins_carry_hashes_and_no_address() -> None:
    pins = (ROOT / "constraints.txt").read_text("utf-8")
    assert "://" not in pins
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z])", pins.strip()))
    assert "resolved" not in (ROOT / "web/package-lock.json").read_text("utf-8")
