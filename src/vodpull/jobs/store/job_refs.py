"""What steps say of a job to the store: which attempt they speak of, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass

from vodpull.jobs.model import Job


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a job is within its stage, as shown to people; written often, never decided upon."""

    percent: float = 0.0
    """Of this stage, 0 to 100."""
    bytes_done: int | None = None
    """None leaves the stored figure."""
    bytes_total: int | None = None
    received_bytes: int = 0
    """What came over the network, all tries together; it only grows."""


@dataclass(frozen=True, kw_only=True)
class JobRef:
    """One attempt of a job: what its workflow and steps speak of."""

    job_id: str
    attempt: int

    @classmethod
    def of(cls, job: Job) -> JobRef:
        """Return the attempt that a job is in."""
        return cls(job_id=job.job_id, attempt=job.attempt)
