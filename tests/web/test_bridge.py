"""Between granian and the application: environments, bodies that arrive whole or not at all, long answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from web import bridge
from web.bridge import Bridge


class Headers:
    """Header lines as granian gives them: names in lower case, repeated ones apart."""

    def __init__(self, *lines: tuple[str, str]) -> None:
        self.lines = lines

    def __contains__(self, name: str) -> bool:
        return any(name == known for known, _ in self.lines)

    def get(self, name: str, default: str | None = None) -> str | None:
        return next((value for known, value in self.lines if known == name), default)

    def items(self) -> list[tuple[str, str]]:
        return list(self.lines)


class Request:
    """A request as granian tells it."""

    http_version = "1.1"
    server = "127.0.0.1:8000"
    client = "192.0.2.7:51234"
    scheme = "http"
    authority: str | None = None

    def __init__(self, *headers: tuple[str, str], method: str = "GET", path: str = "/", query: str = "") -> None:
        self.headers, self.method, self.path, self.query_string = Headers(*headers), method, path, query


class Client:
    """What is sent, piece by piece, and what comes back."""

    def __init__(self, *pieces: bytes, pause: float = 0) -> None:
        self.pieces, self.pause = pieces, pause
        self.status, self.headers, self.body, self.sent = 0, [("", "")], b"", 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            await asyncio.sleep(self.pause)
            yield piece

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def response_str(self, status: int, headers: list[tuple[str, str]], body: str) -> None:
        self.response_bytes(status, headers, body.encode())

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Client:
        self.status, self.headers = status, headers
        return self

    async def send_bytes(self, piece: bytes) -> None:
        self.body += piece
        self.sent += 1


def run(answering: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a thread of its own: in the main one the browser's driver may keep a loop running."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, answering).result()


def ask(app: Any, request: Request, client: Client | None = None) -> Client:
    client = client or Client()
    between = Bridge(app, 2, lambda: None)
    run(between.__rsgi__(request, client))
    between.threads.shutdown()
    return client


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer the environment and the body."""
    start_response("200 OK", [("content-type", "text/plain")])
    shown = {key: value for key, value in environ.items() if isinstance(value, str)}
    return [repr(shown).encode(), b"|", environ["wsgi.input"].read()]


def environment(*headers: tuple[str, str], **request: Any) -> dict[str, str]:
    answer = ask(echo, Request(*headers, **request))
    assert answer.status == 200
    told = eval(answer.body.split(b"|")[0])
    assert isinstance(told, dict)
    return told


def test_the_environment_is_that_of_wsgi() -> None:
    told = environment(("host", "office.test"), ("x-a", "1"), path="/网/a b", query="q=%E7%BD%91")
    assert told["REQUEST_METHOD"] == "GET"
    assert told["PATH_INFO"].encode("latin-1").decode() == "/网/a b"
    assert told["QUERY_STRING"] == "q=%E7%BD%91"
    assert (told["SERVER_NAME"], told["SERVER_PORT"], told["SERVER_PROTOCOL"]) == ("127.0.0.1", "8000", "HTTP/1.1")
    assert (told["REMOTE_ADDR"], told["HTTP_HOST"], told["HTTP_X_A"]) == ("192.0.2.7", "office.test", "1")
    assert "CONTENT_LENGTH" not in told


def test_an_ipv6_client_has_no_brackets() -> None:
    request = Request()
    request.client, request.server = "[2001:db8::7]:51234", "[::1]:8000"
    assert b"'REMOTE_ADDR': '2001:db8::7'" in ask(echo, request).body


def test_repeated_headers_are_joined_and_cookies_in_their_own_way() -> None:
    told = environment(("cookie", "a=1"), ("cookie", "b=2"), ("accept", "x"), ("accept", "y"))
    assert (told["HTTP_COOKIE"], told["HTTP_ACCEPT"]) == ("a=1; b=2", "x,y")


def test_a_header_with_an_underscore_does_not_stand_for_one_with_a_hyphen() -> None:
    assert "HTTP_X_FORWARDED_FOR" not in environment(("x_forwarded_for", "198.51.100.1"))


