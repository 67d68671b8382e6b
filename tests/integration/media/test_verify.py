from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import av
import m3u8
import pytest
from pydantic import TypeAdapter
from tests.clapper import ffmpeg
from tests.integration.media.pipeline import VIDEO_ID, Maker, make_package, make_parts, plan_source, verify
from tests.presented import faults_of_mpd, faults_of_playlists

from vodpull.errors import MediaTruncated, OutputInvalid, StorageError
from vodpull.media import MediaInfo, Original, Package, Parts, Rendition, Toolbox, package_and_verify, parse_template

TWO_RUNGS = parse_template(
    """
    definitions.LD = { short_side_px = 72, max_bitrate_bps = 400_000 }
    definitions.SD = { short_side_px = 90, max_bitrate_bps = 800_000 }
    video.h264 = { preset = "ultrafast", crf = 30 }
    """,
    name="two-rungs",
)
SEGMENT = f"{VIDEO_ID}/v01/00002.m4s"
PLAYLIST = f"{VIDEO_ID}-v01.m3u8"
RENDITION = f"{VIDEO_ID}-01.m3u8"
SOUND = f"{VIDEO_ID}/a1/00002.m4s"
MULTIVARIANT = f"{VIDEO_ID}.m3u8"
STORYBOARD = f"{VIDEO_ID}-storyboard.vtt"
SHEET = f"{VIDEO_ID}/storyboard/001.jpg"


def shorten(path: Path, by: int) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - by)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def flip_media(path: Path) -> None:
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 8
    content[start : start + 5000] = b"\xff" * 5000
    path.write_bytes(content)


def flip_bytes(path: Path) -> None:
    content = bytearray(path.read_bytes())
    # Inside of the first picture: a decoder would hide it.
    start = content.index(b"mdat") + 2000
    content[start : start + 50] = bytes(byte ^ 0x55 for byte in content[start : start + 50])
    path.write_bytes(content)


def repeat_the_first(path: Path) -> None:
    path.write_bytes(path.with_name("00001.m4s").read_bytes())


