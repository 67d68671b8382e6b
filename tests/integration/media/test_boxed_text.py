"""WebVTT and TTML in MP4, which FFmpeg does not read, become cues at their times; what is damaged is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.boxed_text import add_wvtt
from tests.integration.media.pipeline import Maker

from vodpull import captions
from vodpull.media import Toolbox, extract_texts, probe

CUES = [(0.48, 1.5, "First <i>one</i>"), (1.2, 1.96, "Second")]
SUBRIP = "1\n00:00:00,480 --> 00:00:01,500\nFirst <i>one</i>\n\n2\n00:00:01,520 --> 00:00:01,960\nSecond\n"
FILM = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25")


async def cues_of(source: Path, folder: Path, *, codec: str, toolbox: Toolbox) -> list[tuple[int, int, str]]:
    """Return start, end and text of each cue of the one text track."""
    if toolbox.sandbox != "bwrap":
        pytest.skip("no sandbox here")
    info = await probe(source, toolbox=toolbox)
    [text] = info.texts
    assert (text.codec, info.tracks[text.index].kind, info.tracks[text.index].used) == (codec, "subtitle", True)
    folder.mkdir()
    found = await extract_texts(source, info, folder, toolbox=toolbox)
    if not found:
        return []
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in captions.read_track(found[text.index].read_bytes()).cues]


@pytest.mark.parametrize(
    "fragments", [(), ("-movflags", "frag_keyframe+empty_moov+default_base_moof")], ids=["whole", "fragmented"]
)
async def test_webvtt_in_boxes(make_clip: Maker, tmp_path: Path, toolbox: Toolbox, fragments: tuple[str, ...]) -> None:
    film = await make_clip("film.mp4", *FILM, *fragments)
    source = add_wvtt(film, tmp_path / "text.mp4", CUES, language="deu")
    found = await cues_of(source, tmp_path / "out", codec="wvtt", toolbox=toolbox)
    assert found == [(round(1000 * start), round(1000 * end), text) for start, end, text in CUES]
    assert (await probe(source, toolbox=toolbox)).texts[0].language == "deu"


async def test_ttml(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    (tmp_path / "a.srt").write_text(SUBRIP)
    source = await make_clip("film.mp4", *FILM[:4], "-i", f"file:{tmp_path / 'a.srt'}", *FILM[4:], "-c:s", "ttml")
    found = await cues_of(source, tmp_path / "out", codec="ttml", toolbox=toolbox)
    assert found == [(480, 1500, "First one"), (1520, 1960, "Second")]


async def test_a_damaged_track_is_none(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = add_wvtt(await make_clip("film.mp4", *FILM), tmp_path / "text.mp4", CUES)
    source.write_bytes(source.read_bytes().replace(b"\0\0\0\x08vtte", b"\xff\xff\xff\x08vtte"))
    assert await cues_of(source, tmp_path / "out", codec="wvtt", toolbox=toolbox) == []
