"""
From a stored original to a published asset: plan, tracks, chunks, package, publish.

Each piece is an intermediate result, made once by whichever process comes first, and found by every other;
so a process that dies costs the piece under way, and a piece that is missing is made again from the original.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import structlog

from vodpull import media
from vodpull.errors import Cancelled, VodpullError
from vodpull.jobs.model import Asset, Job
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.job_refs import Progress
from vodpull.workflows.attempt.captions.source_texts import SourceTexts
from vodpull.workflows.attempt.captions.stored_caption_files import CaptionFiles
from vodpull.workflows.attempt.context import Context, attempt_name, made_name
from vodpull.workflows.attempt.encrypted_segments import encrypt
from vodpull.workflows.attempt.extras.optional_quality_figures import if_measured
from vodpull.workflows.attempt.originals.local_copy import Originals
from vodpull.workflows.attempt.planning import Planning
from vodpull.workflows.attempt.proof_looks import SeenAhead
from vodpull.workflows.attempt.publishing.preview import Previews
from vodpull.workflows.attempt.publishing.publish_order import FILES_AT_ONCE, publish_package
from vodpull.workflows.attempt.retries.once_more_after_failed_proof import is_made_again
from vodpull.workflows.attempt.single_flight import SharedWork, run_all
from vodpull.workflows.attempt.workspace.pieces import CAREFUL, PLAN, Planned, chunk_name, read_plan
from vodpull.workflows.attempt.workspace.verified import Verified, write_verified

log = structlog.get_logger(__name__)


class Production:
    """The production of one process. Used from one event loop."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.originals = Originals(context)
        self.planning = Planning(context, self.originals)
        self.seen_ahead = SeenAhead(context)
        self.previews = Previews(context)
        self._shared = SharedWork()
        self._texts = CaptionFiles(context.store.engine, context.objects)
        self._source_texts = SourceTexts(context.store.engine, context.objects, toolbox=context.toolbox)
        self._shares: dict[tuple[str, str], float] = {}

    async def plan(self, job: Job, info: media.MediaInfo, *, source: Path | None = None) -> Planned:
        """
        Return what is to be made of a job's original, the same whenever and wherever it is asked.

        `source`: where the original is while it is not stored yet.

        Raises:
            MediaTooLarge: the video is longer than allowed.
            VodpullError: it cannot be encoded.
        """
        pieces = self._context.pieces(job)
        found = await pieces.find(CAREFUL) or await pieces.find(PLAN)
        if found is None:
            await self._make(job, PLAN, partial(self.planning.write, job, info, source=source))
            found = await pieces.find(PLAN)
        if found is None:
            raise Cancelled("the files of this attempt were cleared")
        return read_plan(found)

    async def make_chunk(self, job: Job, info: media.MediaInfo, number: int) -> None:
        """Make sure that a chunk is encoded; of a film that is made in one piece, nothing."""

        async def make(planned: Planned) -> None:
            if not planned.plan.careful:
                await self._make_chunks(job, planned, planned.plan.chunks[number : number + 1])

        await self._context.enter_stage(job, Stage.ENCODE)
        await self._carefully(job, info, make)

    async def _make_chunks(self, job: Job, planned: Planned, chunks: Iterable[media.Chunk]) -> None:
        async with self._context.reporter(job).following(lambda: Progress(percent=self._percent(job, planned))):
            await run_all([self.encode_chunk(job, planned.plan, chunk) for chunk in chunks])

    async def encode_chunk(
        self,
        job: Job,
        plan: media.EncodePlan,
        chunk: media.Chunk,
        *,
        part: Path | None = None,
        stop_bytes: int | None = None,
    ) -> None:
        """
        Make sure that a chunk of a plan is encoded, from the original, or from a file that holds its part of it.

        Of such a file, nothing is read from `stop_bytes` on. It counts only for this plan: when the whole file leads
        to another one, nobody finds it.
        """
        name = chunk_name(plan, chunk)
        place = attempt_name(job), name
        spent_s: float | None = None

        async def encode(folder: Path) -> None:
            nonlocal spent_s
            whole = await self.originals.readable(job) if part is None else self._context.workspace(job).source
            async with self._context.encoders:
                source = _there(part, whole)
                started_s = time.monotonic()
                spent_s = await media.encode_chunk(
                    source,
                    plan,
                    chunk,
                    folder,
                    toolbox=self._context.toolbox,
                    limits=media.encode_limits(plan, chunk),
                    on_progress=lambda share: self._shares.update({place: share}),
                    stop_bytes=stop_bytes,
                )
            self._context.watch.meters.encoded(float(chunk.frames / plan.rate), time.monotonic() - started_s)

        try:
            await self._make(job, name, encode)
        finally:
            self._shares.pop(place, None)
            # It need not be made again, even when it has not reached the store.
            if spent_s is not None and self._context.workspace(job).result(name).exists():
                log.info("chunk encoded", job=job.job_id, chunk=chunk.number, cpu_s=round(spent_s, 1))

    async def make_tracks(self, job: Job, info: media.MediaInfo) -> None:
        """Make sure that what is made of the source as a whole is there: sound, and a rung that is copied."""
        await self._context.enter_stage(job, Stage.ENCODE)
        await self._carefully(job, info, partial(self._make_tracks, job))

    async def _make_tracks(self, job: Job, planned: Planned) -> None:
        if planned.plan.has_tracks:
            await self._make(job, planned.tracks_name, lambda folder: self._write_tracks(job, planned.plan, folder))

    async def make_all(self, job: Job, info: media.MediaInfo) -> None:
        """Make sure that every piece is there."""
        await self._carefully(job, info, partial(self._make_pieces, job, info))

    async def _make_pieces(self, job: Job, info: media.MediaInfo, planned: Planned) -> None:
        await self._context.enter_stage(job, Stage.ENCODE)
        original = media.Original(path=await self.originals.readable(job), info=info)
        async with self.seen_ahead.meanwhile(job, planned.plan, original):
            await run_all([self._make_tracks(job, planned), self._make_chunks(job, planned, planned.plan.chunks)])

    async def preview(self, job: Job, info: media.MediaInfo, *, chunks: int) -> str | None:
        """Show the first chunks of a job under way, as `Previews.show` does."""
        await self._context.enter_stage(job, Stage.ENCODE)
        planned = await self.plan(job, info)
        return await self.previews.show(job, planned, chunks=chunks, parts=partial(self._parts, job, planned))

    async def package(self, job: Job, info: media.MediaInfo) -> Path:
        """
        Make sure that playlists and segments are made and proven, and return their folder.

        What does not pass the proof is made once more, carefully, if there is a more careful way.
        """
        place = self._context.workspace(job)
        if not place.packaged.exists():
            await self._carefully(job, info, partial(self._package, job, info))
        return place.packaged

    async def _package(self, job: Job, info: media.MediaInfo, planned: Planned) -> None:
        await self._context.enter_stage(job, Stage.PACKAGE)
        parts = await self._parts(job, planned)
        if parts is None:
            await self._make_pieces(job, info, planned)
            parts = await self._parts(job, planned)
            await self._context.enter_stage(job, Stage.PACKAGE)
        assert parts is not None  # noqa: S101 - every piece was made above
        source, seen = await self.originals.readable(job), await self.seen_ahead.take(job)
        original = media.Original(path=source, info=info, seen=seen)
        place = self._context.workspace(job)
        async with place.attempt(place.packaged) as folder:
            package, renditions, proof = await media.package_and_verify(
                planned.plan, parts, folder, original=original, video_id=made_name(job), toolbox=self._context.toolbox
            )
            renditions = await self._judged(job, planned.plan, package, renditions=renditions, folder=folder)
            verified = Verified(package=package, renditions=renditions, proof=asdict(proof))
            keys = self._context.content_keys
            write_verified(folder, await encrypt(verified, planned.plan, folder, job=job, content_keys=keys))
        log.info("compared with the source", job=job.job_id, **media.told(proof))

    async def _carefully(self, job: Job, info: media.MediaInfo, work: Callable[[Planned], Awaitable[None]]) -> None:
        """Do something with the plan of a job; if it goes wrong, with the careful one, unless it was that already."""
        planned = await self.plan(job, info)
        try:
            await work(planned)
        except VodpullError as error:
            if not is_made_again(error, planned.plan):
                raise
            log.warning("made again carefully", job=job.job_id, code=error.code, reason=str(error))
            instead = partial(self.planning.write_careful, job, info, before=planned.plan, reason=str(error))
            await self._make(job, CAREFUL, instead)
            await self.previews.hide(job)
            await work(await self.plan(job, info))

    async def publish(self, job: Job, info: media.MediaInfo) -> Asset:
        """Put every file under its final key, and return the asset as it then is."""
        folder = await self.package(job, info)
        await self._context.enter_stage(job, Stage.PUBLISH)
        drawn = (await self.plan(job, info)).plan.text
        bring = self.originals.as_it_came if (await self.planning.template(job)).captions else None
        job = replace(job, asset=await self._source_texts.tell(job, info, drawn=drawn, bring=bring))
        await asyncio.to_thread(self._texts.show_early, job, folder)
        return await publish_package(job, folder, self._context)

    async def _judged(
        self,
        job: Job,
        plan: media.EncodePlan,
        package: media.Package,
        *,
        renditions: tuple[media.Rendition, ...],
        folder: Path,
    ) -> tuple[media.Rendition, ...]:
        """Return the renditions with their quality, where it is asked for and can be measured."""
        if not plan.vmaf:
            return renditions
        source = await self.originals.readable(job)
        toolbox = self._context.toolbox
        async with self._context.encoders:
            found = await if_measured(
                media.measure_renditions(source, plan, package, out_folder=folder, toolbox=toolbox), job=job
            )
        return tuple(replace(rendition, quality=found.get(rendition.playlist)) for rendition in renditions)

    def _percent(self, job: Job, planned: Planned) -> float:
        place = self._context.workspace(job)
        frames = sum(
            chunk.frames * (1.0 if place.result(name).exists() else self._shares.get((place.name, name), 0.0))
            for name, chunk in zip(planned.chunk_names, planned.plan.chunks, strict=True)
        )
        return 100 * frames / planned.plan.frames_total

    async def _write_tracks(self, job: Job, plan: media.EncodePlan, folder: Path) -> None:
        source, limits = await self.originals.readable(job), media.encode_limits(plan)
        # Beside the encoders: it is little work for one processor, and nothing plays without it.
        await media.encode_tracks(source, plan, folder, toolbox=self._context.toolbox, limits=limits)

    async def _parts(self, job: Job, planned: Planned, chunks: int | None = None) -> media.Parts | None:
        """Return the folders of the tracks and of the first chunks, or of all; None when one of them is not there."""
        pieces = self._context.pieces(job)
        tracks = await pieces.find(planned.tracks_name) if planned.plan.has_tracks else None
        if planned.plan.has_tracks and tracks is None:
            return None
        slots = asyncio.Semaphore(FILES_AT_ONCE)

        async def find(name: str) -> Path | None:
            async with slots:
                return await pieces.find(name)

        folders = await asyncio.gather(*map(find, planned.chunk_names[:chunks]))
        whole = tuple(folder for folder in folders if folder is not None)
        return media.Parts(tracks=tracks, chunks=whole) if len(whole) == len(folders) else None

    async def _make(self, job: Job, name: str, work: Callable[[Path], Awaitable[None]]) -> None:
        """Make sure that a piece is there."""
        pieces = self._context.pieces(job)
        await self._shared.once((attempt_name(job), name), lambda: pieces.put(name, work))


def _there(part: Path | None, whole: Path) -> Path:
    """Return the file that is still coming, or the whole that it has become in the meantime."""
    return part if part and part.exists() else whole
