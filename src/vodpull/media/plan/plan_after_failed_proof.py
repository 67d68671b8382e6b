"""
The careful plan: how a film is made whose result failed the proof, in one piece, nothing copied. Pure.

What a proof passes: `verify/content_verdict.py`. How damaged sources are told: `confined/source/truncated_files.py`.
"""

from __future__ import annotations

from dataclasses import replace

from vodpull.media.inspect.ask_survey import Survey
from vodpull.media.inspect.media_info import MediaInfo
from vodpull.media.plan.cuts.chunk_lengths import Chunk
from vodpull.media.plan.encode_plan import EncodePlan, plan_encode
from vodpull.media.plan.ladder import Ladder


def plan_carefully(info: MediaInfo, ladder: Ladder, *, reason: str, survey: Survey | None = None) -> EncodePlan:
    """
    Decide how a film is made from the beginning, in one piece, with nothing copied, because of `reason`. Pure.

    The ladder must have no copied rung.

    Raises:
        NoVideo: the source has no moving picture, and the template wants one.
    """
    plan = plan_encode(info, ladder, survey=survey)
    sounds = (replace(sound, copied=False, reason="encoded: nothing is copied") for sound in plan.sounds)
    whole = () if plan.sound_only else (Chunk(number=0, first_frame=0, frames=plan.frames_total),)
    return replace(plan, sounds=tuple(sounds), chunks=whole, seeks_s=(0.0,) * len(whole), careful=reason)


def could_be_more_careful(plan: EncodePlan) -> bool:
    """Tell whether anything of a plan is cut or copied that need not be."""
    return bool(plan.copied) or len(plan.chunks) > 1 or any(sound.copied for sound in plan.sounds)
