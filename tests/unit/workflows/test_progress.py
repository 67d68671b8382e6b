from __future__ import annotations

import asyncio
import threading

from vodpull.jobs.store import Progress
from vodpull.workflows.progress import ProgressReporter


async def test_a_burst_of_news_is_one_write_at_a_time() -> None:
    written: list[Progress] = []
    release = threading.Event()

    def write(progress: Progress) -> None:
        written.append(progress)
        release.wait(timeout=30)

    reporter = ProgressReporter(write)
    for percent in range(100):
        reporter.report(Progress(percent=percent))
    await asyncio.sleep(0)
    release.set()
    await reporter.settle()
    assert len(written) == 1
