"""Tracks, their choice, their lengths and their channels: what was reported in the field, and its siblings."""

from __future__ import annotations

import array
import itertools
import math
import re
import struct
from dataclasses import replace
from pathlib import Path

import m3u8
import pytest
from tests.clapper import Clapper, assert_in_step, ffmpeg, read_pictures, whole
from tests.integration.media.pipeline import VIDEO_ID, Maker, cut, make_renditions
from tests.mp4_edits import edit

from vodpull.errors import MediaTruncated, MediaUnsupported
from vodpull.media import ABR, MediaInfo, Rendition, Toolbox, check_source, probe, sound_is_lost, warnings_of
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import check
from vodpull.media.tools.run import run

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p")
TWO = (*PICTURE, "-f", "lavfi", "-i", "sine=440:d=4", "-f", "lavfi", "-i", "sine=880:d=4", "-map", "0", "-map", "1",
       "-map", "2", *X264, "-c:a", "aac")  # fmt: skip
SECOND_IS_DEFAULT = ("-metadata:s:a:0", "language=jpn", "-metadata:s:a:1", "language=eng", "-disposition:a:0", "0",
                     "-disposition:a:1", "default")  # fmt: skip


def reasons(info: MediaInfo) -> dict[int, str]:
    return {track.index: track.reason for track in info.tracks if track.reason}


def codes(info: MediaInfo) -> list[str]:
    return [lost.code for lost in warnings_of(info)]


async def heard(folder: Path, rendition: Rendition, *, toolbox: Toolbox) -> list[list[float]]:
    """Return the samples of a published rendition, left and right."""
    listen = ("-nostdin", "-v", "error", "-y", "-i", f"/in/out/{rendition.playlist}", "-map", "0:a:0")
    argv = ("ffmpeg", *listen, "-f", "f32le", "-ac", "2", "-ar", "48000", "file:heard.raw")
    reads = {"out": folder / "out"}
    check(await run(argv, toolbox=toolbox, reads=reads, writes=folder, limits=RunLimits(wall_s=60)), "listening")
    samples = array.array("f", (folder / "heard.raw").read_bytes())
    return [samples[0::2].tolist(), samples[1::2].tolist()]


def rms(samples: list[float]) -> float:
    """Return the loudness of the second second."""
    part = samples[48000:96000]
    return math.sqrt(sum(value * value for value in part) / len(part))


def pitch(samples: list[float]) -> float:
    """Return how often a second the samples go from below to above zero."""
    part = samples[48000:96000]
    return sum(before < 0 <= after for before, after in itertools.pairwise(part))


def renamed(path: Path, letters: bytes, *, nth: int) -> Path:
    """Give the nth sound track of an MP4 a codec that nobody knows."""
    content = path.read_bytes()
    at = [found.start() for found in re.finditer(rb"mp4a\x00\x00\x00\x00", content)][nth]
    end = content.index(b"esds", at)
    target = path.with_name(f"{letters.decode()}-{nth}-{path.name}")
    target.write_bytes(content[:at] + letters + content[at + 4 : end] + b"dapa" + content[end + 4 :])
    return target


