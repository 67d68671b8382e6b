"""Passwords are hashed one at a time, and few wait."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vodpull.accounts.people.hashing_queue import NICE, WAITING, HashingThread
from vodpull.errors import RateLimited


def test_one_is_hashed_few_wait_and_the_rest_is_refused() -> None:
    hashing = HashingThread()
    begun, end = threading.Event(), threading.Event()
    at_work: list[int] = []

    def work() -> int:
        begun.set()
        at_work.append(1)
        assert len(at_work) == 1
        assert end.wait(10)
        at_work.pop()
        return 7

    with ThreadPoolExecutor(WAITING + 1) as threads:
        admitted = [threads.submit(hashing.run, work) for _ in range(WAITING + 1)]
        assert begun.wait(10)
        while hashing._places._value:
            threading.Event().wait(0.001)
        with pytest.raises(RateLimited):
            hashing.run(work)
        end.set()
        assert [future.result(10) for future in admitted] == [7] * (WAITING + 1)
    assert hashing.run(lambda: 8) == 8


def test_what_a_hash_raises_comes_out_and_gives_its_place_back() -> None:
    hashing = HashingThread()
    for _ in range(2 * WAITING):
        with pytest.raises(ZeroDivisionError):
            hashing.run(lambda: 1 // 0)


@pytest.mark.skipif(not hasattr(os, "PRIO_PROCESS"), reason="priorities are Unix")
def test_a_hash_comes_after_everything_else() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    nice = HashingThread().run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert nice == max(own, NICE)
