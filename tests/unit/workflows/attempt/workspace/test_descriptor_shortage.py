"""A lack of descriptors is nobody's failure, whatever error it became."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from vodpull.errors import FetchError, NameNotResolved, StorageError, VodpullError
from vodpull.fetch.partfile.disk_errors import disk_errors
from vodpull.fetch.transfer.network_errors import network_errors
from vodpull.workflows.attempt.retries import step_retries as module
from vodpull.workflows.attempt.retries.step_retries import RepeatedWork
from vodpull.workflows.attempt.workspace.descriptor_shortage import has_descriptors, is_exhaustion


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Leave this process without a descriptor until the block ends."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = [os.open(os.devnull, os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (held[0] + 1, before[1]))
    try:
        with contextlib.suppress(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for descriptor in held:
            os.close(descriptor)


def test_what_a_lack_of_descriptors_became_is_still_one() -> None:
    with no_descriptors():
        assert not has_descriptors()
        with pytest.raises(FetchError) as of_network, network_errors("h.test"):
            socket.socket()
        with pytest.raises(StorageError) as of_disk, disk_errors():
            open(os.devnull).close()  # noqa: PTH123 - as the code under test does
        assert is_exhaustion(NameNotResolved("the name service had none to ask with"))
    assert has_descriptors()
    assert is_exhaustion(of_network.value)
    assert is_exhaustion(of_disk.value)


@pytest.mark.parametrize("error", [NameNotResolved("x"), OSError(errno.ENOENT, "x"), OSError(), ValueError("x")])
def test_other_errors_are_not_one(error: Exception) -> None:
    assert not is_exhaustion(error)


async def test_work_waits_for_descriptors_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.0)
    failures: list[OSError | VodpullError] = [OSError(errno.EMFILE, "x"), OSError(errno.ENFILE, "x")]
    with pytest.raises(FetchError) as hidden, network_errors("h.test"):
        raise OSError(errno.EMFILE, "x")
    failures.append(hidden.value)

    async def work() -> str:
        if failures:
            raise failures.pop()
        return "done"

    async def no_wait() -> None: ...

    @asynccontextmanager
    async def aside() -> AsyncIterator[None]:
        yield

    async def no_clearing(_: object) -> None: ...

    context: Any = SimpleNamespace(admission=SimpleNamespace(wait_for_space=no_wait), standing_aside=aside)
    assert await RepeatedWork(context, when_cancelled=no_clearing).outlast_storage(work) == "done"
