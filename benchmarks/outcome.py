"""
What the ways of a benchmark came to: seconds of the wall clock and of the processors, and what each rendition is worth.

The machine's speed may change from minute to minute, so ratios are taken within each round, and their median counts.
Quality is VMAF on a few runs of pictures spread over the film, frame by frame the same ones for every way.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import av

from vodpull.media import EncodePlan, MediaInfo, RunLimits, Toolbox, describe
from vodpull.media.tools.ffmpeg_options import global_flags
from vodpull.media.tools.outcome import check
from vodpull.media.tools.run import run

# Enough for a second figure after the point of the mean, and a minute of work for a ladder of four.
RUNS, RUN_FRAMES = 4, 48
# Both sides say the same colours, else FFmpeg would convert the one that does not.
SAME_COLOURS = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"

Renditions = Mapping[str, Sequence[Path]]
"""For each rung its files in their order: one, or one a chunk."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one round took."""

    wall_s: float
    cpu_s: float


Way = Callable[[Path], Awaitable[tuple[Cost, Renditions]]]
"""One round in a folder of its own: what it took, and what it left."""


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What one rendition is."""

    video_bps: int
    """Measured over its pictures alone, without sound and container."""
    vmaf: float
    vmaf_min: float
    """Of the worst single picture."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What every way makes of one clip."""

    clip: Path
    info: MediaInfo
    plan: EncodePlan
    toolbox: Toolbox


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All rounds of one way."""

    costs: Sequence[Cost]
    worths: Mapping[str, Worth]
    """By rung, best first; empty where nothing is made that could be played."""


async def take_turns(subject: Subject, ways: Mapping[str, Way], *, rounds: int, folder: Path) -> dict[str, Outcome]:
    """Run each way once a round, and judge what the last round left; a way that leaves nothing is not judged."""
    costs: dict[str, list[Cost]] = {name: [] for name in ways}
    worths: dict[str, dict[str, Worth]] = {name: {} for name in ways}
    for left in reversed(range(rounds)):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory(dir=folder) as place:
                # What is left to write is not charged to the next one.
                os.sync()
                cost, renditions = await way(Path(place))
                costs[name].append(cost)
                if renditions and not left:
                    worths[name] = await judge(subject, renditions, Path(place))
    return {name: Outcome(costs=costs[name], worths=worths[name]) for name in ways}


async def judge(subject: Subject, renditions: Renditions, folder: Path) -> dict[str, Worth]:
    """Return what each rendition is worth, leaving small files in a folder."""
    for name, files in renditions.items():
        listed = "".join(f"file 'file:{file.resolve()}'\n" for file in files)
        (folder / f"{name}.txt").write_text(listed)
    finished = await run(
        _vmaf_argv(subject, list(renditions)),
        toolbox=replace(subject.toolbox, sandbox="limits"),
        reads={"source": subject.clip},
        writes=folder,
        limits=RunLimits(wall_s=3600),
        on_progress=lambda _: None,
    )
    check(finished, "measuring the quality")
    return {name: _worth(subject, files, folder / f"{name}.json") for name, files in renditions.items()}


def _vmaf_argv(subject: Subject, names: Sequence[str]) -> list[str]:
    top, count = subject.plan.rungs[0].rung, len(names)
    every = max(RUN_FRAMES, subject.plan.frames_total // RUNS)
    # By number: the clocks of two files need not agree about the same picture.
    chosen = f"select='lt(mod(n\\,{every})\\,{RUN_FRAMES})'"
    same = f"zscale=w={top.width_px}:h={top.height_px}:f=bicubic,format=yuv420p,{SAME_COLOURS},settb=1/1000,setpts=N"
    copies = "".join(f"[r{number}]" for number in range(count))
    chains = [f"[0:v:0]fps={subject.plan.rate},{chosen},{same},split={count}{copies}"]
    argv = [*global_flags(), "-i", "file:/in/source"]
    for number, name in enumerate(names):
        argv += ["-f", "concat", "-safe", "0", "-i", f"file:{name}.txt"]
        chains.append(f"[{number + 1}:v:0]{chosen},{same}[d{number}]")
        chains.append(f"[d{number}][r{number}]libvmaf=log_fmt=json:log_path={name}.json:shortest=1[q{number}]")
    argv += ["-filter_complex", ";".join(chains)]
    for number in range(count):
        argv += ["-map", f"[q{number}]", "-fps_mode", "passthrough", "-f", "null", "-"]
    return argv


def _worth(subject: Subject, files: Sequence[Path], log: Path) -> Worth:
    scores = [frame["metrics"]["vmaf"] for frame in json.loads(log.read_text())["frames"]]
    size_bytes = sum(_video_bytes(file) for file in files)
    video_bps = round(8 * size_bytes * float(subject.plan.rate) / subject.plan.frames_total)
    return Worth(video_bps=video_bps, vmaf=statistics.fmean(scores), vmaf_min=min(scores))


def _video_bytes(file: Path) -> int:
    with av.open(file) as container:
        return sum(packet.size for packet in container.demux(video=0))


def ratio(outcomes: Mapping[str, Outcome], name: str, base: str) -> tuple[float, float]:
    """Return how many times as long one way took as another one, by the wall clock and in processor time."""
    pairs = list(zip(outcomes[name].costs, outcomes[base].costs, strict=True))
    wall = statistics.median(one.wall_s / other.wall_s for one, other in pairs)
    return wall, statistics.median(one.cpu_s / other.cpu_s for one, other in pairs)


def show(
    subject: Subject, outcomes: Mapping[str, Outcome], *, goals: Sequence[tuple[str, str, str]], alike: tuple[str, str]
) -> None:
    """
    Print the tables, and everything as JSON in one line.

    `goals` are ratios of two ways with what is wanted of them; the renditions of the two of `alike` should be the same.
    """
    show_costs(outcomes)
    print(f"\n{'kbit/s, VMAF':14}" + "".join(f"{planned.rung.name:>16}" for planned in subject.plan.rungs))
    for name, outcome in outcomes.items():
        cells = [f"{worth.video_bps / 1000:9.0f}{worth.vmaf:7.2f}" for worth in outcome.worths.values()]
        if cells:
            print("".join((f"{name:14}", *cells)))
    differences = vmaf_differences(outcomes, *alike)
    if differences:
        print("\nVMAF of {} - {}: ".format(*alike), end="")
        print(", ".join(f"{rung} {found:+.2f}" for rung, found in differences.items()), "(goal: within 0.5)")
    known = [goal for goal in goals if {*goal[:2]} <= set(outcomes)]
    ratios = {f"{name}/{base}": round(ratio(outcomes, name, base)[0], 3) for name, base, _ in known}
    for name, base, goal in known:
        print(f"{name} / {base}: {ratios[f'{name}/{base}']:.2f} (goal: {goal})")
    ways = {name: asdict(outcome) for name, outcome in outcomes.items()}
    print(json.dumps({**provenance(subject), "ways": ways, "ratios": ratios, "vmaf_differences": differences}))


def show_costs(outcomes: Mapping[str, Outcome]) -> None:
    """Print the medians of seconds and ratios."""
    base = "floor" if "floor" in outcomes else next(iter(outcomes))
    print(f"{'':14}{'wall s':>9}{'CPU s':>9}{'wall':>9}{'CPU':>7}  (medians, and against {base})")
    for name, outcome in outcomes.items():
        wall_s, cpu_s = (statistics.median(getattr(cost, key) for cost in outcome.costs) for key in ("wall_s", "cpu_s"))
        wall, cpu = ratio(outcomes, name, base)
        print(f"{name:14}{wall_s:9.2f}{cpu_s:9.1f}{wall:9.2f}{cpu:7.2f}")


def vmaf_differences(outcomes: Mapping[str, Outcome], name: str, plain: str) -> dict[str, float]:
    """Return how much better the renditions of one way are than those of another one; empty without both."""
    if not {name, plain} <= set(outcomes):
        return {}
    own, other = outcomes[name].worths, outcomes[plain].worths
    return {rung: round(own[rung].vmaf - other[rung].vmaf, 3) for rung in own}


def provenance(subject: Subject) -> dict[str, object]:
    """Return where and of what the figures are."""
    model = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    return {
        "clip": subject.clip.name,
        "duration_s": subject.info.duration_s,
        "cores": len(os.sched_getaffinity(0)),
        "processor": model.partition(":")[2].strip() or platform.machine(),
        "kernel": platform.release(),
        "ffmpeg": describe(subject.toolbox).version,
        "sandbox": subject.toolbox.sandbox,
    }
