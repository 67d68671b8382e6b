"""
What captions, a watermark and text in the picture cost, and what sound apart saves in stored bytes.

A clip with a text track (one cue every two seconds) goes through the running service in several ways, taking turns:

    plain       its pictures and sound alone
    embedded    its text track becomes captions
    sidecar     captions come with the request
    marked      a watermark in each rendition
    burnt       the text track is drawn into each rendition

Processor time counts, of whole items and of their pictures' encodes: it is about the same on a busy machine.
Then each clip is made once with its sound muxed and once with it apart, everything encoded, and what is stored beside
the original is counted.

    python -m benchmarks.tracks CLIP [CLIP …] [--seconds 10] [--rounds 2]
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from tests.origin import run_origin_in_thread
from tests.pngs import png
from tests.services.vodpull import Vodpull

from benchmarks.item import adopt_orphans, spent_s, wait_final
from benchmarks.stopping import served, stoppable
from vodpull.media import find_toolbox

CUE_S = 2
FILM = ".mkv"
TEMPLATES = {
    "plain": 'copy = false\ncaptions = false\nteaser = "never"\n{shipped}',
    "embedded": 'copy = false\nteaser = "never"\n{shipped}',
    "marked": 'copy = false\ncaptions = false\nteaser = "never"\n{shipped}\n[watermark]\nfile = "logo.png"\n',
    "burnt": 'copy = false\ncaptions = false\nteaser = "never"\nburn_in = "en"\n{shipped}',
    "muxed": 'copy = false\ncaptions = false\nteaser = "never"\nsound = "muxed"\n{shipped}',
}
WAYS = ("plain", "embedded", "sidecar", "marked", "burnt")
GOALS = {"marked": 0.05}
"""Of the encode."""


def main() -> None:
    """Run all ways in turns, then count what is stored, and print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each clip, from its beginning")
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    adopt_orphans()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texted = [write_film(clip, folder, seconds=asked.seconds) for clip in asked.clips]
        write_templates(folder / "data" / "templates")
        with run_origin_in_thread(folder) as origin:
            service = Vodpull(folder / "data", origin=origin.origin)
            with served(service):
                _ = service.own_key  # made by a command of its own, which is not measured
                costs = take_turns(service, origin.url(texted[0]), origin.url("words.srt"), rounds=asked.rounds)
                ratios = show_costs(costs)
                stored = {film: stored_bytes(service, origin.url(film)) for film in texted}
    for film, (muxed, apart) in stored.items():
        print(f"{film}: {muxed} bytes muxed, {apart} apart: {apart / muxed - 1:+.1%}")
    print(json.dumps({"costs": costs, "ratios": ratios, "stored": stored}))


def write_film(clip: Path, folder: Path, *, seconds: float) -> str:
    """Write the beginning of a clip with a text track, and return its name."""
    words = folder / "words.srt"
    cues = (f"{n + 1}\n{_at(CUE_S * n)} --> {_at(CUE_S * n + 1)}\nLine {n + 1}\n" for n in range(int(seconds / CUE_S)))
    words.write_text("\n".join(cues))
    argv = ["-i", str(clip), "-i", str(words), "-map", "0:v:0", "-map", "0:a:0", "-map", "1", "-t", f"{seconds}"]
    argv += ["-c", "copy", "-c:s", "srt", "-metadata:s:s:0", "language=eng", str(folder / (clip.stem + FILM))]
    ffmpeg = str(find_toolbox("", sandbox="off").ffmpeg)
    subprocess.run([ffmpeg, "-nostdin", "-v", "error", *argv], check=True, timeout=300)
    return clip.stem + FILM


def _at(seconds: int) -> str:
    return f"00:{seconds // 60:02}:{seconds % 60:02},000"


def write_templates(folder: Path) -> None:
    """Put the templates of all ways there: the built-in one with what differs."""
    (folder / "watermarks").mkdir(parents=True)
    (folder / "watermarks" / "logo.png").write_bytes(png(200, 100))
    shipped = (files("vodpull.media") / "templates" / "abr.toml").read_text("utf-8")
    for name, text in TEMPLATES.items():
        (folder / f"{name}.toml").write_text(text.format(shipped=shipped))


def take_turns(service: Vodpull, url: str, words_url: str, *, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Return the processor time of the items of each way and of their encodes, one pair a round."""
    costs: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    for number in range(rounds):
        for way in WAYS if number % 2 == 0 else reversed(WAYS):
            captions = [{"url": words_url, "language": "en"}] if way == "sidecar" else []
            before_s = spent_s(service.pid)
            job = made(service, {"url": url, "captions": captions}, "plain" if way == "sidecar" else way)
            costs[way].append((spent_s(service.pid) - before_s, encode_s(service, job["job_id"])))
    return costs


def made(service: Vodpull, item: dict[str, Any], template: str) -> dict[str, Any]:
    """Submit a source, and return its job when it is done."""
    batch = service.api("POST", "/batches", json={"items": [item], "template": template}).json()
    job: dict[str, Any] = wait_final(service, batch["batch_id"])["jobs"][0]
    if job["stage"] != "done":
        raise SystemExit(f"the job ended as {job['stage']}: {job['error']}")
    return job


def encode_s(service: Vodpull, job_id: str) -> float:
    """Return what the log says of the encodes of a job's pictures."""
    return sum(float(cpu_s) for cpu_s in re.findall(rf"chunk encoded .*cpu_s=([\d.]+) job={job_id}", service.log()))


def stored_bytes(service: Vodpull, url: str) -> tuple[int, int]:
    """Return how much is stored beside the original with the sound muxed, and with it apart."""
    sizes = []
    for template in ("muxed", "plain"):
        playlist = service.data_dir / "media" / made(service, {"url": url}, template)["playlist"]
        outputs = (path for path in playlist.parent.rglob("*") if path.is_file() and path.suffix != FILM)
        sizes.append(sum(path.stat().st_size for path in outputs))
    return sizes[0], sizes[1]


def show_costs(costs: dict[str, list[tuple[float, float]]]) -> dict[str, list[float]]:
    """Print medians and ratios, and return the ratios."""
    print(f"{'':10}{'item CPU s':>12}{'of plain':>10}{'encode CPU s':>14}{'of plain':>10}  (medians)")
    ratios = {way: [ratio(costs[way], costs["plain"], at) for at in (0, 1)] for way in WAYS}
    for way in WAYS:
        item_s, encoding_s = (statistics.median(pair[at] for pair in costs[way]) for at in (0, 1))
        goal = f"  (goal: at most {1 + GOALS[way]:.2f} of the encode)" if way in GOALS else ""
        print(f"{way:10}{item_s:12.2f}{ratios[way][0]:10.3f}{encoding_s:14.2f}{ratios[way][1]:10.3f}{goal}")
    return ratios


def ratio(own: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]], at: int) -> float:
    """Return how many times as long one way took as another one, in the median of the rounds."""
    return statistics.median(one[at] / plain[at] for one, plain in zip(own, other, strict=True))


if __name__ == "__main__":
    stoppable(main)
