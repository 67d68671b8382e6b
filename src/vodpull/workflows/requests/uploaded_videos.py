"""What becomes of a file that has arrived whole: a video, and the start of the work on it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace

import sqlalchemy as sa
from pydantic import TypeAdapter

from vodpull.clock import now_ms
from vodpull.database.ids import new_id
from vodpull.errors import NotAllowedNow, NotFound, PermissionDenied, UploadTokenInvalid
from vodpull.jobs.model import Asset, Batch, BatchView, Job, Sidecar, StoredFile
from vodpull.jobs.priorities import DEFAULT_PRIORITY
from vodpull.jobs.states_and_codes import Clarity, ServerType, VideoOrigin
from vodpull.jobs.store import next_attempt
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.rows import find_job_of
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.template_registry import Templates
from vodpull.materials.materials import find_material, use_materials
from vodpull.uploads.upload_and_ticket import Completion, Upload, Whole
from vodpull.videos.category_names import CategoryName
from vodpull.videos.category_tree import resolve
from vodpull.videos.library import VideoEdit, change_video, find_video
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Owner, Queues

_SIDECARS = TypeAdapter(tuple[Sidecar, ...])


def video_options(  # noqa: PLR0913 - what may be said of a video before it is there
    *,
    template: str,
    watermark: str = "",
    origin: VideoOrigin = VideoOrigin.UPLOADED,
    publish_domain: str = "",
    labels: list[CategoryName] | None = None,
    captions: Sequence[Sidecar] = (),
    burn_in: str = "",
) -> Mapping[str, object]:
    """Return what is to become of an upload, as it is kept with its reservation."""
    return {
        "template": template,
        "watermark": watermark,
        "origin": int(origin),
        "publish_domain": publish_domain,
        "labels": [[label.parent, label.child] for label in labels or ()],
        "captions": [asdict(caption) for caption in captions],
        "burn_in": burn_in,
    }


class UploadedVideos:
    """Makes videos of uploads."""

    def __init__(self, store: Store, engine: Engine, queues: Queues, *, templates: Templates) -> None:
        self._store = store
        self._engine = engine
        self._queues = queues
        self._templates = templates

    def completion(self) -> Completion:
        """Return what a whole file becomes."""
        return Completion(finish=self._finish, begin=self._begin)

    def _begin(self, connection: sa.Connection, upload: Upload) -> None:
        """Let a worker encode what can be while the rest comes."""
        template = self._templates.get(str(upload.options["template"]))
        if template is not None and template.ladder:
            owner = Owner(account_id=upload.account_id, priority=DEFAULT_PRIORITY)
            call = self._queues.arrive_call(upload.upload_id, owner, after_ms=upload.touched_at_ms)
            self._engine.start(connection, call)

    def _finish(self, connection: sa.Connection, upload: Upload, whole: Whole) -> None:
        if whole.replaces:
            self._replace(connection, upload)
        else:
            self._add(connection, upload, whole)

    def _add(self, connection: sa.Connection, upload: Upload, whole: Whole) -> None:
        view = _plan(upload, whole)
        batch, job = view.batch, view.jobs[0]
        self._store.add_batch(connection, view, access_key=upload.access_key)
        self._store.keep_video(connection, job.job_id, encodes=self._templates[batch.template].ladder)
        self._use_captions(connection, job, account_id=upload.account_id)
        domain, labels = str(upload.options["publish_domain"]), _labels(upload)
        if domain or labels:
            nodes = resolve(connection, upload.account_id, labels) if labels else None
            video = find_video(connection, job.video_id, account_id=upload.account_id)
            change_video(connection, video, VideoEdit(publish_domain=domain or None, labels=nodes))
        self._engine.start(connection, self._queues.batch_call(batch.batch_id, Owner.of(batch), [job.job_id]))

    @staticmethod
    def _use_captions(connection: sa.Connection, job: Job, *, account_id: str) -> None:
        """Keep the caption files that are still there until they were read; what is gone by now is told later."""
        there = []
        for material_id in filter(None, (job.burn_in, *(caption.material_id for caption in job.captions))):
            with suppress(NotFound, PermissionDenied):
                there.append(find_material(connection, material_id, account_id=account_id).material_id)
        if there:
            use_materials(connection, job.job_id, there, account_id=account_id)

    def _replace(self, connection: sa.Connection, upload: Upload) -> None:
        """Work on the video anew, with other bytes."""
        found = find_job_of(connection, upload.upload_id)
        if found is None:  # it was deleted
            raise UploadTokenInvalid("Token Invalid")
        batch, job = found
        again = next_attempt.replace_original(
            connection,
            JobRef.of(job),
            template=str(upload.options["template"]),
            watermark=str(upload.options["watermark"]),
            burn_in=_burn_in(upload),
            captions=_captions(upload),
        )
        if again is None:
            raise NotAllowedNow("the video is under way")
        with_texts = replace(job, burn_in=_burn_in(upload), captions=_captions(upload))
        self._use_captions(connection, with_texts, account_id=upload.account_id)
        self._engine.start(connection, self._queues.ingest_call(again, Owner.of(batch)))


def _plan(upload: Upload, whole: Whole) -> BatchView:
    now = now_ms()
    batch = Batch(
        batch_id=new_id(now),
        account_id=upload.account_id,
        trans_no=new_id(now),
        template=str(upload.options["template"]),
        created_at_ms=now,
    )
    original = StoredFile(
        clarity=Clarity.ORIGINAL,
        server_type=ServerType.SOURCE,
        width_px=0,
        height_px=0,
        bitrate_bps=0,
        size_bytes=whole.size_bytes,
        key=upload.key,
    )
    job = Job(
        job_id=new_id(now),
        batch_id=batch.batch_id,
        position=0,
        file_name=upload.file_name,
        source_url="",
        md5=upload.md5,
        video_id=upload.subject_id,
        directory=upload.upload_id,
        watermark=str(upload.options["watermark"]),
        origin=VideoOrigin(int(str(upload.options["origin"]))),
        captions=_captions(upload),
        burn_in=_burn_in(upload),
        asset=Asset(video_id=upload.subject_id, duration_s=0.0, files=(original,)),
        stage_at_ms=now,
        # Of the reservation: its month is part of the key that was given away then.
        created_at_ms=upload.created_at_ms,
    )
    return BatchView(batch=batch, jobs=(job,))


def _labels(upload: Upload) -> list[CategoryName]:
    pairs = upload.options["labels"]
    assert isinstance(pairs, list)  # noqa: S101 - `video_options` made it
    return [CategoryName(parent=parent, child=child) for parent, child in pairs]


def _captions(upload: Upload) -> tuple[Sidecar, ...]:
    return _SIDECARS.validate_python(upload.options.get("captions", ()))


def _burn_in(upload: Upload) -> str:
    """Return the subtitle that is drawn in; earlier releases kept none."""
    return str(upload.options.get("burn_in", ""))
