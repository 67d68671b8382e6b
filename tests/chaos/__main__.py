"""Run a whole campaign and print its books: `python -m tests.chaos --help`."""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.chaos.campaign import Campaign, Plan
from tests.chaos.installation import CLIPS, embedded, fleet, gather_sources, trusted
from tests.conftest import find_clips
from tests.origin import run_origin_in_thread
from tests.services.postgres import running_postgres
from tests.services.receiver import running_receiver
from tests.services.s3 import running_s3

PAUSE = """longest pause between two kills, in seconds; a single process needs room for its longest piece of work
between two deaths, or that counts as their cause in the end"""


def main() -> int:
    """Run the campaign that the arguments describe; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--mode", choices=["fleet", "embedded"], default="fleet")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--pause", type=float, default=1.0, help=PAUSE)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # the S3 server's every request
    plan = Plan(kills=options.kills, tasks=options.tasks, clips=CLIPS, pause_s=options.pause)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vodpull-chaos-")))
        sources = gather_sources(folder / "sources", CLIPS, clips=find_clips())
        origin = stack.enter_context(run_origin_in_thread(sources))
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
        books = Campaign(members, origin, receiver, sources=sources).run(plan, seed=options.seed)
    sys.stdout.write(books.report())
    return 1 if books.faults else 0


if __name__ == "__main__":
    sys.exit(main())
