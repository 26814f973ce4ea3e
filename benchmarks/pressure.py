"""Load on servers: the same positions for all, in rounds, each round in another order."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generate import Floats
from benchmarks.stage import Server

CONNECTIONS = 16  # kept alive; as many as the servers have threads
LUA = Path(__file__).with_name("positions.lua")


@dataclass(frozen=True)
class Contestant:
    """A server and how it is asked.

    Parameters
    ----------
    name
        In the table.
    server
        Where it answers.
    pattern
        Path and query with `{lon}` and `{lat}`.
    positions
        File of longitudes and latitudes, see `write_positions`.
    headers
        Sent with each request.
    """

    name: str
    server: Server
    pattern: str
    positions: Path
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pace:
    """How fast a server answered: the median of the rounds.

    Parameters
    ----------
    per_second
        Requests.
    p50_ms, p99_ms
        Time to the answer, half and 99 % of them.
    """

    per_second: float
    p50_ms: float
    p99_ms: float


class Failed(Exception):
    """Some requests were not answered with 200."""


def write_positions(path: Path, positions: Floats) -> Path:
    """Write positions for `positions.lua`; return the file.

    Parameters
    ----------
    path
        Written anew.
    positions
        (n, 2) longitude and latitude.
    """
    path.write_text("".join(f"{lon:.7f} {lat:.7f}\n" for lon, lat in positions), "ascii")
    return path


def race(contestants: Sequence[Contestant], *, rounds: int, seconds: int) -> dict[str, Pace]:
    """Return the pace of each contestant.

    Parameters
    ----------
    contestants
        All are asked in every round; the order turns from round to round, so that a noisy moment meets each of them.
    rounds
        How often each is asked.
    seconds
        How long each time.

    Raises
    ------
    Failed
        An answer was not 200.
    """
    for contestant in contestants:
        press(contestant, 2)  # connections, plans and caches are made before anything counts
    seen: dict[str, list[Pace]] = {contestant.name: [] for contestant in contestants}
    for number in range(rounds):
        turned = [*contestants[number % len(contestants) :], *contestants[: number % len(contestants)]]
        for contestant in turned if number % 2 == 0 else reversed(turned):
            seen[contestant.name].append(press(contestant, seconds))
    return {name: _median(paces) for name, paces in seen.items()}


def _median(paces: list[Pace]) -> Pace:
    return Pace(*(statistics.median(getattr(pace, field) for pace in paces) for field in Pace.__dataclass_fields__))


def press(contestant: Contestant, seconds: int) -> Pace:
    """Ask one server for some seconds; return its pace.

    Parameters
    ----------
    contestant
        The server and how it is asked.
    seconds
        How long.

    Raises
    ------
    Failed
        An answer was not 200.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("benchmarks need the load generator wrk: apt-get install -y wrk")
    headers = [part for header in contestant.headers for part in ("-H", header)]
    target = [contestant.server.url, "--", str(contestant.positions), contestant.pattern]
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", *headers, "-s", str(LUA), *target]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    counted = json.loads(said.strip().splitlines()[-1])
    if counted["failed"] or not counted["requests"]:
        raise Failed(f"{contestant.name}: {counted['failed']} of {counted['requests']} requests failed")
    return Pace(counted["requests"] / counted["microseconds"] * 1e6, counted["p50_ms"], counted["p99_ms"])