def test_the_host_of_the_request_line_counts() -> None:
    request = Request(("host", "office.test"))
    request.authority = "other.test"
    assert b"'HTTP_HOST': 'other.test'" in ask(echo, request).body


def test_two_hosts_are_refused() -> None:
    assert ask(echo, Request(("host", "a"), ("host", "b"))).status == 400


def posted(length: str, *pieces: bytes, pause: float = 0) -> Client:
    return ask(echo, Request(("content-length", length), method="POST"), Client(*pieces, pause=pause))


def test_a_body_arrives_in_pieces_and_is_read_whole() -> None:
    answer = posted("6", b"abc", b"", b"def")
    assert answer.body.endswith(b"|abcdef")
    assert b"'CONTENT_LENGTH': '6'" in answer.body


def test_a_body_larger_than_the_memory_set_aside_waits_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "IN_MEMORY", 10)
    assert posted("3000", *[b"x" * 1000] * 3).body.endswith(b"|" + b"x" * 3000)


@pytest.mark.parametrize("pieces", [(), (b"abc",), (b"abc", b"defgh")])
def test_a_body_that_is_not_as_long_as_it_said_never_reaches_the_application(pieces: tuple[bytes, ...]) -> None:
    assert posted("6", *pieces).status == 400


def test_a_body_above_the_ceiling_is_refused_before_it_is_read() -> None:
    assert posted(str(bridge.BODY_CEILING + 1)).status == 413


def test_a_body_of_unknown_length_is_refused() -> None:
    assert ask(echo, Request(("transfer-encoding", "chunked"), method="POST"), Client(b"abc")).status == 411


@pytest.mark.parametrize("limit", ["PATIENCE", "WHOLE_PATIENCE"])
def test_a_body_that_takes_too_long_is_given_up(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, limit, 0.05)
    assert posted("3", b"a", b"b", b"c", pause=10).status == 408


class Long:
    """An answer of many pieces that must be closed."""

    def __init__(self, pieces: int, fails_at: int = -1) -> None:
        self.pieces, self.fails_at, self.closed = pieces, fails_at, 0

    def __call__(self, _environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return self

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self.pieces):
            if number == self.fails_at:
                message = "broken on the way"
                raise RuntimeError(message)
            yield b"x" * 100

    def close(self) -> None:
        self.closed += 1


def test_a_short_answer_goes_out_at_once_and_is_closed() -> None:
    app = Long(3)
    answer = ask(app, Request())
    assert (len(answer.body), answer.sent, app.closed) == (300, 0, 1)


def test_a_long_answer_is_streamed_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "AT_ONCE", 250)
    app = Long(10)
    answer = ask(app, Request())
    assert (len(answer.body), answer.sent, app.closed) == (1000, 8, 1)


def test_a_client_that_leaves_a_stream_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "AT_ONCE", 250)

    class Leaving(Client):
        async def send_bytes(self, piece: bytes) -> None:
            message = "gone"
            raise ConnectionError(message)

    app = Long(10)
    ask(app, Request(), Leaving())
    assert app.closed == 1


@pytest.mark.parametrize("app", [Long(3, fails_at=1), lambda *_: 1 / 0])
def test_a_fault_below_the_application_is_a_plain_500_with_the_protecting_headers(app: Any) -> None:
    answer = ask(app, Request())
    assert answer.status == 500
    assert answer.body == b"Something went wrong here.\n"
    assert ("x-content-type-options", "nosniff") in answer.headers
    if isinstance(app, Long):
        assert app.closed == 1


def test_the_end_waits_for_what_is_being_answered_then_lets_go() -> None:
    order: list[str] = []

    def slow(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        order.append("answered")
        return []

    between = Bridge(slow, 1, lambda: order.append("let go"))

    async def one() -> None:
        await between.__rsgi__(Request(), Client())
        between.__rsgi_del__(asyncio.get_running_loop())

    run(one())
    assert order == ["answered", "let go"]
