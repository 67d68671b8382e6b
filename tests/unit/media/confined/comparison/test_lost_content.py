"""Sound that is missing, or more than there was, is found between the instants that are compared closely."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import av
import pytest

from vodpull.media.confined.comparison.lost_content import BLOCK_S, MIN_BLOCKS, SoundAccount, silence

LOUD, QUIET = 3000.0, 0.0


@pytest.mark.parametrize(("blocks", "found"), [(MIN_BLOCKS + 1, False), (MIN_BLOCKS + 2, True), (40, True)])
def test_a_silence_is_one_when_what_lies_beside_it_is_silent_too(blocks: int, *, found: bool) -> None:
    heard = [LOUD] * 20 + [QUIET] * blocks + [LOUD] * 20
    at_s, length_s = silence([LOUD] * len(heard), heard)
    assert (length_s > 0) is found
    # The first and the last block of it may be rounding.
    assert not found or (at_s, length_s) == (21 * BLOCK_S, (blocks - 2) * BLOCK_S)


def test_where_the_source_is_silent_or_a_little_late_nothing_is_missing() -> None:
    source = [LOUD] * 10 + [QUIET] * 20 + [LOUD] * 10
    assert silence(source, source) == (0, 0)
    assert silence(source, source[-1:] + source[:-1]) == (0, 0)


def test_the_longest_of_several_is_told() -> None:
    heard = [LOUD] * 5 + [QUIET] * 8 + [LOUD] * 5 + [QUIET] * 20 + [LOUD] * 5
    assert silence([LOUD] * len(heard), heard)[0] == pytest.approx(19 * BLOCK_S)


def test_without_a_block_nothing_is_silent() -> None:
    assert silence([], []) == (0, 0)


def frame(begin_s: float) -> Any:
    made = av.AudioFrame(format="s16", layout="mono", samples=960)
    made.sample_rate, made.time_base, made.pts = 48000, Fraction(1, 48000), round(begin_s * 48000)
    return made


def test_sounds_that_overlap_a_little_many_times_are_not_longer_than_they_are_heard() -> None:
    sounds = SimpleNamespace(frames=lambda packet: packet)
    tools: Any = SimpleNamespace(av=av, failures=(av.FFmpegError,), sounds=sounds)
    account = SoundAccount(tools, rate_hz=8000, length_s=60.0, stretches=[])
    # Each second begins 20 ms before the one before has ended.
    for number in range(500):
        account.take([frame(1.0 + 0.02 * number - 0.02 * (number // 50))])
    assert account.published / 48000 == pytest.approx(10)
    assert account.published_s == pytest.approx(9.82)
