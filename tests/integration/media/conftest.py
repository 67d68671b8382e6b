"""Fixtures of the half of `media` that runs FFmpeg: the tools of this machine, and clips made on the spot."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.media.pipeline import Maker

from vodpull.media import Toolbox, find_toolbox
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import check
from vodpull.media.tools.run import run

LIMITS = RunLimits(wall_s=120)


@pytest.fixture(scope="session")
def toolbox() -> Toolbox:
    """Return the tools as the service uses them."""
    return find_toolbox("", sandbox="auto")


@pytest.fixture(scope="session")
def bare_toolbox() -> Toolbox:
    """Return the tools without a sandbox."""
    return find_toolbox("", sandbox="off")


@pytest.fixture(params=["boxed", "bare"])
def either_toolbox(request: pytest.FixtureRequest, toolbox: Toolbox, bare_toolbox: Toolbox) -> Toolbox:
    """Return the tools with and without a sandbox, one after the other."""
    if request.param == "boxed" and toolbox.sandbox != "bwrap":
        pytest.skip("no sandbox here")
    return toolbox if request.param == "boxed" else bare_toolbox


@pytest.fixture
def make_clip(tmp_path: Path, bare_toolbox: Toolbox) -> Maker:
    """Return a maker of clips: `make_clip("a.mp4", "-f", "lavfi", …)` gives the output arguments their file."""

    async def make(name: str, *argv: str) -> Path:
        folder = tmp_path / "clips"
        folder.mkdir(exist_ok=True)
        argv = ("ffmpeg", "-nostdin", "-v", "error", "-y", *argv, f"file:{name}")
        finished = await run(argv, toolbox=bare_toolbox, reads={"clips": folder}, writes=folder, limits=LIMITS)
        check(finished, "making a clip")
        return folder / name

    return make


@pytest.fixture
async def clip(make_clip: Maker) -> Path:
    """Return a plain clip: 640x360, 30 fps, 6 s, with sound."""
    return await make_clip(
        "plain.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=6", "-f", "lavfi", "-i", "sine=d=6"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "+faststart"),
    )
