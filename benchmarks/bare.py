"""The yardstick of a click: one Flask route, one ST_Covers, no sign-in; on the product's server, pool and database."""

from __future__ import annotations

import multiprocessing
import os
import sys
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Flask, request
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from gridmap.database import Database
from web.bridge import Bridge
from web.server import THREADS, WORKERS

COVERING = sa.text(
    "select p.code from place_version v join place p on p.id = v.place_id"
    " where ST_Covers(v.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4490))"
).bindparams(sa.bindparam("lon", type_=sa.Float), sa.bindparam("lat", type_=sa.Float))


def application() -> Flask:
    """Return the application with its one route; the database is the one of `DATABASE_URL`."""
    database = Database(os.environ["DATABASE_URL"], "")
    app = Flask(__name__)

    @app.get("/areas")
    def areas() -> dict[str, list[str]]:
        position = {"lon": float(request.args["lon"]), "lat": float(request.args["lat"])}
        with database.reading_engine.connect() as connection:
            return {"areas": list(connection.scalars(COVERING, position))}

    return app


def _bridged() -> Any:
    return Bridge(application(), THREADS, lambda: os._exit(0))


def main() -> None:
    """Serve on a port: `python -m benchmarks.bare PORT bridge|wsgi`."""
    port, interface = sys.argv[1:]
    multiprocessing.set_start_method("spawn", force=True)
    bridge = interface == "bridge"
    server = Granian(
        "benchmarks.bare:application",
        address="127.0.0.1",
        port=int(port),
        interface=Interfaces.RSGI if bridge else Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=None if bridge else THREADS,
        websockets=False,
        log_level=LogLevels.error,
    )
    server.serve(target_loader=_bridged if bridge else partial(application), wrap_loader=False)


if __name__ == "__main__":
    main()
