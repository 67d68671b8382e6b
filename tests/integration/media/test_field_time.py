"""Sources whose clock is not the one that everybody expects: what is published is in step, whole and in order."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.clapper import X264, Clapper, assert_in_step, beeps, ffmpeg, onsets, read_pictures, read_sound
from tests.integration.media.pipeline import published
from tests.mp4_edits import counted, edit, find, shift_fragments

from vodpull.media import Toolbox, probe, warnings_of

TS = ("-muxdelay", 0, "-muxpreload", 0, "-f", "mpegts")
AAC: tuple[object, ...] = ("-c:a", "aac")
MPEG2: tuple[object, ...] = ("-c:v", "mpeg2video", "-q:v", 4, "-g", 25)
MP2: tuple[object, ...] = ("-c:a", "mp2", "-b:a", "128k")
KINDS: dict[str, tuple[tuple[object, ...], tuple[object, ...], tuple[object, ...]]] = {
    "mp4": (X264, AAC, ()),
    "mkv": (X264, AAC, ()),
    "flv": (X264, AAC, ("-flvflags", "no_duration_filesize")),
    "ts": (X264, AAC, TS),
    "mpg": (MPEG2, MP2, ("-f", "vob")),
}
"""Codecs and options of the output for each container."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("late", ["picture", "sound"])
async def test_tracks_that_begin_apart_stay_in_step(kind: str, late: str, tmp_path: Path, toolbox: Toolbox) -> None:
    video, sound, options = KINDS[kind]
    picture = Clapper(seconds=4, video=video, sound=()).make(tmp_path / "picture.mkv")
    delays = (0.48, 0) if late == "picture" else (0, 0.48)
    heard = beeps(4, offset_s=0.48 if late == "picture" else -0.48)
    inputs = ("-itsoffset", delays[0], "-i", picture, "-itsoffset", delays[1], "-f", "lavfi", "-i", heard)
    source = tmp_path / f"source.{kind}"
    ffmpeg(*inputs, "-map", "0:v", "-map", "1:a", "-c:v", "copy", *sound, *options, source)
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    assert set(read_pictures(made, 100).numbers) == set(range(100))
    assert_in_step(made, 100)


def concatenated(kind: str, begins_s: Sequence[int], folder: Path) -> Path:
    """Return a file that is several recordings of 3 s, one after the other, each with a clock of its own."""
    video, sound, options = KINDS[kind]
    clips = [
        Clapper(seconds=3, first=75 * number, total=75 * len(begins_s), video=video, sound=sound).make(
            folder / f"part-{number}.{kind}", *options, "-output_ts_offset", begin_s
        )
        for number, begin_s in enumerate(begins_s)
    ]
    whole = folder / f"whole.{kind}"
    header = 13 if kind == "flv" else 0
    whole.write_bytes(clips[0].read_bytes() + b"".join(clip.read_bytes()[header:] for clip in clips[1:]))
    return whole


@pytest.mark.parametrize("begins_s", [(0, 0), (1000, 5, 2000)])
@pytest.mark.parametrize("kind", ["ts", "mpg", "flv"])
async def test_a_clock_that_starts_again_loses_nothing(
    kind: str, begins_s: Sequence[int], tmp_path: Path, toolbox: Toolbox
) -> None:
    source = concatenated(kind, begins_s, tmp_path)
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    total = 75 * len(begins_s)
    found = read_pictures(made, total)
    assert set(found.numbers) == set(range(total))
    assert found.steps_back == 0
    assert len(found.numbers) <= total + 4
    assert_in_step(made, total)


@pytest.mark.parametrize("kind", ["ts", "flv"])
async def test_a_picture_that_begins_long_after_its_sound_is_found(kind: str, tmp_path: Path, toolbox: Toolbox) -> None:
    picture = Clapper(seconds=1, size=(128, 72), sound=()).make(tmp_path / "picture.mkv")
    heard = ("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono,atrim=end=40")
    source = tmp_path / f"source.{kind}"
    late = ("-itsoffset", 39, "-i", picture, *heard, "-c:v", "copy", "-c:a", "aac", "-max_interleave_delta", 0)
    ffmpeg(*late, *KINDS[kind][2], source)
    info = await probe(source, toolbox=toolbox)
    assert info.video is not None
    assert info.video.start_s - info.audio[0].start_s == pytest.approx(39, abs=0.2)


