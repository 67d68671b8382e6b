from __future__ import annotations

from functools import partial
from pathlib import Path

import av
import pytest
from tests.clapper import Clapper, beeps, ffmpeg, onsets, read_pictures, read_sound, tone
from tests.films import kept
from tests.integration.media.pipeline import make_renditions
from tests.mp4_edits import shift_fragments

from vodpull.errors import EncodeFailed
from vodpull.media import JoinedSound, Toolbox, copy_limits, join, probe

LIMITS = copy_limits(10_000_000)


def joined(folder: Path, target: Path, names: list[str]) -> Path:
    target.write_bytes(b"".join((folder / name).read_bytes() for name in names))
    return target


async def test_transport_stream_segments(clips: Path, tmp_path: Path, toolbox: Toolbox) -> None:
    parts = joined(clips / "hls_ts", tmp_path / "video", ["segment000.ts", "segment001.ts"])
    await join(parts, [], tmp_path / "joined", toolbox=toolbox, limits=LIMITS)
    info = await probe(tmp_path / "joined", toolbox=toolbox)
    assert info.container.startswith("mov")
    assert info.duration_s == pytest.approx(10.0, rel=0.01)
    assert [track.codec for track in info.audio] == ["aac"]


async def test_fragments_with_separate_sound_go_the_whole_way(clips: Path, tmp_path: Path, toolbox: Toolbox) -> None:
    parts = {
        kind: joined(
            clips / "hls_fmp4", tmp_path / kind,
            [f"{kind}_init.mp4", *(f"{kind}_{number}.m4s" for number in range(1, 13))],
        )
        for kind in ("video", "audio")
    }  # fmt: skip
    sounds = [JoinedSound(path=parts["audio"])]
    await join(parts["video"], sounds, tmp_path / "joined", toolbox=toolbox, limits=LIMITS)
    info, renditions = await make_renditions(tmp_path / "joined", tmp_path, toolbox=toolbox)
    assert info.duration_s == pytest.approx(3.0, abs=0.01)
    assert renditions[0].codecs == "avc1.64001e,mp4a.40.2"


async def test_segments_that_are_none_are_refused(tmp_path: Path, toolbox: Toolbox) -> None:
    (tmp_path / "video").write_text("<html></html>")
    with pytest.raises(EncodeFailed):
        await join(tmp_path / "video", [], tmp_path / "joined", toolbox=toolbox, limits=LIMITS)


def bilingual(target: Path, *options: object) -> Path:
    """Make a picture with two sounds of 4 s: English at 440 Hz, German at 880 Hz, which is marked as default."""
    words = (
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4", "-f", "lavfi", "-i", "sine=440:d=4",
        "-f", "lavfi", "-i", "sine=880:d=4", "-map", 0, "-map", 1, "-map", 2,
        "-c:v", "libx264", "-preset", "ultrafast", "-g", 50, "-pix_fmt", "yuv420p", "-c:a", "aac",
        "-metadata", "comment=stranger", "-metadata:s:v", "title=stranger", "-metadata:s:a", "title=stranger",
        "-metadata:s", "handler_name=stranger", "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu",
        "-disposition:a:0", "0", "-disposition:a:1", "default", *options,
    )  # fmt: skip
    return kept(target, words, partial(ffmpeg, *words))


def part_of(source: Path, target: Path, stream: str) -> Path:
    keeping_time = ("-copyts", "-muxdelay", 0, "-muxpreload", 0)
    ffmpeg("-i", source, "-map", f"0:{stream}", "-c", "copy", *keeping_time, "-f", "mpegts", target)
    return target


@pytest.mark.parametrize("kind", ["mpegts", "mp4"])
async def test_a_clock_that_jumps_changes_nothing_of_that(kind: str, tmp_path: Path, toolbox: Toolbox) -> None:
    fragments = ("-movflags", "empty_moov+frag_keyframe+default_base_moof") if kind == "mp4" else ()
    source = bilingual(tmp_path / "video", *fragments, "-f", kind)
    content = source.read_bytes()
    again = shift_fragments(content, 5000)[content.index(b"moof") - 4 :] if kind == "mp4" else content
    source.write_bytes(content + again)
    await join(source, [], tmp_path / "joined", toolbox=toolbox, limits=LIMITS)
    info = await probe(tmp_path / "joined", toolbox=toolbox)
    assert info.duration_s == pytest.approx(8, abs=0.2)
    assert [sound.language for sound in info.audio] == (["deu", "eng"] if kind == "mp4" else ["eng", "deu"])


@pytest.mark.parametrize("kind", ["mpegts", "mp4"])
async def test_tracks_keep_language_and_default_and_nothing_else(kind: str, tmp_path: Path, toolbox: Toolbox) -> None:
    fragments = ("-movflags", "empty_moov+frag_keyframe") if kind == "mp4" else ()
    source = bilingual(tmp_path / "video", *fragments, "-f", kind)
    await join(source, [], tmp_path / "joined", toolbox=toolbox, limits=LIMITS)
    info = await probe(tmp_path / "joined", toolbox=toolbox)
    # a transport stream has no default
    first = ["deu", "eng"] if kind == "mp4" else ["eng", "deu"]
    assert [sound.language for sound in info.audio] == first
    assert b"stranger" in source.read_bytes()[:100_000] or kind == "mpegts"
    assert b"stranger" not in (tmp_path / "joined").read_bytes()


