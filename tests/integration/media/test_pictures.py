from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.integration.media.pipeline import Maker, make_parts, plan_source

from vodpull.errors import OutputInvalid
from vodpull.media import Original, Rung, Toolbox, encode_chunk, encode_limits, package_and_verify, parse_template
from vodpull.media.inspect.jpeg import jpeg_size
from vodpull.media.package.assembly import Assembly
from vodpull.media.package.pictures.poster_and_storyboard import (
    PictureSource,
    build_storyboard_argv,
    few,
    make_poster,
    make_storyboard,
    storyboard_name,
)
from vodpull.media.package.pictures.storyboard import plan_storyboard, read_storyboard
from vodpull.media.package.playlists.hls import Segment
from vodpull.media.plan.encode_plan import RungPlan
from vodpull.media.plan.has_teaser import LONG_S
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.run import run

LIMITS = RunLimits(wall_s=60)
SIZE = "s=320x180:r=30"
BLACK, WHITE, PICTURE = f"color=black:{SIZE}", f"color=white:{SIZE}", f"testsrc2={SIZE}"
NOISE = f"color=black:{SIZE},noise=alls=12:allf=t"
TWO_SIZES = """
segment_s = 1.0
[video.h264]
preset = "ultrafast"
crf = 30
[definitions.LD]
short_side_px = 72
max_bitrate_bps = 300_000
[definitions.SD]
short_side_px = 90
max_bitrate_bps = 900_000
"""
WORDS = f"color=black:{SIZE},drawbox=x=20:y=20:w=60:h=6:color=white:t=fill"


def rung(rate: float) -> Rung:
    return Rung(clarity=2, name="LD", width_px=320, height_px=180, frame_rate=rate, max_bitrate_bps=800_000)


async def scenes(make_clip: Maker, *parts: tuple[str, float], gop: int = 120, rate: float = 30) -> PictureSource:
    """Make a rendition as the encoder leaves it: scenes of so many seconds, a keyframe every `gop` frames."""
    chains = [f"{look},trim=duration={length_s},setsar=1[p{number}]" for number, (look, length_s) in enumerate(parts)]
    labels = "".join(f"[p{number}]" for number in range(len(parts)))
    graph = ";".join([*chains, f"{labels}concat=n={len(parts)},fps={rate}"])
    flags = (
        "-c:v",
        "libx264",
        "-preset",
        "superfast",
        "-pix_fmt",
        "yuv420p",
        "-g",
        str(gop),
        "-keyint_min",
        str(gop),
        "-sc_threshold",
        "0",
    )
    file = await make_clip("ld.mp4", "-filter_complex", graph, *flags, "-colorspace", "bt709")
    frames = round(sum(length_s for _, length_s in parts) * rate)
    cuts = [min(gop, frames - first) / rate for first in range(0, frames, gop)]
    segments = tuple(Segment(uri=str(number), duration_s=cut_s, size_bytes=1) for number, cut_s in enumerate(cuts))
    return PictureSource(file=file, rung=rung(rate), segments=segments)


async def poster(source: PictureSource, folder: Path, *, toolbox: Toolbox) -> Path:
    """Make storyboard and poster; the source has all its pictures, and keyframes every four seconds."""
    choice = await make_storyboard(source, folder, "v", toolbox=toolbox, limits=LIMITS)
    number = choice if few(len(source.segments)) else 120 * choice
    await make_poster(source.file, number, folder, name="v.jpg", toolbox=toolbox, limits=LIMITS)
    return folder / "v.jpg"


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
    picture = await poster(source, tmp_path, toolbox=toolbox)
    assert jpeg_size(picture) == (320, 180)
    greys = await pixels(picture, "format=gray", toolbox=toolbox)
    assert max(greys) - min(greys) > 150


@pytest.mark.parametrize("length_s", [0.04, 1, 20])
async def test_a_film_without_pictures_still_has_a_poster(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, length_s: float
) -> None:
    source = await scenes(make_clip, (BLACK, length_s))
    picture = await poster(source, tmp_path, toolbox=toolbox)
    assert max(await pixels(picture, "format=gray", toolbox=toolbox)) < 20


