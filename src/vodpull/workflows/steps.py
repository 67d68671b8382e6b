"""
The side effects of a job, each a few lines around a capability. Every step may run twice: it looks before it works.

Work files may vanish at any time (another machine, a cleaned disk); what a later step needs is then made again from the
stored original. An expected failure is a value, `{"failure": …}`; only defects raise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import structlog
from pydantic import TypeAdapter

from vodpull import fetch, media
from vodpull.clock import now_ms
from vodpull.errors import (
    Failure,
    MediaError,
    PlaylistUnsupported,
    StorageError,
    VodpullError,
)
from vodpull.jobs.model import Asset, Batch, Job
from vodpull.jobs.states_and_codes import UPLOADED, Stage, WireStatus
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.preview_rows import record_playable
from vodpull.materials.materials import Materials
from vodpull.workflows.attempt.ahead.arriving_uploads import Arrivals
from vodpull.workflows.attempt.ahead.head_start import HeadStart
from vodpull.workflows.attempt.asset_files import alone
from vodpull.workflows.attempt.captions.hls_source_texts import keep_texts, kept_texts, told
from vodpull.workflows.attempt.captions.sidecars import Sidecars
from vodpull.workflows.attempt.captions.stored_caption_files import CaptionFiles
from vodpull.workflows.attempt.context import Context, replaces
from vodpull.workflows.attempt.ended_work import EndedWork
from vodpull.workflows.attempt.originals.kept_original import KeptOriginals
from vodpull.workflows.attempt.produce import Production
from vodpull.workflows.attempt.retries.step_retries import RepeatedWork
from vodpull.workflows.attempt.sources import Sources
from vodpull.workflows.attempt.stable_playlist_names import switch
from vodpull.workflows.delivery.job_news import JobNews
from vodpull.workflows.delivery.outbox import Outbox
from vodpull.workflows.engine.engine import JsonObject
from vodpull.workflows.engine.queues import Owner

_INFO = TypeAdapter(media.MediaInfo)
_ASSET = TypeAdapter(Asset)
_FAILURE = TypeAdapter(Failure)

log = structlog.get_logger(__name__)


class Steps:
    """The steps of one process."""

    def __init__(self, context: Context, news: JobNews, outbox: Outbox) -> None:
        self._context = context
        self._news = news
        self._outbox = outbox
        self._production = Production(context)
        self._captions = CaptionFiles(context.store.engine, context.objects)
        materials = Materials(context.store.engine)
        self._sidecars = Sidecars(self._captions, context.side_files, materials=materials)
        self._head_start = HeadStart(context, self._production)
        self._arrivals = Arrivals(context, self._production)
        self._sources = Sources(context, self._production, self._arrivals)
        self._kept_originals = KeptOriginals(context)
        self._ended = EndedWork(context)
        self._repeated = RepeatedWork(context, when_cancelled=self._ended.clear_if_over)

    async def arrive(self, upload_id: str) -> None:
        """Encode what can be of an upload while it comes; what cannot is no fault of anybody."""
        await self._arrivals.follow(upload_id)

    async def fetch(self, ref: JobRef) -> JsonObject:
        """Bring the source here, whole, and store it. Result: `asset`, `info`, whether to `encode`; or `failure`."""
        batch, job = await self._find(ref)
        with self._context.watch.part(ref, "fetch"):
            return await self._repeated.work(job, lambda: self._fetch(batch, job))

    async def plan(self, ref: JobRef, info: JsonObject) -> JsonObject:
        """Decide what is made of the original. Result: the number of `chunks`, or `failure`."""
        _, job = await self._find(ref)

        async def plan() -> JsonObject:
            # It has not left this stage; of an attempt that is over nothing is read.
            await self._context.enter_stage(job, Stage.STORE)
            return {"chunks": len((await self._production.plan(job, _INFO.validate_python(info))).plan.chunks)}

        return await self._repeated.work(job, plan)

    async def tracks(self, ref: JobRef, info: JsonObject) -> JsonObject:
        """Encode the sound as a whole. Result: empty, or `failure`."""
        with self._context.watch.part(ref, "tracks"):
            return await self._produce(ref, info, self._production.make_tracks)

    async def chunk(self, ref: JobRef, info: JsonObject, number: int) -> JsonObject:
        """Encode one chunk. Result: empty, or `failure`."""
        with self._context.watch.stage(ref, Stage.ENCODE, chunk=number):
            return await self._produce(ref, info, partial(self._production.make_chunk, number=number))

    async def preview(self, ref: JobRef, info: JsonObject, chunks: int) -> JsonObject:
        """Make the first chunks playable. Result: empty; what cannot be shown early is shown at the end."""
        _, job = await self._find(ref)
        assert job.asset is not None  # noqa: S101 - recorded before any step that comes here
        if replaces(job):
            return {}
        try:
            key = await self._production.preview(job, _INFO.validate_python(info), chunks=chunks)
        except asyncio.CancelledError:
            await asyncio.shield(self._ended.clear_if_over(job))
            raise
        except (VodpullError, OSError) as error:
            log.warning("no preview", job=ref.job_id, code=getattr(error, "code", type(error).__name__))
            return {}
        if key is not None:
            playable = replace(job.asset, playlist_key=key, attempt=ref.attempt)
            await asyncio.to_thread(record_playable, self._context.store.engine, ref, playable)
        return {}

    async def encode(self, ref: JobRef, info: JsonObject) -> JsonObject:
        """Make sure that every piece of the renditions is made. Result: empty, or `failure`."""
        with self._context.watch.stage(ref, Stage.ENCODE):
            return await self._produce(ref, info, self._production.make_all)

    async def package(self, ref: JobRef, info: JsonObject) -> JsonObject:
        """Make playlists and segments and prove them. Result: empty, or `failure`."""
        with self._context.watch.stage(ref, Stage.PACKAGE):
            return await self._produce(ref, info, self._production.package)

    async def publish(self, ref: JobRef, info: JsonObject) -> JsonObject:
        """Put every file under its final key, playlists last. Result: `asset`, or `failure`."""
        _, job = await self._find(ref)

        async def publish() -> JsonObject:
            return {"asset": asdict(await self._production.publish(job, _INFO.validate_python(info)))}

        with self._context.watch.stage(ref, Stage.PUBLISH):
            return await self._repeated.work(job, publish)

    async def _produce(
        self, ref: JobRef, info: JsonObject, make: Callable[[Job, media.MediaInfo], Awaitable[object]]
    ) -> JsonObject:
        _, job = await self._find(ref)

        async def produce() -> JsonObject:
            await make(job, _INFO.validate_python(info))
            return {}

        return await self._repeated.work(job, produce)

    async def finish(self, ref: JobRef, outcome: JsonObject) -> None:
        """Make the job final, with its notification in the same transaction, and clear its files; or postpone it."""
        batch, job = await self._find(ref)
        failure = outcome.get("failure")
        if failure is not None and await self._postpone(batch, job, outcome):
            return
        ended = Outcome(
            asset=_ASSET.validate_python(outcome["asset"]) if "asset" in outcome else None,
            failure=None if failure is None else _FAILURE.validate_python(failure | {"stage": job.stage.value}),
        )
        if failure is not None:
            await self._tidy(lambda: self._ended.withdraw(job))
        await asyncio.to_thread(self._news.finish_job, ref, ended)
        if failure is None:
            await self._tidy(lambda: switch(self._context, job))
            await self._tidy(lambda: self._show_captions(job))
        await self._tidy(lambda: self._ended.clear(job))

    async def _postpone(self, batch: Batch, job: Job, outcome: JsonObject) -> bool:
        """Have a source asked again later that fails in a way that may pass; what has arrived stays."""
        failure = _FAILURE.validate_python(outcome["failure"] | {"stage": job.stage.value})
        asked_s = outcome.get("retry_after_s", 0.0)
        next_try = self._context.source_retries.next_try(job, failure, asked_s=asked_s, now_ms=now_ms())
        if next_try is None:
            return False
        later = replace(job, attempt=job.attempt + 1)
        await asyncio.to_thread(self._context.workspace(job).hand_over, self._context.workspace(later))
        is_postponed = await asyncio.to_thread(self._news.postpone_job, JobRef.of(job), next_try, Owner.of(batch))
        if is_postponed:
            log.warning("source failed, tried again later", job=job.job_id, code=failure.code, tries=next_try.tries)
        return is_postponed

    async def deliver(self, delivery_id: str, number: int) -> None:
        """Post a notification once and record what came of it."""
        await self._outbox.deliver(delivery_id, number, guard=self._context.notify_guard)

    async def _find(self, ref: JobRef) -> tuple[Batch, Job]:
        """Return the job as this attempt knows it, so that nothing it still does counts for a later attempt."""
        batch, job = await asyncio.to_thread(self._context.store.find_job, ref.job_id)
        return batch, replace(job, attempt=ref.attempt)

    async def _tidy(self, work: Callable[[], Awaitable[None]]) -> None:
        """Remove files; that a store refuses to do so is no reason for a job not to end."""
        try:
            await self._repeated.outlast_storage(work)
        except StorageError as error:
            log.warning("files stay in the store", code=error.code)

    async def _show_captions(self, job: Job) -> None:
        """Show captions that were put or removed while this attempt was published."""
        _, now = await asyncio.to_thread(self._context.store.find_job, job.job_id)
        if now.attempt == job.attempt:
            await self._captions.show(now)

    async def _fetch(self, batch: Batch, job: Job) -> JsonObject:
        if job.pull_status is WireStatus.SUCCEEDED:
            return await self._look_again(batch, job)
        ref, watch = JobRef.of(job), self._context.watch
        with watch.stage(ref, Stage.FETCH):
            source, name = await self._sources.bring(batch, job)
        is_playlist = await asyncio.to_thread(fetch.is_playlist, source)
        await self._context.enter_stage(job, Stage.PROBE)
        with watch.stage(ref, Stage.PROBE):
            try:
                readable, info = (source, None) if is_playlist else await self._sources.measure(job, source)
            except MediaError:
                if job.origin in UPLOADED:  # nobody else has it, so it stays as it came
                    await self._keep(batch, job, source, name=name, info=None)
                raise
        await self._context.enter_stage(job, Stage.STORE)
        if info is not None and self._context.templates[batch.template].ladder:
            self._head_start.begin(job, info, readable)
        asset = await self._keep(batch, job, source, name=name, info=info)
        for lost in asset.warnings:
            log.warning("left out", job=job.job_id, code=lost.code, reason=lost.message)
        return await self._judge(batch, job, asset, info=info)

    async def _keep(self, batch: Batch, job: Job, source: Path, *, name: str, info: media.MediaInfo | None) -> Asset:
        """Store an original under its final key, and record that it is there."""
        await self._context.enter_stage(job, Stage.STORE)
        with self._context.watch.stage(JobRef.of(job), Stage.STORE):
            texts = await self._sidecars.bring(batch, job, duration_s=info.duration_s if info else 0.0)
            asset = texts.told(await self._kept_originals.store(job, source, name=name, info=info))
            asset = await self._context.posters.bring(batch, job, asset)
        template = self._context.templates[batch.template]
        offered = await asyncio.to_thread(kept_texts, self._context.workspace(job).joined_folder)
        asset = told(asset, offered) if template.captions else asset
        await asyncio.to_thread(self._news.record_pulled, batch, job, asset, encodes=template.ladder)
        await self._sidecars.keep(replace(job, asset=asset), texts)
        if template.captions:
            await keep_texts(self._captions, replace(job, asset=asset), offered)
        await self._sources.let_go(job)
        return asset

    async def _look_again(self, batch: Batch, job: Job) -> JsonObject:
        """Bring an original that is stored here and measure it once more; nothing is fetched."""
        assert job.asset is not None  # noqa: S101 - recorded when it was stored
        await self._context.enter_stage(job, Stage.PROBE)
        with self._context.watch.stage(JobRef.of(job), Stage.PROBE):
            source = await self._production.originals.as_it_came(job)
            is_playlist = await asyncio.to_thread(fetch.is_playlist, source)
            info = None if is_playlist else (await self._sources.measure(job, source))[1]
        await self._context.enter_stage(job, Stage.STORE)
        return await self._judge(batch, job, alone(job.asset), info=info)

    async def _judge(self, batch: Batch, job: Job, asset: Asset, *, info: media.MediaInfo | None) -> JsonObject:
        """Return what came of a stored original; raises what its template cannot be made of."""
        template = self._context.templates[batch.template]
        if template.ladder:
            if info is None:
                raise PlaylistUnsupported("with fetchTs=0 only the playlist is stored, so there is nothing to encode")
            media.check_source(info, template)
        if template.encrypt != "none":  # from now on its video counts as encrypted
            await asyncio.to_thread(self._context.content_keys.of_attempt, job.video_id, job.attempt, count=1)
        return {
            "encode": template.ladder,
            "asset": asdict(asset),
            "info": None if info is None else asdict(info),
        }
