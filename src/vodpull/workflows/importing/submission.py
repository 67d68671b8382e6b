"""Entries of an import as jobs: a batch for each turn, by the way that every request goes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import sqlalchemy as sa

from vodpull.accounts.access_keys import LiveKey
from vodpull.accounts.account_records import lock_account
from vodpull.errors import NotAllowedNow, ParameterError
from vodpull.imports.entries import Entry
from vodpull.imports.import_rows import Brought, EntryChange, brought_before, read_entries
from vodpull.imports.import_states import EntryState, Import, ListedEntry
from vodpull.imports.outcomes.failed_entries import failed
from vodpull.imports.outcomes.kept_video_ids import holder_of, lock_kept_ids
from vodpull.imports.pace import MAX_PARALLEL
from vodpull.jobs.model import Sidecar
from vodpull.jobs.priorities import PRIORITY_OF_IMPORTS
from vodpull.jobs.store import next_attempt
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.jobs.store.video_rows import archive_again
from vodpull.jobs.submission.file_and_video_names import name_in_url
from vodpull.jobs.submission.pull_request_limits import PullItem, PullRequest
from vodpull.jobs.submission.url_credentials import without_user_info
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Owner, Queues
from vodpull.workflows.requests.cancel_and_retry import Control
from vodpull.workflows.requests.intake import Intake
from vodpull.workflows.requests.sidecar_checks import MAX_LABEL_CHARACTERS, checked_sidecars


class Submission:
    """Makes jobs of entries."""

    def __init__(self, store: Store, intake: Intake, control: Control, *, engine: Engine, queues: Queues) -> None:
        self._store = store
        self._control = control
        self._intake = intake
        self._engine = engine
        self._queues = queues
        self.database = store.engine

    def submit(self, connection: sa.Connection, found: Import, entries: Sequence[ListedEntry]) -> list[EntryChange]:
        """
        Start the jobs of these entries, and return what became of each; one that must wait is not among them.

        Raises:
            QuotaExceeded: the account may not store more.
            ParameterError: the template is gone.
        """
        if not entries:
            return []
        lock_account(connection, found.account_id)
        lock_kept_ids(connection)
        before = brought_before(connection, found, [listed.origin_id for listed in entries])
        changes: list[EntryChange] = []
        fresh: list[ListedEntry] = []
        for listed in entries:
            known = before.get(listed.origin_id) or holder_of(connection, found, listed)
            if known is None and not _asks_for_one_of(fresh, listed):
                fresh.append(listed)
            elif isinstance(known, Brought):
                changes += self._again(connection, listed, known, template=found.options.template)
            elif known is not None:
                changes.append(failed(listed, known))
        return changes + self._begin(connection, found, fresh)

    def cancel(self, found: Import) -> None:
        """Stop what an import has under way."""
        with self.database.connect() as connection:
            under_way = read_entries(connection, found.import_id, states=[EntryState.RUNNING], limit=MAX_PARALLEL)
        for listed in under_way:
            view = self._store.find_batch_of(listed.job_id or "")
            job = next((job for job in view.jobs if job.job_id == listed.job_id), None) if view else None
            if view is not None and job is not None:
                with suppress(NotAllowedNow):  # it has just ended
                    self._control.cancel(view, position=job.position)

    def _again(
        self, connection: sa.Connection, listed: ListedEntry, known: Brought, *, template: str
    ) -> list[EntryChange]:
        """Leave what is here as it is, or fetch what is another one now into the same video."""
        if known.is_here and known.revision == listed.revision:
            archive_again(connection, known.job_id)  # it has one more id of elsewhere
            return [EntryChange(number=listed.number, state=EntryState.EXISTS, video_id=known.video_id)]
        batch, job = self._store.find_job(known.job_id)
        again = next_attempt.replace_original(
            connection,
            JobRef.of(job),
            template=self._intake.template_of(template),
            watermark="",
            captions=sidecars(listed.entry)[0],
        )
        if again is None:  # it is under way
            return []
        next_attempt.move_source(connection, again, without_user_info(listed.entry.url))
        self._engine.start(connection, self._queues.ingest_call(again, Owner.of(batch)))
        return [_begun(listed, video_id=known.video_id, job_id=known.job_id)]

    def _begin(self, connection: sa.Connection, found: Import, entries: Sequence[ListedEntry]) -> list[EntryChange]:
        if not entries:
            return []
        request = PullRequest(
            trans_no=None,
            template=found.options.template or None,
            notify_url=None,
            separate=False,
            fetch_ts=True,
            priority=PRIORITY_OF_IMPORTS,
            metadata={"import": found.import_id},
            items=tuple(_item(listed.entry) for listed in entries),
        )
        caller = LiveKey(access_key=found.access_key, account_id=found.account_id, secrets=())
        view = self._intake.accept_in(connection, request, caller)
        return [
            _begun(listed, video_id=job.video_id, job_id=job.job_id)
            for listed, job in zip(entries, view.jobs, strict=True)
        ]


def _begun(listed: ListedEntry, *, video_id: str, job_id: str) -> EntryChange:
    warnings = sidecars(listed.entry)[1]
    return EntryChange(
        number=listed.number, state=EntryState.RUNNING, video_id=video_id, job_id=job_id, warnings=warnings
    )


def _asks_for_one_of(fresh: Sequence[ListedEntry], listed: ListedEntry) -> bool:
    """Tell whether an entry is to keep an id that another one gets now: it waits for that one's job."""
    return bool(listed.entry.video_id) and any(each.entry.video_id == listed.entry.video_id for each in fresh)


def _item(entry: Entry) -> PullItem:
    return PullItem(
        file_name=name_in_url(entry.url),
        fetch_url=entry.url,
        md5="",
        captions=sidecars(entry)[0],
        video_id=entry.video_id or "",
    )


def sidecars(entry: Entry) -> tuple[tuple[Sidecar, ...], tuple[str, ...]]:
    """Return the captions that can be used, and why others cannot: none is a reason to leave a video behind. Pure."""
    kept: tuple[Sidecar, ...] = ()
    reasons: list[str] = []
    for caption in entry.captions:
        url, label = without_user_info(caption.url), caption.label[:MAX_LABEL_CHARACTERS]
        sidecar = Sidecar(url=url, language=caption.language, label=label, is_default=caption.default)
        try:
            kept = checked_sidecars([*kept, sidecar], field="captions")
        except ParameterError as error:
            reasons.append(f"the caption {caption.language[:35]} is left out: {error}")
    return kept, tuple(reasons)
