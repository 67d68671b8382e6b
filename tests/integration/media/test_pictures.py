from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.media.pipeline import Maker, plan_source

from vodpull.media import Rung, Toolbox, encode_chunk, encode_limits
from vodpull.media.ffmpeg import RunLimits, run
from vodpull.media.jpeg import jpeg_size
from vodpull.media.pictures import PictureSource, make_poster, make_storyboard
from vodpull.media.playlist import Segment
from vodpull.media.storyboard import build_storyboard_argv, plan_storyboard, read_storyboard

LIMITS = RunLimits(wall_s=60)
SIZE = "s=320x180:r=30"
BLACK, WHITE, PICTURE = f"color=black:{SIZE}", f"color=white:{SIZE}", f"testsrc2={SIZE}"
NOISE = f"color=black:{SIZE},noise=alls=12:allf=t"
WORDS = f"color=black:{SIZE},drawbox=x=20:y=20:w=60:h=6:color=white:t=fill"


def rung(rate: float) -> Rung:
    return Rung(clarity=2, name="LD", width_px=320, height_px=180, frame_rate=rate, max_bitrate_bps=800_000)


async def scenes(make_clip: Maker, *parts: tuple[str, float], gop: int = 120, rate: float = 30) -> PictureSource:
    """Make a rendition as the encoder leaves it: scenes of so many seconds, a keyframe every `gop` frames."""
    chains = [f"{look},trim=duration={length_s},setsar=1[p{number}]" for number, (look, length_s) in enumerate(parts)]
    labels = "".join(f"[p{number}]" for number in range(len(parts)))
    graph = ";".join([*chains, f"{labels}concat=n={len(parts)},fps={rate}"])
    flags = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", str(gop), "-keyint_min", str(gop), "-sc_threshold", "0")
    file = await make_clip("ld.mp4", "-filter_complex", graph, *flags, "-colorspace", "bt709")
    frames = round(sum(length_s for _, length_s in parts) * rate)
    cuts = [min(gop, frames - first) / rate for first in range(0, frames, gop)]
    segments = tuple(Segment(uri=str(number), duration_s=cut_s, size_bytes=1) for number, cut_s in enumerate(cuts))
    return PictureSource(file=file, rung=rung(rate), segments=segments)


async def pixels(picture: Path, look: str, *, toolbox: Toolbox) -> bytes:
    argv = ("ffmpeg", "-v", "error", "-i", "file:/in/picture", "-vf", look, "-f", "rawvideo", "pipe:1")
    return (await run(argv, toolbox=toolbox, reads={"picture": picture}, limits=LIMITS)).stdout


@pytest.mark.parametrize(
    "parts",
    [
        ((BLACK, 8), (PICTURE, 4), (BLACK, 8)),
        ((WHITE, 8), (PICTURE, 4), (WHITE, 8)),
        ((NOISE, 8), (PICTURE, 4), (NOISE, 8)),
        ((BLACK, 12), (WORDS, 4)),
        ((BLACK, 5), (PICTURE, 1)),
        ((BLACK, 1), (PICTURE, 2)),
    ],
)
async def test_the_poster_is_not_blank_when_there_is_another_picture(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, parts: tuple[tuple[str, float], ...]
) -> None:
    source = await scenes(make_clip, *parts)
    await make_poster(source, tmp_path, "v.jpg", toolbox=toolbox, limits=LIMITS)
    assert jpeg_size(tmp_path / "v.jpg") == (320, 180)
    greys = await pixels(tmp_path / "v.jpg", "format=gray", toolbox=toolbox)
    assert max(greys) - min(greys) > 150


@pytest.mark.parametrize("length_s", [0.04, 1, 20])
async def test_a_film_without_pictures_still_has_a_poster(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, length_s: float
) -> None:
    source = await scenes(make_clip, (BLACK, length_s))
    await make_poster(source, tmp_path, "v.jpg", toolbox=toolbox, limits=LIMITS)
    assert max(await pixels(tmp_path / "v.jpg", "format=gray", toolbox=toolbox)) < 20


async def test_each_picture_shows_its_own_time_in_its_own_colours(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox
) -> None:
    colour = f"color={{}}:{SIZE},format=gbrp,zscale=m=bt709:r=tv,format=yuv420p"
    parts = [(colour.format("0xc82814"), 4), (colour.format("0x28c814"), 4), (colour.format("0x1428c8"), 2.5)]
    source = await scenes(make_clip, *parts)
    index = await make_storyboard(source, tmp_path, "v", toolbox=toolbox, limits=LIMITS)
    cues = read_storyboard((tmp_path / index).read_text())
    assert [(cue.start_s, cue.end_s, cue.x_px) for cue in cues] == [(0, 4, 0), (4, 8, 160), (8, 10.5, 320)]
    colours = await pixels(tmp_path / cues[0].uri, "scale=3:1:flags=area,format=rgb24", toolbox=toolbox)
    assert list(colours) == pytest.approx([200, 40, 20, 40, 200, 20, 20, 40, 200], abs=10)


async def test_many_pictures_fill_sheets_of_one_size(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await scenes(make_clip, (PICTURE, 5.4), gop=1, rate=5)
    index = await make_storyboard(source, tmp_path, "v", toolbox=toolbox, limits=LIMITS)
    assert len(read_storyboard((tmp_path / index).read_text())) == 27
    sheets = sorted((tmp_path / "v" / "storyboard").iterdir())
    assert [sheet.name for sheet in sheets] == ["001.jpg", "002.jpg"]
    assert [jpeg_size(sheet) for sheet in sheets] == [(800, 450), (800, 450)]


@pytest.mark.slow
async def test_a_storyboard_costs_next_to_nothing(clips: Path, tmp_path: Path, toolbox: Toolbox) -> None:
    source = clips / "bbb_854x480_5p1_30s.mp4"
    _, plan = await plan_source(source, toolbox=toolbox)
    (chunk,), limits = plan.chunks, encode_limits(plan)
    cpu_s = await encode_chunk(source, plan, chunk, tmp_path, toolbox=toolbox, limits=limits, on_progress=print)
    storyboard = plan_storyboard([Segment(uri="", duration_s=4, size_bytes=1)] * 8, plan.rungs[-1].rung, folder=".")
    argv, lowest = build_storyboard_argv(storyboard), {"rendition": tmp_path / plan.rungs[-1].file}
    finished = await run(argv, toolbox=toolbox, reads=lowest, writes=tmp_path, limits=limits)
    assert jpeg_size(tmp_path / "001.jpg") == (800, 180)
    assert finished.cpu_s <= 0.02 * cpu_s
