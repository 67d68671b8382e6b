from __future__ import annotations

import asyncio
import threading

from vodpull.jobs.store.job_refs import Progress
from vodpull.workflows.attempt.progress_writes import ProgressReporter


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


async def test_what_is_followed_is_written_until_the_block_ends() -> None:
    written: list[Progress] = []
    heard = asyncio.Event()

    def look() -> Progress:
        heard.set()
        return Progress(percent=50)

    async with ProgressReporter(written.append).following(look):
        await asyncio.wait_for(heard.wait(), timeout=60)
    seen = len(written)
    await asyncio.sleep(0)
    assert written == [Progress(percent=50)] * seen
    assert seen >= 1
