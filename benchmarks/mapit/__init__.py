"""The peer: PyPI's django-mapit 3.0, in an environment of its own, on the same polygons in the same cluster."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.stage import Server, Stage, serving
from gridmap.postgis import OWNER, RUNTIME_SETTINGS
from web.server import THREADS, WORKERS

HERE = Path(__file__).parent
DATABASE = "mapit"
PATTERN = "/point/4326/{lon},{lat}"
AREAS = ("boundary", "compounds", "grid_cells", "buildings")


class Mapit:
    """MapIt, installed and with the areas of one community.

    Parameters
    ----------
    stage
        The cluster it works in; its environment is kept in the same folder.
    """

    def __init__(self, stage: Stage) -> None:
        self.folder = stage.folder / "mapit-3.0"
        self.stage = stage
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "mapit_settings",
            "PYTHONPATH": str(HERE / "site"),
            "PYTHONWARNINGS": "ignore",
            "MAPIT_DATABASE": DATABASE,
            "MAPIT_HOST": str(stage.cluster.socket_dir),
            "MAPIT_USER": OWNER,
        }
        self._install()

    def load(self, files: dict[str, Path]) -> float:
        """Import areas into an empty database; return the seconds that the buildings alone took.

        Parameters
        ----------
        files
            GeoJSON of each of `AREAS`.
        """
        database = self.stage.fresh(DATABASE)
        for name, value in RUNTIME_SETTINGS.items():
            if name in {"jit", "max_parallel_workers_per_gather"}:  # as fast as the database lets it be
                self.stage.configure(DATABASE, name, value)
        database.close()
        self._python("-m", "django", "migrate")
        generation = self._python(str(HERE / "site" / "prepare.py")).split()[-1]
        taken = 0.0
        for layer in AREAS:
            options = ["--generation_id", generation, "--area_type_code", layer, "--name_type_code", "N"]
            options += ["--country_code", "C", "--name_field", "name", "--commit"]
            begun = time.monotonic()
            self._python("-m", "django", "mapit_import", *options, str(files[layer]))
            taken = time.monotonic() - begun
        self._python("-m", "django", "mapit_generation_activate", "--commit")
        self.stage.analyze(DATABASE)
        return taken

    def serving(self) -> AbstractContextManager[Server]:
        """Serve on granian's WSGI interface, with as many workers and threads as the product has."""
        command = [str(self.folder / "bin" / "granian"), "--interface", "wsgi", "--workers", str(WORKERS)]
        command += ["--blocking-threads", str(THREADS), "--no-ws", "--log-level", "error", "--port", "{port}"]
        return serving(
            [*command, "mapit_wsgi:application"],
            path="/generations",
            log=self.stage.folder / "mapit.log",
            **self.environment,
        )

    def _install(self) -> None:
        requirements = HERE / "requirements.txt"
        done = self.folder / "installed.txt"
        if done.exists() and done.read_text("utf-8") == requirements.read_text("utf-8"):
            return
        print("installing django-mapit 3.0 into an environment of its own", file=sys.stderr)
        venv.create(self.folder, clear=True, with_pip=True)
        # Without what its own list asks for, see requirements.txt.
        self._python("-m", "pip", "install", "--quiet", "--no-deps", "-r", str(requirements))
        done.write_text(requirements.read_text("utf-8"), "utf-8")

    def _python(self, *arguments: str) -> str:
        command = [str(self.folder / "bin" / "python"), *arguments]
        done = subprocess.run(
            command, env={**os.environ, **self.environment}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr[-3000:]}")
        return done.stdout
