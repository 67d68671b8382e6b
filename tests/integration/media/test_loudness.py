from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.media.pipeline import Maker

from vodpull.media import RunLimits, Toolbox
from vodpull.media.encode.loudness import MAX_PEAK_DBTP, TARGET_LUFS, Loudness, loudness_steps, measure_loudness

LIMITS = RunLimits(wall_s=60)
# Four quiet seconds with one loud click in each: the gain alone would push the clicks far over the ceiling.
CLICKS = "aevalsrc='0.02*sin(2764*t)+0.7*between(mod(t,1),0.5,0.5003)*sin(20000*t)':s=48000:d=4"


async def measure(clip: Path, stream: int, folder: Path, toolbox: Toolbox) -> Loudness:
    (measured,) = await measure_loudness(clip, {stream: ""}, folder, toolbox=toolbox, limits=LIMITS)
    assert measured
    return measured


@pytest.mark.parametrize(("name", "stream"), [("bbb_854x480_5p1_30s.mp4", 1), ("audio_only_10s.mp4", 0)])
async def test_a_real_clip_comes_to_the_target(
    clips: Path, make_clip: Maker, toolbox: Toolbox, tmp_path: Path, name: str, stream: int
) -> None:
    steps = loudness_steps(await measure(clips / name, stream, tmp_path, toolbox))
    chain = ",".join(["aformat=sample_fmts=fltp:channel_layouts=stereo", *steps])
    levelled = await make_clip("level.m4a", "-i", str(clips / name), "-vn", "-af", chain, "-c:a", "aac")
    after = await measure(levelled, 0, tmp_path, toolbox)
    assert after.integrated_lufs == pytest.approx(TARGET_LUFS, abs=0.5)
    assert after.peak_dbtp <= MAX_PEAK_DBTP + 1


async def test_clicks_are_limited_and_the_sound_keeps_its_length(
    make_clip: Maker, toolbox: Toolbox, tmp_path: Path
) -> None:
    quiet = await make_clip("quiet.wav", "-f", "lavfi", "-i", CLICKS)
    measured = await measure(quiet, 0, tmp_path, toolbox)
    assert measured.peak_dbtp + measured.gain_db > 0
    loud = await make_clip("loud.wav", "-i", str(quiet), "-af", ",".join(loudness_steps(measured)))
    after = await measure(loud, 0, tmp_path, toolbox)
    assert after.integrated_lufs == pytest.approx(TARGET_LUFS, abs=1.0)
    assert after.peak_dbtp <= MAX_PEAK_DBTP + 0.3
    assert abs(loud.stat().st_size - quiet.stat().st_size) < 500


async def test_silence_has_no_loudness(make_clip: Maker, toolbox: Toolbox, tmp_path: Path) -> None:
    silent = await make_clip("silent.wav", "-f", "lavfi", "-i", "anullsrc=d=1")
    assert await measure_loudness(silent, {0: ""}, tmp_path, toolbox=toolbox, limits=LIMITS) == (None,)
    assert loudness_steps(None) == []
