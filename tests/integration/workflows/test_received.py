"""Which answers of a receiver mean that a notification has arrived."""

from __future__ import annotations

import asyncio

import pytest
from tests.services.receiver import Receiver, running_receiver

from vodpull.errors import DeliveryRefused
from vodpull.fetch import AddressGuard
from vodpull.notify import post


async def error_of(status: int, *, only_200: bool = False) -> str:
    with running_receiver() as receiver:
        receiver.answers.append(status)
        guard = AddressGuard(trusted_origins=[_origin(receiver)], allow_networks=())
        return (await post(receiver.url, "body", {}, guard=guard, only_200=only_200)).error


def _origin(receiver: Receiver) -> str:
    return "/".join(receiver.url.split("/")[:3])


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_received(status: int) -> None:
    assert await error_of(status) == ""


@pytest.mark.parametrize("status", [302, 304, 400, 410, 500, 503])
async def test_nothing_else_is(status: int) -> None:
    assert await error_of(status) == DeliveryRefused.code


async def test_a_switch_lets_200_alone_count() -> None:
    assert await error_of(204, only_200=True) == DeliveryRefused.code
    assert await error_of(200, only_200=True) == ""


@pytest.mark.parametrize(
    ("answer", "asked_s"),
    [
        (b"HTTP/1.1 503 No\r\nRetry-After: " + b"9" * 5000 + b"\r\nContent-Length: 0\r\n\r\n", 9_999_999_999.0),
        (b"HTTP/1.1 503 No\r\nRetry-After: \xd9\xa1\r\nContent-Length: 0\r\n\r\n", 0.0),
        (b"HTTP/1.1 503 No\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 0.0),
        (b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 5000 + b"\r\n", 0.0),
        (b"HTTP/1.1 503 No\r\nContent-Type: \x00\r\n\r\n", 0.0),
        (b"HTTP/1.1 503 No\r\nSet-Cookie: a=\xff; Expires=" + b"9" * 5000 + b"\r\nContent-Length: 0\r\n\r\n", 0.0),
        (b"HTTP/" + b"9" * 5000 + b".1 503 No\r\n\r\n", 0.0),
        (b"HTTP/1.1 " + b"9" * 5000 + b" No\r\n\r\n", 0.0),
        (b"\xff\xfe" * 4000, 0.0),
        (b"", 0.0),
    ],
)
async def test_whatever_a_receiver_answers_is_an_attempt(answer: bytes, asked_s: float) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        reply = await post(f"{origin}/hook", "body", {}, guard=AddressGuard(trusted_origins=[origin]))
    assert (reply.error, reply.retry_after_s) == (DeliveryRefused.code, asked_s)
