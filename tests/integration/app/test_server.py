"""The door on real sockets: what is too much, too slow or not HTTP ends, and honest requests get through."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from tests.waiting import until

from vodpull.api.http.keys.signature_coverage import RawRequest
from vodpull.api.http.request_body_limits import fill_of
from vodpull.app.server import CloseReason, Connections, Limits, Server

QUICK = {"idle_s": 0.2, "head_s": 0.2, "body_s": 0.2, "body_bytes_per_s": 1e9, "linger_s": 0.2, "write_s": 0.3}


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what arrived."""
    if scope["type"] != "http":
        return
    request = Request(scope, receive)
    answer: Response
    if request.url.path == "/long":

        async def blocks() -> AsyncIterator[bytes]:
            for _ in range(50):
                yield b"x" * 100_000

        answer = StreamingResponse(blocks())
    elif request.url.path == "/fill":
        answer = PlainTextResponse(await filled(request))
    elif request.url.path == "/refuse":
        answer = PlainTextResponse("no", 413)
    else:
        size = sum([len(part) async for part in request.stream()])
        answer = PlainTextResponse(f"{request.method} {size} {request.headers.get('x-a')} {scope['client'][0]}")
    await answer(scope, receive, send)


async def filled(request: Request) -> str:
    """Take a body into memory of the size that the client wants, some of it in the usual way; tell its digest."""
    fill = fill_of(request)
    if fill is None:
        return "not offered"
    memory, taken = bytearray(int(request.headers["x-room"])), bytearray()
    if "x-fills" in request.headers:
        return f"{await fill(memoryview(memory))} and no more"
    for _ in range(int(request.headers.get("x-times", "1000000"))):
        size = await fill(memoryview(memory))
        taken += memory[:size]
        if size < len(memory):
            break
    else:
        async for part in request.stream():
            taken += part
    return f"{len(taken)} {zlib.crc32(taken)};"


class Promptly:
    """Answers at once what asks for it; all else that comes to its path is for the application."""

    path = b"/"

    def answer(self, arrived: RawRequest, take: Callable[[bytes | None], None]) -> None:
        if arrived.body == b"fail":
            raise ValueError
        content = b"%b %d promptly" % (arrived.method, len(arrived.body))
        answer = b"content-length: %d\r\n\r\n%b" % (len(content), content)
        if arrived.body[:4] == b"soon":
            asyncio.get_running_loop().call_later(0.01, take, answer)
        elif arrived.body != b"never":
            take(answer if arrived.body[:4] == b"fast" else None)


@dataclass(frozen=True, kw_only=True)
class Door:
    port: int
    refused: Counter[CloseReason]
    connections: Connections

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 10, (source, 0))

    def send(self, *pieces: bytes) -> bytes:
        """Return everything that comes back until the other side closes; a reset is an end as well."""
        with self.connect() as connection:
            with contextlib.suppress(OSError):
                for piece in pieces:
                    connection.sendall(piece)
            return everything(connection)


def everything(connection: socket.socket) -> bytes:
    answer = []
    with contextlib.suppress(ConnectionError):
        while block := connection.recv(65536):
            answer.append(block)
    return b"".join(answer)


@contextlib.contextmanager
def running(*trusted: str, **limits: float) -> Iterator[Door]:
    refused: Counter[CloseReason] = Counter()
    connections = Connections(
        Limits(**limits, check_every_s=0.02),  # type: ignore[arg-type]
        trusted=map(ip_network, trusted),
        on_refused=lambda why: refused.update([why]),
    )
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = Server(application, listener, connections=connections, prompt=Promptly(), grace_s=1)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Door(port=port, refused=refused, connections=connections)
    finally:
        server.should_exit = True
        thread.join(10)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def hasty() -> Iterator[Door]:
    """One whose patience is short."""
    with running(**QUICK) as made:
        yield made


HOST = b"Host: h\r\n"
CLOSE = HOST + b"Connection: close\r\n"


def test_an_honest_request_is_answered(door: Door) -> None:
    assert door.send(b"GET / HTTP/1.1\r\n" + CLOSE + b"X-A: 1\r\n\r\n").endswith(b"GET 0 1 127.0.0.1")


def test_a_request_in_small_pieces_is_answered(door: Door) -> None:
    request = b"POST / HTTP/1.1\r\n" + CLOSE + b"Content-Length: 3\r\n\r\nabc"
    assert door.send(*(bytes([byte]) for byte in request)).endswith(b"POST 3 None 127.0.0.1")


def test_pipelined_requests_are_answered_in_order(door: Door) -> None:
    bodies = [b"a" * number for number in range(1, 9)]
    requests = [b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies]
    answer = door.send(*requests[:-1], requests[-1].replace(b"Host: h\r\n", CLOSE))
    assert [int(part.split(b" ")[0]) for part in answer.split(b"POST ")[1:]] == list(range(1, 9))


def asked(body: bytes, *, last: bool = False, path: bytes = b"/") -> bytes:
    return b"POST %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (path, CLOSE if last else HOST, len(body), body)


