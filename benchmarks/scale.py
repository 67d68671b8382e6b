"""
What more processes bring, on one PostgreSQL and one S3: steps, dispatch, start-up, one long video, and waiting.

    python -m benchmarks.scale [--clip CLIP] [--only engine,start,video,idle]

`engine`: children that do nothing, how long a call waits for a worker, and what a hop from parent to child and back
takes, with 1, 2 and 4 workers. `start`: a worker
that finds 10,000 items in its queue. `video`: a clip, or five minutes made on the spot, on one and on two workers of
one core each. `idle`: the processor time of a worker that waits.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.chaos.installation import make_clip, member, running, shared_settings
from tests.contract.engine_worker import child_call, parent_call
from tests.origin import run_origin_in_thread
from tests.services.postgres import Postgres, running_postgres
from tests.services.s3 import running_s3

from benchmarks.stopping import stoppable
from vodpull.database.connection import open_database
from vodpull.workflows.engine.engine import Engine

CHILDREN = 400
CALLS = 40
CHAINS, HOPS = 5, 10
OWN_WORK_S = 0.2
"""What the parent of a chain does besides waiting."""
QUEUED_ITEMS = 10_000
ITEMS_A_BATCH = 50
NOBODY = "http://127.0.0.1:9"
"""An origin where nobody listens."""
IDLE_S = 20.0
ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run the chosen parts one after the other and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--only", default="engine,start,video,idle")
    asked = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # the S3 server's every request
    parts = asked.only.split(",")
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name, running_postgres() as postgres, running_s3() as s3:
        folder = Path(name)
        if "engine" in parts:
            figures["engine"] = [measure_engine(folder, postgres, workers=workers) for workers in (1, 2, 4)]
        if "start" in parts:
            figures["start"] = measure_start(folder, postgres, s3)
        if "idle" in parts:
            figures["idle"] = measure_idle(folder, postgres, s3)
        if "video" in parts:
            figures["video"] = measure_video(folder, postgres, s3, clip=asked.clip)
    print(json.dumps(figures, indent=2))


def measure_engine(folder: Path, postgres: Postgres, *, workers: int) -> dict[str, float]:
    """Return steps per second of children that do nothing, and the dispatch latency of single calls."""
    url = postgres.url().replace("postgresql://", "postgresql+psycopg://")
    place = folder / f"engine{workers}"
    place.mkdir()
    with toy_workers(url, place, count=workers) as processes:
        database = open_database(url)
        engine = Engine(database)
        engine.attach()
        cpu_before_s, commits_before = cpu_of(processes), count_commits(database)
        started_s = time.monotonic()
        with database.begin() as connection:
            for number in range(CHILDREN):
                engine.start(connection, child_call("many", number, sleep_s=0.0))
        wait_for(lambda: count_ended(database, "many-%") == CHILDREN)
        many_s = time.monotonic() - started_s
        step_cpu_s = (cpu_of(processes) - cpu_before_s) / CHILDREN
        time.sleep(1)  # until the server has written its own statistics down
        commits = (count_commits(database) - commits_before) / CHILDREN
        for number in range(CALLS):
            with database.begin() as connection:
                engine.start(connection, child_call("one", number, sleep_s=0.0))
            wait_for(lambda number=number: count_ended(database, f"one-{number}") == 1)
        waits = dispatch_ms(database)
        hops = [measure_hop(database, engine, name=f"chain{number}") for number in range(CHAINS)]
        engine.shutdown()
        database.dispose()
    return {
        "workers": workers,
        "steps_per_s": round(CHILDREN / many_s),
        "cpu_ms_per_step": round(1000 * step_cpu_s, 1),
        "commits_per_step": round(commits, 1),
        "dispatch_p50_ms": statistics.median(waits),
        "dispatch_p95_ms": statistics.quantiles(waits, n=20)[-1],
        "hop_p50_ms": round(1000 * statistics.median(hops)),
    }


def measure_hop(database: sa.Engine, engine: Engine, *, name: str) -> float:
    """Return the seconds that a parent waits for a child that does nothing, all in all."""
    started_s = time.monotonic()
    with database.begin() as connection:
        engine.start(connection, parent_call(name, children=HOPS, sleep_s=0.0))
    wait_for(lambda: count_ended(database, name) == 1)
    return (time.monotonic() - started_s - OWN_WORK_S) / HOPS


def measure_start(folder: Path, postgres: Postgres, s3: dict[str, str]) -> dict[str, float]:
    """Return how long a worker takes until it is ready while 10,000 items wait for it."""
    shared = settings(postgres, s3)
    api = member(folder / "start-api", "api", NOBODY, shared)
    worker = member(folder / "start-worker", "worker", NOBODY, shared)
    with running([api]):
        urls = [f"{NOBODY}/{number}.mp4" for number in range(ITEMS_A_BATCH)]
        for _ in range(QUEUED_ITEMS // ITEMS_A_BATCH):
            api.create(*urls, template="original")
        started_s = time.monotonic()
        with running([worker]):
            wait_for(lambda: worker.get("/readyz").status_code == 200)
            ready_s = time.monotonic() - started_s
            worker.kill()
    return {"queued": QUEUED_ITEMS, "ready_s": round(ready_s, 2)}


def measure_idle(folder: Path, postgres: Postgres, s3: dict[str, str]) -> dict[str, float]:
    """Return the share of a core that a worker and a single process need while nothing happens."""
    shares = {}
    alone = member(folder / "idle-all", "all", NOBODY, {})
    worker = member(folder / "idle-worker", "worker", NOBODY, settings(postgres, s3))
    for name, process in (("worker", worker), ("embedded", alone)):
        with running([process]):
            time.sleep(15)  # until it counts as idle
            before_s = cpu_s(process.pid)
            time.sleep(IDLE_S)
            shares[f"{name}_percent"] = round(100 * (cpu_s(process.pid) - before_s) / IDLE_S, 2)
    return shares


def measure_video(folder: Path, postgres: Postgres, s3: dict[str, str], *, clip: Path | None) -> dict[str, float]:
    """Return how much sooner two workers of one core each are done with one video than one worker."""
    if clip is None:
        clip = folder / "source" / "five-minutes.mp4"
        clip.parent.mkdir()
        make_clip(clip, duration_s=300, size="640x360")
    seconds = {count: one_video(folder, postgres, s3, clip=clip, workers=count) for count in (1, 2)}
    return {
        "one_s": round(seconds[1], 1),
        "two_s": round(seconds[2], 1),
        "speedup": round(seconds[1] / seconds[2], 2),
    }


def one_video(folder: Path, postgres: Postgres, s3: dict[str, str], *, clip: Path, workers: int) -> float:
    """Encode a clip on so many workers, each pinned to a core of its own, and return the seconds."""
    with run_origin_in_thread(clip.parent) as origin:
        shared = settings(postgres, s3)
        api = member(folder / f"video{workers}-api", "api", origin.origin, shared)
        fleet = [member(folder / f"video{workers}-{core}", "worker", origin.origin, shared) for core in range(workers)]
        for core, worker in enumerate(fleet):
            worker.wrapper = ("taskset", "-c", str(core))
        with running([api, *fleet]):
            started_s = time.monotonic()
            batch = api.create(origin.url(clip.name))
            state = api.wait_final(batch["batch_id"], within_s=3600)
            if state["jobs"][0]["stage"] != "done":
                raise SystemExit(f"the job ended as {state['jobs'][0]}")
            return time.monotonic() - started_s


def settings(postgres: Postgres, s3: dict[str, str]) -> dict[str, str]:
    """Return what the processes of a new installation share."""
    return shared_settings(postgres.url(), s3, prefix="scale") | {"VODPULL_ENCODE_SLOTS": "1"}


@contextlib.contextmanager
def toy_workers(url: str, folder: Path, *, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Run workers whose steps do nothing."""
    workers: list[subprocess.Popen[str]] = []
    try:
        for number in range(count):
            words = [sys.executable, "-m", "tests.contract.engine_worker", "--database", url, "--folder", str(folder)]
            words += ["--host", f"host{number}", "--slots", "50"]
            worker = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            assert worker.stdout is not None
            worker.stdout.readline()
            workers.append(worker)
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.wait(10)


