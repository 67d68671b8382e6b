"""A full disk loses nothing, shows nothing false, and everything goes on when there is space again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.origin import Origin
from tests.services.missing import missing
from tests.services.vodpull import Vodpull
from tests.waiting import until

CLIP = "real_720p2997_60s.mp4"
"""9.7 MB."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a real file system of 48 MB."""
    if os.getuid() != 0:
        missing("the right to mount a small file system (root)")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_source_waits_for_space_and_comes_whole(small_disk: Path, origin: Origin, clips: Path) -> None:
    service = Vodpull(small_disk / "data", origin=origin.origin, VODPULL_MIN_FREE_BYTES=str(4 * 1024 * 1024))
    service.start()
    try:
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"x" * 34 * 1024 * 1024)
        task_id = service.pull([{"fetchUrl": origin.url(CLIP)}], workflowId="original")
        until(lambda: "waiting for storage" in service.log(), told=service.log)
        assert service.query(task_id)["status"] == 1
        ballast.unlink()
        [item] = service.wait(task_id)["items"]
        assert item["pullStatus"] == 2
        path = item["videoInfo"]["videoFileList"][0]["fileUrl"]
        assert service.get(f"/media/{path}").content == (clips / CLIP).read_bytes()
    finally:
        service.stop()
