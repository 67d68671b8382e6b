"""Encoding stored videos again by another template: what they had plays until the new outputs are published."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from vodpull.errors import NotAllowedNow, ParameterError
from vodpull.jobs.store import next_attempt
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.template_registry import Templates
from vodpull.materials.materials import use_materials
from vodpull.videos.video import Video
from vodpull.workflows.attempt.extras.material_watermarks import check_watermark
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Owner, Queues


class Encoding:
    """Starts encodes of what is stored."""

    def __init__(self, store: Store, engine: Engine, queues: Queues, *, templates: Templates) -> None:
        self._templates = templates
        self._store = store
        self._engine = engine
        self._queues = queues

    def start(
        self,
        videos: Sequence[Video],
        *,
        template: str,
        watermark: str = "",
        burn_in: str = "",
        materials: Collection[str] | None = None,
    ) -> None:
        """
        Encode videos again by a template, and with a watermark on top, that exist: all of them, or none.

        `burn_in`: id of a material that is drawn in as text. It and `materials`, and no others, are in use by the
        videos from now on, if any are given.

        Raises:
            NotAllowedNow: one is under way, or its original was deleted.
            ParameterError: there is no such template or watermark for these videos.
        """
        with self._store.transaction() as connection:
            self.start_in(connection, videos, template=template, watermark=watermark, burn_in=burn_in)
            used = [*filter(None, [burn_in]), *(materials or ())]
            for video in videos if used or materials is not None else ():
                use_materials(connection, video.job_id, used, account_id=video.account_id)

    def start_in(
        self,
        connection: sa.Connection,
        videos: Sequence[Video],
        *,
        template: str,
        watermark: str = "",
        burn_in: str = "",
    ) -> None:
        """Do what `start` does in a transaction of the caller's."""
        wanted = self._templates.find(template, watermark=watermark)
        if burn_in and not wanted.ladder:
            raise ParameterError("the template makes no pictures that it could be drawn into", field="burn_in")
        # In one order, so that two calls that name the same videos wait for each other instead of for ever.
        for video in sorted(videos, key=lambda video: (video.batch_id, video.video_id)):
            batch, job = self._store.find_job(video.job_id)
            again = next_attempt.encode_again(
                connection, JobRef.of(job), template=template, watermark=watermark, burn_in=burn_in
            )
            if again is None:
                why = "is under way" if video.asset.original else "has no original any more"
                raise NotAllowedNow(f"{video.video_id}: the video {why}", field="videoId")
            self._engine.start(connection, self._queues.ingest_call(again, Owner.of(batch)))
        for account_id in sorted({video.account_id for video in videos}):
            check_watermark(connection, wanted, account_id=account_id)
