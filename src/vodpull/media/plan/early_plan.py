"""The plan of a source of which only the beginning is here: what the whole of it will lead to. Pure."""

from __future__ import annotations

from dataclasses import replace

from vodpull.media.inspect.ask_survey import Survey
from vodpull.media.inspect.media_info import MediaInfo
from vodpull.media.plan.copy_rules import must_survey
from vodpull.media.plan.cuts.frame_rate import exact_rate
from vodpull.media.plan.encode_plan import EncodePlan, plan_encode
from vodpull.media.plan.ladder import foresees_copy, plan_ladder
from vodpull.media.plan.midway_changes import settled
from vodpull.media.plan.template import Template


def plan_beginning(
    info: MediaInfo, template: Template, *, survey: Survey | None = None, likely_s: float = 0.0
) -> EncodePlan | None:
    """
    Return the plan of a source with a picture as far as its beginning tells; None: it depends on what is not known.

    `survey`: of the packets that are here. A plan with a copied rung ends with them, and all of its chunks but the
    last ones are those of the whole, as long as nothing later speaks against the copy. `likely_s`: length of the whole.
    """
    if survey is None and must_survey(info):
        return None
    seen = survey if must_survey(info) else None
    ladder = plan_ladder(settled(info, seen), template=template)
    if not foresees_copy(info, ladder, survey=survey):
        return plan_encode(info, ladder, survey=seen, likely_s=likely_s)
    if survey is None:
        return None
    info = _ended(settled(info, survey), survey)
    ladder = plan_ladder(info, template=template, survey=survey)
    if not any(rung.copied for rung in ladder.rungs):
        return None
    return plan_encode(info, ladder, survey=survey, likely_s=likely_s)


def _ended(info: MediaInfo, survey: Survey) -> MediaInfo:
    """Return a source as if it ended with the pictures that were seen."""
    assert info.video is not None  # noqa: S101 - it was surveyed
    seen_s = float(survey.frames / exact_rate(info.video.nominal_frame_rate))
    return replace(info, duration_s=seen_s, video=replace(info.video, duration_s=seen_s))
