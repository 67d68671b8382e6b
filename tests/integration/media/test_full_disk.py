from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.clapper import ffmpeg
from tests.integration.media.pipeline import make_parts, plan_source

from vodpull.errors import StorageFull
from vodpull.media import EncodePlan, Original, Parts, Toolbox, encode_chunk, encode_limits, package_and_verify


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Return a maker of a file system of so many KiB; only root can make one."""
    folder = tmp_path / "small"
    folder.mkdir()

    def mount(size_kib: int) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs", str(folder)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("no right to mount a file system")
        return folder

    yield mount
    subprocess.run(["umount", str(folder)], check=False, capture_output=True)


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory, toolbox: Toolbox) -> tuple[Original, EncodePlan, Parts]:
    folder = tmp_path_factory.mktemp("encoded")
    clip = folder / "plain.mp4"
    sources = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=6", "-f", "lavfi", "-i", "sine=d=6")
    ffmpeg(*sources, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", clip)
    info, plan = asyncio.run(plan_source(clip, toolbox=toolbox))
    (folder / "encoded").mkdir()
    parts = asyncio.run(make_parts(clip, plan, folder / "encoded", toolbox=toolbox))
    return Original(path=clip, info=info), plan, parts


async def test_no_room_for_the_renditions(
    encoded: tuple[Original, EncodePlan, Parts], toolbox: Toolbox, small_disk: Callable[[int], Path]
) -> None:
    original, plan, _ = encoded
    (chunk,), limits, room = plan.chunks, encode_limits(plan), small_disk(60)
    with pytest.raises(StorageFull):
        await encode_chunk(original.path, plan, chunk, room, toolbox=toolbox, limits=limits, on_progress=lambda _: None)


@pytest.mark.parametrize("missing_bytes", [-20_000, 2_000, 100_000, 400_000])
async def test_no_room_for_the_segments(
    encoded: tuple[Original, EncodePlan, Parts],
    toolbox: Toolbox,
    small_disk: Callable[[int], Path],
    missing_bytes: int,
) -> None:
    original, plan, parts = encoded
    needed = sum(path.stat().st_size for path in parts.chunks[0].parent.rglob("*.m*"))
    disk = small_disk((needed - missing_bytes) // 1024)
    with pytest.raises(StorageFull):
        await package_and_verify(plan, parts, disk, original=original, video_id="v", toolbox=toolbox)