@pytest.mark.parametrize(("name", "tag", "listed"), [("two.mkv", "es-419", "es-419"), ("two.mp4", "spa", "es")])
async def test_the_default_sound_is_the_one_that_plays(
    make_clip: Maker, tmp_path: Path, bare_toolbox: Toolbox, name: str, tag: str, listed: str
) -> None:
    spoken = ("-metadata:s:a:0", f"language={tag}", "-metadata:s:a:0", "title=Los comentarios", "-disposition:a:0")
    clip = await make_clip(name, *TWO, *SECOND_IS_DEFAULT, *spoken, "comment" if listed == tag else "0")
    info, renditions = await make_renditions(clip, tmp_path, toolbox=bare_toolbox)
    assert [(track.index, track.language) for track in info.audio] == [(2, "eng"), (1, tag)]
    left, _ = await heard(tmp_path, renditions[-1], toolbox=bare_toolbox)
    assert pitch(left) == pytest.approx(880, abs=5)
    english, other = m3u8.load(str(tmp_path / "out" / f"{VIDEO_ID}.m3u8")).media
    assert (english.name, english.language, english.default, english.autoselect) == ("English", "en", "YES", "YES")
    # A commentary is for who asks for it, as far as the container knows one.
    said = ("Los comentarios", listed, "NO", "NO" if listed == tag else "YES")
    assert (other.name, other.language, other.default, other.autoselect) == said, "HLS has the region"
    spanish = sum((ord(letter) - 0x60) << shift for letter, shift in zip("spa", (10, 5, 0), strict=True))
    [init] = (tmp_path / "out").glob("*/a2/init.mp4")
    assert spanish.to_bytes(2) + b"\0\0" in init.read_bytes(), "MP4 has three letters"


@pytest.mark.parametrize(
    ("ending", "roles"),
    [
        ("mkv", ["original", "dub", "clear", "description", "commentary"]),
        ("mp4", ["main", "dub", "clear", "description", "commentary"]),
        ("ts", ["main", "main", "clear", "description", "main"]),
    ],
)
async def test_what_a_sound_is_for_is_read_as_far_as_the_container_says_it(
    make_clip: Maker, toolbox: Toolbox, ending: str, roles: list[str]
) -> None:
    said = ["default+original", "dub", "hearing_impaired", "visual_impaired", "comment"]
    words = [word for number, each in enumerate(said) for word in (f"-disposition:a:{number}", each)]
    # A transport stream says it beside a language.
    words += [word for number in range(5) for word in (f"-metadata:s:a:{number}", "language=eng")]
    picture = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1", "-map", "1", *5 * ("-map", "0"))
    clip = await make_clip(f"five.{ending}", "-f", "lavfi", "-i", "sine=d=1", *picture, *words, "-c:a", "aac")
    told = {track.index: track.role for track in (await probe(clip, toolbox=toolbox)).audio}
    assert [told[index] for index in sorted(told)] == roles


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
async def test_a_commentary_does_not_go_first(make_clip: Maker, toolbox: Toolbox, name: str) -> None:
    clip = await make_clip(name, *TWO, "-disposition:a:0", "comment", "-disposition:a:1", "0")
    assert [track.index for track in (await probe(clip, toolbox=toolbox)).audio] == [2, 1]


@pytest.mark.parametrize(("nth", "kept"), [(0, 2), (1, 1)])
async def test_a_sound_that_can_be_decoded_stands_in(make_clip: Maker, toolbox: Toolbox, nth: int, kept: int) -> None:
    clip = renamed(await make_clip("two.mp4", *TWO), b"apac", nth=nth)
    info = await probe(clip, toolbox=toolbox)
    assert [track.index for track in info.audio] == [kept]
    assert reasons(info) == {3 - kept: "not_decodable"}
    assert codes(info) == ["sound_left_out"]


async def test_behind_dts_comes_the_sound_that_everybody_can_decode(
    make_clip: Maker, toolbox: Toolbox, bare_toolbox: Toolbox
) -> None:
    two = (*TWO[:-2], "-c:a:0", "dca", "-strict", "-2", "-ac:a:0", "2", "-c:a:1", "aac")
    clip = await make_clip("dts.mkv", *two)
    boxed = (await probe(clip, toolbox=toolbox)).audio
    assert [track.codec for track in boxed] == (["dca", "aac"] if toolbox.sandbox == "bwrap" else ["aac"])
    info = await probe(clip, toolbox=bare_toolbox)
    assert [(track.index, track.codec) for track in info.audio] == [(2, "aac")]
    assert reasons(info) == {1: "not_decodable"}
    [lost] = warnings_of(info)
    assert lost.message == "sound track 1 is left out: its codec dca cannot be decoded"


