"""Import of generated buildings from files: the whole command, process start included, while the database runs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.mapit import Mapit
from benchmarks.stage import ROOT, Stage
from benchmarks.table import Row, at_most
from gridmap.database import upgrade

TIMES = 3


def rows(stage: Stage, mapit: Mapit | None, files: dict[str, Path]) -> list[Row]:
    """Measure, and return the rows of the table; afterwards MapIt holds the areas.

    Parameters
    ----------
    stage
        The cluster.
    mapit
        The peer; None leaves it out.
    files
        GeoJSON of one community, see `generate.write`.
    """
    taken, stored = zip(*(_import(stage, files) for _ in range(TIMES)), strict=True)
    ours = statistics.median(taken)
    result = [at_most(f"import of {stored[0]:,} buildings and their community", ours, 3, "s")]
    if mapit:
        theirs = mapit.load(files)
        result.append(Row("MapIt's import of the same buildings", f"{theirs:.1f} s ({theirs / ours:.0f} ×)"))
    return result


def _import(stage: Stage, files: dict[str, Path]) -> tuple[float, int]:
    """Import into an empty database; return the seconds and the number of buildings stored."""
    database = stage.fresh("importing")
    upgrade(database)
    command = [
        str(Path(sys.executable).with_name("gridmap")),
        "import",
        str(files["buildings"]),
        "--layer",
        "buildings",
    ]
    command += ["--boundary", str(files["boundary"]), "--compounds", str(files["compounds"])]
    command += ["--cells", str(files["grid_cells"]), "--json"]
    environment = {"DATABASE_URL": database.url, "GRIDMAP_OWNER_URL": database.owner_url}
    begun = time.monotonic()
    done = subprocess.run(
        command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True, check=True
    )
    taken = time.monotonic() - begun
    layers = {layer["layer"]: layer for layer in json.loads(done.stdout)["layers"]}
    if layers["buildings"]["problems"]:
        raise RuntimeError(f"generated buildings were refused: {layers['buildings']['problems'][:3]}")
    return taken, layers["buildings"]["stored"]
