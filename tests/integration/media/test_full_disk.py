from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vodpull.errors import StorageFull
from vodpull.media import Toolbox, copy_limits, encode, encode_limits, package, plan_encode, plan_ladder, probe


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
    info = await probe(clip, toolbox=toolbox)
    plan = plan_encode(info, plan_ladder(info))
    limits = encode_limits(plan)
    with pytest.raises(StorageFull):
        await encode(clip, plan, small_disk(60), toolbox=toolbox, limits=limits, on_progress=lambda _: None)


@pytest.mark.parametrize("missing_bytes", [-20_000, 2_000, 100_000, 400_000])
async def test_no_room_for_the_segments(
    clip: Path, tmp_path: Path, toolbox: Toolbox, small_disk: Callable[[int], Path], missing_bytes: int
) -> None:
    info = await probe(clip, toolbox=toolbox)
    plan, limits = plan_encode(info, plan_ladder(info)), copy_limits(10_000_000)
    (tmp_path / "encoded").mkdir()
    encoded = await encode(
        clip, plan, tmp_path / "encoded", toolbox=toolbox, limits=encode_limits(plan), on_progress=lambda _: None
    )
    needed = sum(path.stat().st_size for path in (tmp_path / "encoded").iterdir())
    disk = small_disk((needed - missing_bytes) // 1024)
    # FFmpeg itself ends with success on most of these.
    with pytest.raises(StorageFull):
        await package(tmp_path / "encoded", encoded, disk, video_id="v", toolbox=toolbox, limits=limits)
