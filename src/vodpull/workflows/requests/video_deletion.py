"""Deleting videos: at once or as a task that tells when the files are gone. Their jobs: `batch_deletion.py`."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import structlog

from vodpull import storage
from vodpull.clock import now_ms
from vodpull.errors import NotAllowedNow, NotFound, ObjectMissing, Occupied, StorageError
from vodpull.jobs.job_folders import folder_of
from vodpull.jobs.notices.deliveries import Delivery, DeliveryState
from vodpull.jobs.store.store import Store
from vodpull.videos.deferred_calls import DeferredCall, DeferredCalls, DeferredKind, new_task_id
from vodpull.videos.library import Library
from vodpull.videos.video import Video
from vodpull.videos.video_search import VideoFilter
from vodpull.videos.wire.callback_bodies import deletion_notice
from vodpull.workflows.delivery.outbox import Outbox
from vodpull.workflows.requests.batch_deletion import BatchDeletion

WAIT_S = 30.0
"""As long as a caller waits for the files to go (spec cloud-vod-videos §5)."""

MARK_WITHIN_S = 5.0
"""As long as the videos of a category go before the caller is answered; the rest goes at once after."""

PER_ROUND = 100

GIVE_UP_MS = 7 * 86_400_000
"""Files that a store has refused to remove for so long are told as not removed; it is tried on."""

REMOVED, NOT_REMOVED = 2, 3
"""Values of `status` of a deletion's items (spec cloud-vod-videos §11)."""

log = structlog.get_logger(__name__)


