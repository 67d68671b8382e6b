"""What is seen of a source ahead is what the proof would see, and serves it in its place."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.clapper import ffmpeg
from tests.corpus.library import TOOLS
from tests.integration.media.pipeline import VIDEO_ID, encoded, plan_source

from vodpull.media import Original, Toolbox, look_ahead
from vodpull.media.confined.comparison import decode_around, source_fingerprints
from vodpull.media.inspect import run_child
from vodpull.media.package.package import package_media
from vodpull.media.tools.outcome import Finished
from vodpull.media.tools.run import run
from vodpull.media.verify import fingerprint_ahead
from vodpull.media.verify.compare import Subject, source_orders
from vodpull.media.verify.content_verdict import Proof, prove_content

NEAR_S = 0.4
"""Between instants some of whose stretches overlap, and some do not."""
FAR_S = 1.7
LONGEST_S = 7.0
"""Of a film; alone, each instant is decoded from the keyframe before it."""


def several(length_s: float) -> list[float]:
    """Return instants all over a film, near to and far from each other."""
    steps = [FAR_S * number for number in range(int(length_s / FAR_S) + 1)]
    return sorted({at_s for step_s in steps for at_s in (step_s, step_s + NEAR_S) if at_s <= length_s})


@pytest.fixture
def source(clips: Path, name: str) -> Path:
    return clips / name


FILES = [
    "av1_aac_960x540_15s.mp4",
    "bbb_854x480_5p1_30s.mp4",
    "globe_h264_aac.ts",
    "globe_mpeg4_mp3.avi",
    "hdr10_hevc10_1080p_1s.mp4",
    "interlaced_480i_mpeg2_ac3.mpg",
    "odd_853x481_vp9_opus.webm",
    "phone_h264_rot90_720p.mp4",
    "phone_hevc10_hlg_rot90_vfr.mp4",
    "portrait_vfr_1080x1440.mp4",
    "sample_h264_aac.flv",
    "very_short_0.17s_1080p.mp4",
    "video_only_640x360_40s.mp4",
    "world_vp9_opus.webm",
]


@pytest.mark.parametrize("name", FILES)
async def test_on_the_way_the_same_pictures_are_seen_as_at_each_instant_alone(source: Path, toolbox: Toolbox) -> None:
    info, plan = await plan_source(source, toolbox=toolbox)
    orders = source_orders(plan, info)
    walk = source_fingerprints.Walk(TOOLS, decode_around, source=source, orders=orders)
    for at_s in several(min(float(plan.frames_total / plan.rate), LONGEST_S)):
        stretch = decode_around.searched(at_s, orders["frame_s"])
        alone = decode_around.Film(TOOLS, source, orders).sights(*stretch, careful=False)
        assert walk.sights(*stretch) == alone, at_s


async def looked_at(source: Path, folder: Path, *, toolbox: Toolbox) -> tuple[Subject, Path]:
    """Encode and package a source, and look at it ahead."""
    info, plan, parts = await encoded(source, folder, toolbox=toolbox)
    out, seen = folder / "out", folder / "seen"
    _, package = await package_media(plan, parts, out, video_id=VIDEO_ID)
    seen.mkdir()
    original = Original(path=source, info=info, seen=seen)
    await look_ahead(plan, original, seen, toolbox=toolbox)
    return Subject(original=original, out_folder=out, package=package, plan=plan), seen / source_fingerprints.SIGHTS


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory, toolbox: Toolbox) -> tuple[Subject, Path]:
    folder = tmp_path_factory.mktemp("seen")
    source = folder / "source.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=12", "-c:v", "libx264", "-movflags", "+faststart", source)
    return asyncio.run(looked_at(source, folder, toolbox=toolbox))


def unreadable(source: Path, folder: Path) -> Path:
    """Return a file of the same size and time, of whose pictures none can be decoded."""
    path, found, content = folder / source.name, source.stat(), source.read_bytes()
    head = content[: content.index(b"mdat") + 4]
    path.write_bytes(head + bytes(len(content) - len(head)))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    return path


def of_another_second(source: Path) -> Path:
    os.utime(source, (1, 1))
    return source


async def proof_of(subject: Subject, source: Path, seen: Path | None, *, toolbox: Toolbox) -> Proof:
    original = replace(subject.original, path=source, seen=seen)
    return await prove_content(replace(subject, original=original), toolbox=toolbox)


async def test_the_index_of_a_source_is_read_once_for_all_instants(
    packaged: tuple[Subject, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, orders = packaged[0].original.path, source_orders(packaged[0].plan, packaged[0].original.info)
    asked: list[bool] = []
    plain = decode_around.Tools.open

    def counted(tools: decode_around.Tools, *words: Any, unseen: bool = False) -> Any:
        asked.append(unseen)
        return plain(tools, *words, unseen=unseen)

    monkeypatch.setattr(decode_around.Tools, "open", counted)
    walk = source_fingerprints.Walk(TOOLS, decode_around, source=source, orders=orders)
    for at_s in (0.1, 2.0, 4.0, 8.0, 11.0):
        assert walk.sights(*decode_around.searched(at_s, orders["frame_s"]))
    assert sum(asked) == 1


async def test_what_was_seen_ahead_is_not_decoded_again(
    packaged: tuple[Subject, Path], tmp_path: Path, toolbox: Toolbox
) -> None:
    subject, seen = packaged
    proof = await proof_of(subject, unreadable(subject.original.path, tmp_path), seen.parent, toolbox=toolbox)
    assert (proof.unseen, proof.pictures > 0) == (0, True)
    assert proof == await prove_content(subject, toolbox=toolbox)


@pytest.mark.parametrize("whole", [1, 3])
async def test_what_is_missing_is_looked_at_in_the_proof(
    packaged: tuple[Subject, Path], tmp_path: Path, toolbox: Toolbox, whole: int
) -> None:
    """Whoever looked was ended in the middle of a line, or of the first one."""
    subject, seen = packaged
    lines = seen.read_text().splitlines(keepends=True)
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen" / seen.name).write_text("".join(lines[:whole]) + lines[whole][:500])
    ahead = tmp_path / "seen"
    proof = await proof_of(subject, subject.original.path, ahead, toolbox=toolbox)
    assert proof == await proof_of(subject, subject.original.path, None, toolbox=toolbox)
    blind = await proof_of(subject, unreadable(subject.original.path, tmp_path), ahead, toolbox=toolbox)
    assert blind.unseen == len(lines) - whole


async def test_what_was_seen_of_another_file_counts_for_nothing(
    packaged: tuple[Subject, Path], tmp_path: Path, toolbox: Toolbox
) -> None:
    subject, seen = packaged
    other = of_another_second(unreadable(subject.original.path, tmp_path))
    proof = await proof_of(subject, other, seen.parent, toolbox=toolbox)
    assert proof.unseen == len(proof.instants_s)


DAMAGED = [b"", b"\xff\n", b"null\n", b"[1, [[0, 0]]]\n", b'[0.0, [[0.0, "00", 1.0, false]]]\n', b"[" * 10000 + b"\n"]


@pytest.mark.parametrize("content", DAMAGED)
def test_lines_that_cannot_be_read_are_none(packaged: tuple[Subject, Path], tmp_path: Path, content: bytes) -> None:
    subject, seen = packaged
    source, orders = subject.original.path, source_orders(subject.plan, subject.original.info)
    first, *_ = seen.read_bytes().splitlines(keepends=True)
    for written in (content, first + content):
        (tmp_path / seen.name).write_bytes(written)
        assert source_fingerprints.known(tmp_path, TOOLS, source=source, orders=orders) == {}


async def test_of_large_pictures_only_some_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toolbox: Toolbox
) -> None:
    """PyAV leaves each that was looked at in memory, until the interpreter looks for circles."""
    source, picture_bytes = tmp_path / "large.mp4", 2560 * 1440 * 3 // 2
    ffmpeg("-f", "lavfi", "-i", "color=gray:s=2560x1440:r=50:d=2", "-c:v", "libx264", "-preset", "ultrafast", source)
    info, plan = await plan_source(source, toolbox=toolbox)
    peaks_bytes: list[int] = []

    async def watched(*words: Any, **options: Any) -> Finished:
        finished = await run(*words, **options)
        peaks_bytes.append(finished.peak_memory_bytes)
        return finished

    monkeypatch.setattr(run_child, "run", watched)
    for at_s in (0.0, 1.0):
        monkeypatch.setattr(fingerprint_ahead, "picture_instants", lambda _plan, at_s=at_s: (at_s,))
        await look_ahead(plan, Original(path=source, info=info), tmp_path, toolbox=toolbox)
    few, many = peaks_bytes
    seen = json.loads((tmp_path / source_fingerprints.SIGHTS).read_text().splitlines()[1])[1]
    assert len(seen) > 30
    assert many - few < 10 * picture_bytes
