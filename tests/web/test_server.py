"""The server as it runs: slow clients, killed workers, signals, ports, certificates."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from gridmap.database import Database
from gridmap.postgis import PrivatePostgis
from web.server import say

PATIENCE = 60.0
COMMAND = [sys.executable, "-c", "from web.commands import main; main()"]


class Server:
    """`gridmap serve` in a process of its own."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "serve", *arguments],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            if line.startswith("GridMap: "):
                break
        else:
            pytest.fail("\n".join(self.said))
        self.url = self.said[-1].split()[1]
        self.port = urlsplit(self.url).port or 0

    def get(self, path: str = "/healthz", context: ssl.SSLContext | None = None) -> http.client.HTTPResponse:
        connection = (
            http.client.HTTPSConnection("localhost", self.port, timeout=PATIENCE, context=context)
            if context
            else http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        )
        connection.request("GET", path)
        response = connection.getresponse()
        self.body = response.read().decode()
        connection.close()
        return response

    def send(self, text: str) -> socket.socket:
        """Send the beginning of a request and leave it at that."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        client.sendall(text.encode())
        return client

    def workers(self) -> set[int]:
        """Process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()}

    def listening(self) -> int:
        """How many sockets listen on the port: one a worker."""
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(f":{self.port:04X}") and row[3] == "0A" for row in rows)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        assert self.process.stdout
        self.said += self.process.stdout.read().splitlines()
        return self.process.wait(PATIENCE)


@contextmanager
def serving(environment: dict[str, str], *arguments: str) -> Iterator[Server]:
    server = Server(environment, "--port", "0", *arguments)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        assert server.process.stdout
        server.process.stdout.close()


def until(holds: Callable[[], bool]) -> None:
    """Wait for what happens in another process."""
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def gone(pid: int) -> bool:
    """Whether a process has ended; one that waits to be reaped has."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


@pytest.fixture(scope="module")
def environment(new_database: Callable[..., Database], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An installation whose database the tests' own cluster holds."""
    database = new_database()
    return {
        "DATABASE_URL": database.url,
        "GRIDMAP_OWNER_URL": database.owner_url,
        "GRIDMAP_DATA": str(tmp_path_factory.mktemp("data")),
    }


@pytest.fixture(scope="module")
def server(environment: dict[str, str]) -> Iterator[Server]:
    """A server that the gentler tests share."""
    with serving(environment) as server:
        yield server


def test_it_says_in_one_line_where_it_serves(server: Server) -> None:
    assert server.said == [f"GridMap: http://127.0.0.1:{server.port}/ (stop with Ctrl+C)"]
    assert (server.get().status, server.body) == (200, "ok\n")
    assert server.get("/readyz").status == 200


def test_sixty_half_sent_requests_block_nobody(server: Server) -> None:
    form = "POST /sign-in HTTP/1.1\r\nHost: office.test\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    slow = [server.send("GET / HTTP/1.1\r\nHost: office.test\r\nX-Slow: ") for _ in range(60)]
    slow += [server.send(form + "Content-Length: 1000\r\n\r\nname=a") for _ in range(60)]
    assert server.get("/readyz").status == 200
    whole = server.send(form + "Content-Length: 6\r\n\r\nname=a")
    assert whole.recv(100).startswith(b"HTTP/1.1 403 ")
    for client in [*slow, whole]:
        client.close()


@pytest.mark.parametrize("leave", ["end", "reset"])
def test_clients_that_go_away_in_the_middle_harm_nobody(server: Server, leave: str) -> None:
    workers = server.workers()
    for _ in range(10):
        client = server.send("POST /sign-in HTTP/1.1\r\nHost: office.test\r\nContent-Length: 1000\r\n\r\nname=a")
        time.sleep(0.02)  # the request has begun to be read
        if leave == "end":
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100).startswith(b"HTTP/1.1 400 ")
        else:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    assert server.get().status == 200
    assert server.workers() == workers


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /%E7%BD%91%2F%00%ff?q=%ff HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 411),
        ("POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nabc", 413),
        ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("GET /healthz HTTP/1.0\r\n\r\n", 200),
    ],
)
def test_odd_requests_get_an_answer_with_the_protecting_headers(server: Server, request_text: str, status: int) -> None:
    client = server.send(request_text)
    answer = client.recv(65536).decode("latin-1")
    client.close()
    assert answer.split()[1] == str(status)
    assert "content-security-policy: default-src 'none'" in answer
    assert "x-content-type-options: nosniff" in answer


