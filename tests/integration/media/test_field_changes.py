"""Sources of which the beginning does not tell the rest: parameters, rate and shape change on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.clapper import X264, Clapper, assert_in_step, ffmpeg, onsets, read_pictures, read_sound, tone
from tests.integration.media.pipeline import plan_source, published
from tests.mp4_edits import counted, description_of, parameter_sets, samples_of, write_mp4

from vodpull.media import Toolbox, join
from vodpull.media.tools.limits import copy_limits

BASELINE = (*X264[:-2], "-profile:v", "baseline", "-g", 50)
HIGH = ("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-bf", 0, "-pix_fmt", "yuv420p", "-g", 50)
LATM = ("-c:a", "aac", "-mpegts_flags", "+latm")
SMALL = (128, 72)
TS = ("-muxdelay", 0, "-muxpreload", 0, "-f", "mpegts")


def changing_mp4(folder: Path, first_s: int, second_s: int) -> Path:
    """Return a film whose parameter sets change once, in the samples, and are not repeated."""
    total = (first_s + second_s) * 25
    first = Clapper(seconds=first_s, total=total, size=SMALL, sound=(), video=BASELINE).make(folder / "first.mp4")
    other = Clapper(seconds=second_s, first=first_s * 25, total=total, size=SMALL, sound=(), video=HIGH)
    second = other.make(folder / "second.mp4")
    before, after = samples_of(first), samples_of(second)
    after[0] = (b"".join(parameter_sets(second)) + after[0][0], True)
    return write_mp4(folder / "source.mp4", first, [(before + after, 1)], description=description_of(first))


async def test_parameters_that_change_in_the_samples_are_kept(tmp_path: Path, toolbox: Toolbox) -> None:
    source = changing_mp4(tmp_path, 20, 30)
    _, plan = await plan_source(source, toolbox=toolbox)
    assert len(plan.chunks) > 1
    assert max(plan.seeks_s) < 21, "only the first sample behind the change tells the parameters"
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    assert read_pictures(made, 1250).wrong(range(1250)) == []


@pytest.mark.parametrize(("size", "pix_fmt"), [((192, 108), "yuv420p"), ((128, 72), "yuv422p")])
async def test_a_second_description_of_another_size_or_format_is_shown_in_time(
    size: tuple[int, int], pix_fmt: str, tmp_path: Path, toolbox: Toolbox
) -> None:
    """A graph that begins anew at the change would be one picture late from there on, and lose the last one."""
    first = Clapper(seconds=3, total=150, sound=(), video=BASELINE, size=(128, 72)).make(tmp_path / "first.mp4")
    other = (*X264[:-2], "-profile:v", "high422", "-bf", 0, "-pix_fmt", pix_fmt, "-g", 50)
    second = Clapper(seconds=3, first=75, total=150, sound=(), video=other, size=size).make(tmp_path / "second.mp4")
    description = counted(2, description_of(first)[8:] + description_of(second)[8:])
    chunks = [(samples_of(first), 1), (samples_of(second), 2)]
    source = write_mp4(tmp_path / "source.mp4", first, chunks, description=description)
    _, plan = await plan_source(source, toolbox=toolbox)
    assert plan.changes_s == (3.0,)
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    assert read_pictures(made, 150).numbers == list(range(150))


async def test_a_picture_that_is_refreshed_in_strips_is_decoded_from_the_start(
    tmp_path: Path, toolbox: Toolbox
) -> None:
    strips = (*X264, "-x264-params", "intra-refresh=1:keyint=125")
    source = Clapper(seconds=44, size=SMALL, video=strips, sound=()).make(tmp_path / "source.ts", *TS)
    _, plan = await plan_source(source, toolbox=toolbox)
    assert plan.seeks_s == (0.0,)


async def test_a_second_header_of_a_stream_is_kept(tmp_path: Path, toolbox: Toolbox) -> None:
    sounds = [("-c:a", "aac", "-ar", rate_hz) for rate_hz in (44100, 48000)]
    first = Clapper(seconds=4, total=200, sound=sounds[0], video=BASELINE).make(tmp_path / "first.flv")
    second = Clapper(seconds=4, first=100, total=200, sound=sounds[1], video=HIGH)
    second.make(tmp_path / "second.flv", "-output_ts_offset", 4)
    source = tmp_path / "source.flv"
    source.write_bytes(first.read_bytes() + (tmp_path / "second.flv").read_bytes()[13:])
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    assert read_pictures(made, 200).wrong(range(200)) == []
    assert_in_step(made, 200)
    assert len(onsets(read_sound(made, stretched=True))) == 8


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("-c:a", "ac3", "-ac", 2, "-b:a", "192k"), ("-c:a", "ac3", "-ac", 6, "-b:a", "384k")),
        (("-c:a", "aac", "-ar", 48000), ("-c:a", "aac", "-ar", 44100)),
        (("-c:a", "mp2", "-ar", 48000), ("-c:a", "mp2", "-ar", 44100, "-ac", 2)),
        ((*LATM, "-ar", 48000), (*LATM, "-ar", 44100)),
    ],
)
async def test_sound_that_changes_its_kind_stays_in_step(
    before: tuple[object, ...], after: tuple[object, ...], tmp_path: Path, toolbox: Toolbox
) -> None:
    first = Clapper(seconds=4, total=200, sound=before).make(tmp_path / "first.ts", *TS)
    second = Clapper(seconds=4, first=100, total=200, sound=after)
    second.make(tmp_path / "second.ts", "-output_ts_offset", 4, *TS)
    source = tmp_path / "source.ts"
    source.write_bytes(first.read_bytes() + (tmp_path / "second.ts").read_bytes())
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    assert read_pictures(made, 200).wrong(range(200)) == []
    assert_in_step(made, 200)
    heard = read_sound(made, stretched=True)
    assert len(onsets(heard)) == 8
    assert tone(heard, onsets(heard)[6] + 0.01, onsets(heard)[6] + 0.04)[0] == pytest.approx(1000, abs=40)


async def test_an_advertisement_of_another_size_and_rate_is_joined_in_step(tmp_path: Path, toolbox: Toolbox) -> None:
    kinds = (((320, 180), 48000, 0), ((214, 120), 44100, 500), ((320, 180), 48000, 4))
    joined = b""
    for number, (size, rate_hz, offset_s) in enumerate(kinds):
        # Of so few bits that many frames come in one packet of the transport stream.
        sound = ("-c:a", "aac", "-ar", rate_hz, "-b:a", "64k")
        clip = Clapper(seconds=4, first=100 * number, total=300, size=size, sound=sound)
        joined += clip.make(tmp_path / f"{number}.ts", "-output_ts_offset", offset_s, *TS).read_bytes()
    video = tmp_path / "video.ts"
    video.write_bytes(joined)
    (tmp_path / "joined").mkdir()
    source = tmp_path / "joined" / "source.mp4"
    await join(video, [], source, toolbox=toolbox, limits=copy_limits(len(joined)))
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    found = read_pictures(made, 300)
    assert set(found.numbers) == set(range(300))
    assert len(found.numbers) <= 304
    assert_in_step(made, 300)
    heard = read_sound(made)
    assert [round(tone(heard, at + 0.01, at + 0.04)[0], -2) for at in onsets(heard)] == [1000] * 12


async def test_open_groups_are_whole_across_the_seams_of_chunks(tmp_path: Path, toolbox: Toolbox) -> None:
    parameters = "open-gop=1:keyint=90:bframes=3:log-level=none"
    video: tuple[object, ...] = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", parameters)
    source = Clapper(seconds=42, size=(96, 54), video=video).make(tmp_path / "source.mkv")
    _, plan = await plan_source(source, toolbox=toolbox)
    assert len(plan.chunks) > 1
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    assert read_pictures(made, 1050).wrong(range(1050)) == []
    assert_in_step(made, 1050)


async def test_motion_after_slides_keeps_its_rate(tmp_path: Path, toolbox: Toolbox) -> None:
    times = "settb=1/90000,setpts='if(lt(N,700),N/10,70+(N-700)/30)/TB'"
    passed = ("-vf", times, "-fps_mode", "passthrough", "-enc_time_base", "1/90000", "-video_track_timescale", 90000)
    source = Clapper(seconds=32, size=SMALL, sound=()).make(tmp_path / "source.mp4", *passed)
    _, plan = await plan_source(source, toolbox=toolbox)
    assert plan.rate == 30


@pytest.mark.parametrize(("rate", "pictures", "sound_s"), [("1", 5, 5.45), ("1/10", 2, 21.0), ("1/60", 1, 60.0)])
async def test_pictures_that_come_seldom_last_as_long_as_the_sound(
    rate: str, pictures: int, sound_s: float, tmp_path: Path, toolbox: Toolbox
) -> None:
    picture = tmp_path / "picture.mp4"
    ffmpeg("-f", "lavfi", "-i", f"testsrc=s=160x90:r={rate}", "-frames:v", pictures, *X264, picture)
    source = tmp_path / "source.mp4"
    ffmpeg("-i", picture, "-f", "lavfi", "-i", f"sine=440:d={sound_s}", "-c:v", "copy", "-c:a", "aac", source)
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    assert len(read_sound(made)) / 48000 == pytest.approx(sound_s, rel=0.01)
    assert read_pictures(made, pictures).times_s[-1] == pytest.approx(sound_s, abs=0.2 + 0.01 * sound_s)


async def test_pictures_of_other_shapes_are_fitted_into_the_frame(tmp_path: Path, toolbox: Toolbox) -> None:
    """The size stays, the pixels become wider: as television does."""
    parts = []
    for number, aspect in enumerate(("1/1", "4/3")):
        colour = ("-f", "lavfi", "-i", "color=white:s=320x240:r=25:d=3")
        offset = ("-output_ts_offset", 3 * number)
        part = tmp_path / f"{number}.ts"
        ffmpeg(*colour, "-vf", f"setsar={aspect}", *X264, *offset, *TS, part)
        parts.append(part.read_bytes())
    source = tmp_path / "source.ts"
    source.write_bytes(b"".join(parts))
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    rows = ffmpeg("-i", made, "-vf", "scale=1:24:flags=area,format=gray", "-f", "rawvideo", "-")
    first, last = rows[:24], rows[-24:]
    assert min(first) > 200
    assert (last[0], last[-1]) < (40, 40)
    assert last[12] > 200
