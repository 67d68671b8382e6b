"""
The side effects of a job, each a few lines around a capability. Every step may run twice: it looks before it works.

Work files may vanish at any time (another machine, a cleaned disk); what a later step needs is then made again from the
stored original. An expected failure is a value, `{"failure": …}`; only defects raise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog
from pydantic import TypeAdapter

from vodpull import fetch, media, storage
from vodpull.clock import utc_month
from vodpull.errors import (
    Cancelled,
    Failure,
    MediaTooLarge,
    NoVideo,
    PlaylistUnsupported,
    StorageFull,
    StorageUnavailable,
    VodpullError,
)
from vodpull.jobs.model import Asset, Batch, Clarity, Job, ServerType, Stage, StoredFile
from vodpull.jobs.store import JobRef, Outcome, Progress, Store
from vodpull.jobs.templates import TEMPLATES
from vodpull.workflows.admission import Admission
from vodpull.workflows.engine import JsonObject
from vodpull.workflows.outbox import Outbox
from vodpull.workflows.progress import ProgressReporter
from vodpull.workflows.workplace import Workplace

UPLOADS_AT_ONCE = 8

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
"""Waits for storage grow from the first to the longest, so work goes on within a minute of its return."""

ENCODED_FILE = "encoded.json"
"""Beside the renditions: what they are."""

VERIFIED_FILE = "verified.json"
"""Beside the playlists: what the package is and what was measured; never published."""

_INFO = TypeAdapter(media.MediaInfo)
_ASSET = TypeAdapter(Asset)
_FAILURE = TypeAdapter(Failure)
_ENCODED = TypeAdapter(media.EncodedLadder)
_VERIFIED = TypeAdapter(tuple[media.Package, tuple[media.Rendition, ...]])

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What the steps act with, joined by the composition root."""

    store: Store
    objects: storage.ObjectStore
    guard: fetch.AddressGuard
    gate: fetch.HostGate
    toolbox: media.Toolbox
    work_folder: Path
    admission: Admission
    fetch_limits: fetch.FetchLimits
    max_duration_s: float


def failure_of(error: VodpullError) -> JsonObject:
    """Return an error as the outcome of a step."""
    return {"failure": asdict(Failure.of(error))}


