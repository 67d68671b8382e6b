"""
Seeded faults: films that differ from what was made of them in one respect, each of which the proof must find.

    .venv/bin/python -m tests.corpus.faults          # all of them
    .venv/bin/python -m tests.corpus.faults mirrored # one kind
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import imageio_ffmpeg

from tests.integration.media.pipeline import VIDEO_ID, make_parts, plan_source
from vodpull.errors import OutputInvalid
from vodpull.media import Chunk, EncodePlan, MediaInfo, Original, Package, Toolbox, find_toolbox, look_ahead
from vodpull.media.package.package import package_media
from vodpull.media.verify.compare import Subject
from vodpull.media.verify.content_verdict import Proof, prove_content

LENGTH_S, RATE, SIZE = 12, 25, "320x180"
SCENES = {
    # Each of them moves, and none is like its mirror image.
    "test card": f"testsrc2=s={SIZE}:r={RATE}:d={LENGTH_S}",
    "fractal": f"mandelbrot=s={SIZE}:r={RATE}:maxiter=200:end_scale=0.05:end_pts=300,trim=end={LENGTH_S}",
    "gradients": f"gradients=s={SIZE}:r={RATE}:d={LENGTH_S}:n=5:seed=5:speed=0.02,noise=alls=4",
}
# Not one of them repeats itself: pulses of a tone, at a rate that grows.
VOICES = [
    f"aevalsrc=0.4*sin(2*PI*{tone}*t)*gt(sin(2*PI*({pace}*t+0.06*t*t)+{phase})\\,0.2):s=48000:d={LENGTH_S}"
    for tone, pace, phase in ((440, 1.1, 0), (700, 1.7, 1), (1100, 0.8, 2))
]
TRACKS = ("0:a:0", "0:a:1", "0:a:2")
PICTURE = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-g", "50", "-pix_fmt", "yuv420p")
ENCODERS = (*PICTURE, "-c:a", "aac", "-b:a", "96k")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to change a film."""

    kind: str
    name: str
    video: str = "null"
    audio: str = "anull"
    """For the first sound track."""
    sounds: tuple[str, ...] = TRACKS


def faults() -> Iterator[Fault]:
    """Give every fault."""
    yield from _times()
    yield from _pictures()
    yield from _places()
    yield from _lost()
    yield from _sounds()


def _times() -> Iterator[Fault]:
    for frames in (3, 4, 6, 8, 12, 18, 25, 50, 100):
        yield Fault(kind="shifted picture", name=f"{frames} late", video=f"tpad=start={frames}:start_mode=clone")
        early = f"trim=start_frame={frames},setpts=PTS-STARTPTS,tpad=stop={frames}:stop_mode=clone"
        yield Fault(kind="shifted picture", name=f"{frames} early", video=early)
    for first in (0, 40, 98, 150, 200, 250):
        freeze = f"freezeframes=first={first}:last={LENGTH_S * RATE}:replace={first}"
        yield Fault(kind="frozen", name=f"from {first}", video=f"split[a][b],[a][b]{freeze}")
    yield Fault(kind="frozen", name="at a seam", video="split[a][b],[a][b]freezeframes=first=97:last=110:replace=97")
    for factor in (0.5, 0.8, 0.9, 1.1, 1.25, 2.0):
        yield Fault(kind="another speed", name=f"{factor}", video=f"setpts=PTS*{factor},fps={RATE}")


