"""
Cancelling accepted work, and retrying it.

What stays of a job that is cancelled: its row, as `jobs/store/final_statuses.py` says, and no file of it
(`workflows/attempt/ended_work.py`). What its next attempt keeps: `jobs/store/next_attempt.py`.
"""

from __future__ import annotations

from dataclasses import replace

from vodpull.clock import now_ms
from vodpull.errors import Cancelled, Failure, NotAllowedNow
from vodpull.jobs.model import BatchView, Job
from vodpull.jobs.states_and_codes import EDITED
from vodpull.jobs.store import next_attempt
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.workflows.delivery.job_news import JobNews
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Owner, Queues


class Control:
    """Cancels and retries jobs."""

    def __init__(self, store: Store, news: JobNews, *, engine: Engine, queues: Queues) -> None:
        self._store = store
        self._news = news
        self._engine = engine
        self._queues = queues

    def cancel(self, view: BatchView, *, position: int | None = None) -> None:
        """
        Stop a batch, or its one job at a position; jobs that are final stay as they are.

        The final state is committed first, so that nothing is published afterwards; then the steps are interrupted.

        Raises:
            NotAllowedNow: nothing of it is under way.
        """
        stopped = [job for job in _chosen(view, position) if self._stop(job)]
        if not stopped:
            raise NotAllowedNow("there is nothing under way to cancel")
        for job in stopped:
            self._engine.cancel(self._queues.ingest_call(JobRef.of(job), Owner.of(view.batch)).workflow_id)

    def retry(self, view: BatchView, *, position: int | None = None) -> None:
        """
        Start the failed, cancelled and postponed jobs of a batch now, or its one job at a position.

        Raises:
            NotAllowedNow: none of it is failed, cancelled or postponed.
        """
        owner = Owner.of(view.batch)
        if not [job for job in _chosen(view, position) if self._hasten(job, owner) or self._restart(job, owner)]:
            raise NotAllowedNow("there is no job to retry: none failed, was cancelled or waits for its next try")

    def _stop(self, job: Job) -> bool:
        failure = Failure.of(Cancelled("cancelled on request"), stage=job.stage.value)
        return self._news.finish_job(JobRef.of(job), Outcome(failure=failure))

    def _hasten(self, job: Job, owner: Owner) -> bool:
        if not job.is_postponed or job.next_try is None:
            return False
        self._engine.hasten(self._queues.ingest_call(JobRef.of(job), owner).workflow_id)
        return self._store.hasten_job(JobRef.of(job), replace(job.next_try, at_ms=min(job.next_try.at_ms, now_ms())))

    def _restart(self, job: Job, owner: Owner) -> bool:
        owner = replace(owner, edits=job.origin in EDITED)
        with self._store.transaction() as connection:
            again = next_attempt.reset_job(connection, JobRef.of(job))
            if again is not None:
                self._engine.start(connection, self._queues.ingest_call(again, owner))
        return again is not None


def _chosen(view: BatchView, position: int | None) -> list[Job]:
    return [job for job in view.jobs if position in {None, job.position}]
