"""
From a stored original to a published asset: plan, tracks, chunks, package, publish.

Each piece is an intermediate result on the shelf, made once by whichever process comes first, and found by every other;
so a process that dies costs the piece under way, and a piece that is missing is made again from the original.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import structlog
from pydantic import TypeAdapter

from vodpull import media
from vodpull.errors import Cancelled, EncodeFailed, EncodeStalled, MediaTooLarge, OutputInvalid
from vodpull.jobs.model import Asset, Clarity, Job, ServerType, Stage, StoredFile
from vodpull.jobs.store import JobRef, Progress
from vodpull.workflows.capabilities import Capabilities, attempt_name, folder_key
from vodpull.workflows.previewed import Previewed, published_already, read_note, write_note

UPLOADS_AT_ONCE = 8

PLAN = "plan-2"
"""With the number of its form: that of an older version is not read, but made again."""

PLAN_FILE = "plan.json"

VERIFIED_FILE = "verified.json"
"""Beside the playlists: what the package is and what was measured; never published."""

_PLAN = TypeAdapter(media.EncodePlan)
_VERIFIED = TypeAdapter(tuple[media.Package, tuple[media.Rendition, ...]])

log = structlog.get_logger(__name__)


class Production:
    """The production of one process. Used from one event loop."""

    def __init__(self, capabilities: Capabilities) -> None:
        self._can = capabilities
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._shares: dict[tuple[str, int], float] = {}

    async def plan(self, job: Job, info: media.MediaInfo) -> media.EncodePlan:
        """
        Return what is to be made of a job's original, the same whenever and wherever it is asked.

        Raises:
            MediaTooLarge: the video is longer than allowed.
            VodpullError: it cannot be encoded.
        """
        shelf = self._can.shelf(job)
        found = await shelf.find(PLAN)
        if found is None:
            await self._make(job, PLAN, lambda folder: self._write_plan(job, info, folder))
            found = await shelf.find(PLAN)
        if found is None:
            raise Cancelled("the files of this attempt were cleared")
        return _PLAN.validate_json((found / PLAN_FILE).read_bytes())

    async def foresee(self, job: Job, info: media.MediaInfo) -> media.EncodePlan | None:
        """Return the plan of a source of which only the beginning is here; None: it depends on the rest."""
        if info.video is None or info.duration_s > self._can.max_duration_s:
            return None
        ladder = media.plan_ladder(info, template=await self._template(job))
        return None if media.foresees_copy(info, ladder) else media.plan_encode(info, ladder)

    async def make_chunk(self, job: Job, info: media.MediaInfo, number: int) -> None:
        """Make sure that a chunk is encoded."""
        plan = await self.plan(job, info)
        await self._can.enter(job, Stage.ENCODE)
        source = await self.need_source(job)
        reporter = self._can.reporter(job)
        await self.encode_chunk(
            job,
            plan,
            plan.chunks[number],
            source=source,
            on_progress=lambda: reporter.report(Progress(percent=self._percent(job, plan))),
        )
        await reporter.settle()

    async def encode_chunk(
        self, job: Job, plan: media.EncodePlan, chunk: media.Chunk, *, source: Path, on_progress: Callable[[], None]
    ) -> None:
        """
        Make sure that a chunk of a plan is encoded, from a file that holds at least its part of the source.

        It counts only for this plan: when the whole file leads to another one, nobody finds it.
        """
        place = attempt_name(job), chunk.number

        def advance(share: float) -> None:
            self._shares[place] = share
            on_progress()

        async def encode(folder: Path) -> None:
            async with self._can.encoders:
                started_s = time.monotonic()
                cpu_s = await media.encode_chunk(
                    source,
                    plan,
                    chunk,
                    folder,
                    toolbox=self._can.toolbox,
                    limits=media.encode_limits(plan, chunk),
                    on_progress=advance,
                )
            self._can.watch.meters.encoded(float(chunk.frames / plan.rate), time.monotonic() - started_s)
            log.info("chunk encoded", job=job.job_id, chunk=chunk.number, cpu_s=round(cpu_s, 1))

        try:
            await self._make(job, _chunk_name(plan, chunk), encode)
        finally:
            self._shares.pop(place, None)

    async def make_tracks(self, job: Job, info: media.MediaInfo) -> None:
        """Make sure that what is made of the source as a whole is there: sound, and a rung that is copied."""
        plan = await self.plan(job, info)
        if plan.has_tracks:
            await self._can.enter(job, Stage.ENCODE)
            await self._make(job, _tracks_name(plan), lambda folder: self._write_tracks(job, plan, folder))

    async def make_all(self, job: Job, info: media.MediaInfo) -> None:
        """Make sure that every piece is there."""
        plan = await self.plan(job, info)
        pieces = [self.make_tracks(job, info), *(self.make_chunk(job, info, chunk.number) for chunk in plan.chunks)]
        await _all(pieces)

    async def preview(self, job: Job, info: media.MediaInfo, *, chunks: int) -> str | None:
        """
        Publish the first chunks of a job under way as growing playlists; return the key of the multivariant one.

        None: a piece of it is not at hand, and this is no reason to make it.
        """
        plan = await self.plan(job, info)
        parts = await self._parts(job, plan, chunks)
        if parts is None:
            return None
        folder = self._can.workplace(job).preview
        folder.mkdir(parents=True, exist_ok=True)
        before = read_note(folder)
        preview = await media.package_preview(
            plan,
            parts,
            folder,
            video_id=job.video_id,
            after=before.segments,
            toolbox=self._can.toolbox,
        )
        for names in (preview.files, preview.playlists, [preview.multivariant]):
            await self._upload(job, folder, names)
        write_note(folder, Previewed(segments=preview.segments, files=before.files | {*preview.files}))
        return f"{folder_key(job)}/{preview.multivariant}"

    async def withdraw(self, job: Job) -> None:
        """Remove what a preview has published of an attempt that came to nothing."""
        if job.asset is None:
            return
        original = job.asset.files[0].key
        for key in await self._can.objects.list_keys(f"{folder_key(job)}/"):
            if key != original:
                await self._can.objects.delete(key)

    async def package(self, job: Job, info: media.MediaInfo) -> Path:
        """Make sure that playlists and segments are made and proven, and return their folder."""
        place = self._can.workplace(job)
        if place.packaged.exists():
            return place.packaged
        await self.make_all(job, info)
        plan = await self.plan(job, info)
        await self._can.enter(job, Stage.PACKAGE)
        parts = await self._parts(job, plan, len(plan.chunks))
        assert parts is not None  # noqa: S101 - every piece was made above
        size_bytes = sum(place.size_bytes(folder) for folder in (parts.tracks, *parts.chunks) if folder)
        with place.attempt(place.packaged) as folder:
            package = await media.package(
                plan,
                parts,
                folder,
                video_id=job.video_id,
                toolbox=self._can.toolbox,
                limits=media.copy_limits(size_bytes),
            )
            renditions = await media.verify(folder, package, info, toolbox=self._can.toolbox)
            renditions = await self._judged(job, plan, package, renditions=renditions, folder=folder)
            (folder / VERIFIED_FILE).write_bytes(_VERIFIED.dump_json((package, renditions)))
        return place.packaged

    async def publish(self, job: Job, info: media.MediaInfo) -> Asset:
        """Put every file under its final key, playlists last, and return the asset as it then is."""
        folder = await self.package(job, info)
        await self._can.enter(job, Stage.PUBLISH)
        package, renditions = _VERIFIED.validate_json((folder / VERIFIED_FILE).read_bytes())
        names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        names.remove(VERIFIED_FILE)
        names.remove(package.multivariant)
        there = published_already(folder, self._can.workplace(job).preview)
        await self._upload(job, folder, [name for name in names if not name.endswith(".m3u8") and name not in there])
        await self._upload(job, folder, [name for name in names if name.endswith(".m3u8")])
        await self._upload(job, folder, [package.multivariant])
        self._can.watch.meters.stored(sum((folder / name).stat().st_size for name in names))
        if any(rendition.quality for rendition in renditions):
            decisions = _with_quality(job.decisions, package, renditions)
            await asyncio.to_thread(self._can.store.record_decisions, JobRef.of(job), decisions)
        return _published(job, package, renditions)

    async def need_source(self, job: Job) -> Path:
        """Return the original as a local file, from the store when this machine does not have it."""
        place = self._can.workplace(job)
        assert job.asset is not None  # noqa: S101 - recorded before any step that comes here
        if place.joined.exists():
            return place.joined
        place.drop_other_source(sha256=job.asset.sha256)
        if place.source.exists():
            return place.source
        place.open()
        key = job.asset.files[0].key
        await self._once((place.name, "source"), lambda: self._can.objects.get_file(key, place.source))
        return place.source

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
        source = await self.need_source(job)
        try:
            async with self._can.encoders:
                found = await media.measure_renditions(
                    source, plan, package, out_folder=folder, toolbox=self._can.toolbox
                )
        except (EncodeFailed, EncodeStalled, OutputInvalid) as error:
            # What was made is proven, and nobody waits for the figure.
            log.warning("quality not measured", job=job.job_id, code=error.code)
            return renditions
        return tuple(replace(rendition, quality=found.get(rendition.playlist)) for rendition in renditions)

    async def _write_plan(self, job: Job, info: media.MediaInfo, folder: Path) -> None:
        if info.duration_s > self._can.max_duration_s:
            raise MediaTooLarge(f"the video is longer than {self._can.max_duration_s:.0f} s")
        survey = None
        if media.worth_surveying(info):
            survey = await media.survey(await self.need_source(job), info, toolbox=self._can.toolbox)
        ladder = media.plan_ladder(info, template=await self._template(job), survey=survey)
        decisions = [asdict(decision) for decision in ladder.decisions]
        await asyncio.to_thread(self._can.store.record_decisions, JobRef.of(job), decisions)
        plan = media.plan_encode(info, ladder, survey=survey)
        (folder / PLAN_FILE).write_bytes(_PLAN.dump_json(plan))

    async def _template(self, job: Job) -> media.Template:
        batch, _ = await asyncio.to_thread(self._can.store.find_job, job.job_id)
        return self._can.templates.find(batch.template)

    def _percent(self, job: Job, plan: media.EncodePlan) -> float:
        place = self._can.workplace(job)
        frames = sum(
            chunk.frames * (1.0 if place.result(_chunk_name(plan, chunk)).exists() else share)
            for chunk in plan.chunks
            for share in [self._shares.get((place.name, chunk.number), 0.0)]
        )
        return 100 * frames / plan.frames_total

    async def _write_tracks(self, job: Job, plan: media.EncodePlan, folder: Path) -> None:
        source = await self.need_source(job)
        async with self._can.encoders:
            limits = media.encode_limits(plan)
            await media.encode_tracks(source, plan, folder, toolbox=self._can.toolbox, limits=limits)

    async def _parts(self, job: Job, plan: media.EncodePlan, chunks: int) -> media.Parts | None:
        """Return the folders of the tracks and the first chunks; None when one of them is not there."""
        shelf = self._can.shelf(job)
        tracks = await shelf.find(_tracks_name(plan)) if plan.has_tracks else None
        folders = [await shelf.find(_chunk_name(plan, chunk)) for chunk in plan.chunks[:chunks]]
        whole = tuple(folder for folder in folders if folder is not None)
        if len(whole) < len(folders) or (plan.has_tracks and tracks is None):
            return None
        return media.Parts(tracks=tracks, chunks=whole)

    async def _make(self, job: Job, name: str, work: Callable[[Path], Awaitable[None]]) -> None:
        """Make sure that a result is on the shelf."""
        shelf = self._can.shelf(job)
        await self._once((attempt_name(job), name), lambda: shelf.put(name, work))

    async def _once(self, key: tuple[str, str], work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something that several ask for at the same time; if the first is cancelled, so is the work of all."""
        under_way = self._under_way.get(key)
        if under_way is None:
            under_way = self._under_way.setdefault(key, asyncio.ensure_future(work()))
            under_way.add_done_callback(lambda _: self._under_way.pop(key, None))
        await under_way

    async def _upload(self, job: Job, folder: Path, names: Iterable[str]) -> None:
        slots = asyncio.Semaphore(UPLOADS_AT_ONCE)

        async def put(name: str) -> None:
            async with slots:
                await self._can.objects.put_file(f"{folder_key(job)}/{name}", folder / name)

        await _all([put(name) for name in names])


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do several things at once; the first that fails ends the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _chunk_name(plan: media.EncodePlan, chunk: media.Chunk) -> str:
    return f"chunk-{chunk.number}-{_digest(media.build_chunk_argv(plan, chunk))}"


