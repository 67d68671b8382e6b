"""The whole way of one file, as the workflow takes it, and ways to damage it."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from vodpull.media import (
    MediaInfo,
    Package,
    Rendition,
    Toolbox,
    copy_limits,
    encode,
    encode_limits,
    package,
    plan_encode,
    plan_ladder,
    probe,
    verify,
)

Maker = Callable[..., Awaitable[Path]]
VIDEO_ID = "0123456789abcdef"


async def make_package(source: Path, folder: Path, *, toolbox: Toolbox) -> tuple[MediaInfo, Package]:
    """Probe, plan, encode and package into `folder`/out."""
    (folder / "encoded").mkdir()
    (folder / "out").mkdir()
    info = await probe(source, toolbox=toolbox)
    plan = plan_encode(info, plan_ladder(info))
    limits = encode_limits(plan)
    shares: list[float] = []
    encoded = await encode(source, plan, folder / "encoded", toolbox=toolbox, limits=limits, on_progress=shares.append)
    assert shares == sorted(shares)
    limits = copy_limits(10_000_000)
    made = await package(folder / "encoded", encoded, folder / "out", video_id=VIDEO_ID, toolbox=toolbox, limits=limits)
    return info, made


async def make_renditions(source: Path, folder: Path, *, toolbox: Toolbox) -> tuple[MediaInfo, tuple[Rendition, ...]]:
    """Probe, plan, encode, package and verify into `folder`/out."""
    info, made = await make_package(source, folder, toolbox=toolbox)
    return info, await verify(folder / "out", made, info, toolbox=toolbox)


def cut(path: Path, share: float) -> Path:
    """Return a copy of the first part of a file, as an interrupted download leaves it."""
    target = path.with_name(f"cut-{path.name}")
    shutil.copyfile(path, target)
    with target.open("r+b") as file:
        file.truncate(int(path.stat().st_size * share))
    return target
