"""Where the original comes from: brought here whole, and measured; how it is kept: `originals/kept_original.py`."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from vodpull import fetch, media
from vodpull.errors import FetchError
from vodpull.fetch import CookieJar, OnPart
from vodpull.imports.import_rows import rate_of_job
from vodpull.jobs.model import Batch, Job
from vodpull.jobs.states_and_codes import EDITED, UPLOADED, Stage
from vodpull.jobs.store.job_refs import JobRef, Progress
from vodpull.workflows.attempt.ahead.arriving_uploads import Arrivals
from vodpull.workflows.attempt.ahead.early_chunks import EarlyEncoder
from vodpull.workflows.attempt.captions.hls_source_texts import read_texts, write_texts
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.originals.edits import Edits
from vodpull.workflows.attempt.produce import Production
from vodpull.workflows.attempt.progress_writes import ProgressReporter, ReceivedCounter, fetch_progress
from vodpull.workflows.attempt.workspace.workspace import JOINED_FILE, Workspace


class Sources:
    """Brings the sources of one process's jobs."""

    def __init__(self, context: Context, production: Production, arrivals: Arrivals) -> None:
        self._context = context
        self._arrivals = arrivals
        self._production = production
        self._edits = Edits(context)

    async def bring(self, batch: Batch, job: Job) -> tuple[Path, str]:
        """Return the whole source and the name to keep it under; what an earlier attempt completed stays."""
        place = self._context.workspace(job)
        place.open()
        if job.origin in EDITED:
            return await self._edits.bring(batch, job), job.file_name
        if job.origin in UPLOADED:
            return await self._assemble(batch, job, self._context.reporter(job)), job.file_name
        if place.joined.exists():
            return place.joined, _as_mp4(job.file_name)
        received = ReceivedCounter(total_bytes=job.received_bytes)
        try:
            return await self._fetch(batch, job, received)
        except FetchError:
            await self._note(job, Progress(received_bytes=received.total_bytes))
            raise

    async def _fetch(self, batch: Batch, job: Job, received: ReceivedCounter) -> tuple[Path, str]:
        place, cookies = self._context.workspace(job), CookieJar()
        reporter = ProgressReporter(
            lambda progress: self._context.store.update_progress(
                JobRef.of(job), replace(progress, received_bytes=received.total_bytes)
            )
        )
        if place.source.exists() and batch.fetch_ts and await asyncio.to_thread(fetch.is_playlist, place.source):
            place.source.unlink()  # the signatures in it grow old, and its address and cookies are not kept
        if not place.source.exists():
            limits = replace(await self._limits(batch, job), on_received=received.add)
            base_url = await self._download(batch, job, reporter, cookies=cookies, limits=limits)
            if batch.fetch_ts and await asyncio.to_thread(fetch.is_playlist, place.source):
                await self._join_playlist(
                    place, reporter, base_url=base_url, cookies=cookies, account_id=batch.account_id, limits=limits
                )
                return place.joined, _as_mp4(job.file_name)
        return place.source, job.file_name

    async def _assemble(self, batch: Batch, job: Job, reporter: ProgressReporter) -> Path:
        """Bring what a client has sent."""
        place, handover = self._context.workspace(job), self._context.handover
        await self._arrivals.settle(job.directory)
        if place.source.exists():
            await self._note_whole(job, (await asyncio.to_thread(place.source.stat)).st_size)
            return place.source
        parts = await handover.parts(job.directory)
        if not parts:  # they were stored under the final key before
            return await self._production.originals.as_it_came(job)
        size_bytes = sum(part.size_bytes for part in parts)
        async with self._context.admission.admitted(
            encodes=self._context.templates[batch.template].ladder
        ) as reservation:
            reservation.cover(0, size_bytes)
            await self._context.enter_stage(job, Stage.FETCH)
            digests = await handover.write(
                parts, place.source, on_progress=lambda done, total: reporter.report(fetch_progress(done, total))
            )
            await asyncio.to_thread(place.write_digests, **digests)
            await reporter.settle()
            await self._note_whole(job, size_bytes)
        return place.source

    async def _note_whole(self, job: Job, size_bytes: int) -> None:
        await self._note(job, fetch_progress(size_bytes, size_bytes))

    async def _note(self, job: Job, progress: Progress) -> None:
        await asyncio.to_thread(self._context.store.update_progress, JobRef.of(job), progress)

    async def let_go(self, job: Job) -> None:
        """Give up what the original came in, now that it lies under its final key."""
        if job.origin in UPLOADED:
            await self._context.handover.drop(job.directory)

    async def _download(
        self, batch: Batch, job: Job, reporter: ProgressReporter, *, cookies: CookieJar, limits: fetch.FetchLimits
    ) -> str:
        """Bring the source here and return where it lay, after redirects."""
        started_s = time.monotonic()
        async with self._context.admission.admitted(
            encodes=self._context.templates[batch.template].ladder
        ) as reservation:

            def advance(done: int, total: int | None) -> None:
                reservation.cover(done, total)
                reporter.report(fetch_progress(done, total))

            await self._context.enter_stage(job, Stage.FETCH)
            place = self._context.workspace(job)
            async with self._encoding_early(batch, job) as on_part:
                fetched = await fetch.download(
                    job.source_url,
                    place.source,
                    guard=self._context.guard,
                    limits=limits,
                    expected_md5=job.md5,
                    on_progress=advance,
                    host_limits=self._context.host_limits.of_account(batch.account_id),
                    on_part=on_part,
                    cookies=cookies,
                    stores=await asyncio.to_thread(self._context.stores_of, batch.account_id),
                )
            await asyncio.to_thread(place.write_digests, md5=fetched.md5, sha256=fetched.sha256)
            await reporter.settle()
            await reporter.write(fetch_progress(fetched.size_bytes, fetched.size_bytes))
        self._context.watch.meters.fetched(fetched.size_bytes, time.monotonic() - started_s)
        return fetched.final_url

    def _encoding_early(self, batch: Batch, job: Job) -> AbstractAsyncContextManager[OnPart | None]:
        """Encode what can be encoded of a source while the block fetches it."""
        if not self._context.templates[batch.template].ladder:
            return nullcontext()
        return EarlyEncoder(self._context, self._production, job).encoding()

    async def _limits(self, batch: Batch, job: Job) -> fetch.FetchLimits:
        """Return what fetching a source may cost; of an import it is slowed down as that was asked for."""
        limits = self._context.fetch_limits
        if "import" not in batch.metadata:
            return limits
        rate = await asyncio.to_thread(rate_of_job, self._context.store.engine, job.job_id)
        return replace(limits, throttle=fetch.Throttle(rate)) if rate else limits

    async def _join_playlist(
        self,
        place: Workspace,
        reporter: ProgressReporter,
        *,
        base_url: str,
        cookies: CookieJar,
        account_id: str,
        limits: fetch.FetchLimits,
    ) -> None:
        folder = place.pieces
        folder.mkdir(exist_ok=True)
        parts = await fetch.fetch_playlist(
            place.source,
            base_url,
            folder,
            guard=self._context.guard,
            limits=limits,
            on_progress=lambda done, total: reporter.report(fetch_progress(done, total)),
            host_limits=self._context.host_limits.of_account(account_id),
            cookies=cookies,
            stores=await asyncio.to_thread(self._context.stores_of, account_id),
        )
        await reporter.settle()
        await reporter.write(fetch_progress(parts.size_bytes, parts.size_bytes))
        async with place.attempt(place.joined_folder) as fresh:
            copying = media.copy_limits(parts.size_bytes)
            sounds = [
                media.JoinedSound(
                    path=own.path, language=own.language, name=own.name, role=media.role_of(own.characteristics)
                )
                for own in parts.sounds
            ]
            zero_s = await media.join(
                parts.video,
                sounds,
                fresh / JOINED_FILE,
                toolbox=self._context.toolbox,
                limits=copying,
                has_texts=bool(parts.texts),
            )
            texts = await read_texts(parts.texts, zero_s=zero_s, toolbox=self._context.toolbox)
            await asyncio.to_thread(write_texts, fresh, texts)
        await asyncio.to_thread(place.drop_pieces)

    async def measure(self, job: Job, source: Path) -> tuple[Path, media.MediaInfo]:
        """Return what of a whole source is made into others, itself or its copy with one clock, and what it is."""
        # Most sources have one clock: that is found out beside what else is asked of them.
        toolbox = self._context.toolbox
        probing = asyncio.ensure_future(media.probe(source, toolbox=toolbox))
        try:
            readable = await self._production.originals.steadied(job, source)
            if readable == source:
                return source, await probing
        finally:
            probing.cancel()
            await asyncio.gather(probing, return_exceptions=True)
        shift_s = self._context.workspace(job).shift_s
        return readable, await media.probe(readable, original=source, shift_s=shift_s, toolbox=toolbox)


def _as_mp4(file_name: str) -> str:
    stem, dot, _ = file_name.rpartition(".")
    return f"{stem if dot else file_name}.mp4"
