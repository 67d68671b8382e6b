"""
A folder of anyone's own through the service and through one plain FFmpeg: every disagreement is listed.

    make corpus DIR=/videos

Each file of the folder and of those below it is fetched, encoded and published by a service of its own on this machine,
and converted by `ffmpeg -i FILE out.mp4`. Length, picture and sound of both are compared. Nothing leaves the machine,
and the folder stays as it is.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg

from tests.services.vodpull import Vodpull
from vodpull.media.confined import display, segments, sound_frames
from vodpull.media.confined.comparison import decode_around, fingerprint, sound_comparison
from vodpull.media.tolerances import IN_STEP_S
from vodpull.media.verify import likeness, sound_likeness

# Rounding to frames at both ends, and what containers say of lengths.
LENGTH_S, LENGTH_SHARE = 0.25, 0.02
# Where both are compared, as shares of the length.
INSTANTS = (0.02, 0.25, 0.5, 0.75, 0.97)
AROUND_S, SEARCHED_S = 0.15, 0.6
HEARD_S, LATE_S = 3.0, 0.5
# A FFmpeg that takes longer on one file hangs.
WAIT_S = 3600
PLAYLISTS = {"allowed_extensions": "ALL", "extension_picky": "0"}
TOOLS = decode_around.Tools(av, segments, likeness, display, sound_frames, fingerprint)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What is known of one file."""

    file: Path
    outcome: str
    """How both ended."""
    differences: tuple[str, ...] = ()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - signature of the standard library
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback, and give its origin."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def published(service: Vodpull, url: str) -> tuple[Path | None, str]:
    """Return the multivariant playlist of what the service makes of a URL, or why there is none."""
    batch = service.create(url)
    job = service.wait_final(batch["batch_id"], within_s=WAIT_S)["jobs"][0]
    if job["error"]:
        return None, f"{job['error']['code']}: {job['error']['message']}"
    return next(service.data_dir.rglob(Path(job["playlist"]).name)), "done"


def converted(file: Path, target: Path) -> tuple[Path | None, str]:
    """Return what a plain FFmpeg makes of a file, or why there is nothing."""
    words = ["-nostdin", "-v", "error", "-y", "-i", f"file:{file}", "-preset", "ultrafast", f"file:{target}"]
    ran = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *words], capture_output=True, timeout=WAIT_S, check=False)
    if ran.returncode or not target.exists():
        return None, "ffmpeg failed"
    with av.open(str(target)) as container:
        return (target, "done") if container.streams.video else (None, "ffmpeg finds no picture")


def differences(ours: Path, theirs: Path) -> Iterator[str]:
    """Give what differs between two films."""
    lengths_s = [length_s(file) for file in (ours, theirs)]
    if abs(lengths_s[0] - lengths_s[1]) > max(LENGTH_S, LENGTH_SHARE * lengths_s[1]):
        yield f"length: {lengths_s[0]:.2f} s instead of {lengths_s[1]:.2f} s"
    end_s = min(lengths_s)
    for at_s in (share * end_s for share in INSTANTS):
        found = compared_pictures(ours, theirs, at_s)
        if found:
            yield f"picture at {at_s:.2f} s: {found}"
    tracks = [sound_streams(file) for file in (ours, theirs)]
    if bool(tracks[0]) != bool(tracks[1]):
        yield f"sound: {len(tracks[0])} tracks instead of {len(tracks[1])}"
    elif tracks[0]:
        for at_s in (0.0, max(0.0, end_s / 2 - HEARD_S / 2), max(0.0, end_s - HEARD_S)):
            found = compared_sound(ours, theirs, at_s)
            if found:
                yield f"sound at {at_s:.2f} s: {found}"


def options_of(file: Path) -> dict[str, str]:
    """Return what FFmpeg must be told to open a file."""
    return PLAYLISTS if file.suffix == ".m3u8" else {}


def length_s(file: Path) -> float:
    """Return how long a film is shown and heard."""
    with av.open(str(file), options=options_of(file)) as container:
        return (container.duration or 0) / 1e6


def sound_streams(file: Path) -> list[int]:
    """Return the numbers of the sound tracks."""
    with av.open(str(file), options=options_of(file)) as container:
        return [stream.index for stream in container.streams.audio]