def test_a_killed_worker_is_replaced_while_the_others_serve(environment: dict[str, str]) -> None:
    with serving(environment) as server:
        until(lambda: server.listening() == 2)
        before = server.workers()
        assert len(before) == 2
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        until(lambda: gone(victim))
        until(lambda: len(server.workers() - {victim}) == 2)
        for _ in range(20):
            assert server.get().status == 200
        assert server.stop() == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_cleanly(environment: dict[str, str], how: signal.Signals) -> None:
    with serving(environment, "--workers", "1") as server:
        workers = server.workers()
        assert server.stop(how) == 0
        assert all(gone(worker) for worker in workers)
        assert len(server.said) == 1  # nothing but where it served


def test_what_is_being_answered_is_answered_before_it_stops(environment: dict[str, str]) -> None:
    engine = sa.create_engine(environment["GRIDMAP_OWNER_URL"])
    waiting = sa.text("select count(*) from pg_locks where not granted")
    with serving(environment, "--workers", "1") as server, engine.connect() as holder, engine.connect() as observer:
        holder.execute(sa.text("lock table alembic_version in access exclusive mode"))
        with ThreadPoolExecutor(2) as threads:
            answer = threads.submit(server.get, "/readyz")
            until(lambda: observer.execute(waiting).scalar_one() > 0)
            observer.rollback()
            ended = threads.submit(server.stop)
            until(lambda: server.listening() == 0)
            holder.rollback()
            assert answer.result(PATIENCE).status == 200
            assert ended.result(PATIENCE) == 0
    engine.dispose()


def test_workers_end_when_the_main_process_is_killed(environment: dict[str, str]) -> None:
    with serving(environment, "--workers", "1") as server:
        workers = server.workers()
        server.process.kill()
        until(lambda: all(gone(worker) for worker in workers))


def test_the_private_database_ends_with_the_server() -> None:
    # Beside pytest's own folder, which is closed to the user `postgres` when tests run as root.
    home = Path(tempfile.mkdtemp(prefix="gm-serve-"))
    home.chmod(0o711)
    try:
        with serving({"GRIDMAP_DATA": str(home), "DATABASE_URL": ""}, "--workers", "1") as server:
            assert server.get("/readyz").status == 200
            assert PrivatePostgis(home).running
            assert server.stop() == 0
            assert not PrivatePostgis(home).running
    finally:
        shutil.rmtree(home)


def refused(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*COMMAND, "serve", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_a_port_in_use_is_refused_in_one_plain_line(environment: dict[str, str], server: Server) -> None:
    assert f"port {server.port} of 127.0.0.1 is in use" in refused(environment, "--port", str(server.port))


def test_a_host_of_another_computer_is_refused_in_one_plain_line(environment: dict[str, str]) -> None:
    assert "203.0.113.9 is no address of this computer" in refused(environment, "--host", "203.0.113.9")


def test_plain_http_on_the_network_says_what_it_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    say("http://127.0.0.1:8000/")
    say("https://192.168.1.20:8000/")
    assert "--tls" not in capsys.readouterr().out
    say("http://192.168.1.20:8000/")
    said = capsys.readouterr().out
    for lack in ("passwords", "position", "clipboard", "offline", "gridmap serve --tls"):
        assert lack in said


def test_tls_serves_what_trusts_the_printed_authority(environment: dict[str, str]) -> None:
    with serving(environment, "--tls", "--workers", "1") as server:
        said = "\n".join(server.said)
        file = re.search(r"\S+gridmap-ca\.crt", said)
        assert file
        assert re.search(r"SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}", said)
        assert server.url.startswith("https://")
        trusting = ssl.create_default_context(cafile=file[0])
        answer = server.get("/sign-in", trusting)
        assert answer.status == 200
        assert "__Host-gridmap_form=" in (answer.getheader("Set-Cookie") or "")
        with pytest.raises(ssl.SSLCertVerificationError):
            server.get("/sign-in", ssl.create_default_context())