def _pictures() -> Iterator[Fault]:
    garbled = {
        "noise": "scale=40:22,noise=alls=100:allf=t,scale=320:180:flags=neighbor",
        "blocks": "shufflepixels=m=block:w=32:h=32:seed=3",
        "lines": "shufflepixels=m=vertical:w=40:h=20:seed=3",
        "columns": "shufflepixels=m=horizontal:w=40:h=40:seed=9",
        "negative": "negate",
        "grey": "lutyuv=y=126",
        "black": "lutyuv=y=16",
        "green": "lutyuv=y=130:u=60:v=60",
        "bright": "lutyuv=y=val+40",
        "dark": "lutyuv=y=val*0.6",
        "stripes": "drawgrid=w=20:h=20:t=10:c=white",
        "old": "tmix=frames=60",
        "half": "drawbox=w=iw/2:t=fill:color=gray",
        "corner": "drawbox=w=iw/3:h=ih/3:t=fill",
        "lower half": "drawbox=y=ih/2:h=ih/2:t=fill:color=green",
    }
    for name, change in garbled.items():
        yield Fault(kind="garbled", name=name, video=change)
        yield Fault(kind="garbled", name=f"{name} at the end", video=_late(change))


def _late(change: str) -> str:
    return f"split[a][b],[b]{change}[c],[a][c]overlay=enable='gt(t,10)'"


def _places() -> Iterator[Fault]:
    for name, change in {
        "h": "hflip",
        "v": "vflip",
        "both": "hflip,vflip",
        "turned": "transpose=1,scale=320:180",
    }.items():
        yield Fault(kind="mirrored", name=name, video=change)
        yield Fault(kind="mirrored", name=f"{name} at the end", video=_late(change))
    sides = {
        "middle": "(iw-ow)/2:(ih-oh)/2",
        "left": "iw-ow:(ih-oh)/2",
        "right": "0:(ih-oh)/2",
        "top": "(iw-ow)/2:ih-oh",
    }
    for share in (0.95, 0.92, 0.9, 0.85, 0.8, 0.7, 0.5):
        for side, where in sides.items():
            cut = f"crop=iw*{share}:ih*{share}:{where},scale=320:180"
            yield Fault(kind="cropped", name=f"{share} {side}", video=cut)
    for share in (0.9, 0.85, 0.75, 0.66, 0.56, 0.5):
        wide, high = round(320 * share / 2) * 2, round(180 * share / 2) * 2
        yield Fault(kind="stretched", name=f"bars beside {share}", video=f"scale={wide}:180,pad=320:180:-1:-1")
        yield Fault(kind="stretched", name=f"bars above {share}", video=f"scale=320:{high},pad=320:180:-1:-1")
        yield Fault(kind="stretched", name=f"cut beside {share}", video=f"crop=iw*{share}:ih,scale=320:180")
        yield Fault(kind="stretched", name=f"cut above {share}", video=f"crop=iw:ih*{share},scale=320:180")


def _lost() -> Iterator[Fault]:
    for first, length in ((0, 10), (0, 50), (25, 25), (50, 50), (90, 8), (100, 100), (150, 60), (200, 25), (240, 50)):
        kept = f"not(between(n,{first},{first + length - 1}))"
        video = f"select='{kept}',setpts=N/{RATE}/TB,tpad=stop={length}:stop_mode=clone"
        kept = f"not(between(t,{first / RATE},{(first + length) / RATE}))"
        audio = f"aselect='{kept}',asetpts=N/SR/TB,apad=whole_dur={LENGTH_S}"
        yield Fault(kind="dropped chunk", name=f"picture {first}+{length}", video=video)
        yield Fault(kind="dropped chunk", name=f"both {first}+{length}", video=video, audio=audio)
        twice = f"loop=loop=1:size={length}:start={first},trim=end_frame={LENGTH_S * RATE},setpts=N/{RATE}/TB"
        yield Fault(kind="doubled chunk", name=f"picture {first}+{length}", video=twice)
        if length >= 25:
            size, start = round(length * 48000 / RATE), round(first * 48000 / RATE)
            heard = f"aloop=loop=1:size={size}:start={start},atrim=end={LENGTH_S},asetpts=N/SR/TB"
            yield Fault(kind="doubled chunk", name=f"both {first}+{length}", video=twice, audio=heard)


