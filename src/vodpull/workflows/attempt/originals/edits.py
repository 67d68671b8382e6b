"""
The source of a clip or a join: made of stored videos, piece by piece, and compared with them before it counts.

Each piece is found again after a crash, under a name made from the plan.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import structlog
from pydantic import TypeAdapter

from vodpull import media
from vodpull.errors import EncodeFailed, MediaTooLarge, MediaUnsupported, NotFound, OutputInvalid
from vodpull.jobs.job_folders import folder_key, fragments_name
from vodpull.jobs.model import Asset, Batch, Job
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.job_refs import Progress
from vodpull.media import edit
from vodpull.videos.deferred_calls import task_of_job
from vodpull.videos.library import find_video
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.originals.stored_video import bring_stored
from vodpull.workflows.attempt.workspace.workspace import Workspace

ORDER = TypeAdapter(edit.EditOrder)

DISK_FACTOR = 3
"""So many times the size of its sources does an edit need: they themselves, its pieces, and the result."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """One thing to be made."""

    name: str
    make: Callable[[Path], Awaitable[object]]
    encodes: bool = True
    """It takes a place among the encoders."""


class Edits:
    """Makes the clips and joins of one process's jobs."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def bring(self, batch: Batch, job: Job) -> Path:
        """
        Return the MP4 or FLV of an edit, beside its playlist and fragments.

        Raises:
            MediaUnsupported: a video is gone, or has nothing in the section.
            OutputInvalid: the result is not what was planned, even when all of it is encoded.
        """
        order, assets = await asyncio.to_thread(self._read, batch, job)
        size_bytes = sum(asset.size_bytes for asset in assets)
        async with self._context.admission.admitted(encodes=False) as reservation:
            reservation.cover(0, DISK_FACTOR * size_bytes)
            await self._context.enter_stage(job, Stage.FETCH)
            inputs = [await self._measured(job, number, asset, order) for number, asset in enumerate(assets)]
            try:
                return await self._made(job, inputs, order)
            except (OutputInvalid, EncodeFailed) as error:
                if order.exact:
                    raise
                log.warning("a copied edit is encoded instead", job=job.job_id, cause=str(error))
                return await self._made(job, inputs, replace(order, exact=True))

    def _read(self, batch: Batch, job: Job) -> tuple[edit.EditOrder, list[Asset]]:
        """Return what is to be made, and the videos of which."""
        with self._context.store.engine.connect() as connection:
            task = task_of_job(connection, job.job_id)
            if task is None:
                raise MediaUnsupported("nobody knows any more what was to be cut or joined")
            try:
                videos = [
                    find_video(connection, video_id, account_id=batch.account_id)
                    for video_id in task.subject["video_ids"]
                ]
            except NotFound as error:
                raise MediaUnsupported("a video that was to be cut or joined is gone") from error
        return ORDER.validate_python(task.subject["order"]), [video.asset for video in videos]

    async def _measured(self, job: Job, number: int, asset: Asset, order: edit.EditOrder) -> edit.EditInput:  # noqa: PLR0917 - one of several sources, and what for
        """Bring a source here, on one clock, and measure it; with a copy of its picture where that may be used."""
        place = self._context.workspace(job)
        path = await self._brought(job, number, asset)
        info = await media.probe(path, toolbox=self._context.toolbox)
        seen = await media.survey(path, info, toolbox=self._context.toolbox) if info.video else None
        source = edit.EditSource(info=info, survey=seen)
        if edit.copy_obstacle(source, order, is_join=order.length_s is None):
            return edit.EditInput(source=source, path=path)
        copied = place.result(f"copy-{number}")
        await self._make(job, _Piece(name=copied.name, make=partial(self._copy, path, info)))
        try:
            copyable = await asyncio.to_thread(edit.describe_copy, copied, source, order)
        except OutputInvalid:  # then it is encoded
            return edit.EditInput(source=source, path=path)
        return edit.EditInput(source=replace(source, copyable=copyable), path=path)

    async def _copy(self, path: Path, info: media.MediaInfo, folder: Path) -> None:
        await edit.copy_picture(path, info, folder, toolbox=self._context.toolbox)

    async def _brought(self, job: Job, number: int, asset: Asset) -> Path:
        """Return a source as a local file with one clock."""
        folder = self._context.workspace(job).result(f"source-{number}")

        async def bring(fresh: Path) -> None:
            toolbox = self._context.toolbox
            found = await bring_stored(asset, fresh, files=self._context.clear_files, toolbox=toolbox)
            found.rename(fresh / "whole")
            await media.steady(fresh / "whole", fresh, toolbox=toolbox)

        await self._make(job, _Piece(name=folder.name, make=bring, encodes=False))
        steadied = folder / media.STEADY_FILE
        return steadied if steadied.exists() else folder / "whole"

    async def _made(self, job: Job, inputs: Sequence[edit.EditInput], order: edit.EditOrder) -> Path:
        """Return the result of an order, made of pieces and compared with its sources."""
        plan = edit.plan_edit([each.source for each in inputs], order)
        if plan.duration_s > self._context.max_duration_s:
            raise MediaTooLarge(f"it would be longer than {self._context.max_duration_s:.0f} s")
        mark = hashlib.sha256(repr(plan).encode()).hexdigest()[:16]
        reporter = self._context.reporter(job)

        def tell(done: float) -> None:
            reporter.report(Progress(percent=100 * done / (len(works) + 1)))

        pieces, works = self._pieces(job, plan, inputs, mark=mark, tell=tell)
        try:
            for done, work in enumerate(works, start=1):
                await self._make(job, work)
                tell(done)
        finally:
            await reporter.settle()

        async def assemble(folder: Path) -> None:
            toolbox = self._context.toolbox
            await asyncio.to_thread(edit.write_edit, plan, pieces, folder)
            if plan.container == "flv":
                await edit.write_flv(folder, toolbox=toolbox)
            await edit.check_edit(folder / _file(plan), plan, inputs, toolbox=toolbox)

        name = f"edit-{mark}"
        await self._make(job, _Piece(name=name, make=assemble))
        log.info("edit made", job=job.job_id, picture=plan.reason, duration_s=round(plan.duration_s, 3))
        return self._context.workspace(job).result(name) / _file(plan)

    def _pieces(
        self,
        job: Job,
        plan: edit.EditPlan,
        inputs: Sequence[edit.EditInput],
        *,
        mark: str,
        tell: Callable[[float], None],
    ) -> tuple[edit.EditPieces, list[_Piece]]:
        """Return where the pieces of a plan lie, and what makes those that are not copied, and tells how far it is."""
        place = self._context.workspace(job)
        pictures: dict[tuple[int, int], Path] = {}
        works: list[_Piece] = []
        for number, part in enumerate(plan.parts):
            if plan.copied:
                pictures[number, 0] = place.result(f"copy-{part.source}")
            if part.plan is None:
                continue
            for chunk in part.plan.chunks:
                name = f"part-{mark}-{number}-{chunk.number}"
                pictures[number, chunk.number] = place.result(name)
                heard = partial(_tell_more, tell, len(works))
                encode = partial(self._encode, inputs[part.source].path, part.plan, chunk, on_progress=heard)
                works.append(_Piece(name=name, make=encode))
        sound = place.result(f"sound-{mark}") if plan.has_sound else None
        if sound:
            make = partial(edit.make_sound, inputs, plan, toolbox=self._context.toolbox)
            works.append(_Piece(name=sound.name, make=make))
        return edit.EditPieces(pictures=pictures, sound=sound), works

    async def _encode(  # noqa: PLR0917 - as `encode_chunk` takes it
        self,
        path: Path,
        plan: media.EncodePlan,
        chunk: media.Chunk,
        folder: Path,
        *,
        on_progress: Callable[[float], None],
    ) -> None:
        await media.encode_chunk(
            path,
            plan,
            chunk,
            folder,
            toolbox=self._context.toolbox,
            limits=media.encode_limits(plan, chunk),
            on_progress=on_progress,
        )

    async def _make(self, job: Job, piece: _Piece) -> None:
        """Make a piece unless it is there: whole, or not at all."""
        place: Workspace = self._context.workspace(job)
        final = place.result(piece.name)
        if final.exists():
            return
        async with self._context.encoders if piece.encodes else nullcontext(), place.attempt(final) as fresh:
            await piece.make(fresh)

    async def put_playlist(self, job: Job, source: Path, *, key: str) -> int:
        """Store the fragments of an edit, then its playlist under this key, and return the size of the fragments."""
        name = fragments_name(job.video_id)
        fragments = sorted((source.parent / edit.SEGMENTS).iterdir())
        for fragment in fragments:
            await self._context.objects.put_file(f"{folder_key(job)}/{name}/{fragment.name}", fragment)
        text = await asyncio.to_thread((source.parent / edit.PLAYLIST_FILE).read_text, encoding="utf-8")
        own = text.replace(f'URI="{edit.SEGMENTS}/', f'URI="{name}/').replace(f"\n{edit.SEGMENTS}/", f"\n{name}/")
        await self._context.objects.put_bytes(key, own.encode())
        return sum(fragment.stat().st_size for fragment in fragments)


def _tell_more(tell: Callable[[float], None], before: int, share: float) -> None:
    tell(before + share)


def _file(plan: edit.EditPlan) -> str:
    return edit.FLV_FILE if plan.container == "flv" else edit.MP4_FILE
