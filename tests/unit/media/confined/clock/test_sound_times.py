"""When the frames of a sound are heard whose kind is not that of the header."""

from dataclasses import dataclass
from fractions import Fraction

import pytest

from vodpull.media.confined.clock.wrong_times import SoundTimes

TICKS = Fraction(1, 90000)


@dataclass
class Frame:
    pts: int | None
    sample_rate: int
    samples: int = 1024
    time_base: Fraction = TICKS


def told(rate_hz: int, header_hz: int, *, together: int = 8, frames: int = 40) -> list[Frame]:
    """Return frames as a demuxer tells them that counts on by the header inside of a packet."""
    starts = [Fraction(1024 * (number - number % together), rate_hz) for number in range(frames)]
    inside = [Fraction(1024 * (number % together), header_hz) for number in range(frames)]
    return [Frame(round((start + more) / TICKS), rate_hz) for start, more in zip(starts, inside, strict=True)]


@pytest.mark.parametrize(("rate_hz", "header_hz"), [(44100, 48000), (48000, 44100), (22050, 48000), (48000, 48000)])
def test_frames_come_one_after_the_other(rate_hz: int, header_hz: int) -> None:
    times = SoundTimes(header_hz)
    found = [float(times.time_of(frame) or 0) for frame in told(rate_hz, header_hz)]
    assert found == pytest.approx([1024 * number / rate_hz for number in range(len(found))], abs=0.001)


def test_a_gap_is_a_gap_and_no_time_is_none() -> None:
    times = SoundTimes(48000)
    frames = [Frame(0, 44100), Frame(90000, 44100), Frame(None, 44100)]
    assert [times.time_of(frame) for frame in frames] == [0, 1, None]