def replace_by_link(path: Path) -> None:
    path.symlink_to(path.rename(path.with_name("elsewhere")))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "segment missing": lambda out: (out / SEGMENT).unlink(),
    "segment empty": lambda out: (out / SEGMENT).write_bytes(b""),
    "segment cut by one byte": lambda out: shorten(out / SEGMENT, 1),
    "segment cut in half": lambda out: shorten(out / SEGMENT, (out / SEGMENT).stat().st_size // 2),
    "segment of zeros": lambda out: (out / SEGMENT).write_bytes(bytes(1000)),
    "segment twice": lambda out: repeat_the_first(out / SEGMENT),
    "segment is a link": lambda out: replace_by_link(out / SEGMENT),
    "a few bytes damaged": lambda out: flip_bytes(out / SEGMENT),
    "pictures damaged": lambda out: flip_media(out / SEGMENT),
    "init missing": lambda out: (out / VIDEO_ID / "v01" / "init.mp4").unlink(),
    "sound missing": lambda out: (out / SOUND).unlink(),
    "sound twice": lambda out: repeat_the_first(out / SOUND),
    "sound is a picture": lambda out: (out / SOUND).write_bytes((out / SEGMENT).read_bytes()),
    "playlist of the sound missing": lambda out: (out / f"{VIDEO_ID}-a1.m3u8").unlink(),
    "rendition missing": lambda out: (out / RENDITION).unlink(),
    "rendition without its sound": lambda out: edit(out / RENDITION, "#EXT-X-MEDIA", "#EXT-X-NO-MEDIA"),
    "rendition leads outside": lambda out: edit(out / RENDITION, PLAYLIST, f"../out/{PLAYLIST}"),
    "I-frame playlist missing": lambda out: (out / f"{VIDEO_ID}-i01.m3u8").unlink(),
    "I-frame playlist leads beside a picture": lambda out: edit(out / f"{VIDEO_ID}-i01.m3u8", "@24", "@25"),
    "MPD missing": lambda out: (out / f"{VIDEO_ID}.mpd").unlink(),
    "MPD cut": lambda out: shorten(out / f"{VIDEO_ID}.mpd", 20),
    "rendition promises too little": lambda out: edit(out / RENDITION, ":BANDWIDTH=", ":BANDWIDTH=1,X-WAS="),
    "playlist missing": lambda out: (out / PLAYLIST).unlink(),
    "playlist empty": lambda out: (out / PLAYLIST).write_text(""),
    "playlist cut": lambda out: shorten(out / PLAYLIST, 20),
    "playlist without its last segment": lambda out: edit(out / PLAYLIST, f"{SEGMENT}\n", ""),
    "playlist leads outside": lambda out: edit(out / PLAYLIST, SEGMENT, f"../out/{SEGMENT}"),
    "playlist leads to the network": lambda out: edit(out / PLAYLIST, SEGMENT, f"https://example.com/{SEGMENT}"),
    "playlist claims more": lambda out: edit(out / PLAYLIST, "#EXTINF:2.", "#EXTINF:2.3"),
    "multivariant missing": lambda out: (out / MULTIVARIANT).unlink(),
    "multivariant cut": lambda out: shorten(out / MULTIVARIANT, 5),
    "multivariant names another size": lambda out: edit(out / MULTIVARIANT, "640x360", "1280x720"),
    "multivariant promises too little": lambda out: edit(out / MULTIVARIANT, ":BANDWIDTH=", ":BANDWIDTH=1,X-WAS="),
    "poster cut": lambda out: shorten(out / f"{VIDEO_ID}.jpg", 10),
    "poster is a small picture": lambda out: (out / f"{VIDEO_ID}.jpg").write_bytes((out / SHEET).read_bytes()),
    "index of the storyboard missing": lambda out: (out / STORYBOARD).unlink(),
    "index of the storyboard cut": lambda out: shorten(out / STORYBOARD, 20),
    "index of the storyboard is none": lambda out: (out / STORYBOARD).write_bytes(b"\xff\xfe"),
    "storyboard with a gap": lambda out: edit(out / STORYBOARD, "04.000 -->", "04.500 -->"),
    "storyboard too short": lambda out: edit(out / STORYBOARD, "00:00:06", "00:00:05"),
    "storyboard leads outside": lambda out: edit(out / STORYBOARD, SHEET, f"../out/{SHEET}"),
    "storyboard leads to the network": lambda out: edit(out / STORYBOARD, SHEET, f"https://example.com/{SHEET}"),
    "storyboard points beside its sheet": lambda out: edit(out / STORYBOARD, "=160,0", "=320,0"),
    "sheet missing": lambda out: (out / SHEET).unlink(),
    "sheet cut": lambda out: shorten(out / SHEET, 10),
    "sheet that nobody names": lambda out: (out / SHEET).with_name("002.jpg").write_bytes((out / SHEET).read_bytes()),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Made:
    """A package that was made once for many tests; `folder` holds its source, its parts and, in `out`, itself."""

    folder: Path
    clip: Path
    info: MediaInfo
    package: Package
    renditions: tuple[Rendition, ...]

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def original(self) -> Original:
        return Original(path=self.clip, info=self.info)

    @property
    def parts(self) -> Parts:
        return Parts(tracks=self.folder / "encoded" / "tracks", chunks=(self.folder / "encoded" / "chunk-0",))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, toolbox: Toolbox) -> Made:
    folder = tmp_path_factory.mktemp("made")
    clip = folder / "plain.mp4"
    sources = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=6", "-f", "lavfi", "-i", "sine=d=6")
    ffmpeg(*sources, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "+faststart", clip)
    info, package = asyncio.run(make_package(clip, folder, toolbox=toolbox))
    renditions = asyncio.run(verify(folder / "out", package, info, toolbox=toolbox))
    return Made(folder=folder, clip=clip, info=info, package=package, renditions=renditions)


@pytest.mark.parametrize("damage", DAMAGE)
async def test_nothing_partial_passes(made: Made, tmp_path: Path, toolbox: Toolbox, damage: str) -> None:
    shutil.copytree(made.out, tmp_path / "out")
    DAMAGE[damage](tmp_path / "out")
    with pytest.raises((OutputInvalid, MediaTruncated)):
        await verify(tmp_path / "out", made.package, made.info, toolbox=toolbox)


def test_what_passes_is_described_as_measured(made: Made) -> None:
    (rendition,) = made.renditions
    files = [*(made.out / VIDEO_ID / "v01").iterdir(), *(made.out / VIDEO_ID / "a1").iterdir()]
    assert rendition.media_bytes == sum(path.stat().st_size for path in files)
    assert rendition.size_bytes == (made.out / RENDITION).stat().st_size
    assert (rendition.duration_s, rendition.segment_count, rendition.frame_rate) == (6.0, 2, 30.0)
    variant, sound = m3u8.load(str(made.out / MULTIVARIANT)).playlists
    (alone,) = m3u8.load(str(made.out / RENDITION)).playlists
    assert str(alone) == str(variant), "a rendition alone is the same pair"
    assert (sound.uri, sound.stream_info.codecs) == (f"{VIDEO_ID}-a1.m3u8", "mp4a.40.2")
    # Two sums, each of them rounded.
    assert variant.stream_info.bandwidth == pytest.approx(rendition.peak_bitrate_bps, abs=1)
    assert variant.stream_info.average_bandwidth == pytest.approx(rendition.bitrate_bps, abs=1)
    assert variant.stream_info.codecs == rendition.codecs == "avc1.64001e,mp4a.40.2"
    assert variant.stream_info.bandwidth == rendition.bandwidth_bps
    assert abs(rendition.av_drift_ms or 0) <= 40
    assert rendition.keyframes_aligned


