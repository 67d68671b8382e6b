"""Jobs and batches as the pages show them: speed, timeline, ladder, notifications. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vodpull.console.pages.proof_shown import ProofRow, proof_row
from vodpull.jobs.model import BatchView, Job, StoredFile
from vodpull.jobs.states_and_codes import FINAL_STAGES, Clarity, ServerType, Stage, VideoOrigin
from vodpull.jobs.status.listing import StageTime

_MAKING = {VideoOrigin.CLIPPED: "cut", VideoOrigin.JOINED: "join"}

SHOWN_JOBS = 6
"""Jobs of one task that the list shows; the task's own page has all of them."""

PERCENT = 100.0


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One stage in the timeline of an attempt."""

    word: str
    start_percent: float
    """Where the bar begins, of the whole attempt."""
    width_percent: float
    duration_s: float
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class RungRow:
    """One definition of the ladder: why it is there or not, and what became of it."""

    name: str
    chosen: bool
    reason: str
    """In the words of the plan."""
    max_bitrate_bps: int | None
    """Planned ceiling; None: the plan did not say."""
    percent: float | None
    """How much of it is encoded; None: it is not being encoded now."""
    vmaf: float | None
    """Measured likeness to the source, up to 100; None: not measured."""
    made: StoredFile | None


@dataclass(frozen=True, kw_only=True)
class JobCard:
    """One job."""

    job: Job
    speed_bytes_per_s: float | None
    """While fetching: average since the stage began."""
    eta_s: float | None
    """Guess for the end of this stage."""
    bars: tuple[Bar, ...]
    """Of the newest attempt."""
    earlier_attempts: int
    ladder: tuple[RungRow, ...]
    proof: ProofRow | None = None

    @property
    def doing(self) -> str:
        """Return the word for what is under way: a clip or a join is not fetched, but made."""
        return word_of(self.job, self.job.stage)

    @property
    def has_vmaf(self) -> bool:
        """Return True when the quality of a rung was measured."""
        return any(rung.vmaf is not None for rung in self.ladder)

    @property
    def has_progress(self) -> bool:
        """Return True when a percentage says something about this stage."""
        return self.job.stage in {Stage.FETCH, Stage.ENCODE}


@dataclass(frozen=True, kw_only=True)
class TaskCard:
    """One batch in the list."""

    view: BatchView
    shown: tuple[JobCard, ...]
    """The jobs that have most to say: under way first, then failed ones."""

    @property
    def hidden(self) -> int:
        """Return how many jobs are left out."""
        return len(self.view.jobs) - len(self.shown)

    @property
    def done(self) -> int:
        """Return how many jobs ended well."""
        return _count(self.view, Stage.DONE)

    @property
    def failed(self) -> int:
        """Return how many jobs failed."""
        return _count(self.view, Stage.FAILED)

    @property
    def cancelled(self) -> int:
        """Return how many jobs were cancelled."""
        return _count(self.view, Stage.CANCELLED)

    @property
    def over(self) -> int:
        """Return how many jobs are final."""
        return self.done + self.failed + self.cancelled

    @property
    def state(self) -> str:
        """Return `running`, `failed`, `cancelled` or `done`."""
        if not self.view.is_final:
            return "running"
        return "failed" if self.failed else "cancelled" if self.cancelled else "done"

    @property
    def can_retry(self) -> bool:
        """Return True when a job failed, was cancelled or waits for its next try."""
        return bool(self.failed + self.cancelled) or any(job.is_postponed for job in self.view.jobs)


def word_of(job: Job, stage: Stage) -> str:
    """Return the word for a stage of a job; what brings the source of a clip or a join is no fetch."""
    return _MAKING.get(job.origin, stage.value) if stage is Stage.FETCH else stage.value


def task_card(view: BatchView, *, now_ms: int) -> TaskCard:
    """Return a batch for the list."""
    ranked = sorted(view.jobs, key=lambda job: (_rank(job), job.position))[:SHOWN_JOBS]
    return TaskCard(view=view, shown=tuple(job_card(job, (), now_ms=now_ms) for job in ranked))


def job_card(job: Job, times: Sequence[StageTime], *, now_ms: int) -> JobCard:
    """Return a job for its task's page."""
    elapsed_s = max(0.0, (now_ms - job.stage_at_ms) / 1000)
    fetching = job.stage is Stage.FETCH and job.origin not in _MAKING and elapsed_s > 0
    guessed = not job.is_final and 0 < job.percent < PERCENT
    return JobCard(
        job=job,
        speed_bytes_per_s=job.bytes_done / elapsed_s if fetching else None,
        eta_s=elapsed_s * (PERCENT - job.percent) / job.percent if guessed else None,
        bars=timeline(job, times, now_ms=now_ms),
        earlier_attempts=job.attempt - 1,
        ladder=ladder(job),
        proof=proof_row(job.asset.proof) if job.asset and job.asset.proof else None,
    )


