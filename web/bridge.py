"""Between granian and the application: a request takes a thread only once all of it has arrived.

Under granian's own WSGI interface a thread waits for the body of its request, so that as many half-sent forms as there
are threads stop the server for everybody. Here bodies are received on the event loop, which waits for any number.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any, Protocol

Headers = list[tuple[str, str]]

BODY_CEILING = 64 << 20  # bytes; what a single route takes is decided by the application, and is less
IN_MEMORY = 256 << 10  # bytes of a body; the rest waits on disk
PATIENCE = 30.0  # between two pieces of a body
WHOLE_PATIENCE = 600.0
AT_ONCE = 1 << 20  # bytes of an answer that are handed over in one piece; a longer one is streamed

PLAIN = [
    ("content-type", "text/plain; charset=utf-8"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
]

log = logging.getLogger(__name__)


class Scope(Protocol):
    """What granian tells about a request."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Any


class Refusal(Exception):
    """A request that never reaches the application.

    Parameters
    ----------
    status
        Of the answer.
    reason
        What the answer says.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Answer:
    """What the application answered: the first bytes, and where more come from when there are many."""

    status: int
    headers: Headers
    start: bytes
    rest: Iterator[bytes] | None
    close: Callable[[], None]


class Bridge:
    """A WSGI application as granian's RSGI calls it.

    Parameters
    ----------
    app
        The application.
    threads
        How many requests of this process are worked on at once.
    stopped
        Called when the process ends, after the last answer.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], threads: int, stopped: Callable[[], None]) -> None:
        self.app = app
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self.stopped = stopped

    async def __rsgi__(self, scope: Scope, protocol: Any) -> None:
        """Answer one request."""
        try:
            with await _received(scope, protocol) as body:
                answer = await self._in_thread(self._answer, environment(scope, body))
                if answer.rest is None:
                    protocol.response_bytes(answer.status, answer.headers, answer.start)
                else:
                    await self._stream(answer, protocol)
        except Refusal as refusal:
            protocol.response_str(refusal.status, PLAIN, f"{refusal}\n")
        except Exception:
            # The application answers its own faults; this is a fault of its error page, or of the lines above.
            log.exception("a request could not be answered")
            protocol.response_str(500, PLAIN, "Something went wrong here.\n")

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """Finish what is being worked on, then let go of the database."""
        self.threads.shutdown(wait=True)
        self.stopped()

    async def _in_thread(self, work: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.threads, work, *arguments)

    def _answer(self, environ: dict[str, Any]) -> Answer:
        begun: list[tuple[str, Headers]] = []

        def start_response(status: str, headers: Headers, _exc_info: object = None) -> Callable[[bytes], object]:
            begun[:] = [(status, headers)]
            return _no_write

        chunks = self.app(environ, start_response)
        close = getattr(chunks, "close", lambda: None)
        pieces: list[bytes] = []
        size = 0
        iterator = iter(chunks)
        try:
            for piece in iterator:
                pieces.append(piece)
                size += len(piece)
                if size > AT_ONCE:
                    break
        except BaseException:
            close()
            raise
        status, headers = begun[0]
        more = iterator if size > AT_ONCE else None
        if more is None:
            close()
        return Answer(int(status[:3]), headers, b"".join(pieces), more, close)

    async def _stream(self, answer: Answer, protocol: Any) -> None:
        try:
            transport = protocol.response_stream(answer.status, answer.headers)
            piece: bytes | None = answer.start
            while piece is not None:
                await transport.send_bytes(piece)
                piece = await self._in_thread(next, answer.rest, None)
        finally:
            await self._in_thread(answer.close)


async def _received(scope: Scope, protocol: Any) -> IO[bytes]:
    """Return the body of a request, once all of it has arrived."""
    headers = scope.headers
    declared = headers.get("content-length")
    if declared is None:
        if "transfer-encoding" in headers:
            # Of a body of unknown length nobody can tell whether all of it arrived: granian ends it without an error.
            raise Refusal(411, "The length of what is sent must stand before it.")
        return io.BytesIO()
    if int(declared) > BODY_CEILING:
        raise Refusal(413, "What was sent is too large.")
    body = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        await _fill(body, protocol)
    except BaseException:
        body.close()
        raise
    if body.tell() != int(declared):
        body.close()
        raise Refusal(400, "The request did not arrive whole.")
    body.seek(0)
    return body


async def _fill(body: IO[bytes], protocol: Any) -> None:
    try:
        async with asyncio.timeout(WHOLE_PATIENCE):
            pieces = aiter(protocol)
            while True:
                async with asyncio.timeout(PATIENCE):
                    # Not `anext` with a default: with granian's futures the process dies when the client goes away.
                    try:
                        body.write(await anext(pieces))
                    except StopAsyncIteration:
                        return
    except TimeoutError:
        raise Refusal(408, "The request did not arrive in time.") from None


def environment(scope: Scope, body: IO[bytes]) -> dict[str, Any]:
    """Return the WSGI environment of a request (PEP 3333).

    Parameters
    ----------
    scope
        What granian tells about the request.
    body
        Its body, all of it.

    Raises
    ------
    Refusal
        The request names several hosts.
    """
    server, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _as_bytes(scope.path),
        "QUERY_STRING": _as_bytes(scope.query_string),
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # `X_Forwarded_For` would stand for `X-Forwarded-For`, past a proxy that sets the latter
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        if key not in environ:
            environ[key] = _as_bytes(value)
        elif key == "HTTP_HOST":
            raise Refusal(400, "The request names several hosts.")
        else:
            environ[key] += ("; " if key == "HTTP_COOKIE" else ",") + _as_bytes(value)
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    return environ


def _as_bytes(text: str) -> str:
    # WSGI carries bytes in strings, one sign a byte.
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _no_write(_piece: bytes) -> object:
    raise NotImplementedError