def _tracks_name(plan: media.EncodePlan) -> str:
    return f"tracks-{_digest(media.build_tracks_argv(plan))}"


def _digest(argv: list[str]) -> str:
    return hashlib.sha256("\0".join(argv).encode()).hexdigest()[:32]


def _published(job: Job, package: media.Package, renditions: tuple[media.Rendition, ...]) -> Asset:
    assert job.asset is not None  # noqa: S101 - recorded before any step that comes here
    folder = folder_key(job)
    # The other codecs are in the multivariant playlist, for players that choose.
    answering = [rendition for rendition in renditions if rendition.codec == package.fallback]
    rows = [row for rendition in answering for row in _rows(rendition, folder)]
    return replace(
        job.asset,
        files=(job.asset.files[0], *rows),
        playlist_key=f"{folder}/{package.multivariant}",
        poster_key=f"{folder}/{package.poster}",
        storyboard_key=f"{folder}/{package.storyboard}",
    )


def _rows(rendition: media.Rendition, folder: str) -> Iterator[StoredFile]:
    """Give the files of a rendition that a client may play: the playlist, and the progressive file if there is one."""
    playlist = StoredFile(
        clarity=Clarity(rendition.clarity),
        server_type=ServerType.PC,
        width_px=rendition.width_px,
        height_px=rendition.height_px,
        bitrate_bps=rendition.bitrate_bps,
        size_bytes=rendition.size_bytes,
        key=f"{folder}/{rendition.playlist}",
    )
    yield playlist
    if rendition.mp4:
        bitrate_bps = round(8 * rendition.mp4_bytes / rendition.duration_s)
        yield replace(
            playlist,
            server_type=ServerType.MOBILE,
            bitrate_bps=bitrate_bps,
            size_bytes=rendition.mp4_bytes,
            key=f"{folder}/{rendition.mp4}",
        )


def _with_quality(
    decisions: Iterable[Mapping[str, Any]], package: media.Package, renditions: Iterable[media.Rendition]
) -> list[dict[str, Any]]:
    """Return the decisions with what was measured: of the fallback codec as one figure, of each codec in full."""
    found = {(one.clarity, one.codec): one.quality for one in renditions if one.quality}
    judged = []
    for decision in decisions:
        own = {codec: quality for (clarity, codec), quality in found.items() if clarity == decision["clarity"]}
        fallback = own.get(package.fallback)
        figures = {"qualities": {codec: asdict(quality) for codec, quality in own.items()}} if own else {}
        judged.append({**decision, **figures, **({"vmaf": round(fallback.mean, 2)} if fallback else {})})
    return judged
