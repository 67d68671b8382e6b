"""
What one request of a player costs the service, in processor time: without a token, with one in the path, and a key.

One process on SQLite, one kept connection, 16 bytes, so that what is compared is the way to them. Rounds take turns and
the median of each is told, so a busy machine moves all of them alike. Goal: at most 0.15 ms more than `/media`.

    python -m benchmarks.playing [--requests 3000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import tempfile
from pathlib import Path

from benchmarks.abuse import attacked_service
from benchmarks.crowds import signed_video
from benchmarks.floods import Target
from benchmarks.serving import cpu_s
from benchmarks.stopping import stoppable
from vodpull.app.installation import open_vault
from vodpull.database.connection import open_database
from vodpull.jobs.store.content_keys import ContentKeys
from vodpull.settings import Settings

GOAL_MS = 0.15

RANGE = "Range: bytes=0-15"
"""As much as a key has."""


def main() -> None:
    """Ask in rounds, and print milliseconds of processor time for each request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, attacked_service(Path(folder), descriptors=None) as target:
        paths = ways(target, Path(folder) / "data")
        costs: dict[str, list[float]] = {name: [] for name in paths}
        for _ in range(asked.rounds):
            for name, path in paths.items():
                costs[name].append(cost_ms(target, path, asked.requests))
    medians = {name: round(statistics.median(found), 3) for name, found in costs.items()}
    for name, median_ms in medians.items():
        print(f"{name:<8}{median_ms:>8.3f} ms, {median_ms - medians['media']:+.3f}")
    met = all(median_ms - medians["media"] <= GOAL_MS for median_ms in medians.values())
    print(f"goal: at most {GOAL_MS} ms more than media: {'met' if met else 'missed'}")
    print(json.dumps(medians))


def ways(target: Target, data_dir: Path) -> dict[str, str]:
    """Return the paths that are compared: of a public file, of a signed one with its token, and of a key."""
    public = f"/media/{target.media_key}"
    signed = signed_video(target)
    [video] = target.api(target.neighbour, "GET", "/videos")["videos"]
    token = target.api(target.neighbour, "GET", f"/videos/{video['video_id']}/playback?original=true")["token"]
    settings = Settings(data_dir=data_dir)
    database = open_database(settings.database())
    try:
        keys = ContentKeys(database, open_vault(settings, database))
        [key] = keys.of_attempt(video["video_id"], 1, count=1)
    finally:
        database.dispose()
    return {
        "media": public,
        "play": f"/play/{token}/{signed.path}",
        "key": f"/play/{token}/keys/{key.key_id}",
    }


def cost_ms(target: Target, path: str, requests: int) -> float:
    """Return the processor time of one of so many requests, each of which must be answered well."""
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n{RANGE}\r\n\r\n".encode()
    with target.connect(timeout_s=60) as connection, connection.makefile("rb") as replies:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        before_s = cpu_s(target.pid)
        for _ in range(requests):
            connection.sendall(request)
            status = replies.readline().split(b" ", 2)[1]
            if not status.startswith(b"2"):
                raise SystemExit(f"{path.rpartition('/')[2]} answered {status.decode()}")
            length = 0
            while line := replies.readline().strip().lower():
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            replies.read(length)
        return 1000 * (cpu_s(target.pid) - before_s) / requests


if __name__ == "__main__":
    stoppable(main)
