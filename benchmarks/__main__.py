"""Measure and print one table: `python -m benchmarks [--quick] [--communities N] [--rounds N] [--seconds N]`."""

from __future__ import annotations

import argparse

from benchmarks import importing, who
from benchmarks.generate import Plan, town, write
from benchmarks.mapit import Mapit
from benchmarks.stage import Stage
from benchmarks.table import text


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__.partition(":")[0])
    parser.add_argument("--quick", action="store_true", help="without MapIt and without the large town")
    parser.add_argument("--communities", type=int, default=100, help="of the large town, 3,105 places each")
    parser.add_argument("--rounds", type=int, default=3, help="how often each server is asked")
    parser.add_argument("--seconds", type=int, default=5, help="how long each time")
    given = parser.parse_args()
    with Stage() as stage:
        mapit = None if given.quick else Mapit(stage)
        files = write(next(town(Plan())), stage.folder / "files")
        measured = importing.rows(stage, mapit, files)
        communities = 1 if given.quick else given.communities
        measured += who.rows(stage, mapit, communities=communities, rounds=given.rounds, seconds=given.seconds)
    print(text(measured))


if __name__ == "__main__":
    main()
