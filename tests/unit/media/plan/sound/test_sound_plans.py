"""Which tracks are made of the sounds of a source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.unit.media.conftest import AUDIO

from vodpull.media import MediaInfo
from vodpull.media.plan.sound.sound_plans import plan_sounds
from vodpull.media.plan.template import AudioRecipe

SIX = replace(AUDIO, channels=6, codec="ac3", speakers=("FL", "FR", "FC", "LFE", "SL", "SR"))


def test_a_sound_in_six_channels_is_there_in_stereo_and_where_asked_in_six_too(
    source: Callable[..., MediaInfo],
) -> None:
    info = replace(source(), audio=(SIX, AUDIO))
    plain = plan_sounds(info, None, AudioRecipe())
    assert [plan.channels for plan in plain] == [2, 2]
    both = plan_sounds(info, None, AudioRecipe(surround=True))
    assert both[:2] == plain
    assert [(plan.file, plan.channels, plan.copied) for plan in both[2:]] == [("audio-0-surround.m4a", 6, False)]
