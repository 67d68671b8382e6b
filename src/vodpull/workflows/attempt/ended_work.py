"""What is removed of an attempt that has ended or was cancelled: its work files, its pieces, and an early preview."""

from __future__ import annotations

import asyncio

from vodpull.jobs.model import Job
from vodpull.jobs.store.abandoned_work_folders import work_is_over
from vodpull.workflows.attempt.context import Context, attempt_name
from vodpull.workflows.attempt.publishing.preview import Previews
from vodpull.workflows.attempt.workspace.pieces import clear_pieces


class EndedWork:
    """Removes what attempts of one process's jobs leave; again is as good as once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._previews = Previews(context)

    async def clear_if_over(self, job: Job) -> None:
        """Remove everything of an attempt that somebody cancelled; nothing of one that another process goes on with."""
        if await asyncio.to_thread(work_is_over, self._context.store.engine, attempt_name(job)):
            await self.withdraw(job)
            await self.clear(job)

    async def withdraw(self, job: Job) -> None:
        """Remove what was published early, unless a later attempt publishes there."""
        _, now = await asyncio.to_thread(self._context.store.find_job, job.job_id)
        if now.attempt == job.attempt:
            await self._previews.withdraw(now)

    async def clear(self, job: Job) -> None:
        """Remove the work files and the pieces."""
        await asyncio.to_thread(self._context.workspace(job).clear)
        if self._context.is_shared:
            await clear_pieces(self._context.objects, attempt_name(job))
