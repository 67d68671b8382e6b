"""
How each sound track of a source is made: copied or encoded, in stereo, and in 5.1 beside it where a template says so.

The filters that mix channels are in `downmix.py`, what speaks against a copy in `copy_rules.py`, which track is heard
first in `confined/source/first_tracks.py`, and how many there are at most in `media/source_limits.py`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vodpull.media.inspect.ask_survey import Survey
from vodpull.media.inspect.media_info import MediaInfo, SoundRole
from vodpull.media.plan.copy_rules import track_obstacle
from vodpull.media.plan.sound.downmix import SURROUND, stereo_mix, surround_mix
from vodpull.media.plan.template import AudioRecipe
from vodpull.media.source_limits import MAX_SOUNDS


@dataclass(frozen=True, kw_only=True)
class SoundPlan:
    """How one sound track is made."""

    index: int
    """Stream number in the source."""
    file: str
    """Name of the intermediate file."""
    copied: bool
    """It stays as it is."""
    reason: str
    """Why it is copied or encoded, for people, in English."""
    language: str | None
    """ISO 639-2 code, as far as the source says it."""
    filters: str = ""
    """More filters for the sound, in FFmpeg's words."""
    mix: str = ""
    """The filters that make stereo of its channels; empty: FFmpeg's own way, as older releases planned."""
    channels: int = 2
    """Of what is made: stereo, or 5.1 beside the stereo of the same track."""
    title: str = ""
    """What the source calls it."""
    role: SoundRole = "main"


def plan_sounds(info: MediaInfo, survey: Survey | None, recipe: AudioRecipe) -> tuple[SoundPlan, ...]:
    """Return how the sound tracks are made: each in stereo, and where the recipe says so, in 5.1 beside it."""
    plans = []
    for number, track in enumerate(info.audio[:MAX_SOUNDS]):
        obstacle = _recipe_obstacle(recipe) or track_obstacle(track, info.container, survey)
        plan = SoundPlan(
            index=track.index,
            file=f"audio-{number}.m4a",
            copied=obstacle is None,
            reason=f"encoded: {obstacle}" if obstacle else "copied: the sound is already what it would become",
            language=track.language,
            mix=stereo_mix(track.channels, track.speakers),
            title=track.title,
            role=track.role,
        )
        plans.append(plan)
    return (*plans, *(_surround_plans(info, survey, recipe, stereo=plans) if recipe.surround else ()))


def _surround_plans(
    info: MediaInfo, survey: Survey | None, recipe: AudioRecipe, *, stereo: Sequence[SoundPlan]
) -> Iterator[SoundPlan]:
    """Give the plan of each sound that is there in 5.1, too."""
    channels = SURROUND["5.1"]
    for track, plan in zip(info.audio, stereo, strict=False):
        mix = surround_mix(track.channels, track.speakers)
        if mix:
            obstacle = _recipe_obstacle(recipe) or track_obstacle(track, info.container, survey, channels=channels)
            yield replace(
                plan,
                file=plan.file.replace(".", "-surround."),
                copied=obstacle is None,
                reason=f"encoded: {obstacle}" if obstacle else "copied: the sound is in 5.1 already",
                mix=mix,
                channels=channels,
            )


def _recipe_obstacle(recipe: AudioRecipe) -> str | None:
    """Return why no sound track can stay as it is."""
    if recipe.codec != "aac":
        return f"it becomes {recipe.codec}"
    return "its loudness is changed" if recipe.loudness else None
