"""Run a whole campaign and print its books: `python -m tests.chaos --help`."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.chaos.campaign import Books, Campaign, Plan
from tests.chaos.installation import embedded, fleet, trusted
from tests.conftest import find_clips
from tests.origin import run_origin_in_thread
from tests.services.postgres import running_postgres
from tests.services.receiver import running_receiver
from tests.services.s3 import running_s3

CLIPS = ("flower_faststart.mp4", "sample_h264_aac.flv", "world_vp9_opus.webm")
"""Short ones: it is the number of tasks and kills that counts."""


def main() -> int:
    """Run the campaign that the arguments describe; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--mode", choices=["fleet", "embedded"], default="fleet")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--pause", type=float, default=1.0, help="longest pause between two kills, in seconds")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    plan = Plan(kills=options.kills, tasks=options.tasks, clips=CLIPS, pause_s=options.pause)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vodpull-chaos-")))
        clips = find_clips()
        origin = stack.enter_context(run_origin_in_thread(clips))
        receiver = stack.enter_context(running_receiver())
        origins = trusted(origin, receiver.url)
        if options.mode == "embedded":
            members = stack.enter_context(embedded(folder, origins))
        else:
            postgres = stack.enter_context(running_postgres())
            s3 = stack.enter_context(running_s3())
            members = stack.enter_context(
                fleet(folder, origins, postgres=postgres, s3_environment=s3, workers=options.workers)
            )
        books = Campaign(members, origin, receiver, clips=clips).run(plan, seed=options.seed)
    _print(books)
    return 1 if books.faults else 0


def _print(books: Books) -> None:
    lines = [
        f"seed {books.seed}",
        f"kills {books.kills.total()}: {dict(books.kills)}",
        f"tasks accepted {len(books.accepted)}, submissions without an answer {books.refused}",
        f"last kill to last final state {books.settle_s:.1f} s",
        f"faults {len(books.faults)}",
        *books.faults,
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