def _sounds() -> Iterator[Fault]:
    for ms in (60, 80, 100, 150, 200, 300, 400, 480, 700, 1200, 3000):
        yield Fault(kind="shifted sound", name=f"{ms} ms late", audio=f"adelay={ms}:all=1,atrim=end={LENGTH_S}")
        early = f"atrim=start={ms / 1000},asetpts=N/SR/TB,apad=whole_dur={LENGTH_S}"
        yield Fault(kind="shifted sound", name=f"{ms} ms early", audio=early)
    for share in (0.98, 1.02):
        yield Fault(kind="shifted sound", name=f"drifts by {share}", audio=f"asetrate=48000*{share},aresample=48000")
    for name, when in {
        "all": "1",
        "from the middle": "gt(t,5)",
        "at the end": "gt(t,9)",
        "at the start": "lt(t,3)",
    }.items():
        yield Fault(kind="silent", name=name, audio=f"volume=0:enable='{when}'")
        yield Fault(
            kind="another sound", name=name, audio=f"aeval='0.3*sin(2*PI*900*t*t)':c=same,volume=1:enable='{when}'"
        )
    # Between the instants at which it is compared closely.
    for from_s, to_s in ((3.3, 4.3), (7.7, 8.7), (3.5, 4.2)):
        when = f"between(t,{from_s},{to_s})"
        yield Fault(kind="hole in sound", name=f"{from_s} to {to_s}", audio=f"volume=0:enable='{when}'")
        loud = f"aeval='val(0)+0.3*sin(2*PI*900*t)*{when}':c=same"
        yield Fault(kind="more sound", name=f"{from_s} to {to_s}", audio=loud)
    one, two, three = TRACKS
    for sounds in ((two, one, three), (three, two, one), (one, three, two), (two, three, one), (three, one, two),
                   (one, one, one), (two, two, two), (one, two, two), (one, three, three)):  # fmt: skip
        yield Fault(kind="swapped tracks", name=" ".join(sounds), sounds=sounds)


@dataclass(frozen=True, kw_only=True)
class Film:
    """A film, and what was made of it."""

    path: Path
    info: MediaInfo
    plan: EncodePlan
    package: Package
    out: Path

    async def prove(self, source: Path, *, toolbox: Toolbox) -> Proof:
        """Compare what was made with another source, of which pictures are seen ahead, as the service does it."""
        original = Original(path=source, info=self.info)
        with tempfile.TemporaryDirectory() as ahead:
            await look_ahead(self.plan, original, Path(ahead), toolbox=toolbox)
            subject = Subject(
                original=replace(original, seen=Path(ahead)),
                out_folder=self.out,
                package=self.package,
                plan=self.plan,
            )
            return await prove_content(subject, toolbox=toolbox)


def ffmpeg(*words: str) -> None:
    """Run FFmpeg."""
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *words], check=True, timeout=300)


def film(scene: str, target: Path, *, length_s: int = LENGTH_S) -> Path:
    """Make a film with three sound tracks."""
    sources = [SCENES[scene], *VOICES]
    inputs = [
        word for source in sources for word in ("-f", "lavfi", "-i", source.replace(f"d={LENGTH_S}", f"d={length_s}"))
    ]
    maps = [word for number in range(len(sources)) for word in ("-map", f"{number}")]
    ffmpeg(*inputs, *maps, *ENCODERS, str(target))
    return target


def changed(source: Path, fault: Fault, target: Path) -> Path:
    """Make a film with a fault; what it leaves alone is copied."""
    first, *others = fault.sounds
    graphs, maps, encoders = [], ["-map", "0:v"], ["-c", "copy"]
    if fault.video != "null":
        graphs, maps = [f"[0:v]{fault.video},trim=end_frame={LENGTH_S * RATE}[v]"], ["-map", "[v]"]
        encoders += PICTURE
    if fault.audio != "anull":
        graphs, first = [*graphs, f"[{first}]{fault.audio}[a]"], "[a]"
        encoders += ["-c:a:0", "aac", "-b:a:0", "96k"]
    maps += [word for sound in (first, *others) for word in ("-map", sound)]
    graph = ["-filter_complex", ";".join(graphs)] if graphs else []
    ffmpeg("-i", str(source), *graph, *maps, *encoders, str(target))
    return target


