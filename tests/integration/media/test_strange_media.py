from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.media.pipeline import Maker, make_package, make_renditions, verify

from vodpull.errors import MediaTruncated
from vodpull.media import Toolbox, probe

X264 = ("-c:v", "libx264", "-preset", "ultrafast")


def picture(size: str = "320x180", rate: str = "30", length_s: int = 2) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={length_s}")


def tone(length_s: int) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=d={length_s}")


@pytest.mark.parametrize(
    ("name", "argv", "size", "rate"),
    [
        ("rgb.mp4", (*picture(), "-c:v", "libx264rgb", "-preset", "ultrafast"), "320x180", 30),
        ("444.mp4", (*picture(), "-pix_fmt", "yuv444p10le", *X264), "320x180", 30),
        ("gray.mp4", (*picture(), "-pix_fmt", "gray", *X264), "320x180", 30),
        ("alpha.webm", (*picture(), "-pix_fmt", "yuva420p", "-c:v", "libvpx-vp9", "-cpu-used", "8"), "320x180", 30),
        ("full.avi", (*picture(), "-pix_fmt", "yuvj422p", "-c:v", "mjpeg"), "320x180", 30),
        ("tiny.mp4", (*picture("16x16"), *X264), "16x16", 30),
        ("flat.mp4", (*picture("1000x32"), *X264), "1000x32", 30),
        ("fast.mp4", (*picture(rate="120"), *X264), "320x180", 60),
        ("slow.mp4", (*picture(rate="5", length_s=4), *X264), "320x180", 10),
        ("one.mp4", (*picture(), "-frames:v", "1", *X264), "320x180", 30),
    ],
)
async def test_unusual_pictures_become_plain_ones(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, name: str, argv: tuple[str, ...], size: str, rate: int
) -> None:  # fmt: skip
    _, renditions = await make_renditions(await make_clip(name, *argv), tmp_path, toolbox=toolbox)
    assert f"{renditions[0].width_px}x{renditions[0].height_px}" == size
    assert renditions[0].frame_rate == rate


@pytest.mark.parametrize(("picture_s", "sound_s"), [(2, 9), (9, 2)])
async def test_the_longer_of_picture_and_sound_sets_the_length(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, picture_s: int, sound_s: int
) -> None:
    argv = (*picture(length_s=picture_s), *tone(sound_s), *X264, "-c:a", "aac")
    _, renditions = await make_renditions(await make_clip("a.mp4", *argv), tmp_path, toolbox=toolbox)
    assert renditions[0].duration_s == pytest.approx(9, abs=0.05)


@pytest.mark.parametrize("late", [(0, 3), (3, 0)])
async def test_a_late_start_of_one_stream_is_kept(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, late: tuple[int, int]
) -> None:
    shifted = ("-itsoffset", str(late[0]), *picture(length_s=3), "-itsoffset", str(late[1]), *tone(3))
    clip = await make_clip("a.mkv", *shifted, *X264, "-c:a", "aac")
    _, renditions = await make_renditions(clip, tmp_path, toolbox=toolbox)
    assert renditions[0].duration_s == pytest.approx(6, abs=0.05)


async def test_a_change_of_size_midway_keeps_the_planned_size(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox
) -> None:
    first = await make_clip("1.ts", *picture(), *X264)
    second = await make_clip("2.ts", *picture("160x120"), *X264, "-output_ts_offset", "2")
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    _, renditions = await make_renditions(both, tmp_path, toolbox=toolbox)
    assert (renditions[0].width_px, renditions[0].height_px) == (320, 180)
    assert renditions[0].duration_s == pytest.approx(4, abs=0.05)


async def test_a_hole_of_zeros_does_not_stop_the_work(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    whole = await make_clip("a.ts", *picture(length_s=4), *tone(4), *X264, "-c:a", "aac")
    content = bytearray(whole.read_bytes())
    third = len(content) // 3
    content[third : third + third // 3] = bytes(third // 3)
    whole.write_bytes(content)
    info, renditions = await make_renditions(whole, tmp_path, toolbox=toolbox)
    assert renditions[0].duration_s == pytest.approx(info.duration_s, abs=0.05)


async def test_less_than_was_promised_is_truncated(clip: Path, tmp_path: Path, toolbox: Toolbox) -> None:
    info, made = await make_package(clip, tmp_path, toolbox=toolbox)
    with pytest.raises(MediaTruncated, match=r"only 6\.00 s of 7\.00 s"):
        await verify(tmp_path / "out", made, replace(info, duration_s=7.0), toolbox=toolbox)


async def test_a_jump_of_timestamps_does_not_fill_the_disk(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    jump = ("-vf", "setpts='if(gt(N,30),PTS+43*3600/TB,PTS)'", "-fps_mode", "passthrough")
    bomb = await make_clip("bomb.mkv", *picture(), *jump, *X264)
    assert (await probe(bomb, toolbox=toolbox)).duration_s > 150_000
    _, renditions = await make_renditions(bomb, tmp_path, toolbox=toolbox)
    # The jump is closed; no picture is lost.
    assert renditions[0].duration_s == pytest.approx(2, abs=0.05)


async def test_the_whole_way_works_without_a_sandbox(clip: Path, tmp_path: Path, bare_toolbox: Toolbox) -> None:
    odd_folder = tmp_path / "100% odd: name"
    odd_folder.mkdir()
    _, renditions = await make_renditions(clip, odd_folder, toolbox=bare_toolbox)
    assert renditions[0].segment_count == 2
