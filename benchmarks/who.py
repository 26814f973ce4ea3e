"""Click → who, over HTTP: the whole ladder, signed in, against MapIt's areas and a route that only asks PostGIS.

All servers run on the loopback address with two workers of eight threads, on one cluster and the same polygons, and are
asked for random positions over 16 connections that stay open.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from benchmarks.generate import Floats, Plan, positions, town
from benchmarks.mapit import PATTERN, Mapit
from benchmarks.pressure import Contestant, press, race, write_positions
from benchmarks.stage import ACTOR, Server, Stage, serving, token
from benchmarks.table import Row, at_least, at_most
from geodata.exchange import Layers
from geodata.load import store
from gridmap.database import Database

POSITIONS = 20_000
RESPONSIBLE = "/api/responsible?lon={lon}&lat={lat}"
AREAS = "/areas?lon={lon}&lat={lat}"
HAND_OVERS = 5
ASKED_AFTER = 8  # times, over new connections, so that both workers are met


def rows(stage: Stage, mapit: Mapit | None, *, communities: int, rounds: int, seconds: int) -> list[Row]:
    """Measure, and return the rows of the table.

    Parameters
    ----------
    stage
        Cluster and towns.
    mapit
        The peer, with the areas of the small town; None leaves it out.
    communities
        Of the large town; 1 leaves it out.
    rounds, seconds
        How often and how long each server is asked.
    """
    plan, city = Plan(), Plan(communities=communities)
    layers = next(town(plan))
    database = stage.fresh("who", stage.town(plan))  # a copy, for posts are handed over in it
    here = write_positions(stage.folder / "positions.txt", positions(layers, POSITIONS))
    with ExitStack() as running:
        ours = running.enter_context(_product("gridmap", stage, database, [plan_code(0)], here))
        bridge, wsgi = (running.enter_context(_bare(stage, database, kind, here)) for kind in ("bridge", "wsgi"))
        others = [bridge, wsgi]
        if mapit:
            others.append(Contestant("mapit", running.enter_context(mapit.serving()), PATTERN, here))
        if communities > 1:
            everywhere = write_positions(stage.folder / "city.txt", _all_over(city))
            codes = [plan_code(number) for number in range(communities)]
            large = stage.database(stage.town(city))
            others.append(running.enter_context(_product("gridmap, large", stage, large, codes, everywhere)))
        seen = race([ours, *others], rounds=rounds, seconds=seconds)
        right, answers = _hand_overs(database, ours, layers)
    pace = {name: one.per_second for name, one in seen.items()}
    result = [
        Row(f"requests/s: {name}", f"{one.per_second:,.0f}, p50 {one.p50_ms:.1f} ms, p99 {one.p99_ms:.1f} ms")
        for name, one in seen.items()
    ]
    if mapit:
        result.append(at_least("click → who: against MapIt", pace[ours.name] / pace["mapit"], 10, "×"))
    result.append(at_least("against a bare route, same server", pace[ours.name] / pace[bridge.name], 0.4, "×"))
    result.append(Row("against a bare route, granian's WSGI", f"{pace[ours.name] / pace[wsgi.name]:.2f} ×"))
    if communities > 1:
        places = communities * (1 + 4 + plan.cells + plan.buildings)
        slower = pace[ours.name] / pace["gridmap, large"]
        result.append(at_most(f"slower at {places:,} places", slower, 1.5, "×"))
    result.append(Row("right 1 s after a hand-over, under load", f"{right} of {answers}", "all", right == answers))
    return result


def plan_code(number: int) -> str:
    """Return the code of a generated community."""
    return f"99{number:010d}"


def _all_over(city: Plan) -> Floats:
    """Positions in all communities, in no order."""
    share = POSITIONS // city.communities
    drawn = np.concatenate([positions(layers, share, seed=number) for number, layers in enumerate(town(city))])
    return np.random.default_rng(city.seed).permutation(drawn)


@contextmanager
def _product(name: str, stage: Stage, database: Database, codes: list[str], places: Path) -> Iterator[Contestant]:
    """Serve GridMap as an office does, and ask as one of its workers."""
    command = [str(Path(sys.executable).with_name("gridmap")), "serve", "--port", "{port}"]
    environment = {"DATABASE_URL": database.url, "GRIDMAP_OWNER_URL": database.owner_url}
    log = stage.folder / f"{name}.log"
    with serving(command, path="/healthz", log=log, GRIDMAP_DATA=str(stage.folder), **environment) as server:
        bearer = f"Authorization: Bearer {token(database, codes)}"
        yield Contestant(name, server, RESPONSIBLE, places, (bearer,))


@contextmanager
def _bare(stage: Stage, database: Database, interface: str, places: Path) -> Iterator[Contestant]:
    command = [sys.executable, "-m", "benchmarks.bare", "{port}", interface]
    log = stage.folder / f"bare-{interface}.log"
    with serving(command, path="/", log=log, DATABASE_URL=database.url) as server:
        yield Contestant(f"bare route, {interface}", server, AREAS, places)


def _hand_overs(database: Database, ours: Contestant, layers: Layers) -> tuple[int, int]:
    """Hand posts over while the server is busy; return how many answers a second later were right, of how many."""
    assert layers.buildings is not None
    load = Thread(target=press, args=(ours, 3 * HAND_OVERS))
    load.start()
    right = answers = 0
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    for number, building in enumerate(layers.buildings.head(HAND_OVERS).itertuples()):
        name = f"新任某{number}"
        posts = pd.DataFrame(
            [{"role": "building_leader", "place": building.code, "name": name, "phone": f"000-{number}"}]
        )
        with database.writing(ACTOR) as session:
            store(session, Layers(roster=posts), as_of=today)
        time.sleep(1)
        point = building.geometry.representative_point()
        path = RESPONSIBLE.format(lon=point.x, lat=point.y)
        for _ in range(ASKED_AFTER):
            answers += 1
            right += _leader(ours.server, path, ours.headers) == name
    load.join()
    return right, answers


def _leader(server: Server, path: str, headers: tuple[str, ...]) -> str | None:
    chain = json.loads(server.get(path, dict(header.split(": ", 1) for header in headers)))["chain"]
    [holder] = [entry["holder"] for entry in chain if entry["role"] == "building_leader"]
    return holder["name"] if holder else None
