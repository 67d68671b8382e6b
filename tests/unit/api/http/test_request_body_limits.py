"""How much of others' bodies the service holds."""

from __future__ import annotations

import pytest
from starlette.types import Message, Scope

from vodpull.api.http.request_body_limits import (
    FREE_BYTES,
    MAX_BODY_BYTES,
    MAX_HELD_BYTES,
    MAX_OF_ADDRESS_BYTES,
    Bodies,
    ClientLeft,
)
from vodpull.errors import RateLimited, RequestTooLarge


class Sender:
    """Sends a body in pieces, and hangs up after the last unless that ends it."""

    def __init__(self, *sizes: int, whole: bool = True) -> None:
        self.messages: list[Message] = [
            {"type": "http.request", "body": b"a" * size, "more_body": True} for size in sizes
        ]
        self.messages.append({"type": "http.request"} if whole else {"type": "http.disconnect"})

    async def receive(self) -> Message:
        return self.messages.pop(0)


def scope(address: str = "192.0.2.1") -> Scope:
    return {"type": "http", "client": (address, 1)}


async def test_a_body_in_pieces_is_whole() -> None:
    with Bodies().held(scope()) as body:
        assert await body.read(Sender(1, 2, 3).receive) == b"a" * 6


async def test_half_a_body_is_no_request() -> None:
    with Bodies().held(scope()) as body, pytest.raises(ClientLeft):
        await body.read(Sender(100, whole=False).receive)


async def test_a_body_beyond_its_cap_is_refused() -> None:
    with Bodies().held(scope()) as body:
        assert len(await body.read(Sender(MAX_BODY_BYTES).receive)) == MAX_BODY_BYTES
    with Bodies().held(scope()) as body, pytest.raises(RequestTooLarge):
        await body.read(Sender(MAX_BODY_BYTES, 1).receive)


@pytest.mark.parametrize(
    ("addresses", "most"),
    [
        (["192.0.2.1"], MAX_OF_ADDRESS_BYTES),
        (["2001:db8::1", "2001:db8::2"], MAX_OF_ADDRESS_BYTES),
        ([f"192.0.2.{number}" for number in range(9)], MAX_HELD_BYTES),
    ],
)
async def test_large_bodies_have_so_much_room_and_give_it_back(addresses: list[str], most: int) -> None:
    bodies = Bodies()
    size = MAX_BODY_BYTES
    held = []
    with pytest.raises(RateLimited):
        for number in range(100):
            manager = bodies.held(scope(addresses[number % len(addresses)]))
            held.append(manager)
            await manager.__enter__().read(Sender(size).receive)
    assert len(held) - 1 == most // (size - FREE_BYTES)
    with bodies.held(scope(addresses[0])) as small:
        assert len(await small.read(Sender(FREE_BYTES).receive)) == FREE_BYTES
    for manager in held:
        manager.__exit__(None, None, None)
    with bodies.held(scope(addresses[0])) as body:
        assert len(await body.read(Sender(size).receive)) == size
