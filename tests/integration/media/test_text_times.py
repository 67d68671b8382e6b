"""Text tracks of two hours are in time at both ends, whatever the first timestamp of their file is."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import imageio_ffmpeg
import pytest
import webvtt

from vodpull import captions
from vodpull.media import Toolbox, extract_texts
from vodpull.media.inspect.ask_probe import probe
from vodpull.workflows.attempt.captions.source_texts import read_text

LENGTH_S = 7200
LATE_S = 5.4
# FFmpeg writes no sample of text into MP4 that lasts longer than 35 minutes.
CUES_S = ((0.5, 1.5), (1800.2, 1803.2), (3600.1, 3600.6), (5400.3, 5402.0), (7198.3, 7199.3))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hours of one picture a second, with text at its beginning and its end."""
    folder = tmp_path_factory.mktemp("long")
    text, made = folder / "a.vtt", folder / "film.mkv"
    text.write_text("WEBVTT\n\n" + "".join(f"{clock(start)} --> {clock(end)}\nx\n\n" for start, end in CUES_S))
    words = ["-f", "lavfi", "-i", f"color=s=160x90:r=1:d={LENGTH_S}", "-i", str(text), "-map", "0", "-map", "1"]
    ffmpeg(*words, "-map", "1", "-c:v", "libx264", "-preset", "ultrafast", "-c:s:0", "srt", "-c:s:1", "ass", str(made))
    return made


def clock(seconds: float) -> str:
    return f"{timedelta(seconds=seconds, microseconds=1)}"[:-3].zfill(12)


def ffmpeg(*words: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *words], check=True, timeout=60)


@pytest.mark.parametrize("late_s", [0.0, LATE_S])
@pytest.mark.parametrize(("suffix", "texts"), [("mkv", "copy"), ("mp4", "mov_text")])
async def test_both_ends_of_two_hours_are_in_time(
    film: Path, suffix: str, texts: str, late_s: float, toolbox: Toolbox, tmp_path: Path
) -> None:
    source, place = tmp_path / f"source.{suffix}", tmp_path / "texts"
    place.mkdir()
    words = ["-copyts", "-i", str(film), "-map", "0", "-c", "copy", "-c:s", texts, "-output_ts_offset", str(late_s)]
    ffmpeg(*words, str(source))
    info = await probe(source, toolbox=toolbox)
    assert info.texts_zero_s == pytest.approx(late_s, abs=0.01)
    found = await extract_texts(source, info, place, toolbox=toolbox)
    assert len(found) == 2
    for path in found.values():
        track = read_text(path, zero_s=info.texts_zero_s)
        written = captions.write_track(captions.kept_within(track, info.duration_s), duration_s=info.duration_s)
        cues = webvtt.from_string(written.files[captions.WHOLE].decode()).captions
        times = [(cue.start_time.in_milliseconds() / 1000, cue.end_time.in_milliseconds() / 1000) for cue in cues]
        assert times == [pytest.approx(ends, abs=0.04) for ends in CUES_S]
