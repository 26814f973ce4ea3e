"""The server: worker processes behind one port, each ready for slow clients, restarted when one dies."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels

from gridmap.database import Database
from gridmap.errors import Conflict, NotConfigured, Unavailable
from gridmap.settings import Settings
from web.app import create_app
from web.bridge import Bridge
from web.certificate import LocalCertificate

WORKERS = 2
THREADS = 8
START_PATIENCE = 60.0
STOP_PATIENCE = 10  # twice what a statement may take; half-sent requests are not waited for longer
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PLAIN_HTTP = (
    "Plain http: whoever listens on this network can read passwords, and browsers give no position (“where am I”), "
    "no clipboard and no offline page. `gridmap serve --tls` has them."
)


def say(url: str) -> None:
    """Say where GridMap is served, and what plain http lacks.

    Parameters
    ----------
    url
        As a browser takes it.
    """
    print(f"GridMap: {url} (stop with Ctrl+C)", flush=True)  # noqa: T201
    host = urlsplit(url).hostname
    if url.startswith("http:") and host not in LOOPBACK:
        print(PLAIN_HTTP, flush=True)  # noqa: T201


def run(
    settings: Settings,
    database: Database,
    *,
    host: str | None = None,
    port: int | None = None,
    workers: int = WORKERS,
    certificate: LocalCertificate | None = None,
    ready: Callable[[str], None] = say,
) -> None:
    """Serve until the process is told to stop; answers in the making are finished then.

    Parameters
    ----------
    settings
        The installation.
    database
        Kept open while the workers, who open it by themselves, use it; closed when the last one is gone.
    host, port
        Where to listen, in place of what the settings say; port 0 takes a free one.
    workers
        Processes. One that dies is started again.
    certificate
        For https; plain http when None.
    ready
        Called once with the address, when the first worker answers; says where and how when left out.

    Raises
    ------
    Conflict
        Another program listens there.
    NotConfigured
        The host is no address of this computer, or the port is reserved.
    Unavailable
        The workers did not start, or died again as soon as they were restarted.
    """
    address, free_port = _reserve(host or settings.host, settings.port if port is None else port)
    # Forked workers would inherit threads and connections in the middle of their work.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "web:create_app",
        address=address,
        port=free_port,
        interface=Interfaces.RSGI,
        workers=workers,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_PATIENCE,
        log_level=LogLevels.error,
        ssl_cert=certificate.certificate if certificate else None,
        ssl_key=certificate.key if certificate else None,
        ssl_protocol_min=SSLProtocols.tls12,
    )

    @server.on_startup
    def _closed_terminal_stops() -> None:
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, server.signal_handler_interrupt)

    scheme = "https" if certificate else "http"
    tell = partial(ready, f"{scheme}://{_shown(address)}:{free_port}/")
    threading.Thread(target=_announce, args=(scheme, address, free_port, tell), daemon=True).start()
    try:
        server.serve(target_loader=partial(_application, settings), wrap_loader=False)
    except SystemExit as error:
        raise Unavailable("the workers of the server died; the reason stands above") from error
    finally:
        database.close()


def _application(settings: Settings) -> Any:
    """Build the application in a worker process."""
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_stop_after, args=(parent,), daemon=True).start()
    app = create_app(settings)
    return Bridge(app, THREADS, partial(_end, app.extensions["gridmap.database"]))


def _end(database: Database) -> None:
    """End a worker, which has answered everything."""
    database.close()
    sys.stdout.flush()
    sys.stderr.flush()
    # Granian's own threads would meet an interpreter that is being taken apart, and abort now and then.
    os._exit(0)


def _stop_after(parent: multiprocessing.process.BaseProcess) -> None:
    """Stop this worker when the process that started it is gone, even by `kill -9`."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _reserve(host: str, port: int) -> tuple[str, int]:
    """Return the address of a host and a port on it that nobody listens on.

    The workers share their port, so the system itself would let a second server in.
    """
    try:
        known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # Of `localhost` the address that every program tries.
        family, _, _, _, target = min(known, key=lambda one: one[0] != socket.AF_INET)
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(target)
            address, free_port = probe.getsockname()[:2]
    except socket.gaierror as error:
        raise NotConfigured("{host} is no address of this computer", host=host) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Conflict(
                "port {port} of {host} is in use; stop the other program, or give another one with --port",
                host=host,
                port=port,
            ) from error
        if error.errno == errno.EACCES:
            raise NotConfigured(
                "port {port} is reserved for root; give one above 1023 with --port", port=port
            ) from error
        raise NotConfigured("{host} is no address of this computer", host=host) from error
    return str(address), int(free_port)


def addresses() -> list[str]:
    """Return the addresses of this computer in its network; none when it is in none."""
    found: list[str] = []
    for family, anywhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            # Nothing is sent: the system only chooses the address that it would send from.
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((anywhere, 9))
                found.append(str(probe.getsockname()[0]))
        except OSError:
            continue
    return [address for address in found if address not in LOOPBACK]


def _shown(address: str) -> str:
    if address in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        address = next(iter(addresses()), "127.0.0.1")
    return f"[{address}]" if ":" in address else address


def _announce(scheme: str, address: str, port: int, ready: Callable[[], None]) -> None:
    """Call `ready` when a worker answers; whatever it answers, it is there."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - compared, not bound
    # The certificate is our own, and what matters here is only that somebody answers.
    unverified = partial(HTTPSConnection, context=ssl._create_unverified_context())  # noqa: S323, SLF001
    kind = unverified if scheme == "https" else HTTPConnection
    give_up = time.monotonic() + START_PATIENCE
    while time.monotonic() < give_up:
        connection = kind(address, port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except (OSError, HTTPException):
            time.sleep(0.1)
        else:
            ready()
            return
        finally:
            connection.close()