async def test_a_film_that_loses_all_sound_says_so(make_clip: Maker, toolbox: Toolbox) -> None:
    clip = renamed(await make_clip("one.mp4", *TWO, "-map", "-0:a:1?", "-map", "-2"), b"ac-4", nth=0)
    info = await probe(clip, toolbox=toolbox)
    assert (info.audio, sound_is_lost(info)) == ((), True)
    assert codes(info) == ["sound_missing", "sound_left_out"]


async def test_a_template_may_refuse_a_film_that_loses_all_sound(make_clip: Maker, toolbox: Toolbox) -> None:
    clip = await make_clip("two.mp4", *TWO)
    strict = replace(ABR, audio=replace(ABR.audio, undecodable="fail"))
    one = await probe(renamed(clip, b"apac", nth=0), toolbox=toolbox)
    none = await probe(renamed(renamed(clip, b"apac", nth=1), b"ac-4", nth=0), toolbox=toolbox)
    for info in (one, none):
        check_source(info, ABR)
    check_source(one, strict)
    with pytest.raises(MediaUnsupported, match="the sound cannot be decoded"):
        check_source(none, strict)


def enabled(path: Path, *tracks: int) -> Path:
    """Return an MP4 of which these tracks are enabled and no others; all but the first one are alternatives."""
    content = path.read_bytes()
    for number in range(content.count(b"tkhd")):
        flags, group = (0xF if number in tracks else 0xE), (1 if number else 0)

        def said(header: bytes, flags: int = flags, group: int = group) -> bytes:
            return bytes((header[0], 0, 0, flags)) + header[4:34] + group.to_bytes(2, "big") + header[36:]

        content = edit(content, ("moov", ("trak", number), "tkhd"), said)
    target = path.with_name(f"enabled-{'-'.join(map(str, tracks))}.mp4")
    target.write_bytes(content)
    return target


@pytest.mark.parametrize(("tracks", "order"), [((0, 1), [1, 2]), ((0, 2), [2, 1]), ((0,), [1, 2]), ((), [1, 2])])
async def test_of_alternatives_the_enabled_one_goes_first(
    make_clip: Maker, toolbox: Toolbox, tracks: tuple[int, ...], order: list[int]
) -> None:
    info = await probe(enabled(await make_clip("two.mp4", *TWO), *tracks), toolbox=toolbox)
    assert [track.index for track in info.audio] == order
    assert info.video
    assert reasons(info) == {}


async def test_of_two_pictures_the_enabled_one_is_shown(make_clip: Maker, toolbox: Toolbox) -> None:
    both = (*PICTURE, "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=4", "-map", "0", "-map", "1", *X264)
    info = await probe(enabled(await make_clip("both.mp4", *both), 1), toolbox=toolbox)
    assert info.video
    assert (info.video.width_px, reasons(info)) == (160, {0: "second_picture"})


async def test_a_second_picture_stands_in_for_one_that_cannot_be_decoded(make_clip: Maker, toolbox: Toolbox) -> None:
    both = (*PICTURE, "-map", "0", "-map", "0", "-c:v:0", "magicyuv", "-c:v:1", "libx264", "-pix_fmt:v:1", "yuv420p")
    info = await probe(await make_clip("a.mkv", *both), toolbox=toolbox)
    assert info.video
    assert (info.video.index, reasons(info), codes(info)) == (1, {0: "not_decodable"}, ["picture_left_out"])


async def test_a_cover_is_no_substitute_for_a_film(make_clip: Maker, toolbox: Toolbox) -> None:
    cover = (*PICTURE, "-map", "0", "-map", "0", "-c:v:0", "mjpeg", "-frames:v:0", "1", "-c:v:1", "magicyuv")
    with pytest.raises(MediaUnsupported, match="magicyuv"):
        await probe(await make_clip("a.avi", *cover, "-disposition:v:0", "0"), toolbox=toolbox)


