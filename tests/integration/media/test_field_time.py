"""Sources whose clock is not the one that everybody expects: what is published is in step, whole and in order."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.clapper import Clapper, assert_in_step, read_pictures
from tests.integration.media.pipeline import published

from vodpull.media import Toolbox

LEAN = ("-muxdelay", 0, "-muxpreload", 0, "-f", "mpegts")


@pytest.mark.parametrize("kind", ["mp4", "ts", "mkv", "flv"])
async def test_a_plain_clip_stays_in_step(kind: str, tmp_path: Path, toolbox: Toolbox) -> None:
    source = Clapper(seconds=6).make(tmp_path / f"source.{kind}")
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    assert read_pictures(made, 150).wrong(range(150)) == []
    assert_in_step(made, 150)
