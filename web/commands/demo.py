"""`gridmap demo`: a made-up community to click through."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from geodata.load import store
from geodata.sample import community
from gridmap.access import Level, User, create_user
from gridmap.database import Database
from gridmap.duties import Appointment
from gridmap.places import Community
from gridmap.places.position import parse_day
from web.commands import actor, gridmap, opened, read_settings
from web.server import run

EXAMPLE = """\b
Examples:
  gridmap demo
  gridmap demo --as-of 2026-06-01 --port 8100
"""


@gridmap.command(epilog=EXAMPLE)
@click.option("--as-of", "day", metavar="DAY", help="The sample's today, as 2026-01-31; all its dates hang on it.")
@click.option("--host", help="Where to listen; GRIDMAP_HOST when left out.")
@click.option("--port", type=click.IntRange(0, 65535), help="Where to listen; GRIDMAP_PORT when left out.")
def demo(day: str | None, host: str | None, port: int | None) -> None:
    """Make the sample community, once, with an account of each kind, and serve it.

    A second call serves what is there.
    """
    settings = read_settings()
    with opened() as database:
        passwords = prepare(database, parse_day(day, "--as-of"))
        if passwords:
            click.echo("made-up sample: no such people, no such numbers / 虚构样例，人名电话均不真实\n")
            click.echo("one-time passwords, to be changed at the first sign-in / 一次性密码，首次登录须更改:")
            for name, (password, what) in passwords.items():
                click.echo(f"  {name:<8} {password}   {what}")
        else:
            click.echo("The sample is there, with the accounts of the first time. A forgotten password:")
            click.echo("  gridmap user reset admin        (in a checkout: .venv/bin/gridmap user reset admin)")
        run(settings, database, host=host, port=port)


def prepare(database: Database, as_of: date | None) -> dict[str, tuple[str, str]]:
    """Store the sample and its accounts where no account is on record yet.

    Parameters
    ----------
    database
        Its tables are at the newest revision.
    as_of
        The sample's today; None is today.

    Returns
    -------
    dict
        By account: its one-time password, and what it shows. Empty where accounts exist.
    """
    with database.writing(actor()) as session:
        if session.scalar(select(User.id).limit(1)) is not None:
            return {}
        on = as_of or datetime.now(ZoneInfo("Asia/Shanghai")).date()
        layers = community(as_of=on)
        assert layers.community is not None
        code = layers.community.code
        if session.scalar(select(Community.id).where(Community.code == code)) is None:
            click.echo("storing the sample community …", err=True)
            store(session, layers)
        return {
            "admin": (create_user(session, "admin", Level.ADMIN), "everything 管理员"),
            "staff": (create_user(session, "staff", Level.STAFF, places=[code]), "the office 社区工作者"),
            "viewer": (
                create_user(session, "viewer", Level.VIEWER, places=[code]),
                "the community, without homes 查看",
            ),
            "leader": (
                create_user(session, "leader", Level.LEADER, person_id=_a_grid_leader(session, on)),
                "one grid leader's own places 网格长",
            ),
        }


def _a_grid_leader(session: Session, on: date) -> int:
    held = select(Appointment.person_id).where(
        Appointment.role == "grid_leader", Appointment.kind == "grid_cell", Appointment.during.contains(on)
    )
    person = session.scalar(held.order_by(Appointment.place_id).limit(1))
    assert person is not None
    return person