class Steps:
    """The steps of one process."""

    def __init__(self, capabilities: Capabilities, outbox: Outbox) -> None:
        self._can = capabilities
        self._outbox = outbox

    async def fetch(self, ref: JobRef) -> JsonObject:
        """Bring the source here, verify, probe and store it. Result: `template`, `asset`, `info`, or `failure`."""
        batch, job = await self._find(ref)
        return await self._patiently(lambda: self._fetch(batch, job))

    async def encode(self, ref: JobRef, info: JsonObject) -> JsonObject:
        """Make the renditions of every rung. Result: empty, or `failure`."""
        _, job = await self._find(ref)
        return await self._patiently(lambda: self._ensure_encoded(job, _INFO.validate_python(info)))

    async def package(self, ref: JobRef, info: JsonObject) -> JsonObject:
        """Make playlists and segments and prove them. Result: empty, or `failure`."""
        _, job = await self._find(ref)
        return await self._patiently(lambda: self._ensure_packaged(job, _INFO.validate_python(info)))

    async def publish(self, ref: JobRef, info: JsonObject) -> JsonObject:
        """Put every file under its final key, playlists last. Result: `asset`, or `failure`."""
        _, job = await self._find(ref)
        return await self._patiently(lambda: self._publish(job, _INFO.validate_python(info)))

    async def finish(self, ref: JobRef, outcome: JsonObject) -> None:
        """Make the job final, with its notification in the same transaction, and clear its work files."""
        _, job = await self._find(ref)
        failure = outcome.get("failure")
        ended = Outcome(
            asset=_ASSET.validate_python(outcome["asset"]) if "asset" in outcome else None,
            failure=None if failure is None else _FAILURE.validate_python(failure | {"stage": job.stage.value}),
        )
        await asyncio.to_thread(self._outbox.finish_job, ref, ended)
        await asyncio.to_thread(self._workplace(job).clear)
        log.info("job finished", job=ref.job_id, code=failure["code"] if failure else "ok")

    async def deliver(self, delivery_id: str, number: int) -> None:
        """Post a notification once and record what came of it."""
        await self._outbox.deliver(delivery_id, number, guard=self._can.guard)

    async def _find(self, ref: JobRef) -> tuple[Batch, Job]:
        """Return the job as this attempt knows it, so that nothing it still does counts for a later attempt."""
        batch, job = await asyncio.to_thread(self._can.store.find_job, ref.job_id)
        return batch, replace(job, attempt=ref.attempt)

    async def _enter(self, job: Job, stage: Stage) -> None:
        """
        Record a change of stage.

        Raises:
            Cancelled: the attempt is over, so its work should stop.
        """
        if not await asyncio.to_thread(self._can.store.enter_stage, JobRef.of(job), stage):
            raise Cancelled("the job was cancelled or started anew")

    async def _patiently(self, work: Callable[[], Awaitable[JsonObject]]) -> JsonObject:
        """
        Return what the work gives, or its failure; wait and work again for what passes by itself.

        A full disk or a store that is away is nobody's failure: the work can be repeated, so it waits.
        """
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return await work()
            except (StorageFull, StorageUnavailable) as error:
                log.warning("waiting for storage", code=error.code, wait_s=wait_s)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
                await self._can.admission.wait_for_space()
            except VodpullError as error:
                return failure_of(error)

    def _workplace(self, job: Job) -> Workplace:
        return Workplace(self._can.work_folder, f"{job.directory}-{job.attempt}")

    def _reporter(self, job: Job) -> ProgressReporter:
        return ProgressReporter(lambda progress: self._can.store.update_progress(JobRef.of(job), progress))

    async def _fetch(self, batch: Batch, job: Job) -> JsonObject:
        reporter = self._reporter(job)
        source, name = await self._transfer(batch, job, reporter)
        is_playlist = await asyncio.to_thread(fetch.is_playlist, source)
        await self._enter(job, Stage.PROBE)
        info = None if is_playlist else await media.probe(source, toolbox=self._can.toolbox)
        await self._enter(job, Stage.STORE)
        asset = await self._store_original(job, source, name=name, info=info)
        await asyncio.to_thread(self._can.store.record_pulled, JobRef.of(job), asset)
        if TEMPLATES[batch.template].ladder:
            if info is None:
                raise PlaylistUnsupported("with fetchTs=0 only the playlist is stored, so there is nothing to encode")
            if info.video is None:
                raise NoVideo("the file has no moving picture")
        return {
            "template": batch.template,
            "asset": asdict(asset),
            "info": None if info is None else asdict(info),
        }

    async def _transfer(self, batch: Batch, job: Job, reporter: ProgressReporter) -> tuple[Path, str]:
        """Return the whole source and the name to keep it under; what an earlier attempt completed stays."""
        place = self._workplace(job)
        place.open()
        if place.joined.exists():
            return place.joined, _as_mp4(job.file_name)
        if not place.source.exists():
            await self._download(batch, job, reporter)
        if batch.fetch_ts and await asyncio.to_thread(fetch.is_playlist, place.source):
            await self._join_playlist(job, place, reporter)
            return place.joined, _as_mp4(job.file_name)
        return place.source, job.file_name

    async def _download(self, batch: Batch, job: Job, reporter: ProgressReporter) -> None:
        async with self._can.admission.admitted(encodes=TEMPLATES[batch.template].ladder) as reservation:

            def advance(done: int, total: int | None) -> None:
                reservation.cover(done, total)
                reporter.report(_fetch_progress(done, total))

            await self._enter(job, Stage.FETCH)
            place = self._workplace(job)
            fetched = await fetch.download(
                job.source_url,
                place.source,
                guard=self._can.guard,
                limits=self._can.fetch_limits,
                expected_md5=job.md5,
                on_progress=advance,
                gate=self._can.gate,
            )
            await asyncio.to_thread(place.write_digests, md5=fetched.md5, sha256=fetched.sha256)
            await reporter.settle()

    async def _join_playlist(self, job: Job, place: Workplace, reporter: ProgressReporter) -> None:
        with place.attempt(place.folder / "parts") as folder:
            parts = await fetch.fetch_playlist(
                place.source,
                job.source_url,
                folder,
                guard=self._can.guard,
                limits=self._can.fetch_limits,
                on_progress=lambda done, total: reporter.report(_fetch_progress(done, total)),
                gate=self._can.gate,
            )
            await reporter.settle()
            partial = folder / "joined.mp4"
            limits = media.copy_limits(parts.size_bytes)
            await media.join(parts.video, parts.audio, partial, toolbox=self._can.toolbox, limits=limits)
            partial.rename(place.joined)

    async def _store_original(self, job: Job, source: Path, *, name: str, info: media.MediaInfo | None) -> Asset:
        key = f"{_folder_key(job)}/{storage.original_name(name, video_id=job.video_id)}"
        await self._can.objects.put_file(key, source)
        video = None if info is None else info.video
        original = StoredFile(
            clarity=Clarity.ORIGINAL,
            server_type=ServerType.SOURCE,
            width_px=0 if video is None else video.display_width_px,
            height_px=0 if video is None else video.display_height_px,
            bitrate_bps=0 if info is None else info.bitrate_bps,
            size_bytes=(await self._can.objects.head(key)).size_bytes,
            key=key,
        )
        return Asset(
            video_id=job.video_id,
            duration_s=0.0 if info is None else info.duration_s,
            files=(original,),
            **await asyncio.to_thread(self._workplace(job).digests, source),
        )

    async def _need_source(self, job: Job) -> Path:
        """Return the original as a local file, from the store when this machine does not have it."""
        place = self._workplace(job)
        for local in (place.joined, place.source):
            if local.exists():
                return local
        place.open()
        assert job.asset is not None  # noqa: S101 - recorded before any step that comes here
        await self._can.objects.get_file(job.asset.files[0].key, place.source)
        return place.source

    async def _ensure_encoded(self, job: Job, info: media.MediaInfo) -> JsonObject:
        place = self._workplace(job)
        if place.encoded.exists():
            return {}
        if info.duration_s > self._can.max_duration_s:
            raise MediaTooLarge(f"the video is longer than {self._can.max_duration_s:.0f} s")
        source = await self._need_source(job)
        ladder = media.plan_ladder(info)
        decisions = [asdict(decision) for decision in ladder.decisions]
        await asyncio.to_thread(self._can.store.record_decisions, JobRef.of(job), decisions)
        reporter = self._reporter(job)
        await self._enter(job, Stage.ENCODE)
        plan = media.plan_encode(info, ladder)
        with place.attempt(place.encoded) as folder:
            encoded = await media.encode(
                source,
                plan,
                folder,
                toolbox=self._can.toolbox,
                limits=media.encode_limits(plan),
                on_progress=lambda part: reporter.report(Progress(percent=100 * part)),
            )
            await reporter.settle()
            (folder / ENCODED_FILE).write_bytes(_ENCODED.dump_json(encoded))
        log.info("encoded", job=job.job_id, rungs=len(plan.rungs), cpu_s=round(encoded.cpu_s, 1))
        return {}

    async def _ensure_packaged(self, job: Job, info: media.MediaInfo) -> JsonObject:
        place = self._workplace(job)
        if place.packaged.exists():
            return {}
        await self._ensure_encoded(job, info)
        await self._enter(job, Stage.PACKAGE)
        encoded = _ENCODED.validate_json((place.encoded / ENCODED_FILE).read_bytes())
        with place.attempt(place.packaged) as folder:
            package = await media.package(
                place.encoded,
                encoded,
                folder,
                video_id=job.video_id,
                toolbox=self._can.toolbox,
                limits=media.copy_limits(place.size_bytes(place.encoded)),
            )
            renditions = await media.verify(folder, package, info, toolbox=self._can.toolbox)
            (folder / VERIFIED_FILE).write_bytes(_VERIFIED.dump_json((package, renditions)))
        return {}

    async def _publish(self, job: Job, info: media.MediaInfo) -> JsonObject:
        await self._ensure_packaged(job, info)
        await self._enter(job, Stage.PUBLISH)
        folder = self._workplace(job).packaged
        package, renditions = _VERIFIED.validate_json((folder / VERIFIED_FILE).read_bytes())
        files = sorted(
            str(path.relative_to(folder))
            for path in folder.rglob("*")
            if path.is_file() and path.name not in {VERIFIED_FILE, package.multivariant}
        )
        await self._upload(job, folder, [name for name in files if not name.endswith(".m3u8")])
        await self._upload(job, folder, [name for name in files if name.endswith(".m3u8")])
        await self._upload(job, folder, [package.multivariant])
        return {"asset": asdict(_published(job, package, renditions))}

    async def _upload(self, job: Job, folder: Path, names: list[str]) -> None:
        slots = asyncio.Semaphore(UPLOADS_AT_ONCE)

        async def put(name: str) -> None:
            async with slots:
                await self._can.objects.put_file(f"{_folder_key(job)}/{name}", folder / name)

        uploads = [asyncio.ensure_future(put(name)) for name in names]
        try:
            await asyncio.gather(*uploads)
        finally:
            for upload in uploads:
                upload.cancel()


