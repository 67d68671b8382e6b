"""
A cloud with 100,000 videos is read by a dry run: `make bucket-campaign` does it, too.

Prints what it took, and fails unless every video is in the plan once, and the list was never in memory.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from tests.chaos.bucket import Spent, command
from tests.services import clouds
from tests.services.clouds import KEY, running
from tests.services.vodpull import Vodpull

MOST_MORE_BYTES = 100_000_000
"""A page has a thousand videos; the whole list would be several times as much."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--videos", type=int, default=100_000)
    videos = parser.parse_args().videos
    cloud = clouds.cloudflare("https://files.test/film.mp4", videos=videos)
    cloud.busy = 0
    with tempfile.TemporaryDirectory() as place, running(cloud):
        service = Vodpull(Path(place) / "data", origin=cloud.url)
        service.start()
        try:
            plan(service, cloud.url, videos=videos)
        finally:
            service.stop()


def plan(service: Vodpull, url: str, *, videos: int) -> None:
    before, after = Spent(), Spent()
    before.count(service)
    started_s = time.monotonic()
    words = ("cloudflare", "account_id=acc", f"url={url}", "--dry-run", "--detach", "--json")
    import_id = json.loads(command(service, *words, VODPULL_IMPORT_API_TOKEN=KEY).stdout)["import_id"]
    while (found := service.api("GET", f"/imports/{import_id}").json())["state"] == "listing":
        time.sleep(2)
    took_s = time.monotonic() - started_s
    after.count(service)
    counted = {state: tally["entries"] for state, tally in found["counts"].items() if tally["entries"]}
    # The last video of the stand-in is not ready; at each second a page begins with what the one before ended with.
    assert (found["state"], counted) == ("planned", {"waiting": videos - 1, "invalid": 1}), found
    more_bytes = after.memory_bytes - before.memory_bytes
    assert more_bytes < MOST_MORE_BYTES
    cpu_ms = 1000 * (after.cpu_s - before.cpu_s) / videos
    print(f"{videos} videos listed in {took_s:.0f} s, {cpu_ms:.2f} ms of CPU each")  # noqa: T201 - the result
    print(f"{before.memory_bytes / 1e6:.0f} MB before, {more_bytes / 1e6:.0f} MB more at most")  # noqa: T201 - the result


if __name__ == "__main__":
    main()