class VideoDeletion:
    """Deletes videos of accounts."""

    def __init__(
        self,
        library: Library,
        store: Store,
        *,
        batch_deletion: BatchDeletion,
        outbox: Outbox,
        objects: storage.ObjectStore,
    ) -> None:
        self._library = library
        self._store = store
        self._batch_deletion = batch_deletion
        self._outbox = outbox
        self._objects = objects
        self._tasks = DeferredCalls(store.engine)
        self._begun: set[asyncio.Future[None]] = set()

    async def delete(
        self,
        video: Video,
        *,
        access_key: str = "",
        stop_use: bool = False,
        wait: bool = True,
        only_original: bool = False,
        notify_url: str = "",
    ) -> int | None:
        """
        Delete a video with its files, or its original alone; return the id of the task unless that was waited for.

        The video is gone when this returns, in any case. Whoever waits, waits half a minute at most.

        Raises:
            Occupied: it is being encoded, cut or joined, and that is not to be stopped.
            NotAllowedNow: the original is all there is, so it is not deleted alone.
            NotFound: somebody else has just deleted it.
        """
        edits = await asyncio.to_thread(self._tasks.edits_of, video.account_id, video.video_id)
        if not stop_use and (edits or await asyncio.to_thread(self._is_in_use, video)):
            raise Occupied("the video is being encoded, cut or joined", field="videoId")
        for edit in edits:
            await asyncio.to_thread(self._batch_deletion.stop, edit.job_id or "")
        task = await asyncio.to_thread(
            self._commit, video, access_key=access_key, only_original=only_original, notify_url=notify_url
        )
        if not wait:
            self._begin(task, batch_id=video.batch_id)
            return task.task_id
        await self._try(task, batch_id=video.batch_id)
        return None

    def _begin(self, task: DeferredCall, *, batch_id: str) -> None:
        """Remove files now, without anybody waiting; what this process does not come to, the schedule does."""
        begun = asyncio.ensure_future(self._try(task, batch_id=batch_id))
        self._begun.add(begun)
        begun.add_done_callback(self._begun.discard)

    async def _try(self, task: DeferredCall, *, batch_id: str) -> None:
        with suppress(TimeoutError, StorageError):
            async with asyncio.timeout(WAIT_S):
                await self._batch_deletion.remove_due(batch_id=batch_id)
                await self._advance(task)

    def delete_category(self, account_id: str, node_id: int, *, access_key: str = "", notify_url: str = "") -> int:
        """Delete every video with a label, or one below it, whatever is under way; return the id of the task."""
        wanted = VideoFilter(account_id=account_id, node_id=node_id)
        found, cursor = self._library.page(wanted, limit=PER_ROUND)
        while cursor:
            more, cursor = self._library.page(wanted, limit=PER_ROUND, cursor=cursor)
            found += more
        subject = {"video_ids": [video.video_id for video in found], "folders": [_folder(video) for video in found]}
        task = _task(account_id, subject, access_key=access_key, notify_url=notify_url)
        with self._store.transaction() as connection:
            self._tasks.begin(connection, task)
        self._mark_all(task, within_s=MARK_WITHIN_S)
        return task.task_id

    async def carry_out(self) -> None:
        """Carry deletions on that are not at their end, and tell of those that are."""
        for task in await asyncio.to_thread(self._tasks.unfinished, DeferredKind.DELETE, limit=PER_ROUND):
            await self._advance(task)

    def _is_in_use(self, video: Video) -> bool:
        _, job = self._store.find_job(video.job_id)
        return not job.is_final

    def _commit(self, video: Video, *, access_key: str, only_original: bool, notify_url: str) -> DeferredCall:
        subject: dict[str, list[str]] = {"video_ids": [video.video_id]}
        if only_original:
            subject["keys"] = self._part_with_original(video)
        else:
            subject["folders"] = [_folder(video)]
            self._batch_deletion.mark(video.batch_id, video.account_id, position=video.position)
        task = _task(video.account_id, subject, access_key=access_key, notify_url=notify_url)
        with self._store.transaction() as connection:
            self._tasks.begin(connection, task)
        return task

    def _part_with_original(self, video: Video) -> list[str]:
        """Take the original off a video that can be played without it, and return its key."""
        with self._store.transaction() as connection:
            original = self._store.drop_original(connection, video.job_id)
        if original is None:
            raise NotAllowedNow("there is nothing but the original to play, or it is gone already", field="videoId")
        return [original.key]

    async def _advance(self, task: DeferredCall) -> None:
        """Remove what is left of a task's videos, and end it when the store holds nothing of them."""
        folders, keys = task.subject.get("folders", []), task.subject.get("keys", [])
        if folders:
            await asyncio.to_thread(self._mark_all, task)
        await self._objects.delete_all(keys)
        gone = await self._are_gone(folders, keys)
        if gone or now_ms() - task.created_at_ms > GIVE_UP_MS:
            await asyncio.to_thread(self._end, task, REMOVED if gone else NOT_REMOVED)

    def _mark_all(self, task: DeferredCall, *, within_s: float = float("inf")) -> None:
        """
        Delete those of a task's videos that are still there, as far as there is time.

        One that has come since then and keeps an id is another video: its folder is another one.
        """
        deadline_s, folders = time.monotonic() + within_s, set(task.subject["folders"])
        for video in self._library.remaining(task.subject["video_ids"], account_id=task.account_id):
            if time.monotonic() > deadline_s:
                return
            if _folder(video) not in folders:
                continue
            with suppress(NotFound):
                self._batch_deletion.mark(video.batch_id, video.account_id, position=video.position)

    async def _are_gone(self, folders: list[str], keys: list[str]) -> bool:
        for folder in folders:
            if await self._objects.list_keys(f"{folder}/"):
                return False
        for key in keys:
            with suppress(ObjectMissing):
                await self._objects.head(key)
                return False
        return True

    def _end(self, task: DeferredCall, status: int) -> None:
        with self._store.transaction() as connection:
            if self._tasks.finish(connection, task.task_id) and task.notify_url:
                delivery = Delivery(
                    delivery_id=f"task-{task.task_id}",
                    account_id=task.account_id,
                    kind=task.kind.value,
                    url=task.notify_url,
                    body=deletion_notice(
                        task.task_id, dict.fromkeys(task.subject["video_ids"], status), now_ms=now_ms()
                    ),
                    state=DeliveryState.PENDING,
                    created_at_ms=now_ms(),
                )
                self._outbox.send(connection, delivery, access_key=task.access_key)
        log.info("videos deleted", task=task.task_id, videos=len(task.subject["video_ids"]), status=status)


def _task(account_id: str, subject: dict[str, list[str]], *, access_key: str, notify_url: str) -> DeferredCall:
    now = now_ms()
    return DeferredCall(
        task_id=new_task_id(now),
        account_id=account_id,
        kind=DeferredKind.DELETE,
        subject=subject,
        notify_url=notify_url,
        access_key=access_key,
        created_at_ms=now,
    )


def _folder(video: Video) -> str:
    return folder_of(directory=video.directory, created_at_ms=video.created_at_ms, origin=video.origin)