def programme(number: int, *streams: int) -> tuple[object, ...]:
    return "-program", ":".join([f"program_num={number}", *(f"st={stream}" for stream in streams)])


def two_programmes(folder: Path, *programmes: tuple[object, ...]) -> Path:
    """Return a transport stream with the streams 0 (other picture), 1 and 2 (a clapper's), 3 (other sound)."""
    clapper = Clapper(seconds=3, size=(176, 144)).make(folder / "clapper.mkv")
    other = ("-f", "lavfi", "-i", "testsrc=s=320x180:d=3", "-f", "lavfi", "-i", "sine=440:d=3")
    maps = ("-map", "1:v", "-map", "0:v", "-map", "0:a", "-map", "2:a", "-muxdelay", 0, "-muxpreload", 0)
    words = [word for one in programmes for word in one]
    ffmpeg("-i", clapper, *other, *maps, *X264, "-c:a", "mp2", *words, folder / "both.ts")
    return folder / "both.ts"


async def test_picture_and_sound_are_of_one_programme(tmp_path: Path, toolbox: Toolbox) -> None:
    source = two_programmes(tmp_path, programme(1, 1, 2), programme(2, 0, 3))
    # Its clock starts again: it is written anew, and what is left out is told all the same.
    source.write_bytes(2 * source.read_bytes())
    made = tmp_path / "made"
    made.mkdir()
    info, _ = await make_renditions(source, made, toolbox=toolbox)
    assert list(reasons(info).values()) == ["other_programme"] * 2
    assert sorted(codes(info)) == ["picture_left_out", "sound_left_out"]
    film = whole(made / "out" / f"{VIDEO_ID}.m3u8")
    assert_in_step(film, 75)
    assert read_pictures(film, 75).sizes[0][0] == 176


@pytest.mark.parametrize(
    ("programmes", "width_px"),
    [
        # Radio comes first, and a picture without sound.
        ((programme(1, 3), programme(2, 1, 2), programme(3, 0)), 176),
        ((programme(1, 0, 3), programme(2, 1, 2)), 320),
        # The sound of one belongs to both.
        ((programme(1, 0), programme(2, 1, 2, 3)), 176),
    ],
)
async def test_the_first_programme_with_picture_and_sound_counts(
    programmes: tuple[tuple[object, ...], ...], width_px: int, tmp_path: Path, toolbox: Toolbox
) -> None:
    source = two_programmes(tmp_path, *programmes)
    discs = tmp_path / "source.m2ts"
    plain = source.read_bytes()[77:]
    # As discs have it, and it begins in the middle of a packet.
    discs.write_bytes(b"".join(b"\0\0\0\0" + plain[at : at + 188] for at in range(111, len(plain), 188)))
    for file in (source, discs):
        info = await probe(file, toolbox=toolbox)
        assert info.video
        assert info.video.width_px == width_px
        assert "other_programme" in reasons(info).values()
        assert all(
            not any(track.index == sound.index and track.reason for track in info.tracks) for sound in info.audio
        )


async def test_what_a_programme_names_and_does_not_have_is_left_out(tmp_path: Path, toolbox: Toolbox) -> None:
    packets = packets_of(two_programmes(tmp_path, programme(1, 0, 3), programme(2, 1, 2)))
    source = tmp_path / "source.ts"
    # The first programme was named and never sent.
    source.write_bytes(b"".join(packet for packet in packets if identifier(packet) not in {0x100, 0x103}) * 2)
    made = tmp_path / "made"
    made.mkdir()
    info, _ = await make_renditions(source, made, toolbox=toolbox)
    assert list(reasons(info).values()) == ["no_samples"] * 2
    assert_in_step(whole(made / "out" / f"{VIDEO_ID}.m3u8"), 75)


