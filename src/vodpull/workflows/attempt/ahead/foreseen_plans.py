"""
Which sources are encoded before they are whole, and by which plan: what is expected to become of the whole.

What of a beginning tells enough: `media/plan/early_plan.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from vodpull import media
from vodpull.jobs.model import Job
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.planning import Planning


class ForeseenPlans:
    """Foresees the plans of one process's jobs."""

    def __init__(self, context: Context, planning: Planning) -> None:
        self._context = context
        self._planning = planning

    async def foresee(
        self,
        job: Job,
        info: media.MediaInfo,
        *,
        template: media.Template | None = None,
        look: Callable[[], Awaitable[media.Survey | None]] | None = None,
        likely_s: float = 0.0,
    ) -> media.EncodePlan | None:
        """
        Return the plan of a source of which only the beginning is here; None: it depends on what is not known.

        `template`: of a job that there is not yet. `look` reads the packets that are here, where the plan needs them.
        `likely_s`: length of the whole.
        """
        if info.video is None or info.duration_s > self._context.max_duration_s:
            return None
        template = template or await self._planning.whole_template(job)
        if job.burn_in or template.burn_in:
            return None
        plan = media.plan_beginning(info, template, likely_s=likely_s)
        seen = await look() if plan is None and look else None
        return media.plan_beginning(info, template, survey=seen, likely_s=likely_s) if seen else plan