def sights(file: Path, first_s: float, last_s: float) -> list[fingerprint.Sight]:
    """Return what a film shows for a while, on its largest picture."""
    with av.open(str(file), options=options_of(file)) as container:
        best = max(container.streams.video, key=lambda stream: stream.codec_context.width)
        orders = {"options": options_of(file), "video": best.index, "zero_s": 0.0}
    return decode_around.Film(TOOLS, file, orders).sights(first_s, last_s, careful=False)


def compared_pictures(ours: Path, theirs: Path, at_s: float) -> str:
    """Return what differs between what is shown by both around an instant."""
    shown = [sight for sight in sights(ours, at_s - AROUND_S, at_s + AROUND_S) if abs(sight.at_s - at_s) <= AROUND_S]
    known = sights(theirs, at_s - SEARCHED_S, at_s + SEARCHED_S)
    if not shown or not known:
        return "no picture"
    shapes = shown[0].shape, known[0].shape
    if abs(shapes[0] / shapes[1] - 1) > fingerprint.SAME_SHAPE:
        return f"its shape is {shapes[0]:.2f} instead of {shapes[1]:.2f}"
    steps = sorted(after.at_s - before.at_s for before, after in pairwise(known))
    return likeness.compare_sights(
        [(sight.at_s, sight.cells) for sight in shown],
        [(sight.at_s, sight.cells) for sight in known],
        # Both may have rounded times to their own grids.
        frame_s=2 * steps[len(steps) // 2] if steps else AROUND_S,
        fitted=known[0].hdr != shown[0].hdr,
    ).wrong


def heard(file: Path, first_s: float, hearing_s: float) -> sound_likeness.Heard:
    """Return what is heard of the first track for a while."""
    track = sound_comparison.SoundStretch(first_s, hearing_s, rate_hz=decode_around.SOUND_RATE_HZ)
    with av.open(str(file), options=options_of(file)) as container:
        stream: Any = container.streams.audio[0]
        track.take(decode_around.decoded_sound(TOOLS, container, stream, from_s=first_s), zero_s=0.0)
    return sound_likeness.envelope(track.samples, rate_hz=decode_around.SOUND_RATE_HZ)


def compared_sound(ours: Path, theirs: Path, at_s: float) -> str:
    """Return what differs between what is heard in both after an instant."""
    known = heard(theirs, at_s - LATE_S, HEARD_S + 2 * LATE_S)
    late_by, slack = (round(each_s / sound_likeness.HOP_S) for each_s in (LATE_S, IN_STEP_S))
    return sound_likeness.compare_sounds(heard(ours, at_s, HEARD_S), known, late_by=late_by, slack=slack).wrong


def compare(service: Vodpull, file: Path, url: str, *, folder: Path) -> Result:
    """Run one file through both, and compare."""
    theirs, plain = converted(file, folder / "plain.mp4")
    ours, own = published(service, url)
    if ours is None or theirs is None:
        refused = (f"only FFmpeg converts it: {own}",) if theirs else ()
        return Result(file=file, outcome=f"{own} / {plain}", differences=refused)
    return Result(file=file, outcome="done", differences=tuple(differences(ours, theirs)))


def main() -> int:
    """Run a folder, and list what differs; 1 when anything does."""
    parser = argparse.ArgumentParser(prog="make corpus", description=__doc__.splitlines()[1])
    parser.add_argument("folder", type=Path)
    files = sorted(path for path in parser.parse_args().folder.resolve().rglob("*") if path.is_file())
    results = []
    with tempfile.TemporaryDirectory(prefix="vodpull-corpus-") as place:
        links = Path(place) / "links"
        links.mkdir()
        with served(links) as origin:
            service = Vodpull(Path(place) / "data", origin=origin)
            service.start()
            try:
                for number, file in enumerate(files):
                    # A name says nothing: neither ours nor that of the folder can be in the way.
                    link = (
                        links
                        / f"{number}{''.join(letter for letter in file.suffix if letter.isalnum() or letter == '.')}"
                    )
                    link.symlink_to(file)
                    results.append(compare(service, file, f"{origin}/{link.name}", folder=Path(place)))
                    sys.stdout.write(f"{file}: {'; '.join(results[-1].differences) or results[-1].outcome}\n")
                    sys.stdout.flush()
            finally:
                service.stop()
    wrong = [result for result in results if result.differences]
    sys.stdout.write(f"\n{len(results)} files, {len(wrong)} disagreements\n")
    # What FFmpeg converts and the service refuses comes first.
    for result in sorted(wrong, key=lambda result: not result.differences[0].startswith("only")):
        sys.stdout.write(f"{result.file}\n" + "".join(f"    {difference}\n" for difference in result.differences))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
