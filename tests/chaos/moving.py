"""
A library of tiny videos moves from one vodpull into another one that is killed at random: `make import-campaign`.

Prints what it took, and fails unless every video is there once, under its own id, with its name.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from tests.origin import run_origin_in_thread
from tests.services.vodpull import Vodpull

PER_BATCH = 50

CLIP = "testsrc=size=64x36:rate=10:duration=1"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--videos", type=int, default=500)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        move(Path(place), asked)


def move(folder: Path, asked: argparse.Namespace) -> None:
    clips = folder / "clips"
    clips.mkdir()
    made = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", CLIP, str(clips / "tiny.mp4")]
    subprocess.run(made, check=True)
    with run_origin_in_thread(clips) as origin:
        old = Vodpull(folder / "old", origin=origin.origin)
        new = Vodpull(folder / "new", origin=old.url, VODPULL_DEFAULT_TEMPLATE="original")
        try:
            old.start()
            names = fill(old, origin.url("tiny.mp4"), asked.videos)
            new.start()
            started_s = time.monotonic()
            found, kills = carry(new, old, asked)
            print(f"{asked.videos} videos, {kills} kills, {time.monotonic() - started_s:.0f} s")  # noqa: T201 - the result
            check(new, names, found)
            print(f"nothing lost, nothing double; at most {new.memory_bytes / 1e6:.0f} MB")  # noqa: T201 - the result
        finally:
            new.stop()
            old.stop()


def fill(old: Vodpull, url: str, videos: int) -> dict[str, str]:
    """Fill the library that is left, and return the name of each video by its id."""
    names: dict[str, str] = {}
    for first in range(0, videos, PER_BATCH):
        items = [{"url": url, "name": f"video {n}.mp4"} for n in range(first, min(videos, first + PER_BATCH))]
        batch = old.api("POST", "/batches", json={"items": items, "template": "original"}).json()
        jobs = old.wait_final(batch["batch_id"], within_s=1200)["jobs"]
        names |= {job["video_id"]: job["file_name"].removesuffix(".mp4") for job in jobs}
    return names


def carry(new: Vodpull, old: Vodpull, asked: argparse.Namespace) -> tuple[dict[str, Any], int]:
    """Import, kill the service again and again, and return the import at its end and the number of kills."""
    chance, kills = random.Random(asked.seed), 0
    place = {"url": old.url, "access_key": old.own_key.access_key}
    body = {"kind": "cloud-vod", "place": place, "secret": {"secret_key": old.own_key.secret}, "parallel": 16}
    found: dict[str, Any] = new.api("POST", "/imports", json=body).json()
    import_id = found["import_id"]
    while found["state"] in {"listing", "running"}:
        time.sleep(chance.uniform(1, 8))
        if kills < asked.kills:
            new.kill()
            new.start()
            kills += 1
        found = new.api("GET", f"/imports/{import_id}").json()
    return found, kills


def check(new: Vodpull, names: dict[str, str], found: dict[str, Any]) -> None:
    counted = {state: tally["entries"] for state, tally in found["counts"].items() if tally["entries"]}
    assert (found["state"], counted) == ("done", {"done": len(names)}), found
    here: list[dict[str, Any]] = []
    cursor = ""
    while page := new.api("GET", "/videos", params={"limit": 100, "cursor": cursor}).json():
        here += page["videos"]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert len(here) == len(names)
    assert {video["video_id"]: video["name"] for video in here} == names


if __name__ == "__main__":
    main()
