"""A text track of a source is drawn by the times of the film, and what no font has is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import sqlalchemy as sa
from tests.integration.workflows.attempts import bench

from vodpull import media
from vodpull.workflows.attempt.captions.chosen_burnt_in_text import BurntTexts

LATE_S = 5.4
TOML = "[definitions.LD]\nshort_side_px = 90\nmax_bitrate_bps = 400_000\n[video.h264]\npreset = 'ultrafast'\ncrf = 20\n"


async def test_a_track_of_the_source_is_drawn_at_its_time(database: sa.Engine, tmp_path: Path) -> None:
    made = bench(database, tmp_path, seconds=2)
    text, film = tmp_path / "a.srt", tmp_path / "film.mkv"
    # The last letter is in no font.
    text.write_text("1\n00:00:00,500 --> 00:00:01,500\nWords \U00030000\n")
    words = ["-v", "error", "-i", str(made.source), "-i", str(text), "-map", "0", "-map", "1", "-map", "1"]
    words += ["-c:v", "copy", "-c:s:0", "ass", "-c:s:1", "srt", "-metadata:s:s:1", "language=eng"]
    words += ["-output_ts_offset", str(LATE_S)]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *words, str(film)], check=True, timeout=60)
    toolbox = made.can.toolbox
    info = await media.probe(film, toolbox=toolbox)
    texts = BurntTexts(database, made.can.objects, toolbox=toolbox)
    english = media.parse_template('burn_in = "en"\n' + TOML, name="english")
    found = await texts.of(made.job, info, english, source=film)
    assert found
    assert found.track == 2
    assert "0:00:00.50,0:00:01.50" in found.script
    assert (found.missing, found.looked_at_s) == ("\U00030000", (1.0,))
    french = media.parse_template('burn_in = "fr"\n' + TOML, name="french")
    assert await texts.of(made.job, info, french, source=film) is None
