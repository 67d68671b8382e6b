"""
Fill the disk under a single process, its database, files and log, while tasks come in: `python -m tests.chaos.disk`.

Needs the right to mount a small file system (root).
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2

from tests.chaos.campaign import Books, Campaign, Plan
from tests.chaos.installation import CLIPS, gather_sources, quick_member, running, trusted
from tests.conftest import find_clips
from tests.origin import Origin, run_origin_in_thread
from tests.services.receiver import Receiver, running_receiver
from tests.services.vodpull import Vodpull

DISK_MIB = 512

LEAST_FREE_MIB = 2

FULL_S = 4.0

RECOVERY_S = 60.0
"""After space has returned, something must have moved by itself."""


def main() -> int:
    """Run the campaign; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.disk", description=__doc__)
    parser.add_argument("--points", type=int, default=20)
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    plan = Plan(kills=options.points, tasks=options.tasks, clips=CLIPS, pause_s=3.0)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vodpull-disk-")))
        origin = stack.enter_context(
            run_origin_in_thread(gather_sources(folder / "sources", CLIPS, clips=find_clips()))
        )
        receiver = stack.enter_context(running_receiver())
        disk = stack.enter_context(small_disk(folder / "disk"))
        settings = {"VODPULL_MIN_FREE_BYTES": str(LEAST_FREE_MIB << 20)}
        service = quick_member(disk, "all", trusted(origin, receiver.url), settings)
        stack.enter_context(running([service]))
        books = FullDisk(service, origin, receiver, sources=folder / "sources", disk=disk).run(plan, seed=options.seed)
    sys.stdout.write(books.report())
    return 1 if books.faults else 0


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a real file system that is soon full."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class FullDisk(Campaign):
    """A campaign in which nobody is killed, but nothing can be written for a while."""

    def __init__(self, service: Vodpull, origin: Origin, receiver: Receiver, *, sources: Path, disk: Path) -> None:
        super().__init__([service], origin, receiver, sources=sources)
        self._ballast = disk / "ballast"

    def strike(self, chance: random.Random, plan: Plan, books: Books) -> None:
        """Fill the disk to the last byte, look at the API, make room, and see that work goes on."""
        books.kills["disk full"] += 1
        with self._ballast.open("wb", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(1 << 16))
        if chance.random() < 0.5:
            self.submit_next(plan, books)
        end_s = time.monotonic() + chance.uniform(0, FULL_S)
        while time.monotonic() < end_s:
            self._expect_answers(books)
            time.sleep(0.2)
        before = self.unfinished(books.accepted)
        self._ballast.unlink()
        self._expect_recovery(before, books)

    def _expect_answers(self, books: Books) -> None:
        for task_id in list(books.accepted)[-3:]:
            try:
                self._api.query(task_id)
            except (httpx2.HTTPError, ValueError, KeyError) as error:
                books.faults.append(f"no answer on a full disk: {type(error).__name__}")

    def _expect_recovery(self, before: dict[str, Any], books: Books) -> None:
        started_s = time.monotonic()
        while before and self.unfinished(books.accepted) == before:
            if time.monotonic() - started_s > RECOVERY_S:
                books.faults.append(f"nothing moved for {RECOVERY_S} s after space returned: {before}")
                return
            time.sleep(0.2)
        books.stillest_s = max(books.stillest_s, time.monotonic() - started_s)


if __name__ == "__main__":
    sys.exit(main())
