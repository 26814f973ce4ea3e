"""Storing layers: everything that is wrong is found first, then a handful of statements write the rest.

    store() ── community   which community, its settings and envelope
            ── rows        frames into clean rows
            ── identity    which place each row is about, codes of new ones
            ── places      timelines as they shall be:  tiling (cells side by side), tree (compound and cell)
            ── ways        walls, gates, paths
            ── appointments, leaves, holders   who holds which post, who is away, who they are
            ── writing     sets of rows into tables

`versions` says what a change does to versions in time, `values` what a cell of a table may hold.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from geodata.exchange import CONTRACTS, Layers
from geodata.load import appointments, leaves, places, rows, ways
from geodata.load import community as communities
from geodata.load.community import Found
from geodata.load.identity import KINDS, Codes
from geodata.load.record import Known, on_record
from geodata.load.record import write as write_places
from geodata.load.rows import Row
from geodata.problems import ImportRefused, LayerReport, Report
from gridmap.errors import Conflict
from gridmap.places import Kind

__all__ = ["store"]

DUTIES = frozenset({"roster", "leaves"})
STATEMENT_TIMEOUT = "10min"
_PREPARE = (
    # An import of a hundred thousand rows is longer than what a page may take.
    sa.text(f"set local statement_timeout = '{STATEMENT_TIMEOUT}'"),
    sa.text("set constraints all deferred"),
)
_LOCK = sa.text("select pg_try_advisory_xact_lock(hashtext('gridmap import'), hashtext(:code))")
_SETTLE = (sa.text("set constraints all immediate"), sa.text("set constraints all deferred"))


def store(session: Session, layers: Layers, *, as_of: date | None = None) -> Report:
    """Store layers of one community and return what became of each row.

    Parameters
    ----------
    session
        Everything happens in its transaction, which stays open.
    layers
        See `geodata.exchange`.
    as_of
        The day from which undated rows hold: what they change ends there and begins anew. Without it they correct what
        is on record, and what is new has always been so.

    Returns
    -------
    Report
        The same layers again give the same report with nothing stored.

    Raises
    ------
    ImportRefused
        Something is wrong; it holds every problem, and nothing was written.
    BadInput, NotFound
        It is not clear which community is meant, or its settings cannot be.
    Conflict
        Somebody else is importing into the community, or the database itself refused.

    Notes
    -----
    The number of statements does not depend on the number of rows. 3,000 buildings take about a second.
    """
    for statement in _PREPARE:
        session.execute(statement)
    community = communities.find(session, layers)
    if not session.scalar(_LOCK, {"code": community.code}):
        raise Conflict("somebody is importing into community {code} now; try again in a minute", code=community.code)
    given = {layer: rows.read(layer, getattr(layers, layer)) for layer in layers.given()}
    try:
        with session.begin_nested():
            counts = _store(session, community, given, as_of)
            for statement in _SETTLE:
                session.execute(statement)
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        raise Conflict("the database refused the import: {reason}", reason=reason) from error
    return _report(given, counts)


def _store(session: Session, community: Found, given: dict[str, list[Row]], as_of: date | None) -> dict[str, int]:
    boundaries = given.get("boundary", [])
    _check_boundary(boundaries, community)
    _stop_if_wrong(given, boundaries)
    communities.settle(session, community, boundaries)
    record = on_record(session, community.id)
    if not record.places:
        record.add(Known(community.id, Kind.COMMUNITY, community.code))
    codes = Codes(community.code)
    region_id = communities.region(session, community, community.wanted.region_name)
    places.plan(session, given, record, community, region_id, as_of)
    paths = ways.plan(session, given["ways"], community, as_of) if "ways" in given else {}
    roster = appointments.on_record(session, record) if DUTIES & given.keys() else None
    absences: list[leaves.Absence] = []
    if roster:
        appointments.plan(roster, given.get("roster", []), record, codes, as_of)
        absences = leaves.plan_leaves(session, given.get("leaves", []), roster, record, codes)
    groups = leaves.plan_channels(session, given["channels"], record, codes) if "channels" in given else []
    _stop_if_wrong(given, *given.values())
    counts = {layer: places.stored(given[layer]) for layer in KINDS if layer in given}
    counts["ways"] = ways.stored(given.get("ways", []), paths)
    counts["roster"] = (
        sum(term.changed for listed in roster.terms.values() for term in listed if term.row) if roster else 0
    )
    counts["leaves"] = sum(absence.changed for absence in absences)
    counts["channels"] = sum(group.now != group.before for group in groups)
    write_places(session, record)
    ways.write(session, paths, community)
    if roster:
        appointments.write(session, roster)
    leaves.write_leaves(session, absences)
    leaves.write_channels(session, groups)
    return counts


def _check_boundary(boundaries: list[Row], community: Found) -> None:
    for row in boundaries:
        if (code := row.given.get("code")) and code != community.code:
            row.refuse("code", code, "is not the community of this import, {code}", code=community.code)
        if community.new and not row.given.get("name"):
            row.given["name"] = community.wanted.name
            if not community.wanted.name:
                row.refuse("name", None, "a new community needs a name")


def _stop_if_wrong(given: dict[str, list[Row]], *looked_at: list[Row]) -> None:
    if any(problem.fatal for listed in looked_at for row in listed for problem in row.problems):
        raise ImportRefused(_report(given, {}))


def _report(given: dict[str, list[Row]], counts: dict[str, int]) -> Report:
    reports = []
    for layer in CONTRACTS:
        if layer in given:
            listed = given[layer]
            sound = sum(not row.problems for row in listed)
            stored = counts.get(layer, 0)
            problems = tuple(problem for row in listed for problem in row.problems)
            unchanged = sound - stored if counts else 0
            reports.append(LayerReport(layer, len(listed), stored, unchanged, problems))
    return Report(tuple(reports))