def timeline(job: Job, times: Sequence[StageTime], *, now_ms: int) -> tuple[Bar, ...]:
    """Return the stages of a job's newest attempt with their durations; the one under way lasts until now."""
    mine = [*_waiting(job), *(time for time in times if time.attempt == job.attempt)]
    if not mine:
        return ()
    ends = [time.at_ms for time in mine[1:]] + [job.finished_at_ms or max(now_ms, mine[-1].at_ms)]
    start_ms, total_ms = mine[0].at_ms, max(1, ends[-1] - mine[0].at_ms)
    return tuple(
        Bar(
            word=word_of(job, time.stage),
            start_percent=round(PERCENT * (time.at_ms - start_ms) / total_ms, 2),
            width_percent=round(PERCENT * max(0, end_ms - time.at_ms) / total_ms, 2),
            duration_s=max(0, end_ms - time.at_ms) / 1000,
            is_current=time is mine[-1] and not job.is_final,
        )
        for time, end_ms in zip(mine, ends, strict=True)
        if time.stage not in FINAL_STAGES
    )


def _waiting(job: Job) -> list[StageTime]:
    """Return when the wait of an attempt began, as far as it is known: of a retry only until its work begins."""
    is_retry = job.attempt > 1
    if is_retry and job.stage is not Stage.WAITING:
        return []
    at_ms = job.stage_at_ms if is_retry else job.created_at_ms
    return [StageTime(attempt=job.attempt, stage=Stage.WAITING, at_ms=at_ms)]


def ladder(job: Job) -> tuple[RungRow, ...]:
    """Return the definitions of a job's plan, each with the rendition that was made of it."""
    files = () if job.asset is None else job.asset.files
    made = {int(file.clarity): file for file in files if file.server_type is ServerType.PC}
    return tuple(_rung(decision, made, job) for decision in job.decisions)


def _rung(decision: Mapping[str, object], made: Mapping[int, StoredFile], job: Job) -> RungRow:
    clarity, ceiling, vmaf = decision.get("clarity"), decision.get("max_bitrate_bps"), decision.get("vmaf")
    chosen = decision.get("chosen") is True
    return RungRow(
        name=str(decision.get("name", "")),
        chosen=chosen,
        reason=str(decision.get("reason", "")),
        max_bitrate_bps=ceiling if isinstance(ceiling, int) else None,
        # One decoder feeds every encoder, so all of them are equally far.
        percent=job.percent if chosen and job.stage is Stage.ENCODE else None,
        vmaf=vmaf if isinstance(vmaf, float) else None,
        made=made.get(clarity) if isinstance(clarity, int) and clarity != Clarity.ORIGINAL else None,
    )


def readable(body: str) -> str:
    """Return the JSON of a notification's body for people; the body itself when it is something else."""
    try:
        return json.dumps(json.loads(base64.urlsafe_b64decode(body)), ensure_ascii=False, indent=2)
    except (ValueError, binascii.Error):
        return body


def _count(view: BatchView, stage: Stage) -> int:
    return sum(job.stage is stage for job in view.jobs)


def _rank(job: Job) -> int:
    if not job.is_final:
        return 1 if job.stage is Stage.WAITING else 0
    return 2 if job.stage is Stage.FAILED else 3
