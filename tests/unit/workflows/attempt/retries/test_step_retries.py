"""What a step waits for, without its slot, and what it does not wait for."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from vodpull.errors import StorageError, StorageFull, StorageUnavailable
from vodpull.jobs.model import Job
from vodpull.workflows.attempt.retries import step_retries
from vodpull.workflows.attempt.retries.step_retries import RepeatedWork


class Bench:
    """Counts the waits without a slot."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.aside = 0
        monkeypatch.setattr(step_retries, "FIRST_WAIT_S", 0.0)
        admission = SimpleNamespace(wait_for_space=self._no_wait)
        context: Any = SimpleNamespace(admission=admission, standing_aside=self._standing_aside)
        self.patience = RepeatedWork(context, when_cancelled=self._no_clearing)

    async def _no_wait(self) -> None:
        pass

    async def _no_clearing(self, job: Job) -> None:
        pass

    @asynccontextmanager
    async def _standing_aside(self) -> AsyncIterator[None]:
        self.aside += 1
        yield

    async def run(self, *errors: Exception) -> str:
        left = list(errors)

        async def work() -> str:
            if left:
                raise left.pop(0)
            return "done"

        return await self.patience.outlast_storage(work)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


async def test_what_passes_is_waited_for_without_a_slot(bench: Bench) -> None:
    passing = [StorageFull("full"), StorageUnavailable("away"), OSError(errno.ENOSPC, "full"), OSError(errno.EIO, "")]
    assert await bench.run(*passing) == "done"
    assert bench.aside == len(passing)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (StorageError("refused"), StorageError),
        (PermissionError(errno.EACCES, "no"), StorageError),
        (FileNotFoundError(errno.ENOENT, "no program"), FileNotFoundError),
    ],
)
async def test_what_never_passes_fails_at_once(bench: Bench, error: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        await bench.run(error)
    assert bench.aside == 0
