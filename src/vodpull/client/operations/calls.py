"""What operations are put together from: calls of our own API, and waiting for something to end. No network."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from vodpull.client.exchange import OWN_PREFIX, Flow, HttpCall, ask
from vodpull.client.shapes import read
from vodpull.errors import CallFailed

LOOK_S = 0.5
MAX_LOOK_S = 5.0
"""Pause between two looks of a wait: grows from the first to the second, far below the default limit on calls."""

LOOK_GROWTH = 1.25


class Ending(Protocol):
    """What is waited for."""

    @property
    def is_final(self) -> bool:
        """Return True when nothing more happens by itself."""


E = TypeVar("E", bound=Ending)


def get(path: str) -> HttpCall:
    """Return a call that reads."""
    return HttpCall(method="GET", target=OWN_PREFIX + path, may_repeat=True)


def post(path: str, body: Any = None) -> HttpCall:
    """Return a call that changes something, once."""
    return HttpCall(method="POST", target=OWN_PREFIX + path, body=body)


def make(path: str, body: Any) -> HttpCall:
    """Return a call that makes something: sent twice, by its key, it makes one."""
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    return HttpCall(method="POST", target=OWN_PREFIX + path, body=body, headers=headers, may_repeat=True)


def member(value: Any, name: str) -> Any:
    """
    Return a member of an answer.

    Raises:
        CallFailed: it has none of this name.
    """
    if not isinstance(value, dict) or name not in value:
        raise CallFailed(f"the answer has no {name}")
    return value[name]


def wait_until_final(
    kind: type[E], call: HttpCall, *, on_progress: Callable[[E], object] | None, timeout_s: float, what: str
) -> Flow[E]:
    """
    Return what a call reads when it is final; `on_progress` is called with it whenever it has changed.

    Raises:
        TimeoutError: it is not final after `timeout_s` seconds.
    """
    deadline_s = time.monotonic() + timeout_s
    look_s = LOOK_S
    last: E | None = None
    while True:
        found = read(kind, (yield from ask(call)))
        if found != last and on_progress is not None:
            on_progress(found)
        if found.is_final:
            return found
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError(f"{what} is not final after {timeout_s:g} s")
        last, call = found, replace(call, delay_s=min(look_s, left_s))
        look_s = min(look_s * LOOK_GROWTH, MAX_LOOK_S)
