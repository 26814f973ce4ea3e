"""`gridmap search`: find a place or whoever holds a post, on the command line."""

from __future__ import annotations

import json

import click
from sqlalchemy import select

from geodata.addresses import query
from gridmap.errors import UnknownPlace
from gridmap.places import Community
from gridmap.places.position import parse_day
from gridmap.search import MOST_HITS, hits
from web.commands import gridmap, opened

EXAMPLE = """\b
Examples:
  gridmap search 塞上江南三号楼2单元
  gridmap search ssjn3hl --limit 3 --json
"""


@gridmap.command(epilog=EXAMPLE)
@click.argument("text", nargs=-1, required=True)
@click.option("--community", metavar="CODE", help="Only what lies in this community.")
@click.option("--on", "day", metavar="DAY", help="The day, as 2026-01-31; today when left out.")
@click.option("--limit", type=click.IntRange(1, MOST_HITS), default=MOST_HITS, show_default=True, help="Print so many.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API answers.")
def search(text: tuple[str, ...], community: str | None, day: str | None, limit: int, *, as_json: bool) -> None:
    """Find places and office holders: by address, name, number, pinyin, initials or code."""
    asked = query(" ".join(text), field="TEXT")
    with opened() as database, database.reading() as session:
        scope = None
        if community is not None:
            scope = session.scalars(select(Community.id).where(Community.code == community)).all()
            if not scope:
                raise UnknownPlace("no community on record has the code {code}", code=community)
        body = hits(session, asked, scope=scope, on=parse_day(day, "--on"), limit=limit, language="en")
    if as_json:
        click.echo(body)
        return
    found = json.loads(body)["hits"]
    for hit in found:
        where = f"{hit['lon']}, {hit['lat']}" if hit["lon"] is not None else "no position"
        more = [hit["role_name"]] if hit["role"] else hit["aliases"]
        post = f" ({', '.join(more)})" if more else ""
        click.echo(f"{hit['code']}  {hit['name']}{post}  {hit['context']}  {where}")
    if not found:
        click.echo("nothing found", err=True)
