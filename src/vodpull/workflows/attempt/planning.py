"""What a job's outputs are made by: its template with what is burnt in, and the plan that follows for its source."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from pathlib import Path

from vodpull import media
from vodpull.errors import MediaTooLarge
from vodpull.jobs.model import Job
from vodpull.jobs.store.job_refs import JobRef
from vodpull.workflows.attempt.captions.chosen_burnt_in_text import BurntTexts
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.extras.material_watermarks import WatermarkPictures
from vodpull.workflows.attempt.originals.local_copy import Originals
from vodpull.workflows.attempt.workspace.pieces import write_plan


class Planning:
    """Plans the jobs of one process."""

    def __init__(self, context: Context, originals: Originals) -> None:
        self._context = context
        self._originals = originals
        self._texts = BurntTexts(context.store.engine, context.objects, toolbox=context.toolbox)
        self._pictures = WatermarkPictures(context.store.engine, context.objects)

    async def template(self, job: Job) -> media.Template:
        """Return the template of a job; the picture of a watermark that is a material is not in it."""
        _, template = await self._find(job)
        return template

    async def whole_template(self, job: Job) -> media.Template:
        """
        Return the template of a job with all that an encode needs.

        Raises:
            ParameterError: the material of its watermark is gone, or no picture.
        """
        account_id, template = await self._find(job)
        return await self._pictures.added(template, account_id=account_id)

    async def template_of_upload(self, name: str, *, watermark: str, account_id: str) -> media.Template:
        """Do what `whole_template` does for a job that there is not yet."""
        found = self._context.templates.find(name, watermark=watermark)
        return await self._pictures.added(found, account_id=account_id)

    async def _find(self, job: Job) -> tuple[str, media.Template]:
        batch, _ = await asyncio.to_thread(self._context.store.find_job, job.job_id)
        return batch.account_id, self._context.templates.find(batch.template, watermark=job.watermark)

    async def write(self, job: Job, info: media.MediaInfo, folder: Path, *, source: Path | None = None) -> None:
        """
        Plan a job, and put the plan into the folder of an intermediate result.

        `source`: where the original is while it is not stored yet.

        Raises:
            MediaTooLarge: the video is longer than allowed.
            VodpullError: it cannot be encoded.
        """
        if info.duration_s > self._context.max_duration_s:
            raise MediaTooLarge(f"the video is longer than {self._context.max_duration_s:.0f} s")
        template = await self.whole_template(job)
        survey, text = None, None
        if info.video is not None:
            source = source or await self._originals.readable(job)
            survey = await media.survey(source, info, toolbox=self._context.toolbox)
            text = await self._texts.of(job, info, template, source=source)
        ladder = await self._ladder(job, info, template, survey=survey, text=text)
        write_plan(media.plan_encode(info, ladder, survey=survey), folder)

    async def write_careful(
        self, job: Job, info: media.MediaInfo, folder: Path, *, before: media.EncodePlan, reason: str
    ) -> None:
        """Plan a job anew, because what came of the plan before cannot be published, and for this reason."""
        survey = None
        if info.video is not None:
            survey = await media.survey(await self._originals.readable(job), info, toolbox=self._context.toolbox)
        # What is burnt in is what the encode began with, whatever has become of the materials meanwhile.
        template = replace(await self.template(job), copy=False, watermark=before.watermark)
        ladder = await self._ladder(job, info, template, survey=survey, text=before.text)
        write_plan(media.plan_carefully(info, ladder, reason=reason, survey=survey), folder)

    async def _ladder(
        self,
        job: Job,
        info: media.MediaInfo,
        template: media.Template,
        *,
        survey: media.Survey | None,
        text: media.BurntText | None,
    ) -> media.Ladder:
        ladder = media.plan_ladder(info, template=template, survey=survey, text=text)
        decisions = [asdict(decision) for decision in ladder.decisions]
        await asyncio.to_thread(self._context.store.record_decisions, JobRef.of(job), decisions)
        return ladder