def test_an_i_frame_playlist_gives_the_first_picture_of_each_segment(made: Made) -> None:
    playlist = m3u8.load(str(made.out / f"{VIDEO_ID}-i01.m3u8"))
    header = (made.out / playlist.segment_map[0].uri).read_bytes()
    shown = []
    for segment in playlist.segments:
        size, place = map(int, segment.byterange.split("@"))
        part = header + (made.out / segment.uri).read_bytes()[place : place + size]
        with av.open(io.BytesIO(part), "r", format="mp4") as container:
            (picture,) = container.decode(video=0)
            shown.append((picture.key_frame, picture.time))
    assert shown == [(True, 0.0), (True, 4.0)]


def test_playlists_and_mpd_keep_the_rules(made: Made) -> None:
    assert faults_of_playlists(made.out / MULTIVARIANT) == faults_of_playlists(made.out / RENDITION) == []
    assert faults_of_mpd(made.out / f"{VIDEO_ID}.mpd") == []


async def test_both_at_once_are_the_same_as_one_after_the_other(made: Made, tmp_path: Path, toolbox: Toolbox) -> None:
    _, plan = await plan_source(made.clip, toolbox=toolbox)
    *both, _ = await package_and_verify(
        plan, made.parts, tmp_path, original=made.original, video_id=VIDEO_ID, toolbox=toolbox
    )
    assert both == [made.package, made.renditions]
    assert contents(tmp_path) == contents(made.out)


async def test_both_at_once_end_together_when_one_fails(made: Made, tmp_path: Path, toolbox: Toolbox) -> None:
    _, plan = await plan_source(made.clip, toolbox=toolbox)
    (tmp_path / VIDEO_ID / "storyboard").mkdir(parents=True)
    with pytest.raises(StorageError, match="storyboard"):
        await package_and_verify(plan, made.parts, tmp_path, original=made.original, video_id=VIDEO_ID, toolbox=toolbox)


def test_the_figures_survive_json(made: Made) -> None:
    kept = TypeAdapter(tuple[Rendition, ...])
    assert kept.validate_json(kept.dump_json(made.renditions)) == made.renditions


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def with_sound_until(info: MediaInfo, end_s: float) -> MediaInfo:
    return replace(info, audio=(replace(info.audio[0], duration_s=end_s),))


@pytest.mark.parametrize(("end_s", "error"), [(6.1, MediaTruncated), (5.9, OutputInvalid)])
async def test_sound_and_picture_end_as_far_apart_as_in_the_source(
    made: Made, toolbox: Toolbox, end_s: float, error: type[Exception]
) -> None:
    await verify(made.out, made.package, with_sound_until(made.info, 6.03), toolbox=toolbox)
    with pytest.raises(error, match="ms"):
        await verify(made.out, made.package, with_sound_until(made.info, end_s), toolbox=toolbox)


async def test_renditions_with_other_keyframes_do_not_pass(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=30:d=6", "-c:v", "libx264", "-preset", "ultrafast")
    clip = await make_clip("a.mp4", *source)
    info, plan = await plan_source(clip, toolbox=toolbox, copy=False, template=TWO_RUNGS)
    for gop_frames in (120, 90):
        other = replace(plan, gop_frames=gop_frames, cuts=(0, gop_frames))
        folder = tmp_path / str(gop_frames)
        (folder / "out").mkdir(parents=True)
        parts = await make_parts(clip, other, folder, toolbox=toolbox)
        original, out = Original(path=clip, info=info), folder / "out"
        made, *_ = await package_and_verify(other, parts, out, original=original, video_id=VIDEO_ID, toolbox=toolbox)
    for name in (PLAYLIST, f"{VIDEO_ID}/v01"):
        (tmp_path / "90" / "out" / name).rename(tmp_path / "120" / "was")
        (tmp_path / "120" / "out" / name).rename(tmp_path / "90" / "out" / name)
        (tmp_path / "120" / "was").rename(tmp_path / "120" / "out" / name)
    with pytest.raises(OutputInvalid, match="keyframes"):
        await verify(tmp_path / "120" / "out", made, info, toolbox=toolbox)
