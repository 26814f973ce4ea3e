"""`gridmap user` and `gridmap token`: who may come in. There is no account until one is added here."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from gridmap.access import (
    Account,
    Level,
    accounts,
    create_token,
    create_user,
    lock,
    person_called,
    reset_password,
    revoke_tokens,
    unlock,
)
from web.commands import actor, gridmap, opened

ADD = """\b
Examples:
  gridmap user add admin --level admin
  gridmap user add li.na --level staff --place 150902008000
  gridmap user add wang --level leader --person 王某某
"""


@gridmap.group()
def user() -> None:
    """Accounts: add, reset, lock, unlock, list."""


@user.command(epilog=ADD)
@click.argument("name")
@click.option(
    "--level",
    type=click.Choice([str(level) for level in Level]),
    required=True,
    help="admin: everything, everywhere. staff: the office. leader: where the person holds posts today. "
    "viewer: looks, without residents' homes. partner: what was handed to the unit. auditor: the record.",
)
@click.option(
    "--place",
    "places",
    metavar="CODE",
    multiple=True,
    help="Acts below this place; may be repeated. The only community when left out.",
)
@click.option(
    "--person",
    metavar="NAME|NUMBER",
    help="Whom the account belongs to: name or number in the roster. A leader needs one.",
)
def add(name: str, level: str, places: tuple[str, ...], person: str | None) -> None:
    """Add the account NAME and print its one-time password, which is changed at the first sign-in."""
    with opened() as database, database.writing(actor()) as session:
        number = person_called(session, person) if person else None
        password = create_user(session, name, Level(level), places=places, person_id=number)
    click.echo(password)


@user.command(epilog="\b\nExample:\n  gridmap user reset li.na")
@click.argument("name")
def reset(name: str) -> None:
    """Give NAME a new one-time password, print it, and end the account's sessions."""
    with opened() as database, database.writing(actor()) as session:
        password = reset_password(session, name)
    click.echo(password)


@user.command("lock", epilog="\b\nExample:\n  gridmap user lock li.na")
@click.argument("name")
def lock_(name: str) -> None:
    """Lock NAME out: sessions end within a second, tokens rest."""
    with opened() as database, database.writing(actor()) as session:
        lock(session, name)


@user.command("unlock", epilog="\b\nExample:\n  gridmap user unlock li.na")
@click.argument("name")
def unlock_(name: str) -> None:
    """Let NAME sign in again."""
    with opened() as database, database.writing(actor()) as session:
        unlock(session, name)


@user.command("list", epilog="\b\nExamples:\n  gridmap user list\n  gridmap user list --json")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def list_(as_json: bool) -> None:
    """List the accounts with level, places, person and state."""
    with opened() as database, database.reading() as session:
        found = accounts(session)
    if as_json:
        rows = [asdict(account) | {"seen_at": account.seen_at and account.seen_at.isoformat()} for account in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("no account yet; add one: gridmap user add NAME --level admin", err=True)
        return
    lines = [("NAME", "LEVEL", "PLACES", "PERSON", "STATE", "SEEN"), *map(_line, found)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _line(account: Account) -> tuple[str, ...]:
    places = {Level.ADMIN: "everywhere", Level.LEADER: "by posts"}.get(
        account.level, " ".join(account.places) or "none"
    )
    state = "locked" if account.locked else "one-time password" if account.must_change_password else "open"
    seen = account.seen_at.astimezone().strftime("%Y-%m-%d %H:%M") if account.seen_at else "-"
    return account.name, account.level.value, places, account.person or "-", state, seen


@gridmap.group()
def token() -> None:
    """Tokens for programs: create, revoke."""


@token.command(
    epilog='\b\nExample:\n  curl -H "Authorization: Bearer $(gridmap token create li.na)" http://127.0.0.1:8000/api/search?q=3'
)
@click.argument("user_name", metavar="USER")
def create(user_name: str) -> None:
    """Print a token that works at once, with the level and places of USER; it is shown only now."""
    with opened() as database, database.writing(actor()) as session:
        made = create_token(session, user_name)
    click.echo(made)


@token.command(epilog="\b\nExample:\n  gridmap token revoke li.na")
@click.argument("user_name", metavar="USER")
def revoke(user_name: str) -> None:
    """End all tokens of USER, within a second."""
    with opened() as database, database.writing(actor()) as session:
        ended = revoke_tokens(session, user_name, now=datetime.now(UTC))
    click.echo(f"{ended} ended")
