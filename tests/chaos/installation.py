"""The two installations that a campaign runs against."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests.films import kept
from tests.origin import Origin
from tests.services.postgres import Postgres
from tests.services.s3 import BUCKET
from tests.services.vodpull import Vodpull
from vodpull.media import find_toolbox

SECRET = "one master key for the fleet"

LONG_CLIP = "long.mp4"
"""Long enough to be encoded in four chunks, which travel through the store."""

LONG_S = 72

CLIPS = (LONG_CLIP, "sample_h264_aac.flv", "world_vp9_opus.webm")
"""Short ones, as it is the number of tasks and kills that counts, and one that takes several chunks."""


@contextmanager
def embedded(folder: Path, origins: str) -> Iterator[list[Vodpull]]:
    """Run everything in one process."""
    with running([quick_member(folder, "all", origins, {})]) as members:
        yield members


@contextmanager
def fleet(
    folder: Path, origins: str, *, postgres: Postgres, s3_environment: dict[str, str], workers: int
) -> Iterator[list[Vodpull]]:
    """Run one API process and several workers, each with a data folder of its own, as on different machines."""
    shared = shared_settings(postgres.url(postgres.with_tables), s3_environment, prefix=folder.name)
    roles = ["api", *["worker"] * workers]
    members = [quick_member(folder / f"{role}{n}", role, origins, shared) for n, role in enumerate(roles)]
    with running(members):
        yield members


def shared_settings(database_url: str, s3_environment: dict[str, str], *, prefix: str) -> dict[str, str]:
    """Return what all processes of an installation are given."""
    return {
        "VODPULL_DATABASE_URL": database_url,
        "VODPULL_STORAGE_URL": f"s3://{BUCKET}/{prefix}",
        "VODPULL_MASTER_KEY": SECRET,
        **s3_environment,
    }


def gather_sources(folder: Path, names: Sequence[str], *, clips: Path) -> Path:
    """Put clips of the collection, and the long one, into a folder that an origin can serve."""
    folder.mkdir()
    for name in set(names) - {LONG_CLIP}:
        shutil.copyfile(clips / name, folder / name)
    kept(folder / LONG_CLIP, LONG_S, partial(make_clip, duration_s=LONG_S, size="320x180"))
    return folder


def make_clip(path: Path, *, duration_s: float, size: str) -> None:
    """Make a small clip with sound."""
    ffmpeg = str(find_toolbox("", sandbox="off").ffmpeg)
    picture, sound = f"testsrc2=s={size}:r=25:d={duration_s}", f"sine=d={duration_s}"
    words = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
    words += ["-preset", "ultrafast", "-b:v", "500k", "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(words, check=True, timeout=300)


def trusted(*parts: Origin | str) -> str:
    """Return the setting that lets a service reach the loopback servers of a test."""
    return ",".join(part if isinstance(part, str) else part.origin for part in parts)


def member(folder: Path, role: str, origins: str, settings: dict[str, str]) -> Vodpull:
    """Return a process that is not started yet."""
    folder.mkdir(parents=True, exist_ok=True)
    process = Vodpull(folder / "data", origin=origins, **settings)
    process.role = role
    return process


def quick_member(folder: Path, role: str, origins: str, settings: dict[str, str]) -> Vodpull:
    """Return one of a test or campaign whose subject is not the encoder."""
    process = member(folder, role, origins, settings)
    process.encode_quickly()
    return process


@contextmanager
def running(members: list[Vodpull]) -> Iterator[list[Vodpull]]:
    """Start processes at once, and stop them when the block ends."""
    with ExitStack() as stack:
        for process in members:
            stack.callback(process.stop)
        with ThreadPoolExecutor() as pool:
            list(pool.map(Vodpull.start, members))
        yield members
