"""Which answers of a receiver mean that a notification has arrived."""

from __future__ import annotations

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