def _published(job: Job, package: media.Package, renditions: tuple[media.Rendition, ...]) -> Asset:
    assert job.asset is not None  # noqa: S101 - recorded before any step that comes here
    folder = _folder_key(job)
    rows = tuple(
        StoredFile(
            clarity=Clarity(rendition.clarity),
            server_type=ServerType.PC,
            width_px=rendition.width_px,
            height_px=rendition.height_px,
            bitrate_bps=rendition.bitrate_bps,
            size_bytes=rendition.size_bytes,
            key=f"{folder}/{rendition.playlist}",
        )
        for rendition in sorted(renditions, key=lambda rendition: rendition.clarity)
    )
    return replace(
        job.asset,
        files=(job.asset.files[0], *rows),
        playlist_key=f"{folder}/{package.multivariant}",
        poster_key=f"{folder}/{package.poster}",
        storyboard_key=f"{folder}/{package.storyboard}",
    )


def _folder_key(job: Job) -> str:
    return storage.asset_folder(month=utc_month(job.created_at_ms / 1000), directory=job.directory)


def _fetch_progress(done: int, total: int | None) -> Progress:
    return Progress(percent=100 * done / total if total else 0.0, bytes_done=done, bytes_total=total)


def _as_mp4(file_name: str) -> str:
    stem, dot, _ = file_name.rpartition(".")
    return f"{stem if dot else file_name}.mp4"