async def test_every_rendition_becomes_a_track_and_the_default_is_first(tmp_path: Path, toolbox: Toolbox) -> None:
    whole = bilingual(tmp_path / "whole.ts", "-f", "mpegts")
    video, english, german = (part_of(whole, tmp_path / f"{name}.ts", name) for name in ("v:0", "a:0", "a:1"))
    sounds = [
        JoinedSound(path=german, language="de-419", name="Deutsch", role="dub"),
        JoinedSound(path=english, language="en-gb", role="description"),
    ]
    await join(video, sounds, tmp_path / "joined", toolbox=toolbox, limits=LIMITS)
    info = await probe(tmp_path / "joined", toolbox=toolbox)
    told = [(sound.index, sound.language, sound.role) for sound in info.audio]
    assert told == [(1, "de-419", "dub"), (2, "en-GB", "description")]
    assert tone(read_sound(tmp_path / "joined", track=0), 1, 3)[0] == pytest.approx(880, abs=5)
    assert tone(read_sound(tmp_path / "joined", track=1), 1, 3)[0] == pytest.approx(440, abs=5)
    with av.open(str(tmp_path / "joined")) as container:
        tracks = container.streams.audio
        assert [track.metadata.get("handler_name") for track in tracks] == ["Deutsch", "SoundHandler"]
        # Who reads the three letters only has them, too.
        assert [track.metadata.get("language") for track in tracks] == ["deu", "eng"]
        assert [bool(track.disposition & type(track.disposition).default) for track in tracks] == [True, False]


async def test_the_default_may_be_in_the_picture_s_file(tmp_path: Path, toolbox: Toolbox) -> None:
    whole = bilingual(tmp_path / "whole.ts", "-f", "mpegts")
    german = part_of(whole, tmp_path / "german.ts", "a:1")
    muxed = tmp_path / "muxed.ts"
    ffmpeg("-i", whole, "-map", "0:v", "-map", "0:a:0", "-c", "copy", "-metadata:s:a", "language=und", muxed)
    sounds = [JoinedSound(path=None, language="en", name="English"), JoinedSound(path=german, language="de")]
    await join(muxed, sounds, tmp_path / "joined", toolbox=toolbox, limits=LIMITS)
    info = await probe(tmp_path / "joined", toolbox=toolbox)
    assert [(sound.index, sound.language) for sound in info.audio] == [(2, "eng"), (1, "deu")]


async def test_a_rendition_without_sound_is_an_error(tmp_path: Path, toolbox: Toolbox) -> None:
    whole = bilingual(tmp_path / "whole.ts", "-f", "mpegts")
    silent = part_of(whole, tmp_path / "silent.ts", "v:0")
    with pytest.raises(EncodeFailed, match="joining the segments"):
        await join(silent, [JoinedSound(path=silent)], tmp_path / "joined", toolbox=toolbox, limits=LIMITS)


@pytest.mark.parametrize(("late", "flash_s", "beep_s"), [("sound", 0.0, 1.0), ("picture", 0.48, 0.48)])
async def test_parts_that_begin_apart_stay_in_step(
    late: str, flash_s: float, beep_s: float, tmp_path: Path, toolbox: Toolbox
) -> None:
    picture = Clapper(seconds=4, sound=()).make(tmp_path / "picture.mkv")
    delays = (10, 10.48) if late == "sound" else (10.48, 10)
    heard = beeps(4, offset_s=-0.48 if late == "sound" else 0.48)
    whole = tmp_path / "whole.ts"
    inputs = ("-itsoffset", delays[0], "-i", picture, "-itsoffset", delays[1], "-f", "lavfi", "-i", heard)
    ffmpeg(*inputs, "-c:v", "copy", "-c:a", "aac", "-muxdelay", 0, "-muxpreload", 0, whole)
    video, sound = (part_of(whole, tmp_path / f"{name}.ts", name) for name in ("v", "a"))
    await join(video, [JoinedSound(path=sound)], tmp_path / "joined", toolbox=toolbox, limits=LIMITS)
    assert read_pictures(tmp_path / "joined", 100).flashes_s[0] == pytest.approx(flash_s, abs=0.045)
    assert onsets(read_sound(tmp_path / "joined"))[0] == pytest.approx(beep_s, abs=0.045)


async def test_parts_whose_clock_wraps_and_starts_anew_stay_in_step(tmp_path: Path, toolbox: Toolbox) -> None:
    reordered = ("-c:v", "libx264", "-preset", "veryfast", "-bf", 3, "-g", 50, "-pix_fmt", "yuv420p")
    content = {"v": b"", "a": b""}
    # The clock of a transport stream ends 1.7 s after the first one; the last one is a jump forward.
    for number, begin_s in enumerate((95442, 1, 40)):
        clip = Clapper(seconds=3, first=75 * number, total=225, size=(128, 72), video=reordered)
        whole = clip.make(tmp_path / f"{number}.mkv")
        for kind in content:
            part = tmp_path / f"{number}{kind}.ts"
            options = ("-output_ts_offset", begin_s, "-muxdelay", 0, "-muxpreload", 0)
            ffmpeg("-i", whole, "-map", f"0:{kind}", "-c", "copy", *options, part)
            content[kind] += part.read_bytes()
    video, sound = tmp_path / "video", tmp_path / "sound"
    video.write_bytes(content["v"])
    sound.write_bytes(content["a"])
    await join(video, [JoinedSound(path=sound)], tmp_path / "joined", toolbox=toolbox, limits=LIMITS)
    found = read_pictures(tmp_path / "joined", 225)
    assert (set(found.numbers), found.steps_back) == (set(range(225)), 0)
    assert onsets(read_sound(tmp_path / "joined")) == pytest.approx(found.flashes_s, abs=0.045)
