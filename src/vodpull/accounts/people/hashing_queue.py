"""Where passwords are hashed: one at a time, behind everything else, and few wait for it. How: `passwords.py`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from vodpull.errors import RateLimited

WAITING = 4
"""Threads that may wait for their hash: they are those that answer everybody."""

NICE = 10
"""Of a hash, which takes every processor (the library's default, RFC 9106): the rest of the service comes first."""

RETRY_AFTER_S = 5

Result = TypeVar("Result")


class HashingThread:
    """Each hash takes 64 MiB and some 50 ms, so strangers must not start any number of them."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="password", initializer=_step_back)
        self._places = threading.BoundedSemaphore(1 + WAITING)

    def run(self, work: Callable[[], Result]) -> Result:
        """
        Return what a hash gives.

        Raises:
            RateLimited: so many wait that this one would hold a thread for too long.
        """
        if not self._places.acquire(blocking=False):
            raise RateLimited("too many passwords at once: try again in some seconds", retry_after_s=RETRY_AFTER_S)
        try:
            return self._thread.submit(work).result()
        finally:
            self._places.release()


def _step_back() -> None:
    with suppress(OSError, AttributeError):  # only Linux knows the priority of a thread
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
