from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import m3u8
import pytest
from tests.integration.media.pipeline import VIDEO_ID, make_package

from vodpull.errors import OutputInvalid
from vodpull.media import Toolbox, verify

SEGMENT = f"{VIDEO_ID}/01/00002.m4s"
PLAYLIST = f"{VIDEO_ID}-01.m3u8"
MULTIVARIANT = f"{VIDEO_ID}.m3u8"


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
    "pictures damaged": lambda out: flip_media(out / SEGMENT),
    "init missing": lambda out: (out / VIDEO_ID / "01" / "init.mp4").unlink(),
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
    "poster cut": lambda out: shorten(out / f"{VIDEO_ID}.jpg", 10),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
async def test_nothing_partial_passes(clip: Path, tmp_path: Path, toolbox: Toolbox, damage: str) -> None:
    info, made = await make_package(clip, tmp_path, toolbox=toolbox)
    await verify(tmp_path / "out", made, info, toolbox=toolbox)
    DAMAGE[damage](tmp_path / "out")
    with pytest.raises(OutputInvalid):
        await verify(tmp_path / "out", made, info, toolbox=toolbox)


async def test_what_passes_is_described_as_measured(clip: Path, tmp_path: Path, toolbox: Toolbox) -> None:
    info, made = await make_package(clip, tmp_path, toolbox=toolbox)
    (rendition,) = await verify(tmp_path / "out", made, info, toolbox=toolbox)
    files = list((tmp_path / "out" / VIDEO_ID / "01").iterdir())
    assert rendition.media_bytes == sum(path.stat().st_size for path in files)
    assert rendition.size_bytes == (tmp_path / "out" / PLAYLIST).stat().st_size
    assert (rendition.duration_s, rendition.segment_count, rendition.frame_rate) == (6.0, 2, 30.0)
    (variant,) = m3u8.load(str(tmp_path / "out" / MULTIVARIANT)).playlists
    assert variant.stream_info.bandwidth == rendition.peak_bitrate_bps
    assert variant.stream_info.average_bandwidth == rendition.bitrate_bps
    assert variant.stream_info.codecs == rendition.codecs == "avc1.64001e,mp4a.40.2"