def answers(text: bytes) -> list[bytes]:
    return [part.partition(b"\r\n\r\n")[2] for part in text.split(b"HTTP/1.1 200 OK\r\n")[1:]]


BODIES = (b"fast", b"slow", b"soon", b"fast+", b"fail", b"soon+", b"never", b"fast" * 2000)


@pytest.mark.parametrize("size", [1, 50, 100_000])
def test_all_that_may_be_answered_at_once_is_answered_in_order(door: Door, size: int) -> None:
    requests = b"".join(asked(body) for body in BODIES) + asked(b"end", last=True)
    found = answers(door.send(*(requests[at : at + size] for at in range(0, len(requests), size))))
    assert [int(answer.split()[1]) for answer in found] == [*map(len, BODIES), 3]


@pytest.mark.parametrize("body", [b"fast", b"soon"])
def test_what_can_be_is_answered_at_once_or_soon(door: Door, body: bytes) -> None:
    with door.connect() as connection:
        for _ in range(3):
            connection.sendall(asked(body))
            assert connection.recv(4096).endswith(b"POST 4 promptly")
        # One that follows before the answer is there is not answered before it.
        connection.sendall(asked(body) + asked(b"slow", last=True))
        found = answers(everything(connection))
    assert [answer[:6] for answer in found] == [b"POST 4"] * 2
    assert found[0].endswith(b"promptly") is (body == b"fast")


def test_what_is_out_of_the_ordinary_is_never_answered_at_once(door: Door) -> None:
    assert b"promptly" not in door.send(asked(b"fast", last=True))
    assert b"promptly" not in door.send(asked(b"fast").replace(b"1.1", b"1.0"))
    assert b"promptly" not in door.send(asked(b"fast", path=b"/other") + asked(b"", last=True))
    expecting = asked(b"fast").replace(b"Host", b"Expect: 100-continue\r\nHost")
    assert b"promptly" not in door.send(expecting + asked(b"", last=True))


def test_a_connection_that_was_answered_at_once_is_not_kept_for_ever() -> None:
    with running(keep_alive_s=1) as door:
        assert answers(door.send(asked(b"fast"))) == [b"POST 4 promptly"]
        assert not door.refused


DATA = random.Random(1).randbytes(300_001)


@pytest.mark.parametrize("room", [1, 1000, 100_000, len(DATA), len(DATA) + 1])
@pytest.mark.parametrize("times", [1, 2, 10**6])
@pytest.mark.parametrize("expects", [b"", b"Expect: 100-continue\r\n"])
def test_bodies_that_fill_memory_are_whole_and_so_is_what_follows(
    door: Door, room: int, times: int, expects: bytes
) -> None:
    body = DATA[: min(len(DATA), 1000 * room)]
    head = b"POST /fill HTTP/1.1\r\nHost: h\r\nX-Room: %d\r\nX-Times: %d\r\n" % (room, times)
    head += expects + b"Content-Length: %d\r\n\r\n" % len(body)
    last = b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n"
    cut = len(body) // 3
    answer = door.send(head, body[:cut], body[cut:] + head + body + last)
    assert answer.count(b"%d %d;" % (len(body), zlib.crc32(body))) == 2
    assert answer.endswith(b"GET 0 None 127.0.0.1")
    assert answer.count(b"HTTP/1.1 200") == 3


def test_a_body_that_nobody_takes_further_is_no_request(door: Door) -> None:
    hidden = b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n"
    head = b"POST /fill HTTP/1.1\r\nHost: h\r\nX-Room: 10\r\nX-Fills: 1\r\nContent-Length: %d\r\n\r\n"
    body = b"0123456789" + hidden * 3000
    answer = door.send(head % len(body), body[:10], body[10:], b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")
    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.endswith(b"GET 0 None 127.0.0.1")


def test_a_body_that_breaks_off_or_stops_while_it_fills_memory_ends(hasty: Door) -> None:
    head = b"POST /fill HTTP/1.1\r\nHost: h\r\nX-Room: 1000\r\nContent-Length: 100000\r\n\r\n"
    with hasty.connect() as connection:
        connection.sendall(head + DATA[:5000])
        assert everything(connection).startswith(b"HTTP/1.1 408")
    with hasty.connect() as connection:
        connection.sendall(head + DATA[:5000])
        connection.shutdown(socket.SHUT_WR)
        assert b"HTTP/1.1 200" not in everything(connection)


@pytest.mark.parametrize(
    "head",
    [b"Transfer-Encoding: chunked\r\n", b"Content-Length: 0\r\n", b""],
    ids=["chunked", "empty", "none"],
)
def test_memory_is_offered_to_bodies_of_announced_length_alone(door: Door, head: bytes) -> None:
    sent = b"POST /fill HTTP/1.1\r\n" + CLOSE + head + b"X-Room: 10\r\n\r\n"
    assert door.send(sent + (b"0\r\n\r\n" if b"chunked" in head else b"")).endswith(b"not offered")


def test_trailers_never_pass_for_headers(door: Door) -> None:
    request = b"POST / HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-A: forged\r\n\r\n"
    assert door.send(request).endswith(b"POST 1 None 127.0.0.1")


@pytest.mark.parametrize(
    ("head", "filler", "status", "why"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\n", b"x-filler: a\r\n" * 101, b"431", CloseReason.HEADERS),
        (b"GET / HTTP/1.1\r\nHost: h\r\n", b"x-filler: " + b"a" * 70_000 + b"\r\n\r\n", b"431", CloseReason.HEADERS),
        (b"GET / HTTP/1.1\r\nHost: h\r\nx: ", b"a" * 1_000_000, b"431", CloseReason.HEADERS),
        (b"GET /", b"a" * 70_000, b"414", CloseReason.TARGET),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"x: a\r\n" * 101, b"431", CloseReason.HEADERS),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx: ",
            b"a" * 1_000_000,
            b"400",
            CloseReason.CHUNKS,
        ),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x=", b"a" * 1_000_000, b"400", CloseReason.CHUNKS),
        (b"", b"no http\r\n\r\n", b"400", CloseReason.MALFORMED),
        (b"GET / HTTP/1.1\r\nx: \x00\r\n\r\n", b"", b"400", CloseReason.MALFORMED),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"",
            b"400",
            CloseReason.MALFORMED,
        ),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"", b"400", CloseReason.MALFORMED),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", b"", b"400", CloseReason.MALFORMED),
        (b"GET / HTTP/1.1\r\nHost : h\r\n\r\n", b"", b"400", CloseReason.MALFORMED),
    ],
)
def test_what_is_too_much_or_smuggled_is_refused(
    door: Door, head: bytes, filler: bytes, status: bytes, why: CloseReason
) -> None:
    before = door.refused[why]
    # A reset may overtake the reply where more was sent than read; the refusal is counted all the same.
    assert door.send(head, filler)[9:12] in {status, b""}
    assert door.refused[why] == before + 1


