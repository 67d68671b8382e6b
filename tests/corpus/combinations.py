"""
Combinations of what sources do, each of which must become what the same film becomes without any of it.

    .venv/bin/python -m tests.corpus.combinations        # all of them
    .venv/bin/python -m tests.corpus.combinations 7 20   # every seventh, from number 20 on

Container, start offset, order of tracks, frame rate, rotation, shape of pixels and changes on the way are combined. A
plain MP4 of the same film says what must be seen and heard; the service's own way is run, its proof included.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.corpus.faults import Film, ffmpeg, log
from tests.integration.media.pipeline import VIDEO_ID, make_parts, plan_source
from vodpull.errors import EncodeFailed, MediaTruncated, OutputInvalid, VodpullError
from vodpull.media import (
    ABR,
    EncodePlan,
    MediaInfo,
    Original,
    Package,
    Toolbox,
    could_be_more_careful,
    find_toolbox,
    package_and_verify,
    plan_carefully,
    plan_ladder,
    probe,
    steady,
)

LENGTH_S = 5
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-g", "25", "-bf", "2", "-pix_fmt", "yuv420p")
QUIET = ("-x265-params", "log-level=none")
# Names of files with the encoders and options of their containers.
CONTAINERS = {
    "mp4": ("film.mp4", (*X264, "-c:a", "aac")),
    "fragmented mp4": ("film.mp4", (*X264, "-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov+delay_moov")),
    "mov": ("film.mov", (*X264, "-c:a", "pcm_s16le")),
    "mkv": ("film.mkv", (*X264, "-c:a", "libopus")),
    "ts": ("film.ts", (*X264, "-c:a", "aac")),
    "flv": ("film.flv", (*X264, "-c:a", "aac")),
    "avi": ("film.avi", ("-c:v", "mpeg4", "-q:v", "2", "-c:a", "libmp3lame")),
    "mpg": ("film.mpg", ("-c:v", "mpeg2video", "-q:v", "2", "-c:a", "mp2")),
    "hevc mkv": ("film.mkv", ("-c:v", "libx265", "-preset", "ultrafast", *QUIET, "-c:a", "ac3")),
}
OFFSETS = {
    "none": ((), 0.0, 0.0),
    "far": (("-output_ts_offset", "1000"), 0.0, 0.0),
    "late sound": ((), 0.0, 0.4),
    "late picture": ((), 0.4, 0.0),
}
ORDERS = ("va", "av")
RATES = ("25", "30000/1001", "10", "50")
ROTATIONS = (0, 90, 180, 270)
CROPS = {"none": (160, 90, "1"), "codec": (166, 94, "1"), "pixels": (176, 144, "16/11")}
CHANGES = ("none", "dropped pictures", "short sound", "quiet", "loud")
ROTATING = ("mp4", "mov")
STEP = 7
RATES_OF_MPEG2 = ("25", "30000/1001", "50")


@dataclass(frozen=True, kw_only=True)
class Combination:
    """One kind of source."""

    container: str
    offset: str
    order: str
    rate: str
    rotation: int
    crop: str
    change: str

    @property
    def is_possible(self) -> bool:
        """Whether FFmpeg can write such a file."""
        if self.rotation and self.container not in ROTATING:
            return False
        if self.container == "avi":
            # Its times are numbers of frames.
            return self.offset == "none" and self.change != "dropped pictures" and self.crop != "pixels"
        return self.container != "mpg" or self.rate in RATES_OF_MPEG2


def combinations() -> Iterator[Combination]:
    """Give every seventh of the combinations that are possible."""
    every = itertools.product(CONTAINERS, OFFSETS, ORDERS, RATES, ROTATIONS, CROPS, CHANGES)
    possible = [found for found in (_combination(*parts) for parts in every) if found.is_possible]
    # A prime number, so that each of them has all of everything.
    yield from possible[::STEP]


def _combination(*parts: object) -> Combination:
    container, offset, order, rate, rotation, crop, change = parts
    assert isinstance(rotation, int)
    return Combination(
        container=str(container), offset=str(offset), order=str(order), rate=str(rate), rotation=rotation,
        crop=str(crop), change=str(change),
    )  # fmt: skip


def write(combination: Combination, folder: Path) -> tuple[Path, Path]:
    """Write the source, and the plain film that it must be like."""
    name, options = CONTAINERS[combination.container]
    shift, picture_s, sound_s = OFFSETS[combination.offset]
    source, plain = folder / f"source-{name}", folder / "plain.mp4"
    inputs = _inputs(combination)
    maps = [word for kind in combination.order for word in ("-map", "0:v" if kind == "v" else "1:a")]
    late = ("-itsoffset", f"{picture_s}", *inputs[0], "-itsoffset", f"{sound_s}", *inputs[1])
    if combination.rotation:
        upright = folder / f"upright-{name}"
        ffmpeg(*late, *maps, *options, *shift, str(upright))
        # The picture is turned by its player alone.
        turned = ("-display_rotation", f"{-combination.rotation}", "-copyts", "-i", str(upright))
        ffmpeg(*turned, "-map", "0", "-c", "copy", str(source))
    else:
        ffmpeg(*late, *maps, *options, *shift, str(source))
    turns = ",".join(["transpose=clock"] * (combination.rotation // 90)) or "null"
    first = f"{turns},tpad=start_duration={picture_s}:start_mode=clone"
    second = f"adelay={round(1000 * sound_s)}:all=1" if sound_s else "anull"
    graph = f"[0:v]{first}[v];[1:a]{second}[a]"
    both = ("-filter_complex", graph, "-map", "[v]", "-map", "[a]")
    ffmpeg(*inputs[0], *inputs[1], *both, "-fps_mode", "passthrough", *X264, "-c:a", "aac", str(plain))
    return source, plain


def _inputs(combination: Combination) -> tuple[tuple[str, ...], tuple[str, ...]]:
    width, height, aspect = CROPS[combination.crop]
    picture = f"testsrc2=s={width}x{height}:r={combination.rate}:d={LENGTH_S},setsar={aspect}"
    if combination.change == "dropped pictures":
        picture += ",select='not(between(t,2,2.4))+not(mod(n,7))'"
    length_s = LENGTH_S - 1 if combination.change == "short sound" else LENGTH_S
    volume = {"quiet": 0.02, "loud": 0.9}.get(combination.change, 0.4)
    sound = f"aevalsrc={volume}*sin(2*PI*600*t)*gt(sin(2*PI*(1.3*t+0.11*t*t))\\,0.1):s=48000:d={length_s}"
    return ("-f", "lavfi", "-i", picture), ("-f", "lavfi", "-i", sound)


async def disagreement(combination: Combination, folder: Path, *, toolbox: Toolbox) -> str:
    """Return what is wrong with what is made of a combination; empty: nothing."""
    source, plain = write(combination, folder)
    try:
        made = await made_of(source, folder, toolbox=toolbox)
        known = await probe(plain, toolbox=toolbox)
        assert known.video
        assert known.audio
        # Of the plain film, only the places of its streams count.
        plan = replace(
            made.plan,
            picture=replace(made.plan.picture, stream_index=known.video.index),
            sounds=tuple(replace(sound, index=known.audio[0].index) for sound in made.plan.sounds),
        )
        package = _of_places(made.package, sound=known.audio[0].index)
        await replace(made, info=known, plan=plan, package=package).prove(plain, toolbox=toolbox)
    except VodpullError as error:
        return f"{error.code}: {error}"
    return ""


def _of_places(package: Package, *, sound: int) -> Package:
    """Return what was packaged as if its sound came from this stream."""
    if package.presentation is None:
        return package
    tracks = package.presentation.tracks
    placed = (track if track.source_index is None else replace(track, source_index=sound) for track in tracks)
    return replace(package, presentation=replace(package.presentation, tracks=tuple(placed)))


async def made_of(source: Path, folder: Path, *, toolbox: Toolbox) -> Film:
    """Return what the service makes of a source, the second way if the first one fails."""
    steadied = await steady(source, folder, toolbox=toolbox)
    source = steadied.path if steadied else source
    info, plan = await plan_source(source, toolbox=toolbox)
    try:
        return await packaged(source, info, plan, folder=folder / "first", toolbox=toolbox)
    except (OutputInvalid, MediaTruncated, EncodeFailed) as error:
        if not could_be_more_careful(plan):
            raise
        ladder = plan_ladder(info, template=replace(ABR, copy=False))
        careful = plan_carefully(info, ladder, reason=str(error))
        return await packaged(source, info, careful, folder=folder / "second", toolbox=toolbox)


async def packaged(source: Path, info: MediaInfo, plan: EncodePlan, *, folder: Path, toolbox: Toolbox) -> Film:
    """Encode, package and prove."""
    out = folder / "out"
    out.mkdir(parents=True)
    parts = await make_parts(source, plan, folder, toolbox=toolbox)
    original = Original(path=source, info=info)
    package, *_ = await package_and_verify(plan, parts, out, original=original, video_id=VIDEO_ID, toolbox=toolbox)
    return Film(path=source, info=info, plan=plan, package=package, out=out)


async def main(words: list[str]) -> int:
    """Run every combination, or every Nth from one on; the exit code is the number of those that went wrong."""
    toolbox = find_toolbox("", sandbox="auto")
    step, start = (int(word) for word in (words + ["1", "0"][len(words) :])[:2])
    chosen = list(combinations())[start::step]
    wrong: list[str] = []
    for number, combination in enumerate(chosen, start=1):
        with tempfile.TemporaryDirectory() as folder:
            found = await disagreement(combination, Path(folder), toolbox=toolbox)
        if found:
            wrong.append(f"{combination}: {found}")
        log(f"{number}/{len(chosen)} {found or 'ok'}: {combination}")
    log("\n".join([*wrong, f"{len(chosen)} combinations, {len(wrong)} wrong"]))
    return min(len(wrong), 100)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
