"""The context of steps: settings, stores and tools of this process, joined by the composition root."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from vodpull import fetch, media, storage
from vodpull.errors import Cancelled
from vodpull.jobs.job_folders import outputs_name
from vodpull.jobs.model import Job
from vodpull.jobs.source_retries import SourceRetries
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.content_keys import ContentKeys
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.template_registry import Templates
from vodpull.uploads.handover import Handover
from vodpull.workflows.attempt.encoder_slots import Encoders
from vodpull.workflows.attempt.encrypted_segments import ClearFiles
from vodpull.workflows.attempt.extras.optional_imported_posters import Posters
from vodpull.workflows.attempt.extras.small_downloads import SideFiles
from vodpull.workflows.attempt.progress_writes import ProgressReporter
from vodpull.workflows.attempt.telemetry.meters import Watch
from vodpull.workflows.attempt.workspace.disk_reservations_and_backlog import Admission
from vodpull.workflows.attempt.workspace.pieces import Pieces
from vodpull.workflows.attempt.workspace.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the steps of one process work with, and what all of them do with it in the same way."""

    store: Store
    content_keys: ContentKeys
    objects: storage.ObjectStore
    is_shared: bool
    """Other processes work on the same jobs, so intermediate results go through the object store."""
    guard: fetch.AddressGuard
    notify_guard: fetch.AddressGuard
    host_limits: fetch.HostLimits
    stores_of: Callable[[str], fetch.ReadableStores]
    """By the id of an account: what its sources may be read from."""
    toolbox: media.Toolbox
    work_folder: Path
    admission: Admission
    templates: Templates
    handover: Handover
    """Has the bytes of what was uploaded."""
    fetch_limits: fetch.FetchLimits
    side_files: SideFiles
    source_retries: SourceRetries
    max_duration_s: float
    watch: Watch
    encoders: Encoders
    standing_aside: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    """Gives the slot of the step that is running to other work while a block waits."""

    @property
    def clear_files(self) -> ClearFiles:
        """Reads what was published, in clear."""
        return ClearFiles(self.objects, self.content_keys)

    @property
    def posters(self) -> Posters:
        """Brings pictures that come with videos."""
        return Posters(self.store.engine, self.objects, self.side_files, toolbox=self.toolbox)

    def workspace(self, job: Job) -> Workspace:
        """Return the work files of a job's attempt."""
        return Workspace(self.work_folder, attempt_name(job))

    def pieces(self, job: Job) -> Pieces:
        """Return the intermediate results of a job's attempt."""
        return Pieces(self.workspace(job), objects=self.objects if self.is_shared else None)

    def reporter(self, job: Job) -> ProgressReporter:
        """Return a writer of a job's progress."""
        return ProgressReporter(lambda progress: self.store.update_progress(JobRef.of(job), progress))

    async def enter_stage(self, job: Job, stage: Stage) -> None:
        """
        Record a change of stage; entering it again changes nothing.

        Raises:
            Cancelled: the attempt is over, so its work should stop.
        """
        if not await asyncio.to_thread(self.store.enter_stage, JobRef.of(job), stage):
            raise Cancelled("the job was cancelled or started anew")


def attempt_name(job: Job) -> str:
    """Return the name of everything that belongs to this attempt only."""
    return f"{job.directory}-{job.attempt}"


def made_name(job: Job) -> str:
    """Return what the names of this attempt's outputs begin with."""
    return outputs_name(job.video_id, job.attempt)


def replaces(job: Job) -> bool:
    """Tell whether an earlier attempt's outputs play until those of this one are whole."""
    asset = job.asset
    return asset is not None and bool(asset.playlist_key) and asset.attempt not in {0, job.attempt}