async def made(source: Path, folder: Path, *, toolbox: Toolbox) -> Film:
    """Return what the service makes of a film."""
    (folder / "encoded").mkdir(parents=True)
    (folder / "out").mkdir()
    info, plan = await plan_source(source, toolbox=toolbox, copy=False)
    parts = await make_parts(source, plan, folder / "encoded", toolbox=toolbox)
    _, package = await package_media(plan, parts, folder / "out", video_id=VIDEO_ID)
    return Film(path=source, info=info, plan=plan, package=package, out=folder / "out")


ORDERS = (
    (0, 0, 2),
    (0, 2, 2),
    (1, 1, 2),
    (2, 1, 2),
    (1, 0, 2),
    (2, 2, 2),
    (0, 2, 1),
    (2, 0, 1),
    (1, 2, 0),
    (0, 1, 0),
    (0, 1, 1),
)
"""Chunks of a film of three, of which at least one is not where it belongs."""


async def misordered(folder: Path, order: tuple[int, ...], *, toolbox: Toolbox) -> Film:
    """Return a film of three chunks as long as each other, packaged with these chunks."""
    ffmpeg(*("-f", "lavfi", "-i", "testsrc2=s=160x90:r=5:d=60", "-f", "lavfi", "-i", "anoisesrc=d=60:a=0.1", *ENCODERS),
           str(folder / "long.mp4"))  # fmt: skip
    info, plan = await plan_source(folder / "long.mp4", toolbox=toolbox, copy=False)
    third = plan.frames_total // 3
    assert all(number * third in plan.cuts for number in range(3))
    chunks = tuple(Chunk(number=number, first_frame=number * third, frames=third) for number in range(3))
    plan = replace(plan, chunks=chunks, seeks_s=(0.0, 19.0, 39.0))
    (folder / "encoded").mkdir()
    parts = await make_parts(folder / "long.mp4", plan, folder / "encoded", toolbox=toolbox)
    parts = replace(parts, chunks=tuple(parts.chunks[number] for number in order))
    _, package = await package_media(plan, parts, folder / "out", video_id=VIDEO_ID)
    return Film(path=folder / "long.mp4", info=info, plan=plan, package=package, out=folder / "out")


async def seed(scene: str, chosen: list[Fault], folder: Path, *, toolbox: Toolbox) -> list[str]:
    """Seed faults into a scene, and return those that nobody found."""
    original = await made(film(scene, folder / "film.mp4"), folder, toolbox=toolbox)
    # Without a fault, nothing is found.
    await original.prove(original.path, toolbox=toolbox)
    missed = []
    for fault in chosen:
        try:
            await original.prove(changed(original.path, fault, folder / "fault.mp4"), toolbox=toolbox)
            missed.append(f"{scene}: {fault.kind}: {fault.name}")
            log(f"MISSED {missed[-1]}")
        except OutputInvalid as error:
            log(f"found  {scene}: {fault.kind}: {fault.name}: {error}")
    return missed


def log(line: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(kinds: list[str]) -> int:
    """Seed every fault into one scene, in turns; the exit code is the number of those that nobody found."""
    toolbox = find_toolbox("", sandbox="auto")
    chosen = [fault for fault in faults() if not kinds or fault.kind in kinds]
    missed: list[str] = []
    for number, scene in enumerate(SCENES):
        with tempfile.TemporaryDirectory() as folder:
            missed += await seed(scene, chosen[number :: len(SCENES)], Path(folder), toolbox=toolbox)
    for order in () if kinds else ORDERS:
        with tempfile.TemporaryDirectory() as folder:
            wrong = await misordered(Path(folder), order, toolbox=toolbox)
            try:
                await wrong.prove(wrong.path, toolbox=toolbox)
                missed.append(f"chunks {order}")
            except OutputInvalid as error:
                log(f"found  chunks {order}: {error}")
    log(f"{len(chosen) + (0 if kinds else len(ORDERS))} faults, {len(missed)} missed: {missed}")
    return min(len(missed), 100)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