@pytest.mark.parametrize(("length_s", "black_s"), [(2, 1.6), (300, 290)], ids=["frames", "keyframes"])
async def test_the_poster_is_a_moment_of_the_best_rendition(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, length_s: int, black_s: float
) -> None:
    black = f"drawbox=t=fill:color=black:enable='lt(t,{black_s})'"
    source = await make_clip("a.mp4", "-f", "lavfi", "-i", f"testsrc2=s=160x90:r=5:d={length_s}", "-vf", black)
    info, plan = await plan_source(source, toolbox=toolbox, copy=False, template=parse_template(TWO_SIZES, name="own"))
    parts = await make_parts(source, plan, tmp_path, toolbox=toolbox)
    out = tmp_path / "out"
    out.mkdir()
    original = Original(path=source, info=info)
    made, renditions, _ = await package_and_verify(plan, parts, out, original=original, video_id="v", toolbox=toolbox)
    assert {rendition.segment_count for rendition in renditions} == {length_s}
    assert jpeg_size(out / made.poster) == (160, 90)
    greys = await pixels(out / made.poster, "format=gray", toolbox=toolbox)
    assert max(greys) - min(greys) > 150
    teaser = {".webp"} if length_s > LONG_S else set()
    found = {path.suffix for path in out.rglob("*.*")}
    assert found == {".m3u8", ".mpd", ".mp4", ".m4s", ".vtt", ".jpg", ".json", *teaser}
    assert not teaser or teaser_ms(out / made.teaser) == 3000
    assert [path.name for path in out.glob("*.mp4")] == []
    with pytest.raises(OutputInvalid, match="moment"):
        Assembly(plan, parts, "v").write_chosen_picture(1000, tmp_path / "pictures.mp4")


async def test_each_picture_shows_its_own_time_in_its_own_colours(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox
) -> None:
    colour = f"color={{}}:{SIZE},format=gbrp,zscale=m=bt709:r=tv,format=yuv420p"
    parts = [(colour.format("0xc82814"), 4), (colour.format("0x28c814"), 4), (colour.format("0x1428c8"), 2.5)]
    source = await scenes(make_clip, *parts)
    await make_storyboard(source, tmp_path, "v", toolbox=toolbox, limits=LIMITS)
    cues = read_storyboard((tmp_path / storyboard_name("v")).read_text())
    assert [(cue.start_s, cue.end_s, cue.x_px) for cue in cues] == [(0, 4, 0), (4, 8, 160), (8, 10.5, 320)]
    colours = await pixels(tmp_path / cues[0].uri, "scale=3:1:flags=area,format=rgb24", toolbox=toolbox)
    assert list(colours) == pytest.approx([200, 40, 20, 40, 200, 20, 20, 40, 200], abs=10)


async def test_many_pictures_fill_sheets_of_one_size(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await scenes(make_clip, (PICTURE, 5.4), gop=1, rate=5)
    await make_storyboard(source, tmp_path, "v", toolbox=toolbox, limits=LIMITS)
    assert len(read_storyboard((tmp_path / storyboard_name("v")).read_text())) == 27
    sheets = sorted((tmp_path / "v" / "storyboard").iterdir())
    assert [sheet.name for sheet in sheets] == ["001.jpg", "002.jpg"]
    assert [jpeg_size(sheet) for sheet in sheets] == [(800, 450), (800, 450)]


def teaser_ms(file: Path) -> int:
    """Return for how long an animated WebP runs: each of its pictures says for how long it is shown."""
    content, at, shown_ms, pictures = file.read_bytes(), 12, 0, set()
    while at < len(content):
        kind, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if kind == b"ANMF":
            shown_ms += int.from_bytes(content[at + 20 : at + 23], "little")
            pictures.add(content[at + 24 : at + 8 + size])
        at += 8 + size + size % 2
    assert len(pictures) > 5, "it moves"
    return shown_ms


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """What the encode of a real clip cost and told on its way, and its lowest rung."""

    cpu_s: float
    shares: list[float]
    lowest: RungPlan
    folder: Path


@pytest.fixture(scope="module")
def real(clips: Path, tmp_path_factory: pytest.TempPathFactory, toolbox: Toolbox) -> Encoded:
    return asyncio.run(_encoded(clips / "bbb_854x480_5p1_30s.mp4", tmp_path_factory.mktemp("real"), toolbox=toolbox))


async def _encoded(source: Path, folder: Path, *, toolbox: Toolbox) -> Encoded:
    _, plan = await plan_source(source, toolbox=toolbox)
    shares, (chunk,), limits = list[float](), plan.chunks, encode_limits(plan)
    cpu_s = await encode_chunk(source, plan, chunk, folder, toolbox=toolbox, limits=limits, on_progress=shares.append)
    return Encoded(cpu_s=cpu_s, shares=shares, lowest=plan.rungs[-1], folder=folder)


@pytest.mark.slow
async def test_a_storyboard_costs_next_to_nothing(real: Encoded, tmp_path: Path, toolbox: Toolbox) -> None:
    segments, lowest = [Segment(uri="", duration_s=4, size_bytes=1)] * 8, real.lowest
    argv = build_storyboard_argv(plan_storyboard(segments, lowest.rung, folder="."), segments, lowest.rung)
    reads = {"rendition": real.folder / lowest.file}
    finished = await run(argv, toolbox=toolbox, reads=reads, writes=tmp_path, limits=LIMITS)
    assert jpeg_size(tmp_path / "001.jpg") == (800, 180)
    assert finished.cpu_s <= 0.02 * real.cpu_s


@pytest.mark.slow
def test_progress_goes_from_nothing_to_all(real: Encoded) -> None:
    assert real.shares == sorted(real.shares)
    assert real.shares[0] < 0.7
    assert real.shares[-1] > 0.99
    assert real.cpu_s > 0
