"""Chores of the whole installation and of this process, by the clock: which there are, and how often each is done."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import sqlalchemy as sa
import structlog

from vodpull.accounts.audit_log import AuditLog
from vodpull.accounts.rate_limits import forget_past
from vodpull.clock import now_ms
from vodpull.database.chore_turns import ChoreTurns
from vodpull.errors import VodpullError
from vodpull.jobs.deletions import Deletions
from vodpull.jobs.store.abandoned_work_folders import work_is_over
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.remembered_requests import forget_old
from vodpull.videos.storage_peaks import StorageDays
from vodpull.workflows.attempt.workspace.workspace import sweep
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.requests.batch_deletion import BatchDeletion
from vodpull.workflows.requests.video_deletion import VideoDeletion
from vodpull.workflows.upkeep.abandoned_uploads import AbandonedUploads
from vodpull.workflows.upkeep.batch_retention import expire
from vodpull.workflows.upkeep.manifest_writing import Archive
from vodpull.workflows.upkeep.material_files import MaterialFiles
from vodpull.workflows.upkeep.orphans import Sweep
from vodpull.workflows.upkeep.replaced_output_removal import Leftovers
from vodpull.workflows.upkeep.workflow_retention import forget_workflows

LOOK_S = 5.0
"""Between two looks for jobs that need a manifest and files that are to go: a few queries by index."""

OFTEN_S = 4.0
"""Between two rounds of all processes together: a little less, so that a single one does not miss every second look."""

HELD_S = 120.0
"""After this long, a process that began a round and has not ended it is taken for dead."""

LOOKS_OF_A_SWEEP = 12
"""Looks from one sweep of the work folder to the next: a cancelled job's files are gone within about a minute."""

STOP_S = 10.0
"""The longest wait at the end for what is being cleaned; whatever is left undone is done after the next start."""

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Chores:
    """What there is to do, for everybody who shares the database and the store."""

    turns: ChoreTurns
    deletions: Deletions
    archive: Archive
    materials: MaterialFiles
    uploads: AbandonedUploads
    batch_deletion: BatchDeletion
    sweep: Sweep
    leftovers: Leftovers
    video_deletion: VideoDeletion
    days: StorageDays
    audit: AuditLog
    audit_days: float
    """Lines of the audit log are kept for so long; 0: for ever."""
    keep_days: float
    """Batches that ended longer ago are deleted; 0 keeps them for ever."""

    async def do_often(self) -> None:
        """Write manifests of what became final, delete what is too old, remove what was deleted or replaced."""
        await self.archive.keep_new()
        await self.materials.measure()
        await self.materials.keep_up()
        if self.keep_days:
            await asyncio.to_thread(expire, self.deletions, now_ms=now_ms(), keep_days=self.keep_days)
        await self.batch_deletion.remove_due()
        await self.video_deletion.carry_out()
        await self.leftovers.remove_superseded()
        await self.uploads.drop_old()
        await asyncio.to_thread(self.days.note)

    async def sweep_orphans(self) -> None:
        """Remove what nobody owns."""
        swept = await self.sweep.run()
        removed = swept.removed + await self.materials.sweep() + await self.uploads.sweep()
        log.info("orphans swept", removed=removed, parts=swept.parts)
        if swept.unknown:
            fix = "vodpull rebuild"
            log.warning("the store has finished jobs that the database lacks", jobs=swept.unknown, fix=fix)


class Schedule:
    """Cleans up after this process, and after everybody in the database."""

    def __init__(self, store: Store, engine: Engine, *, work_folder: Path, chores: Chores) -> None:
        self._store = store
        self._engine = engine
        self._work_folder = work_folder
        self._chores = chores
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="schedule", daemon=True)

    def start(self) -> None:
        """Clean up what the last process left, then now and again on a thread of its own."""
        self._sweep_work()
        self._thread.start()

    def stop(self) -> None:
        """Stop cleaning."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_S)

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(LOOK_S):
            number += 1
            self._attempt(self._do_often)
            if number % LOOKS_OF_A_SWEEP == 0:
                # One by one: a store that is away keeps nobody from clearing the local disk.
                for chore in (self._sweep_work, self._forget, self._sweep_store):
                    self._attempt(chore)

    def _attempt(self, chore: Callable[[], None]) -> None:
        try:
            chore()
        except (sa.exc.SQLAlchemyError, VodpullError, OSError) as error:
            log.warning("cleaning up failed", error=type(error).__name__)
        except Exception:
            log.exception("cleaning up failed unexpectedly")

    def _do_often(self) -> None:
        # Whoever comes first: the others would find and write the same.
        with self._chores.turns.alone("often", every_s=OFTEN_S, most_s=HELD_S) as is_mine:
            if is_mine:
                asyncio.run(self._chores.do_often())

    def _sweep_work(self) -> None:
        sweep(self._work_folder, is_over=partial(work_is_over, self._store.engine))

    def _sweep_store(self) -> None:
        if self._chores.turns.begin("sweep", every_s=DAY_S):
            asyncio.run(self._chores.sweep_orphans())

    def _forget(self) -> None:
        if not self._chores.turns.begin("forget", every_s=HOUR_S):
            return
        requests = forget_old(self._store.engine)
        callers = forget_past(self._store.engine)
        workflows = forget_workflows(self._engine)
        lines = self._chores.audit.forget_old(keep_days=self._chores.audit_days)
        log.info("cleaned up", requests=requests, callers=callers, workflows=workflows, audit_lines=lines)
