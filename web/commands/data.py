"""`gridmap import`, `gridmap sample`, `gridmap db`: what is on record, and how it gets there."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from geodata import crs, osm, read, roster
from geodata.crs import Datum, Registered
from geodata.exchange import CommunitySettings, Layers
from geodata.load import store
from geodata.problems import ImportRefused, Report
from geodata.read import Form
from gridmap.database import Database, revision, upgrade
from gridmap.errors import BadInput, Conflict
from gridmap.places.position import parse_day
from web.commands import actor, gridmap, opened

SHOWN = 20  # problems of a layer that are listed for people; --json has all
FILE = click.Path(path_type=Path)
LAYERS = ("boundary", "compounds", "grid_cells", "clusters", "buildings", "entrances", "facilities", "ways", "roster")
_BOUNDARY = sa.text(
    "select ST_AsBinary(ST_Collect(v.geom)) from place_version v join place p on p.id = v.place_id"
    " where p.kind = 'community' and (p.code = :code or (:code is null and 1 = (select count(*) from place"
    " where kind = 'community')))"
).bindparams(sa.bindparam("code", type_=sa.Text))

IMPORT_EXAMPLE = """\b
Examples:
  gridmap import map.osm.pbf --boundary b.geojson --compounds c.geojson --cells g.geojson
  gridmap import roster.xlsx --community 150902008001
  gridmap import cells-2027.geojson --layer grid_cells --as-of 2027-01-01 --dry-run
"""
SAMPLE_EXAMPLE = """\b
Example:
  gridmap sample --as-of 2026-06-01
"""
DB_EXAMPLE = """\b
Example:
  gridmap db upgrade