@pytest.mark.parametrize(
    ("sent", "answer", "why"),
    [
        (b"", b"", CloseReason.HEAD_TIMEOUT),
        (b"\r\n\r\n", b"", CloseReason.HEAD_TIMEOUT),
        (b"GET / HTTP/1.1\r\nHo", b"HTTP/1.1 408", CloseReason.HEAD_TIMEOUT),
        (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab", b"HTTP/1.1 408", CloseReason.BODY_TIMEOUT),
        (b"POST /refuse HTTP/1.1\r\nContent-Length: 9\r\n\r\nab", b"HTTP/1.1 413", CloseReason.BODY_TIMEOUT),
    ],
)
def test_what_is_too_slow_ends(hasty: Door, sent: bytes, answer: bytes, why: CloseReason) -> None:
    before = hasty.refused[why]
    assert hasty.send(sent)[:12] == answer
    assert hasty.refused[why] == before + 1


def test_a_second_request_that_never_comes_whole_ends_as_well(hasty: Door) -> None:
    answer = hasty.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HT")
    assert answer.count(b"HTTP/1.1 200") == 1


def test_a_reader_that_does_not_read_ends(hasty: Door) -> None:
    before = hasty.refused[CloseReason.WRITE_TIMEOUT]
    with hasty.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n")
        until(lambda: hasty.refused[CloseReason.WRITE_TIMEOUT] == before + 1)


def test_a_slow_reader_gets_everything() -> None:
    with running(write_s=30, linger_s=30) as door, door.connect() as connection:
        connection.sendall(b"GET /long HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert len(everything(connection)) > 5_000_000


def test_pipelined_requests_with_unread_replies_are_cut_off(hasty: Door) -> None:
    before = hasty.refused[CloseReason.PIPELINED]
    hasty.send(b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n" * 50)
    assert hasty.refused[CloseReason.PIPELINED] == before + 1


def test_what_follows_an_upgrade_is_no_request(door: Door) -> None:
    upgrade = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    answer = door.send(upgrade + b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200") == 1


def test_one_address_cannot_take_the_place_of_another() -> None:
    with running(connections=8, write_s=30) as door, contextlib.ExitStack() as stack:
        for _ in range(2):
            busy = stack.enter_context(door.connect())
            busy.sendall(b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n")
            assert busy.recv(12) == b"HTTP/1.1 200"
        with door.connect() as refused:
            assert everything(refused)[:12] in {b"HTTP/1.1 503", b""}
        with door.connect("127.0.0.2") as other:
            other.sendall(b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")
            assert everything(other).endswith(b"127.0.0.2")
        assert door.refused[CloseReason.ADDRESS] == 1


def test_a_name_that_a_stranger_claims_to_come_from_is_not_believed(door: Door) -> None:
    assert door.send(b"GET / HTTP/1.1\r\n" + CLOSE + b"X-Forwarded-For: 192.0.2.9\r\n\r\n").endswith(b" 127.0.0.1")


def test_a_trusted_proxy_tells_who_it_was_and_what_a_client_adds_is_not_believed() -> None:
    with running("127.0.0.1") as door:
        forwarded = b"X-Forwarded-For: 203.0.113.1, 192.0.2.9\r\n\r\n"
        assert door.send(b"GET / HTTP/1.1\r\n" + CLOSE + forwarded).endswith(b" 192.0.2.9")