async def test_a_sound_without_a_packet_leaves_its_place_to_the_next(make_clip: Maker, toolbox: Toolbox) -> None:
    info = await probe(await make_clip("a.mkv", *TWO, "-bsf:a:0", "noise=drop=1"), toolbox=toolbox)
    assert ([track.index for track in info.audio], reasons(info)) == ([2], {1: "no_samples"})


async def test_sound_that_begins_late_is_kept(tmp_path: Path, toolbox: Toolbox) -> None:
    clapper = Clapper(seconds=40, rate=5, size=(64, 36)).make(tmp_path / "whole.ts", "-muxdelay", 0)
    packets = packets_of(clapper)
    quiet = packets[: len(packets) * 9 // 10]
    source = tmp_path / "source.ts"
    sent = [packet for packet in quiet if identifier(packet) != 0x101] + packets[len(quiet) :]
    source.write_bytes(b"".join(sent))
    info = await probe(source, toolbox=toolbox)
    assert (codes(info), info.audio[0].channels) == ([], 1)
    assert info.audio[0].start_s - info.start_time_s == pytest.approx(36, abs=2)


def packets_of(stream: Path) -> list[bytes]:
    content = stream.read_bytes()
    return [content[at : at + 188] for at in range(0, len(content), 188)]


def identifier(packet: bytes) -> int:
    return int.from_bytes(packet[1:3], "big") & 0x1FFF


async def test_more_tracks_than_are_published_are_told(make_clip: Maker, toolbox: Toolbox) -> None:
    many = await make_clip("a.mkv", *TWO, *["-map", "1"] * 38, "-t", "0.5")
    info = await probe(many, toolbox=toolbox)
    assert len(info.audio) == 8
    assert codes(info) == ["sound_left_out"] * 32


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.avi", "a.ts"])
async def test_a_longer_second_sound_is_no_loss(make_clip: Maker, toolbox: Toolbox, name: str) -> None:
    longer = ("-f", "lavfi", "-i", "sine=500:d=9", "-map", "0", "-map", "1", "-map", "3", *X264, "-c:a", "aac")
    clip = await make_clip(name, *TWO[:12], *longer)
    info = await probe(clip, toolbox=toolbox)
    assert info.duration_s == pytest.approx(4, abs=0.1)
    assert codes(info) == ["sound_cut"]
    if not name.endswith(".ts"):
        with pytest.raises(MediaTruncated):
            await probe(cut(clip, 0.6), toolbox=toolbox)


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "srt"), ("a.mp4", "mov_text")])
async def test_a_line_that_stays_is_no_loss(make_clip: Maker, toolbox: Toolbox, name: str, codec: str) -> None:
    lines = (await make_clip("picture.mkv", *PICTURE, *X264)).with_name("s.srt")
    lines.write_text("1\n00:00:01,000 --> 00:00:40,000\nlast line that stays\n")
    subtitled = (*PICTURE, "-i", "/in/clips/s.srt", *X264, "-c:s", codec)
    info = await probe(await make_clip(name, *subtitled), toolbox=toolbox)
    assert info.duration_s == pytest.approx(4, abs=0.1)
    assert (reasons(info), codes(info), [text.codec for text in info.texts]) == ({}, [], [codec])


@pytest.mark.parametrize(
    ("rate", "pictures", "sound_s"), [("5", 15, 3.09), ("1", 20, 20.45), ("0.1", 7, 67), ("1/60", 1, 60)]
)
async def test_slow_pictures_are_published(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, rate: str, pictures: int, sound_s: float
) -> None:
    source = ("-f", "lavfi", "-i", f"testsrc=s=160x90:r={rate}", "-f", "lavfi", "-i", f"sine=d={sound_s}")
    clip = await make_clip("a.mp4", *source, "-frames:v", str(pictures), *X264, "-c:a", "aac")
    _, renditions = await make_renditions(clip, tmp_path, toolbox=toolbox)
    # A copied picture ends with its last frame, whose sound may go on.
    assert renditions[0].duration_s == pytest.approx(sound_s, abs=max(0.01 * sound_s, 0.5))