"""


@gridmap.command("import", epilog=IMPORT_EXAMPLE)
@click.argument("files", nargs=-1, type=FILE, metavar="[FILE]...")
@click.option("--layer", type=click.Choice(LAYERS), help="What a GeoJSON file holds.")
@click.option("--boundary", type=FILE, help="GeoJSON with the community's border.")
@click.option("--compounds", type=FILE, help="GeoJSON with the compounds.")
@click.option("--cells", type=FILE, help="GeoJSON with the grid cells.")
@click.option("--datum", default="wgs84", show_default=True, help="wgs84, cgcs2000, gcj02, bd09 or EPSG:<number>.")
@click.option("--timezone", metavar="TZ", help="Time zone of a new community, as Asia/Shanghai.")
@click.option("--community", metavar="CODE", help="Which community, where the files do not tell.")
@click.option("--as-of", "day", metavar="DAY", help="From which day it holds, as 2026-01-31; a correction without.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report for programs, every problem in it.")
def import_(files: tuple[Path, ...], *, as_json: bool, dry_run: bool, day: str | None, **given: Any) -> None:
    """Store maps and rosters: OpenStreetMap extracts, GeoJSON layers, Excel rosters.

    What a file is is found in its content. Everything is stored, or nothing; the same file again changes nothing.
    Buildings of an extract that cannot be used, and posts over them, are reported and left out.
    """
    named = {"boundary": given["boundary"], "compounds": given["compounds"], "grid_cells": given["cells"]}
    todo: list[tuple[Path, str | None]] = [(path, layer) for layer, path in named.items() if path]
    todo += [(path, None) for path in files]
    if not todo:
        raise click.UsageError("name at least one file")
    as_of = parse_day(day, "--as-of")
    datum = crs.datum(given["datum"])
    for path, _ in todo:
        read.form(path)
    wanted = CommunitySettings(given["community"] or "", timezone=given["timezone"])
    early = Report()
    with _without_collector(), opened() as database:
        try:
            layers, early = _layers(database, todo, given["layer"], datum, given["community"])
            layers = replace(layers, community=wanted if wanted.code or wanted.timezone else None)
            source = ",".join(path.name for path, _ in todo)[:200]
            report = _store(database, layers, as_of, source, dry_run=dry_run).joined(early)
        except ImportRefused as refused:
            _print(refused.report.joined(early), as_json=as_json, dry_run=dry_run)
            raise
    _print(report, as_json=as_json, dry_run=dry_run)
    if layers.boundary is not None and not as_json:
        for code, name in zip(layers.boundary["code"], layers.boundary["name"], strict=True):
            click.echo(f"community {code}: {name}")  # the code that --community and --place ask for


@gridmap.command(epilog=SAMPLE_EXAMPLE)
@click.option("--as-of", "day", metavar="DAY", help="The sample's today, as 2026-01-31; all its dates hang on it.")
def sample(day: str | None) -> None:
    """Store the made-up sample community: four compounds, 4,499 households, invented people."""
    from geodata.sample import CODE, community

    on = parse_day(day, "--as-of") or datetime.now(ZoneInfo("Asia/Shanghai")).date()
    with opened() as database:
        with database.reading() as session:
            known = session.scalar(sa.text("select 1 from place where code = :code"), {"code": CODE})
        if known:
            raise Conflict(
                "the sample community {code} is on record already, and its past hangs on the day it was made; "
                "for another one set GRIDMAP_DATA to a new folder",
                code=CODE,
            )
        report = _store(database, community(as_of=on), None, "sample", dry_run=False)
    _print(report, as_json=False, dry_run=False)


@gridmap.group(epilog=DB_EXAMPLE)
def db() -> None:
    """Look after the tables."""


@db.command("upgrade", epilog=DB_EXAMPLE)
def db_upgrade() -> None:
    """Bring the tables to the newest revision."""
    with opened(upgraded=False) as database:
        upgrade(database)
        with database.reading() as session:
            current, _ = revision(session)
    click.echo(f"revision {current}")


@db.command("status", epilog="\b\nExample:\n  gridmap db status\n")
def db_status() -> None:
    """Say which revision the tables are at; exit 1 where they are behind."""
    with opened(upgraded=False) as database, database.reading() as session:
        current, newest = revision(session)
    click.echo(f"revision {current or 'none'}, newest {newest}")
    if current != newest:
        raise click.exceptions.Exit(1)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Let nobody look for cycles in millions of new objects that have none: a fifth of the time of an import."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _layers(
    database: Database,
    todo: list[tuple[Path, str | None]],
    layer: str | None,
    datum: Datum | Registered,
    code: str | None,
) -> tuple[Layers, Report]:
    """Read all files; the second value is what reading them already left out."""
    frames: dict[str, Any] = {}
    early = Report()
    for path, named in _progress(todo):
        found = read.form(path)
        if found is Form.GEOJSON:
            if layer == "roster" and not named:
                raise BadInput("{file} is GeoJSON; a roster is an Excel workbook", file=path.name, field="layer")
            _add(frames, *read.features(path, named or layer, datum), path)
        elif named or layer not in {None, "roster" if found is Form.XLSX else "buildings"}:
            raise BadInput("{file} does not hold {layer}", file=path.name, layer=named or layer, field="layer")
        elif found is Form.XLSX:
            _add(frames, "roster", roster.read(path), path)
        else:
            reading = osm.read(path, found.value, _boundary(database, frames.get("boundary"), code))
            early = early.joined(reading.report)
            for name in reading.layers.given():
                _add(frames, name, getattr(reading.layers, name), path)
    return Layers(**frames), early


def _add(frames: dict[str, Any], layer: str, frame: Any, path: Path) -> None:
    if layer in frames:
        raise BadInput("{file} brings {layer} a second time; import the files one by one", file=path.name, layer=layer)
    frames[layer] = frame


def _boundary(database: Database, frame: Any, code: str | None) -> BaseGeometry | None:
    """The border within which buildings count: of this import, else the one on record."""
    if frame is not None:
        shapes = [shape for shape in frame.geometry if shape is not None and shape.is_valid]
        return shapely.union_all(shapes) if shapes else None
    with database.reading() as session:
        wkb = session.execute(_BOUNDARY, {"code": code}).scalar()
    return shapely.union_all(shapely.get_parts(shapely.from_wkb(bytes(wkb)))) if wkb else None


def _store(database: Database, layers: Layers, as_of: date | None, source: str, *, dry_run: bool) -> Report:
    with database.writing(f"{actor()} import:{source}") as session:
        report = store(session, layers, as_of=as_of)
        if dry_run:
            session.rollback()
    return report


def _progress(todo: list[tuple[Path, str | None]]) -> Iterator[tuple[Path, str | None]]:
    with click.progressbar(
        todo,
        label="reading",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
        item_show_func=lambda item: item[0].name if item else "storing",
    ) as bar:
        yield from bar


def _print(report: Report, *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
        return
    for layer in report.layers:
        stored = "would be stored" if dry_run else "stored"
        line = f"{layer.layer}: {layer.read} read, {layer.stored} {stored}, {layer.unchanged} unchanged"
        click.echo(f"{line}, {len(layer.problems)} problems" if layer.problems else line)
        for problem in layer.problems[:SHOWN]:
            click.echo(f"  {problem}")
        if len(layer.problems) > SHOWN:
            click.echo(f"  … and {len(layer.problems) - SHOWN} more; --json lists all")
