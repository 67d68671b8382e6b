"""What every log line carries that is written while a job is worked on: the job's id and the number of its attempt."""

from __future__ import annotations

from contextlib import AbstractContextManager

from structlog.contextvars import bound_contextvars

from vodpull.jobs.store.job_refs import JobRef


def job_on_log_lines(ref: JobRef) -> AbstractContextManager[None]:
    """Return a block whose log lines carry `job` and `attempt`, in whichever task or thread of it they are written."""
    return bound_contextvars(job=ref.job_id, attempt=ref.attempt)