@pytest.mark.parametrize(("kind", "beyond_bytes"), [("ts", 0), ("ts", 77), ("mpg", 0)])
async def test_a_recording_that_begins_in_a_group_says_what_is_lost_and_stays_in_step(
    kind: str, beyond_bytes: int, tmp_path: Path, toolbox: Toolbox
) -> None:
    _, sound, options = KINDS[kind]
    video = (*X264, "-g", 100) if kind == "ts" else (*MPEG2, "-g", 100, "-sc_threshold", 1_000_000_000)
    whole = Clapper(seconds=8, video=video, sound=sound).make(tmp_path / "whole", *options).read_bytes()
    unit = 188 if kind == "ts" else 2048
    source = tmp_path / f"source.{kind}"
    source.write_bytes(whole[len(whole) // 5 // unit * unit + beyond_bytes :])
    info = await probe(source, toolbox=toolbox)
    assert info.video is not None
    [lost] = warnings_of(info)
    # The picture of 4 s, the first one that begins a group, is the first that comes out.
    assert lost.code == "start_left_out"
    assert f"the first {info.video.undecodable_s:.1f} s" in lost.message
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    found = read_pictures(made, 200)
    assert sorted(set(found.numbers)) == list(range(100, 200))
    held_s = found.times_s[found.numbers.index(101)] - 0.04
    begun_s = info.video.start_s - info.start_time_s
    assert held_s == pytest.approx(begun_s + info.video.undecodable_s, abs=0.05)
    assert 1 < info.video.undecodable_s < 3.5
    # The flash of 4 s is the picture that is held: the beeps of 5, 6 and 7 s are what can be compared.
    beeps_s = onsets(read_sound(made))
    flashes_s = [found.times_s[found.numbers.index(number)] for number in (125, 150, 175)]
    assert beeps_s[-3:] == pytest.approx(flashes_s, abs=0.06)


async def test_a_recording_may_begin_far_before_its_first_group(tmp_path: Path, toolbox: Toolbox) -> None:
    whole = (
        Clapper(seconds=30, size=(128, 72), video=(*X264, "-g", 700), sound=())
        .make(tmp_path / "whole", *TS)
        .read_bytes()
    )
    source = tmp_path / "source.ts"
    source.write_bytes(whole[len(whole) // 60 // 188 * 188 :])
    info = await probe(source, toolbox=toolbox)
    assert info.video is not None
    assert 26 < info.video.undecodable_s < 28
    assert [lost.code for lost in warnings_of(info)] == ["start_left_out"]


async def test_a_film_that_begins_with_a_group_has_no_warning(tmp_path: Path, toolbox: Toolbox) -> None:
    reordered = ("-c:v", "libx264", "-bf", 3, "-g", 50, "-pix_fmt", "yuv420p")
    info = await probe(Clapper(seconds=4, video=reordered).make(tmp_path / "film.ts", *TS), toolbox=toolbox)
    assert info.video is not None
    assert info.video.undecodable_s == pytest.approx(0, abs=0.001)
    assert warnings_of(info) == ()


REORDERED: tuple[object, ...] = ("-c:v", "libx264", "-preset", "veryfast", "-bf", 3, "-g", 50, "-pix_fmt", "yuv420p")


@pytest.mark.parametrize("kind", ["mkv", "ts", "flv", "mp4"])
async def test_a_picture_whose_time_is_hours_ahead_is_shown_in_its_place(
    kind: str, tmp_path: Path, toolbox: Toolbox
) -> None:
    plain = Clapper(seconds=6, size=(128, 72), video=REORDERED).make(tmp_path / "plain.mp4")
    wrong = ("-bsf:v", "setts=pts='if(eq(N,60)+eq(N,100),PTS+9000/TB,PTS)'")
    source = tmp_path / f"source.{kind}"
    ffmpeg("-i", plain, "-c", "copy", *wrong, *KINDS[kind][2], source)
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    found = read_pictures(made, 150)
    assert (set(found.numbers), found.steps_back) == (set(range(150)), 0)
    assert_in_step(made, 150)


@pytest.mark.parametrize(("wrong", "off_s"), [(range(20, 150, 8), 5000), ((60, 100), -20)])
async def test_pictures_that_an_index_places_hours_away_are_shown_in_their_place(
    wrong: Sequence[int], off_s: int, tmp_path: Path, toolbox: Toolbox
) -> None:
    plain = Clapper(seconds=6, size=(128, 72), video=REORDERED).make(tmp_path / "plain.mp4").read_bytes()
    scale = int.from_bytes(find(plain, "moov", "trak", "mdia", "mdhd")[12:16], "big")

    def moved(table: bytes) -> bytes:
        waits = [wait for count, wait in struct.iter_unpack(">Ii", table[8:]) for _ in range(count)]
        rows = (struct.pack(">Ii", 1, wait + off_s * scale * (at in wrong)) for at, wait in enumerate(waits))
        return counted(len(waits), b"".join(rows))

    source = tmp_path / "source.mp4"
    source.write_bytes(edit(plain, ("moov", "trak", "mdia", "minf", "stbl", "ctts"), moved))
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    found = read_pictures(made, 150)
    assert (set(found.numbers), found.steps_back) == (set(range(150)), 0)
    assert_in_step(made, 150)


@pytest.mark.parametrize("since_s", [100, 1_700_000_000])
async def test_fragments_that_count_from_1970_begin_at_their_beginning(
    since_s: int, tmp_path: Path, toolbox: Toolbox
) -> None:
    fragments = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof+frag_discont")
    plain = Clapper(seconds=4, size=(128, 72)).make(tmp_path / "plain.mp4", *fragments)
    source = tmp_path / "source.mp4"
    source.write_bytes(shift_fragments(plain.read_bytes(), since_s))
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    found = read_pictures(made, 100)
    assert (set(found.numbers), found.steps_back) == (set(range(100)), 0)
    assert len(found.numbers) <= 102
    assert_in_step(made, 100)


VP8: tuple[object, ...] = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", 8, "-b:v", "400k", "-g", 50)
UNUSUAL: dict[str, tuple[tuple[object, ...], tuple[object, ...], tuple[object, ...]]] = {
    # The clock of 33 bits ends 1.7 s after the beginning.
    "ts": (REORDERED, AAC, ("-output_ts_offset", 95442, *TS)),
    # As browsers record: neither a length nor an index.
    "webm": (VP8, ("-c:a", "libopus"), ("-live", 1, "-cluster_time_limit", 1000)),
}


@pytest.mark.parametrize("kind", UNUSUAL)
async def test_a_clock_that_wraps_and_a_file_without_a_length_change_nothing(
    kind: str, tmp_path: Path, toolbox: Toolbox
) -> None:
    video, sound, options = UNUSUAL[kind]
    source = Clapper(seconds=4, size=(128, 72), video=video, sound=sound).make(tmp_path / f"source.{kind}", *options)
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    found = read_pictures(made, 100)
    assert (set(found.numbers), found.steps_back) == (set(range(100)), 0)
    assert len(found.numbers) <= 102
    assert_in_step(made, 100)


async def test_reordered_pictures_of_avi_are_all_shown_in_order(tmp_path: Path, toolbox: Toolbox) -> None:
    sound: tuple[object, ...] = ("-c:a", "pcm_s16le")
    source = Clapper(seconds=5, size=(128, 72), video=REORDERED, sound=sound).make(tmp_path / "source.avi")
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    found = read_pictures(made, 125)
    assert (set(found.numbers), found.steps_back) == (set(range(125)), 0)
    # As FFmpeg's command line, which shows a picture when it comes out of the decoder.
    assert_in_step(made, 125, within_s=0.09)
