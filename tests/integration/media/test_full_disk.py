from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.media.pipeline import make_parts, plan_source

from vodpull.errors import StorageFull
from vodpull.media import Original, Toolbox, encode_chunk, encode_limits, package_and_verify


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


async def test_no_room_for_the_renditions(clip: Path, toolbox: Toolbox, small_disk: Callable[[int], Path]) -> None:
    _, plan = await plan_source(clip, toolbox=toolbox)
    (chunk,), limits = plan.chunks, encode_limits(plan)
    with pytest.raises(StorageFull):
        await encode_chunk(
            clip, plan, chunk, small_disk(60), toolbox=toolbox, limits=limits, on_progress=lambda _: None
        )


@pytest.mark.parametrize("missing_bytes", [-20_000, 2_000, 100_000, 400_000])
async def test_no_room_for_the_segments(
    clip: Path, tmp_path: Path, toolbox: Toolbox, small_disk: Callable[[int], Path], missing_bytes: int
) -> None:
    info, plan = await plan_source(clip, toolbox=toolbox)
    (tmp_path / "encoded").mkdir()
    parts = await make_parts(clip, plan, tmp_path / "encoded", toolbox=toolbox)
    needed = sum(path.stat().st_size for path in (tmp_path / "encoded").rglob("*.m*"))
    disk = small_disk((needed - missing_bytes) // 1024)
    original = Original(path=clip, info=info)
    with pytest.raises(StorageFull):
        await package_and_verify(plan, parts, disk, original=original, video_id="v", toolbox=toolbox)
