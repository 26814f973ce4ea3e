"""`gridmap who`: the answer to a click, on the command line."""

from __future__ import annotations

import json
from typing import Any

import click

from gridmap.duties import responsible_at
from gridmap.places.position import parse_day, parse_position
from web.commands import gridmap, opened

EXAMPLE = """\b
Examples:
  gridmap who 113.1012 41.0305
  gridmap who --place 150902008000-B00001 --on 2024-06-30 --json
"""


# Without the first setting a negative longitude would be read as an option.
@gridmap.command(context_settings={"ignore_unknown_options": True}, epilog=EXAMPLE)
@click.argument("lon", required=False)
@click.argument("lat", required=False)
@click.option("--place", metavar="CODE", help="Ask by a place's code instead of a position.")
@click.option("--on", "day", metavar="DAY", help="The day, as 2026-01-31; today when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API answers.")
def who(lon: str | None, lat: str | None, place: str | None, day: str | None, *, as_json: bool) -> None:
    """Say who is responsible for a position or a place."""
    if (place is None) == (lon is None):
        raise click.UsageError("give a position (LON LAT) or --place CODE")
    where = place if place is not None else parse_position(lon, lat)
    with opened() as database, database.reading() as session:
        body = responsible_at(session, where, parse_day(day, "--on"), households=True)
    click.echo(body if as_json else "\n".join(_lines(json.loads(body))))


def _lines(answer: dict[str, Any]) -> list[str]:
    places = " < ".join(f"{place['name']} ({place['code']})" for place in answer["places"])
    lines = [f"{answer['on']}  {places}"]
    if answer["match"] == "nearest":
        lines.append(f"nearest building, {answer['distance_m']} m away")
    if answer["community"]["sample"]:
        lines.append("made-up sample: no such people")
    lines += [_post(entry) for entry in answer["chain"]]
    lines += [
        f"  {entry['role_name']}, {entry['place']['name']}: {_contact(entry['holder'])} ({entry['note'] or '-'})"
        for entry in answer["households"]
    ]
    # One contact often answers for many problems: named once.
    by_contact: dict[str, list[str]] = {}
    for service in answer["services"]:
        by_contact.setdefault(f"{service['role_name']} {_contact(service)}", []).append(service["label"])
    return lines + [f"  {', '.join(problems)}: {contact}" for contact, problems in by_contact.items()]


def _post(entry: dict[str, Any]) -> str:
    line = f"  {entry['role_name']}, {entry['place']['name']}: "
    if entry["status"] == "filled":
        return line + _contact(entry["holder"]) + (f", since {entry['since']}" if entry["since"] else "")
    holder = "VACANT" if entry["status"] == "vacant" else f"{entry['holder']['name']} ON LEAVE"
    return f"{line}{holder} -> {_contact(entry['acting'])} [{entry['acting']['why']}]"


def _contact(somebody: dict[str, Any]) -> str:
    phones = [phone for phone in (somebody["phone"], somebody.get("phone_24h")) if phone]
    return " ".join([somebody["name"], *(["/".join(dict.fromkeys(phones))] if phones else [])])
