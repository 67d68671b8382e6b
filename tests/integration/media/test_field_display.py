"""
Cropping, turning, mirroring and pixel shapes, alone and together: every rung shows what a player shows of the source.

The card has four quarters of different brightness, between black bars that the container cuts off.
"""

from __future__ import annotations

import itertools
import struct
from functools import partial
from pathlib import Path

import av
import pytest
from tests.clapper import ffmpeg, whole
from tests.films import kept
from tests.integration.media.pipeline import VIDEO_ID, make_parts, make_renditions, plan_source
from tests.mp4_edits import STBL, boxes, edit, find

from vodpull.media import Toolbox, VideoStream, parse_template, probe
from vodpull.media.mp4.boxes import box
from vodpull.media.plan.copy_rules import picture_obstacle

WIDTH, HEIGHT, BAR = 320, 180, 24
QUARTERS = ((255, 160), (95, 48))
"""Brightness as a player shows it, row by row."""
GRAYS = (("white", "0xA0A0A0"), ("0x606060", "0x303030"))
CROP = {False: (0, 0, 0, 0), True: (0, BAR, 0, BAR)}
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-profile:v", "main")
TWO_RUNGS = parse_template(
    """
    definitions.LD = { short_side_px = 96, max_bitrate_bps = 400_000 }
    definitions.SD = { short_side_px = 132, max_bitrate_bps = 800_000 }
    video.h264 = { preset = "ultrafast", crf = 20 }
    """,
    name="two-rungs",
)
TURNS = tuple(itertools.product((0, 90, 180, 270), (False, True)))
"""By how many degrees against the clock, and whether mirrored left to right after that."""


def card(bar: int) -> str:
    width, height = WIDTH // 2, (HEIGHT - 2 * bar) // 2
    boxes = [
        f"drawbox=x={column * width}:y={bar + row * height}:w={width}:h={height}:color={gray}:t=fill"
        for row, grays in enumerate(GRAYS)
        for column, gray in enumerate(grays)
    ]
    return ",".join((f"color=black:s={WIDTH}x{HEIGHT}:r=5:d=1,format=yuv420p", *boxes))


def with_clap(source: Path, left: int, top: int, right: int, bottom: int) -> Path:
    """Return the MP4 with a clean aperture, whose offset is that of its middle from the middle of the picture."""
    size = (WIDTH - left - right, 1, HEIGHT - top - bottom, 1)
    clap = struct.pack(">4I2i2i", *size, left - right, 2, top - bottom, 2)
    data = source.read_bytes()
    (entry,) = [name for name, _, _ in boxes(find(data, *STBL, "stsd")[8:])]
    target = source.with_name(f"clap-{source.name}")
    target.write_bytes(edit(data, (*STBL, "stsd", entry), lambda body: body + box("clap", clap)))
    return target


def make(
    folder: Path, container: str, *, crop: bool, turn: tuple[int, bool], aspect: str, video: tuple[str, ...] = X264
) -> Path:
    """Write a card into a container: its index comes last, so that boxes can be added."""
    degrees, mirrored = turn
    plain, turned, target = folder / "plain.mp4", folder / "turned.mp4", folder / f"source.{container}"
    words = ("-f", "lavfi", "-i", card(BAR if crop else 0), "-vf", f"setsar={aspect}", *video)
    kept(plain, words, partial(ffmpeg, *words))
    flip = ("-display_hflip",) if mirrored else ()
    ffmpeg("-display_rotation", degrees, *flip, "-i", plain, "-c", "copy", turned)
    turned = with_clap(turned, *CROP[True]) if crop else turned
    if container == "mp4":
        return turned
    ffmpeg("-i", turned, "-c", "copy", target)
    return with_clap(target, *CROP[True]) if crop and container == "mov" else target


