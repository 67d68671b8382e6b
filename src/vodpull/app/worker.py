"""What a process does beside answering: its workflows, under a name of its own, and its chores. All: `service.py`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import structlog

from vodpull import media
from vodpull.accounts.audit_log import AuditLog
from vodpull.app.composition import Composition
from vodpull.app.installation import find_tools
from vodpull.app.outgoing import fetch_limits
from vodpull.database.chore_turns import ChoreTurns
from vodpull.jobs.owned_files import Holdings
from vodpull.jobs.source_retries import SourceRetries
from vodpull.jobs.store.abandoned_work_folders import work_is_over
from vodpull.settings import Settings
from vodpull.uploads.handover import Handover
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.encoder_slots import Encoders
from vodpull.workflows.attempt.workspace.disk_reservations_and_backlog import Admission, Thresholds
from vodpull.workflows.engine.executor_ids import claim_executor_id
from vodpull.workflows.engine.heartbeats import Heartbeat
from vodpull.workflows.engine.lost_process import leave_if_shared
from vodpull.workflows.importing.advance import ImportTurns, register_imports
from vodpull.workflows.importing.changed_elsewhere import ChangedElsewhere
from vodpull.workflows.importing.submission import Submission
from vodpull.workflows.ingest import register_workflows
from vodpull.workflows.steps import Steps
from vodpull.workflows.upkeep.abandoned_uploads import AbandonedUploads
from vodpull.workflows.upkeep.chores import Chores, Schedule
from vodpull.workflows.upkeep.manifest_writing import Archive
from vodpull.workflows.upkeep.material_files import InspectionTools, MaterialFiles
from vodpull.workflows.upkeep.orphans import Sweep
from vodpull.workflows.upkeep.replaced_output_removal import Leftovers

log = structlog.get_logger(__name__)


@contextmanager
def attached(parts: Composition) -> Iterator[None]:
    """Only accept and show work."""
    parts.engine.attach()
    try:
        yield
    finally:
        parts.engine.shutdown()


@contextmanager
def working(parts: Composition) -> Iterator[None]:
    """Do work, under an executor id of this process's own."""
    context = _context(parts)
    steps = Steps(context, parts.news, parts.outbox)
    executor_id = claim_executor_id(parts.database, lock_folder=parts.settings.data_dir)
    heartbeat = Heartbeat(
        parts.database,
        executor_id,
        engine=parts.engine,
        on_lost=leave_if_shared(parts.database),
        on_census=parts.host_limits.share,
    )
    inspection = InspectionTools(folder=context.work_folder, toolbox=context.toolbox)
    chores = _chores(parts, inspection)
    schedule = Schedule(parts.store, parts.engine, work_folder=context.work_folder, chores=chores)
    register_workflows(parts.engine, parts.queues, steps)
    register_imports(parts.engine, parts.queues, _turns(parts, context))
    try:
        parts.engine.launch(parts.queues.all(), executor_id=executor_id.name)
        heartbeat.start()
        schedule.start()
        yield
    finally:
        parts.engine.drain(grace_s=parts.settings.grace_s)
        schedule.stop()
        parts.engine.shutdown()
        heartbeat.stop()
        executor_id.release()


def _turns(parts: Composition, context: Context) -> ImportTurns:
    submission = Submission(parts.store, parts.intake, parts.control, engine=parts.engine, queues=parts.queues)
    return ImportTurns(
        parts.engine,
        parts.queues,
        submission,
        pictures=ChangedElsewhere(parts.store, context.posters),
        kinds=parts.import_kinds,
        vault=parts.vault,
    )


def _context(parts: Composition) -> Context:
    settings = parts.settings
    return Context(
        store=parts.store,
        content_keys=parts.content_keys,
        objects=parts.objects,
        is_shared=parts.database.dialect.name != "sqlite",
        guard=parts.guard,
        notify_guard=parts.notify_guard,
        host_limits=parts.host_limits,
        stores_of=parts.stores_of,
        toolbox=_toolbox(settings),
        work_folder=_work_folder(parts),
        admission=Admission(
            settings.data_dir,
            Thresholds(min_free_bytes=settings.min_free_bytes, max_backlog=settings.max_backlog),
            backlog=parts.store.count_waiting_for_encoder,
            standing_aside=parts.engine.standing_aside,
        ),
        templates=parts.templates,
        handover=Handover(parts.database, parts.objects),
        fetch_limits=fetch_limits(settings),
        side_files=parts.side_files,
        source_retries=SourceRetries.parse(settings.source_retries),
        max_duration_s=settings.max_duration_s,
        watch=parts.watch,
        encoders=Encoders(settings.encode_slots),
        standing_aside=parts.engine.standing_aside,
    )


def _work_folder(parts: Composition) -> Path:
    return parts.settings.data_dir.resolve() / "work"


def _chores(parts: Composition, inspection: InspectionTools) -> Chores:
    holdings = Holdings(parts.database)
    return Chores(
        turns=ChoreTurns(parts.database),
        deletions=parts.deletions,
        leftovers=Leftovers(holdings, parts.objects),
        video_deletion=parts.video_deletion,
        days=parts.storage_days,
        archive=Archive(parts.database, parts.vault, parts.objects),
        materials=MaterialFiles(parts.database, parts.vault, parts.objects, inspection=inspection),
        uploads=AbandonedUploads(parts.database, parts.objects),
        batch_deletion=parts.batch_deletion,
        sweep=Sweep(holdings, parts.objects, uploads=parts.objects, is_over=partial(work_is_over, parts.database)),
        audit=AuditLog(parts.database),
        audit_days=parts.settings.audit_days,
        keep_days=parts.settings.retention_days,
    )


def _toolbox(settings: Settings) -> media.Toolbox:
    toolbox = find_tools(settings)
    if toolbox.sandbox != "bwrap":
        fix = "apt install bubblewrap"
        log.warning("sandbox is weak: bubblewrap does not work here, only resource limits", fix=fix)
    return toolbox
