"""How often an operation looks whether something has ended, and until when."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from vodpull.client.exchange import Flow, HttpCall
from vodpull.client.json_reading import read
from vodpull.client.operations.calls import ask

LOOK_S = 0.5


MAX_LOOK_S = 5.0
"""Pause between two looks of a wait: grows from the first to the second, far below the default limit on calls."""


LOOK_GROWTH = 1.25


class Awaited(Protocol):
    """What is waited for."""

    @property
    def is_final(self) -> bool:
        """Return True when nothing more happens by itself."""


E = TypeVar("E", bound=Awaited)


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
