"""Imports, put into the shapes that the API answers with. Pure."""

from __future__ import annotations

from vodpull.api.v1.imports.shapes import EntryReply, ImportReply, LeftReply, NewEntry, TallyReply
from vodpull.api.v1.shapes import ErrorReply
from vodpull.errors import Failure
from vodpull.imports.entries import Entry, EntryCaption
from vodpull.imports.estimate import Speed, estimate
from vodpull.imports.import_states import EntryState, Figures, Import, ListedEntry, Tally


def import_reply(found: Import, figures: Figures, speed: Speed) -> ImportReply:
    """Return an import as `/api/v1` shows it."""
    return ImportReply(
        import_id=found.import_id,
        kind=found.kind,
        place=dict(found.place),
        template=found.options.template,
        parallel=found.options.parallel,
        max_bytes_per_s=found.options.max_bytes_per_s,
        state=found.state,
        is_listed=found.is_listed,
        listed=found.listed,
        counts={state: TallyReply(**vars(figures.tallies.get(state, Tally()))) for state in EntryState},
        left=LeftReply(**vars(estimate(figures.tallies, speed, parallel=found.options.parallel))),
        **vars(figures.volume),
        error=_error(found.failure),
        created_at_ms=found.created_at_ms,
        started_at_ms=found.started_at_ms,
        finished_at_ms=found.finished_at_ms,
    )


def entry_reply(listed: ListedEntry) -> EntryReply:
    """Return an entry as `/api/v1` shows it."""
    return EntryReply(
        number=listed.number,
        line=listed.entry.line,
        origin_id=listed.origin_id,
        name=listed.entry.name,
        state=listed.state,
        size_bytes=listed.size_bytes,
        video_id=listed.video_id,
        job_id=listed.job_id,
        error=_error(listed.failure),
        fetched_bytes=listed.fetched_bytes,
        warnings=list(listed.warnings),
    )


def entry_of(sent: NewEntry) -> Entry:
    """Return an entry as it was sent."""
    return Entry(
        origin_id=sent.origin_id,
        url=sent.url,
        name=sent.name,
        video_id=sent.video_id,
        description=sent.description,
        categories=tuple(sent.categories),
        created_at=sent.created_at_ms,
        blocked=sent.blocked,
        playback=sent.playback,
        captions=tuple(EntryCaption(each.url, each.language, each.label, each.default) for each in sent.captions),
        poster_url=sent.poster_url or None,
        size=sent.size_bytes,
        duration_ms=sent.duration_ms,
        revision=sent.revision,
        line=sent.line,
    )


def _error(failure: Failure | None) -> ErrorReply | None:
    return None if failure is None else ErrorReply(**vars(failure))
