from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from vodpull.errors import StorageFull
from vodpull.workflows.attempt.workspace.disk_reservations_and_backlog import UNKNOWN_SIZE_BYTES, Admission, Thresholds

GIB = 1024**3


def admission(folder: Path, *, spare_bytes: int, backlog: Callable[[], int] = lambda: 0) -> Admission:
    """Return an admission whose low-water mark leaves this much of the real disk to promise."""
    free = shutil.disk_usage(folder).free
    return Admission(folder, Thresholds(min_free_bytes=free - spare_bytes, max_backlog=2), backlog=backlog)


async def test_two_sources_do_not_get_the_same_space(tmp_path: Path) -> None:
    gate = admission(tmp_path, spare_bytes=10 * GIB)
    async with gate.admitted(encodes=True) as first, gate.admitted(encodes=True) as second:
        first.cover(0, 6 * GIB)
        with pytest.raises(StorageFull):
            second.cover(0, 6 * GIB)


async def test_space_comes_back_when_a_job_is_through(tmp_path: Path) -> None:
    gate = admission(tmp_path, spare_bytes=10 * GIB)
    for _ in range(3):
        async with gate.admitted(encodes=True) as reservation:
            reservation.cover(0, 6 * GIB)


async def test_a_source_of_unknown_size_grows_piece_by_piece(tmp_path: Path) -> None:
    gate = admission(tmp_path, spare_bytes=10 * GIB)
    async with gate.admitted(encodes=True) as reservation:
        reservation.cover(0, None)
        assert reservation.size_bytes == UNKNOWN_SIZE_BYTES
        reservation.cover(UNKNOWN_SIZE_BYTES, None)
        assert reservation.size_bytes == 2 * UNKNOWN_SIZE_BYTES


async def test_fetching_waits_while_the_encoders_are_behind_and_goes_on_by_itself(tmp_path: Path) -> None:
    waiting = [2]
    gate = admission(tmp_path, spare_bytes=10 * GIB, backlog=lambda: waiting[0])

    async def enter(*, encodes: bool) -> str:
        async with gate.admitted(encodes=encodes):
            return "in"

    assert await enter(encodes=False) == "in"
    held = asyncio.create_task(enter(encodes=True))
    done, _ = await asyncio.wait({held}, timeout=0.2)
    assert done == set()
    waiting[0] = 1
    assert await asyncio.wait_for(held, timeout=60) == "in"