def shown(turn: tuple[int, bool]) -> tuple[tuple[int, int], ...]:
    """Return the quarters as a player shows them."""
    (a, b), (c, d) = QUARTERS
    for _ in range(turn[0] // 90):
        (a, b), (c, d) = (b, d), (a, c)
    return ((b, a), (d, c)) if turn[1] else ((a, b), (c, d))


def look(file: Path) -> tuple[tuple[tuple[int, int], ...], int, tuple[int, int]]:
    """Return brightness of the quarters, of the darkest edge, and size, in full range, of the last picture."""
    with av.open(str(file)) as container:
        *_, frame = container.decode(video=0)
        size = (frame.width, frame.height)
        gray = frame.reformat(format="gray").planes[0]
    data, line = bytes(gray), gray.line_size
    at = [[data[int(size[1] * y) * line + int(size[0] * x)] for x in (0.2, 0.8)] for y in (0.2, 0.8)]
    rows, columns = range(0, size[1], 4), range(0, size[0], 4)
    edges = [sum(data[y * line + x] for x in columns) // len(columns) for y in (1, size[1] - 2)]
    edges += [sum(data[y * line + x] for y in rows) // len(rows) for x in (1, size[0] - 2)]
    return ((at[0][0], at[0][1]), (at[1][0], at[1][1])), min(edges), size


def fits(shape: float, size: tuple[int, int]) -> bool:
    """Tell whether a size has a shape, as well as even sides allow."""
    return abs(size[0] - size[1] * shape) <= 1 + shape


async def check_rungs(
    source: Path, folder: Path, *, turn: tuple[int, bool], shape: float, toolbox: Toolbox
) -> VideoStream:
    info, plan = await plan_source(source, toolbox=toolbox, template=TWO_RUNGS)
    assert info.video
    assert not any(rung.rung.copied for rung in plan.rungs)
    assert len(plan.rungs) == 2
    parts = await make_parts(source, plan, folder, toolbox=toolbox)
    for planned in plan.rungs:
        quarters, edge, size = look(parts.chunks[0] / planned.file)
        assert [pytest.approx(row, abs=12) for row in shown(turn)] == list(quarters)
        # A black bar would be an edge of its own.
        assert edge > 40
        assert fits(shape if turn[0] % 180 == 0 else 1 / shape, size), size
    return info.video


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: f"{turn[0]}{'m' if turn[1] else ''}")
@pytest.mark.parametrize(("crop", "aspect"), [(True, "1/1"), (False, "4/3"), (True, "4/3")])
async def test_every_rung_shows_what_a_player_shows(
    tmp_path: Path, toolbox: Toolbox, crop: bool, turn: tuple[int, bool], aspect: str
) -> None:
    # Each container has its own words for it; they take turns.
    container = ("mp4", "mkv", "mov")[(turn[0] // 90 + turn[1] + (aspect == "4/3")) % 3]
    source = make(tmp_path, container, crop=crop, turn=turn, aspect=aspect)
    shape = (4 / 3 if aspect == "4/3" else 1) * WIDTH / (HEIGHT - 2 * BAR if crop else HEIGHT)
    video = await check_rungs(source, tmp_path, turn=turn, shape=shape, toolbox=toolbox)
    assert video.crop == CROP[crop]
    assert (video.rotation_deg % 360, video.mirrored) == turn


@pytest.mark.parametrize(
    ("container", "video"),
    [
        ("mkv", ("-c:v", "libvpx-vp9", "-cpu-used", "8")),
        ("mp4", ("-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1")),
        ("mkv", ("-c:v", "mpeg4", "-q:v", "3")),
    ],
    ids=["vp9", "hevc", "mpeg4"],
)
async def test_other_codecs_are_cut_and_turned_the_same(
    tmp_path: Path, toolbox: Toolbox, container: str, video: tuple[str, ...]
) -> None:
    turn = (90, True)
    source = make(tmp_path, container, crop=True, turn=turn, aspect="4/3", video=video)
    found = await check_rungs(source, tmp_path, turn=turn, shape=4 / 3 * WIDTH / 132, toolbox=toolbox)
    assert found.crop == CROP[True]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("aspect", ["1/1", "4/3"])
async def test_what_the_bitstream_says_counts_where_the_container_says_nothing(
    tmp_path: Path, toolbox: Toolbox, codec: str, aspect: str
) -> None:
    encoder = X264 if codec == "h264" else ("-c:v", "libx265", "-preset", "ultrafast")
    # Rows that fill the last blocks of 16 are cut off, too.
    said = f"{codec}_metadata=crop_top={BAR}:crop_bottom={BAR + 192 - HEIGHT}:sample_aspect_ratio={aspect}"
    # Only of H.264 FFmpeg can write the message that turns a picture.
    turn, said = (
        ((90, False), f"{said}:display_orientation=insert:rotate=90") if codec == "h264" else ((0, False), said)
    )
    source = tmp_path / "source.ts"
    ffmpeg("-f", "lavfi", "-i", card(BAR), *encoder, "-bsf:v", said, source)
    shape = (4 / 3 if aspect == "4/3" else 1) * WIDTH / (HEIGHT - 2 * BAR)
    found = await check_rungs(source, tmp_path, turn=turn, shape=shape, toolbox=toolbox)
    assert found.crop == CROP[False]


@pytest.mark.parametrize(
    ("said", "turn"),
    [
        ("display_orientation=insert:rotate=90", None),
        ("display_orientation=insert:rotate=180", (180, False)),
        ("display_orientation=insert:flip=horizontal", (0, True)),
        ("crop_left=40:crop_right=40", None),
    ],
    ids=["turned", "upside down", "mirrored", "cropped"],
)
async def test_a_film_that_is_shown_otherwise_on_its_way_is_followed(
    tmp_path: Path, toolbox: Toolbox, said: str, turn: tuple[int, bool] | None
) -> None:
    """What has another shape then has bars; the proof has looked at both sides of the change."""
    content = b""
    for number, turned in enumerate(((), ("-bsf:v", f"h264_metadata={said}"))):
        part = tmp_path / f"{number}.ts"
        picture = card(0).replace("r=5", "r=25")
        ffmpeg("-f", "lavfi", "-i", picture, *X264, *turned, "-output_ts_offset", number + 1, part)
        content += part.read_bytes()
    source = tmp_path / "source.ts"
    source.write_bytes(content)
    (tmp_path / "made").mkdir()
    await make_renditions(source, tmp_path / "made", toolbox=toolbox, template=TWO_RUNGS)
    quarters, edge, (width, height) = look(whole(tmp_path / "made" / "out" / f"{VIDEO_ID}.m3u8"))
    assert width > height
    if turn is None:
        assert edge < 40
    else:
        assert [pytest.approx(row, abs=12) for row in shown(turn)] == list(quarters)


@pytest.mark.parametrize("degrees", [3, 50])
async def test_a_picture_turned_by_an_odd_angle_keeps_its_frame(tmp_path: Path, toolbox: Toolbox, degrees: int) -> None:
    source = make(tmp_path, "mp4", crop=False, turn=(degrees, False), aspect="1/1")
    info, plan = await plan_source(source, toolbox=toolbox, template=TWO_RUNGS)
    assert info.video
    assert info.video.rotation_deg == degrees
    assert [(rung.rung.width_px, rung.rung.copied) for rung in plan.rungs] == [(234, False), (170, False)]


async def test_an_odd_crop_loses_one_line_at_most(tmp_path: Path, toolbox: Toolbox) -> None:
    ffmpeg("-f", "lavfi", "-i", card(0), *X264, tmp_path / "plain.mp4")
    source = with_clap(tmp_path / "plain.mp4", 3, 24, 4, 25)
    info, plan = await plan_source(source, toolbox=toolbox, template=TWO_RUNGS)
    assert info.video
    assert (info.video.display_width_px, info.video.display_height_px) == (313, 131)
    parts = await make_parts(source, plan, tmp_path, toolbox=toolbox)
    assert look(parts.chunks[0] / plan.rungs[0].file)[2] == (230, 96)


@pytest.mark.parametrize(
    ("crop", "turn", "aspect"),
    [
        *((False, turn, "1/1") for turn in TURNS),
        (True, (0, False), "1/1"),
        (False, (0, False), "4/3"),
    ],
)
async def test_only_what_needs_no_change_may_be_copied(
    tmp_path: Path, toolbox: Toolbox, crop: bool, turn: tuple[int, bool], aspect: str
) -> None:
    info = await probe(make(tmp_path, "mp4", crop=crop, turn=turn, aspect=aspect), toolbox=toolbox)
    assert info.video
    plain = not crop and turn == (0, False) and aspect == "1/1"
    assert (picture_obstacle(info.video, info.container) is None) == plain


async def test_a_cropped_source_is_published(tmp_path: Path, toolbox: Toolbox) -> None:
    source = make(tmp_path, "mp4", crop=True, turn=(0, True), aspect="1/1")
    _, (rendition,) = await make_renditions(source, tmp_path, toolbox=toolbox)
    assert (rendition.width_px, rendition.height_px) == (320, 132)
