"""How far a file reaches that is not all here, against what a decoder makes of a copy with gaps."""

from __future__ import annotations

import hashlib
import math
import os
from dataclasses import replace
from pathlib import Path

import av
import pytest
from tests.integration.media.pipeline import Maker

from vodpull.media import Forecast, MediaInfo, Toolbox, probe
from vodpull.media.confined.source import partial_reach
from vodpull.media.inspect.ask_partial import probe_part, reach
from vodpull.media.tools.ffmpeg_options import format_options

LENGTH_S = 40
PICTURE = ("-f", "lavfi", "-i", f"testsrc2=s=160x90:r=25:d={LENGTH_S}")
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "50", "-c:a", "aac")
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
LAYOUTS = {
    "faststart.mp4": ("-movflags", "+faststart"),
    "late.mp4": (),
    "late.mov": (),
    "fragments.mp4": ("-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
    "indexed.mp4": ("-movflags", "+frag_keyframe+empty_moov+default_base_moof+global_sidx"),
    "stream.ts": (),
    "film.mkv": (),
    "film.webm": (),
    "film.flv": (),
}
INDEXED = {"faststart.mp4", "late.mp4", "late.mov"}


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the clips of this module, each of which is made once."""
    return tmp_path_factory.mktemp("layouts")


@pytest.fixture
async def clip(layout: str, made: Path, make_clip: Maker) -> Path:
    """Return a clip of a layout."""
    if not (made / layout).exists():
        codecs = VP8 if layout == "film.webm" else H264
        film = await make_clip("whole.mkv", *PICTURE, "-f", "lavfi", "-i", f"sine=d={LENGTH_S}", *codecs)
        fresh = await make_clip(layout, "-i", f"file:{film}", "-c", "copy", *LAYOUTS[layout])
        fresh.rename(made / layout)
    return made / layout


def spans_of(clip: Path, share: float, *, with_index: bool = True) -> list[tuple[int, int]]:
    """Return what is here after a share of the file has come, and its index before that where it is at the end."""
    content = clip.read_bytes()
    here = int(share * len(content))
    index = content.rfind(b"moov") - 4
    is_late = clip.name.startswith("late") and with_index and here < index
    return [(0, here), *([(index, len(content))] if is_late else [])]


def sparse(clip: Path, spans: list[tuple[int, int]]) -> Path:
    """Return a copy in which only these bytes are; the others read as zeros."""
    content, copy = clip.read_bytes(), clip.with_name(f"sparse-{clip.name}")
    with copy.open("wb") as file:
        for start, stop in spans:
            os.pwrite(file.fileno(), content[start:stop], start)
        file.truncate(len(content))
    return copy


def pictures(path: Path, up_to_s: float) -> list[str]:
    """Return the digests of the pictures from the first one to a time after it."""
    found: list[str] = []
    with av.open(str(path)) as container:
        first_s: float | None = None
        for frame in container.decode(video=0):
            assert frame.time is not None
            first_s = frame.time if first_s is None else first_s
            if frame.time - first_s >= up_to_s:
                break
            luma, line = bytes(frame.planes[0]), frame.planes[0].line_size
            rows = [luma[start : start + frame.width] for start in range(0, len(luma), line)]
            found.append(hashlib.sha256(b"".join(rows)).hexdigest())
    return found


@pytest.mark.parametrize("share", [0.3, 0.7])
async def test_what_is_reached_decodes_as_from_the_whole(clip: Path, share: float, toolbox: Toolbox) -> None:
    spans = spans_of(clip, share)
    copy = sparse(clip, spans)
    reach_s = await reach(copy, spans, toolbox=toolbox)
    assert share * LENGTH_S - 5 < reach_s < share * LENGTH_S + 1
    assert pictures(copy, reach_s) == pictures(clip, reach_s)


async def test_a_whole_file_is_reached_to_its_end(clip: Path, bare_toolbox: Toolbox) -> None:
    reach_s = await reach(clip, [(0, clip.stat().st_size)], toolbox=bare_toolbox)
    assert reach_s > LENGTH_S - 2
    assert (reach_s == math.inf) is (clip.name in INDEXED)


async def test_nothing_is_reached_without_the_beginning_or_the_index(clip: Path, bare_toolbox: Toolbox) -> None:
    size_bytes = clip.stat().st_size
    for spans in ([], [(0, 10)], [(1000, size_bytes)]):
        assert await reach(clip, spans, toolbox=bare_toolbox) == 0
    if clip.name.startswith("late"):
        assert await reach(clip, spans_of(clip, 0.7, with_index=False), toolbox=bare_toolbox) == 0


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name not in INDEXED])
async def test_of_a_large_file_the_middle_is_left_out(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = partial_reach.PresentPart(clip, [(0, int(0.9 * clip.stat().st_size))])
    kind = str(partial_reach.layout(part))
    exact_s = partial_reach.reach(av, part, format_options())
    assert partial_reach.ends(part, kind, partial_reach.TAIL_BYTES) == (part.stop, part.stop)
    monkeypatch.setattr(partial_reach, "HEAD_BYTES", 200_000)
    monkeypatch.setattr(partial_reach, "TAIL_BYTES", 500_000)
    head, tail = partial_reach.ends(part, kind, partial_reach.TAIL_BYTES)
    assert 0 < head < tail < part.stop
    assert partial_reach.reach(av, part, format_options()) == pytest.approx(exact_s, abs=0.1)


@pytest.mark.parametrize("layout", ["faststart.mp4"])
async def test_a_gap_in_the_middle_is_where_an_index_ends(clip: Path, bare_toolbox: Toolbox) -> None:
    size_bytes = clip.stat().st_size
    spans = [(0, size_bytes // 2), (size_bytes // 2 + 5000, size_bytes)]
    assert LENGTH_S / 2 - 5 < await reach(clip, spans, toolbox=bare_toolbox) < LENGTH_S / 2 + 1


async def test_a_layout_that_must_be_whole_reaches_nothing(clips: Path, bare_toolbox: Toolbox) -> None:
    for name in ("globe_mpeg4_mp3.avi", "interlaced_480i_mpeg2_ac3.mpg", "audio_only_10s.mp4", "MANIFEST.json"):
        size_bytes = (clips / name).stat().st_size
        assert await reach(clips / name, [(0, size_bytes)], toolbox=bare_toolbox) in {0, math.inf}
        assert await probe_part(clips / name, [(0, 1000)], size_bytes=size_bytes, toolbox=bare_toolbox) is None


async def test_what_is_measured_of_a_part_is_what_is_measured_of_the_whole(clip: Path, toolbox: Toolbox) -> None:
    spans, size_bytes = spans_of(clip, 0.8), clip.stat().st_size
    part = await probe_part(sparse(clip, spans), spans, size_bytes=size_bytes, toolbox=toolbox)
    whole = await probe(clip, toolbox=toolbox)
    assert part is not None
    if clip.name in INDEXED:
        assert part == Forecast(info=whole, stop_bytes=None)
        return
    assert part.stop_bytes is not None
    assert 0.7 * size_bytes < part.stop_bytes <= spans[0][1]
    assert 0.8 * LENGTH_S - 5 < part.info.duration_s < 0.8 * LENGTH_S + 1
    assert told(part.info) == told(whole)


def told(info: MediaInfo) -> MediaInfo:
    """Return what does not depend on where a file ends."""
    assert info.video is not None
    audio = tuple(replace(track, duration_s=None) for track in info.audio)
    video = replace(info.video, duration_s=None)
    return replace(info, duration_s=0.0, bitrate_bps=0, video=video, audio=audio)


async def test_a_file_of_unknown_size_is_measured_where_its_index_comes_with_it(
    clip: Path, bare_toolbox: Toolbox
) -> None:
    part = await probe_part(clip, spans_of(clip, 0.8), size_bytes=None, toolbox=bare_toolbox)
    assert (part is None) is (clip.name in INDEXED)


async def test_a_beginning_that_is_too_short_is_not_measured(clip: Path, bare_toolbox: Toolbox) -> None:
    spans, size_bytes = spans_of(clip, 0.3), clip.stat().st_size
    assert await probe_part(clip, spans, size_bytes=size_bytes, toolbox=bare_toolbox) is None
