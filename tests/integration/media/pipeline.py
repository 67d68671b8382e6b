"""The whole way of one file, as the workflow takes it, and ways to damage it."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from tests.clapper import whole
from tests.presented import faults_of_mpd, faults_of_playlists

from vodpull.media import (
    ABR,
    STEADY_FILE,
    BurntText,
    EncodePlan,
    MediaInfo,
    Original,
    Package,
    Parts,
    Rendition,
    Survey,
    Template,
    Toolbox,
    encode_chunk,
    encode_limits,
    encode_tracks,
    package_and_verify,
    plan_encode,
    plan_ladder,
    probe,
    steady,
    survey,
)
from vodpull.media.inspect.ask_segments import measure
from vodpull.media.package.package import make_pictures, package_media
from vodpull.media.verify.multivariant_promises import Seen
from vodpull.media.verify.structure import check_structure
from vodpull.media.verify.verify import listed_segments, what_is_measured

Maker = Callable[..., Awaitable[Path]]
VIDEO_ID = "0123456789abcdef"
_MEASURED: dict[object, tuple[MediaInfo, Survey | None]] = {}


async def plan_source(
    source: Path,
    *,
    toolbox: Toolbox,
    original: Path | None = None,
    copy: bool = True,
    template: Template = ABR,
    text: BurntText | None = None,
) -> tuple[MediaInfo, EncodePlan]:
    """Probe, survey where it helps, and plan; `original` is what the source was written anew from."""
    info, seen = await measured(source, toolbox=toolbox, original=original)
    ladder = plan_ladder(info, template=replace(template, copy=copy), survey=seen, text=text)
    return info, plan_encode(info, ladder, survey=seen)


async def measured(source: Path, *, toolbox: Toolbox, original: Path | None = None) -> tuple[MediaInfo, Survey | None]:
    """Probe a file, and survey its picture; what was measured already is not measured again."""
    contents = [sha256(path.read_bytes()).digest() for path in (source, original or source)]
    known = (*contents, source == original, toolbox)
    if known not in _MEASURED:
        info = await probe(source, toolbox=toolbox, original=original)
        _MEASURED[known] = (info, await survey(source, info, toolbox=toolbox) if info.video else None)
    return _MEASURED[known]


async def make_parts(source: Path, plan: EncodePlan, folder: Path, *, toolbox: Toolbox) -> Parts:
    """Encode tracks and chunks into folders of their own."""
    tracks = folder / "tracks"
    tracks.mkdir()
    await encode_tracks(source, plan, tracks, toolbox=toolbox, limits=encode_limits(plan))
    chunks = [folder / f"chunk-{chunk.number}" for chunk in plan.chunks]
    for chunk, target in zip(plan.chunks, chunks, strict=True):
        target.mkdir()
        shares: list[float] = []
        limits = encode_limits(plan, chunk)
        await encode_chunk(source, plan, chunk, target, toolbox=toolbox, limits=limits, on_progress=shares.append)
        assert shares == sorted(shares)
    return Parts(tracks=tracks, chunks=tuple(chunks))


async def make_package(source: Path, folder: Path, *, toolbox: Toolbox) -> tuple[MediaInfo, Package]:
    """Probe, plan, encode and package into `folder`/out, one after the other and without the proof."""
    info, plan, parts = await encoded(source, folder, toolbox=toolbox)
    assembly, made = await package_media(plan, parts, folder / "out", video_id=VIDEO_ID)
    await make_pictures(assembly, made, folder / "out", toolbox=toolbox)
    return info, made


async def verify(out: Path, made: Package, info: MediaInfo, *, toolbox: Toolbox) -> tuple[Rendition, ...]:
    """Look at a package, once more or for the first time."""
    segments = listed_segments(out, made)
    measured = await measure(out, what_is_measured(made, segments), toolbox=toolbox)
    return check_structure(out, made, info=info, seen=Seen(segments=segments, measured=measured))


async def make_renditions(
    source: Path, folder: Path, *, toolbox: Toolbox, template: Template = ABR
) -> tuple[MediaInfo, tuple[Rendition, ...]]:
    """Probe, plan, encode, package and verify into `folder`/out."""
    info, plan, parts = await encoded(source, folder, toolbox=toolbox, template=template)
    out, steadied = folder / "out", folder / STEADY_FILE
    original = Original(path=steadied if steadied.exists() else source, info=info)
    _, renditions, _ = await package_and_verify(plan, parts, out, original=original, video_id=VIDEO_ID, toolbox=toolbox)
    assert faults_of_playlists(out / f"{VIDEO_ID}.m3u8") == []
    assert [fault for path in out.glob("*.mpd") for fault in faults_of_mpd(path)] == []
    return info, renditions


async def published(source: Path, folder: Path, *, toolbox: Toolbox) -> Path:
    """Return one file of what a player plays of a source: the best picture with its sound."""
    folder.mkdir(exist_ok=True)
    await make_renditions(source, folder, toolbox=toolbox)
    return whole(folder / "out" / f"{VIDEO_ID}.m3u8")


async def encoded(
    source: Path, folder: Path, *, toolbox: Toolbox, template: Template = ABR
) -> tuple[MediaInfo, EncodePlan, Parts]:
    """Give it one clock, probe, plan and encode into `folder`/encoded, with an empty folder beside it."""
    (folder / "encoded").mkdir()
    (folder / "out").mkdir()
    steadied = await steady(source, folder, toolbox=toolbox)
    readable = steadied.path if steadied else source
    info, plan = await plan_source(readable, toolbox=toolbox, template=template, original=source)
    return info, plan, await make_parts(readable, plan, folder / "encoded", toolbox=toolbox)


def cut(path: Path, share: float) -> Path:
    """Return a copy of the first part of a file, as an interrupted download leaves it."""
    target = path.with_name(f"cut-{path.name}")
    shutil.copyfile(path, target)
    with target.open("r+b") as file:
        file.truncate(int(path.stat().st_size * share))
    return target
