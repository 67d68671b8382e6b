"""
How much sooner a video is ready when its beginning is encoded while its end is still coming.

One origin sends at a rate at which the fetch takes about as long as the encode. Three measurements in turns, all with
the same service: the source from a fast origin (the encode), stored only from the slow origin (the fetch), and encoded
from the slow origin (both, overlapping). The first two together are fetch-then-encode. Also measured: how soon the
first picture can be played.

    python -m benchmarks.overlap CLIP [--rounds 3] [--rate BYTES_PER_S]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from aiohttp import web
from tests.services.vodpull import Vodpull

from benchmarks.stopping import served, stoppable

BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round took, in seconds."""

    encode_s: float
    fetch_s: float
    overlapped_s: float
    playable_s: float
    """From the request to the first playlist, in the fast round."""

    @property
    def ratio(self) -> float:
        """Overlapped against one after the other."""
        return self.overlapped_s / (self.encode_s + self.fetch_s)


def main() -> None:
    """Measure in turns and print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, help="bytes per second of the slow origin; default: as the encode needs")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_origin(asked.clip) as origin:
        service = Vodpull(Path(folder) / "data", origin=origin.url)
        with served(service):
            _ = service.own_key  # made by a command of its own, which is no part of what is measured
            rounds = [measure(service, origin, rate=asked.rate) for _ in range(asked.rounds)]
    show(asked.clip, rounds)


def measure(service: Vodpull, origin: Source, *, rate: float | None) -> Round:
    """Run one round."""
    origin.rate = None
    encode_s, playable_s = timed(service, origin, template="abr")
    origin.rate = rate or origin.size_bytes / encode_s
    fetch_s, _ = timed(service, origin, template="original")
    overlapped_s, _ = timed(service, origin, template="abr")
    return Round(encode_s=encode_s, fetch_s=fetch_s, overlapped_s=overlapped_s, playable_s=playable_s)


def timed(service: Vodpull, origin: Source, *, template: str) -> tuple[float, float]:
    """Return the seconds from request to final state, and to the first playlist."""
    started_s = time.monotonic()
    batch = service.create(f"{origin.url}/clip", template=template)
    playable_s = 0.0
    while True:
        state = service.state(batch["batch_id"])
        [job] = state["jobs"]
        if job["playlist"] and not playable_s:
            playable_s = time.monotonic() - started_s
        if state["is_final"]:
            break
        time.sleep(0.1)
    if job["stage"] != "done":
        raise SystemExit(f"the job ended as {job['stage']}: {job['error']}")
    return time.monotonic() - started_s, playable_s


class Source:
    """An origin with one file, whose rate all connections share."""

    def __init__(self, clip: Path) -> None:
        self._content = clip.read_bytes()
        self.size_bytes = len(self._content)
        self.rate: float | None = None
        """Bytes per second; None: as fast as it goes."""
        self.url = ""
        self._free_s = 0.0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send the file or a range of it."""
        asked = request.http_range
        body = self._content[asked]
        headers = {"ETag": '"clip"', "Accept-Ranges": "bytes", "Content-Length": str(len(body))}
        status = 200
        if "Range" in request.headers:
            start = asked.start or 0
            status, headers["Content-Range"] = 206, f"bytes {start}-{start + len(body) - 1}/{self.size_bytes}"
        response = web.StreamResponse(status=status, headers=headers)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):  # the client has what it wanted
            for start in range(0, len(body), BLOCK_BYTES):
                await self._wait(len(body[start : start + BLOCK_BYTES]))
                await response.write(body[start : start + BLOCK_BYTES])
        return response

    async def _wait(self, size_bytes: int) -> None:
        if self.rate is not None:
            self._free_s = max(self._free_s, time.monotonic()) + size_bytes / self.rate
            await asyncio.sleep(self._free_s - time.monotonic())


@contextlib.contextmanager
def running_origin(clip: Path) -> Iterator[Source]:
    """Run the origin on a thread until the block ends."""
    source = Source(clip)
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        app = web.Application()
        app.router.add_get("/clip", source.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        source.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield source
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def show(clip: Path, rounds: list[Round]) -> None:
    """Print the medians, and everything as JSON."""
    print(f"{clip.name}, medians of {len(rounds)}")
    for name in ("encode_s", "fetch_s", "overlapped_s", "playable_s", "ratio"):
        print(f"{name:>14} {statistics.median(getattr(one, name) for one in rounds):8.2f}")
    share = statistics.median(one.playable_s / one.encode_s for one in rounds)
    print(f"first playable after {share:.0%} of the time to ready")
    print(json.dumps([asdict(one) | {"ratio": round(one.ratio, 3)} for one in rounds]))


if __name__ == "__main__":
    stoppable(main)
