"""Accepting clips and joins: the task, its batch of one job and the start of its work commit together, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from vodpull.accounts.access_keys import LiveKey
from vodpull.clock import now_ms
from vodpull.database.ids import new_id
from vodpull.errors import ParameterError, TransNoRepeated, VideoUnfit
from vodpull.jobs.model import Batch, BatchView, Job
from vodpull.jobs.states_and_codes import VideoOrigin
from vodpull.jobs.store.store import Store
from vodpull.media import edit
from vodpull.videos.deferred_calls import DeferredCall, DeferredCalls, DeferredKind, new_task_id
from vodpull.videos.video import Video
from vodpull.workflows.attempt.originals.edits import ORDER
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Owner, Queues
from vodpull.workflows.requests.intake import Intake

TEMPLATE = "original"
"""What an edit is stored by: it is encoded when somebody asks for that."""


MAX_JOINED = 50
"""Videos of one join."""

CONTAINERS: tuple[edit.Container, ...] = get_args(edit.Container)


@dataclass(frozen=True, kw_only=True)
class EditRequest:
    """A clip of one video, or a join of several."""

    videos: Sequence[Video]
    order: edit.EditOrder
    name: str
    trans_no: str = ""
    """The client's own id, once in an account for clips and once for joins; empty: it gave none."""
    notify_url: str = ""

    @property
    def kind(self) -> DeferredKind:
        """Return which of both it is."""
        return DeferredKind.JOIN if self.order.length_s is None else DeferredKind.CLIP


class Editing:
    """Starts clips and joins."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        queues: Queues,
        *,
        intake: Intake,
        is_signed: Callable[[Video], bool],
    ) -> None:
        """`is_signed` says of a video whether it plays for bearers of a token only: what is made of it does so, too."""
        self._is_signed = is_signed
        self._store = store
        self._engine = engine
        self._queues = queues
        self._intake = intake
        self._tasks = DeferredCalls(store.engine)

    def start(self, request: EditRequest, caller: LiveKey) -> BatchView:
        """
        Commit a request and return the batch that carries it out; the caller has judged the notify URL.

        Raises:
            ParameterError: the section begins behind the end of the video.
            VideoUnfit: a video cannot be joined: it is blocked, or has no picture.
            QuotaExceeded, TransNoRepeated: see there.
        """
        check_videos(request)
        view = _plan(request, caller)
        [job] = view.jobs
        subject = {
            "video_ids": [video.video_id for video in request.videos],
            "order": ORDER.dump_python(request.order, mode="json"),
            "batch_id": view.batch.batch_id,
            "video_id": job.video_id,
            "playback": "signed" if any(map(self._is_signed, request.videos)) else "",
        }
        task = DeferredCall(
            task_id=new_task_id(job.created_at_ms),
            account_id=caller.account_id,
            kind=request.kind,
            trans_no=request.trans_no or None,
            subject=subject,
            notify_url=request.notify_url,
            access_key=caller.access_key,
            created_at_ms=job.created_at_ms,
            job_id=job.job_id,
        )
        with self._store.transaction() as connection:
            self._intake.check_quota(connection, caller.account_id)
            if not self._tasks.begin(connection, task):
                raise TransNoRepeated("this transNo was used before", field="transNo")
            self._store.add_batch(connection, view, access_key=caller.access_key)
            owner = Owner.of(view.batch, edits=True)
            self._engine.start(connection, self._queues.batch_call(view.batch.batch_id, owner, [job.job_id]))
        return view


def read_order(values: Mapping[str, object]) -> edit.EditOrder:
    """Return an order from its values, which were judged."""
    return ORDER.validate_python(values)


def check_videos(request: EditRequest) -> None:
    """
    Make sure that these videos can be cut or joined so, as far as is known of them.

    Raises:
        ParameterError: the section begins behind the end of the video.
        VideoUnfit: a video cannot be joined: it is blocked, or has no picture.
    """
    if request.order.length_s is not None:
        [video] = request.videos
        if video.duration_s and request.order.start_s >= video.duration_s:
            raise ParameterError(f"the video ends at {video.duration_s:.2f} s", field="seekStart")
        return
    for video in request.videos:
        has_picture = any(file.height_px for file in video.asset.files)
        if video.is_blocked or not has_picture:
            why = "is blocked" if video.is_blocked else "has no picture that could be read"
            raise VideoUnfit(f"{video.video_id}: the video {video.name!r} {why}", field="videoIds")


def _plan(request: EditRequest, caller: LiveKey) -> BatchView:
    now = now_ms()
    batch = Batch(
        batch_id=new_id(now),
        account_id=caller.account_id,
        trans_no=new_id(now),
        template=TEMPLATE,
        created_at_ms=now,
    )
    job = Job(
        job_id=new_id(now),
        batch_id=batch.batch_id,
        position=0,
        file_name=f"{request.name}.{request.order.container}",
        source_url="",
        md5="",
        video_id=new_id(now),
        directory=new_id(now),
        origin=VideoOrigin.JOINED if request.kind is DeferredKind.JOIN else VideoOrigin.CLIPPED,
        stage_at_ms=now,
        created_at_ms=now,
    )
    return BatchView(batch=batch, jobs=(job,))