def count_ended(database: sa.Engine, pattern: str) -> int:
    """Return how many workflows of a name have ended."""
    query = sa.text("SELECT count(*) FROM dbos.workflow_status WHERE status = 'SUCCESS' AND workflow_uuid LIKE :name")
    with database.connect() as connection:
        return int(connection.scalar(query, {"name": pattern}) or 0)


def count_commits(database: sa.Engine) -> int:
    """Return how many transactions this database has seen; the questions asked here end without a commit."""
    query = sa.text("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
    with database.connect() as connection:
        return int(connection.scalar(query) or 0)


def dispatch_ms(database: sa.Engine) -> list[float]:
    """Return how long each single call waited in its queue."""
    query = sa.text(
        "SELECT started_at_epoch_ms - created_at FROM dbos.workflow_status WHERE workflow_uuid LIKE 'one-%'"
    )
    with database.connect() as connection:
        return [float(row[0]) for row in connection.execute(query)]


def wait_for(condition: Any, *, within_s: float = 300) -> None:
    """Look until something is true."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise SystemExit("it takes too long")
        time.sleep(0.02)


def cpu_of(processes: list[subprocess.Popen[str]]) -> float:
    """Return the processor time that these have used together."""
    return sum(cpu_s(process.pid) for process in processes)


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    stoppable(main)
