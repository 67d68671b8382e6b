"""
Whether answering status queries lets a service grow: its resident memory before, between and after a million of them.

A closed loop of wrk, as in `benchmarks.query_rate`, in rounds; half of the queries are for a task of one source, half
are for one of fifty. Before the first figure come as many queries as one round has: they fill what is remembered.

    python -m benchmarks.query_memory [--queries 1000000] [--rounds 10] [--postgres]
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.services.postgres import running_postgres

from benchmarks.query_load import QUERY, Service
from benchmarks.query_rate import CONNECTIONS, ended_task, idle_service, signed_script
from benchmarks.stopping import stoppable

ROUND_S = 10

GOAL_GROWTH = 1.01
"""Of what was there after the first round."""


def main() -> None:
    """Ask, and print what the service holds after each round, and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        database = stack.enter_context(running_postgres()).url() if asked.postgres else ""
        service = stack.enter_context(idle_service(Path(folder), database=database))
        tasks = itertools.cycle(ended_task(service, sources=sources) for sources in (1, 50))
        # A signature holds for some minutes.
        scripts = (signed_script(Path(folder) / "query.lua", service, task_id) for task_id in tasks)
        each = asked.queries // asked.rounds
        ask(service, scripts, each)
        held_kb = [resident_kb(service)]
        print(f"{'queries':>10}  {'resident kB':>11}\n{0:>10}  {held_kb[0]:>11}", flush=True)
        total = 0
        for _ in range(asked.rounds):
            total += ask(service, scripts, each)
            held_kb.append(resident_kb(service))
            print(f"{total:>10}  {held_kb[-1]:>11}", flush=True)
    growth = held_kb[-1] / held_kb[0]
    met = growth <= GOAL_GROWTH
    print(f"{'load':>10}  {os.getloadavg()[0]:.1f}")
    print(f"{'goal':>10}  <= {GOAL_GROWTH} x (here {growth:.4f}): {'met' if met else 'missed'}")
    print(json.dumps({"queries": total, "resident_kb": held_kb, "growth": growth}))


def ask(service: Service, scripts: Iterator[Path], count: int) -> int:
    """Send at least so many queries, and return how many."""
    sent = 0
    while sent < count:
        url = f"http://127.0.0.1:{service.port}{QUERY}"
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{ROUND_S}s", "-s", str(next(scripts)), url]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = re.search(r"([0-9]+) requests in", said)
        if found is None or "Non-2xx" in said:
            raise SystemExit(f"answers were refused, or wrk said something else:\n{said}")
        sent += int(found[1])
    return sent


def resident_kb(service: Service) -> int:
    """Return what the service's own process has in memory."""
    status = Path(f"/proc/{service.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


if __name__ == "__main__":
    stoppable(main)