@pytest.mark.parametrize(
    ("channels", "layout"), [(1, "1C"), (3, "FC+FC+FC"), (4, "4C"), (6, "6C"), (10, "10C"), (64, "64C")]
)
async def test_channels_without_names_of_their_own_are_heard_in_both_ears(
    make_clip: Maker, tmp_path: Path, bare_toolbox: Toolbox, channels: int, layout: str
) -> None:
    raw = (await make_clip("picture.mkv", *PICTURE, *X264)).with_name("raw")
    second = (round(6553 * math.sin(2 * math.pi * 440 * at / 48000)) for at in range(48000))
    raw.write_bytes(b"".join(struct.pack("<h", value) * channels for value in second) * 4)
    unnamed = ("-f", "s16le", "-ar", "48000", "-ch_layout", layout, "-i", "/in/clips/raw")
    clip = await make_clip("a.mov", *PICTURE, *unnamed, *X264, "-c:a", "pcm_s16le")
    _, renditions = await make_renditions(clip, tmp_path, toolbox=bare_toolbox)
    left, right = await heard(tmp_path, renditions[-1], toolbox=bare_toolbox)
    assert min(rms(left), rms(right)) > 0.1
    assert max(map(abs, left + right)) <= 1


@pytest.mark.parametrize("layout", ["5.1", "7.1", "quad"])
async def test_loud_surround_does_not_clip(
    make_clip: Maker, tmp_path: Path, bare_toolbox: Toolbox, layout: str
) -> None:
    count = {"5.1": 6, "7.1": 8, "quad": 4}[layout]
    loud = f"aevalsrc='{'|'.join(['0.89*sin(2*PI*440*t)'] * count)}':c={layout}:s=48000:d=4"
    clip = await make_clip("a.mkv", *PICTURE, "-f", "lavfi", "-i", loud, *X264, "-c:a", "flac")
    _, renditions = await make_renditions(clip, tmp_path, toolbox=bare_toolbox)
    left, right = await heard(tmp_path, renditions[-1], toolbox=bare_toolbox)
    assert max(map(abs, left + right)) <= 1
    assert rms(left) > 0.5


async def test_mono_keeps_its_loudness(make_clip: Maker, tmp_path: Path, bare_toolbox: Toolbox) -> None:
    mono = ("-f", "lavfi", "-i", "aevalsrc='0.5*sin(2*PI*440*t)':c=mono:s=48000:d=4")
    clip = await make_clip("a.mp4", *PICTURE, *mono, *X264, "-c:a", "libmp3lame")
    _, renditions = await make_renditions(clip, tmp_path, toolbox=bare_toolbox)
    for ear in await heard(tmp_path, renditions[-1], toolbox=bare_toolbox):
        assert 20 * math.log10(rms(ear) / 0.3536) == pytest.approx(0, abs=1)


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("a.mov", ("pcm_mulaw", 8000)),
        ("a.mov", ("pcm_s24be", 96000)),
        ("a.mp4", ("pcm_s16le", 16000)),
        ("a.mkv", ("flac", 192000)),
        ("a.wav", ("pcm_u8", 11025)),
    ],
)
async def test_samples_of_any_rate_are_as_long_as_they_are(
    make_clip: Maker, toolbox: Toolbox, name: str, sound: tuple[str, int]
) -> None:
    picture = () if name.endswith("wav") else (*PICTURE, "-map", "1", "-map", "0", *X264)
    tone = ("-f", "lavfi", "-i", "sine=440:d=4", "-c:a", sound[0], "-ar", str(sound[1]))
    clip = await make_clip(name, *tone[:4], *picture, *tone[4:])
    info = await probe(clip, toolbox=toolbox)
    assert (info.audio[0].codec, info.audio[0].sample_rate_hz) == sound
    assert info.audio[0].duration_s == pytest.approx(4, abs=0.005)
