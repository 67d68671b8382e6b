"""Fixtures of the half of `media` that runs FFmpeg: the tools of this machine, and clips made on the spot."""

from __future__ import annotations

import subprocess
import tempfile
from functools import partial
from pathlib import Path

import imageio_ffmpeg
import pytest
from tests.films import kept
from tests.integration.media.pipeline import Maker

from vodpull.media import Toolbox, find_toolbox
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import check
from vodpull.media.tools.run import run

LIMITS = RunLimits(wall_s=120)

OWN = ("/in/", "file:", tempfile.gettempdir())
"""In the words of a command that reads a file, of which another test has another one."""


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
        inputs = [argv[at - 2 : at] for at, word in enumerate(argv) if word == "-i"]
        if all(each == ("-f", "lavfi") for each in inputs) and not any(own in word for own in OWN for word in argv):
            return kept(folder / name, argv, partial(_encode, argv))
        argv = ("ffmpeg", "-nostdin", "-v", "error", "-y", *argv, f"file:{name}")
        finished = await run(argv, toolbox=bare_toolbox, reads={"clips": folder}, writes=folder, limits=LIMITS)
        check(finished, "making a clip")
        return folder / name

    return make


def _encode(argv: tuple[str, ...], target: Path) -> None:
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *argv, f"file:{target.name}"]
    ran = subprocess.run(words, cwd=target.parent, capture_output=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]


@pytest.fixture
async def clip(make_clip: Maker) -> Path:
    """Return a plain clip: 640x360, 30 fps, 6 s, with sound."""
    return await make_clip(
        "plain.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=6", "-f", "lavfi", "-i", "sine=d=6"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "+faststart"),
    )
