"""
Signed status queries a second: a closed loop of wrk (Debian package `wrk`) with 16 connections.

The service and, in the same run and in turns, a bare Starlette endpoint under uvicorn with the same event loop and
parser. It gets the same POST with the same header lines, reads its JSON and answers with JSON of its own; it checks
nothing, and asks no database. Another row asks for a task of 50 sources. Beside the rate stands the processor time that
the serving process took for one answer, which does not depend on what else the machine does. With `--postgres`
the service runs on a PostgreSQL server of its own, else on SQLite.

    python -m benchmarks.query_rate [--rounds 3] [--seconds 5] [--postgres]
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.services.postgres import running_postgres

from benchmarks.query_load import PULL, QUERY, Service
from benchmarks.serving import Bare, bare_endpoint, ended, free_port, is_healthy, wait_for
from benchmarks.stopping import stoppable
from vodpull.request_signing import SigningKey

CONNECTIONS = 16

GOAL_RATE_HZ, GOAL_SHARE, GOAL_FIFTY = 2000.0, 0.6, 3.0


def main() -> None:
    """Run all rounds and print the table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        database = stack.enter_context(running_postgres()).url() if asked.postgres else ""
        service = stack.enter_context(idle_service(Path(folder), database=database))
        bare = stack.enter_context(bare_endpoint())
        scripts = {
            name: query_script(Path(folder) / f"{name}.lua", service, sources=sources)
            for name, sources in (("one source", 1), ("fifty sources", 50))
        }
        sides: dict[str, tuple[Service | Bare, Path]] = {
            "bare": (bare, scripts["one source"]),
            **{name: (service, script) for name, script in scripts.items()},
        }
        found: dict[str, list[Rate]] = {name: [] for name in sides}
        for _ in range(asked.rounds):
            for name, (side, script) in sides.items():
                found[name].append(measured(side, script, asked.seconds))
    print_result({name: median(rates) for name, rates in found.items()})


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What one side did."""

    rate_hz: float
    cpu_us: float
    """Of the serving process, for one answer."""


@contextlib.contextmanager
def idle_service(folder: Path, *, database: str) -> Iterator[Service]:
    """Run a fresh service with one key and no rate limit."""
    create = [sys.executable, "-m", "vodpull", "keys", "create", "load", "--json"]
    environment = _environment(folder, database=database)
    made = json.loads(subprocess.run(create, env=environment, check=True, capture_output=True).stdout)
    with started(folder, SigningKey(access_key=made["accessKey"], secret=made["secretKey"]), database=database) as up:
        yield up


@contextlib.contextmanager
def started(folder: Path, key: SigningKey, *, database: str) -> Iterator[Service]:
    """Run the service that has this key, from its first answer to the end of the block."""
    port, environment = free_port(), _environment(folder, database=database)
    serve = [sys.executable, "-m", "vodpull", "serve", "--port", str(port)]
    with (
        (folder / "log").open("ab") as log,
        ended(subprocess.Popen(serve, env=environment, stdout=log, stderr=log)) as up,
    ):
        wait_for(lambda: is_healthy(port))
        yield Service(port, key, up.pid)


def _environment(folder: Path, *, database: str) -> dict[str, str]:
    own = {"VODPULL_DATA_DIR": str(folder / "data"), "VODPULL_RATE_LIMIT": "0"}
    if database:
        own |= {"VODPULL_DATABASE_URL": database, "VODPULL_STORAGE_URL": f"file://{folder / 'store'}"}
    return {name: value for name, value in os.environ.items() if not name.startswith("VODPULL_")} | own


def query_script(path: Path, service: Service, *, sources: int) -> Path:
    """Submit a task whose sources can never be fetched, and write what wrk sends: a query for it, signed once."""
    return signed_script(path, service, ended_task(service, sources=sources))


def ended_task(service: Service, *, sources: int) -> str:
    """Submit a task whose sources can never be fetched, and return its id when that is known."""
    items = [{"fetchUrl": f"ftp://example.test/{number}.mp4"} for number in range(sources)]
    task_id = service.call(PULL, {"fileList": base64.urlsafe_b64encode(json.dumps(items).encode()).decode()})["taskId"]
    wait_for(lambda: service.state(task_id)["is_final"], within_s=120)
    return str(task_id)


def signed_script(path: Path, service: Service, task_id: str) -> Path:
    """Write what wrk sends: a query for a task, signed now."""
    head, _, body = service.request(QUERY, {"taskId": task_id}).decode().partition("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if not line.startswith("Content-Length"))
    lines = [f"wrk.method = 'POST'\nwrk.body = '{body}'", *(f"wrk.headers['{n}'] = '{v}'" for n, v in headers.items())]
    path.write_text("\n".join(lines))
    return path


def measured(side: Service | Bare, script: Path, seconds: int) -> Rate:
    """Ask one side for some seconds."""
    url = f"http://127.0.0.1:{side.port}{QUERY}"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), url]
    before_s = side.cpu_s()
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    used_s = side.cpu_s() - before_s
    if "Non-2xx" in said:
        raise SystemExit(f"answers were refused:\n{said}")
    rate, count = re.search(r"Requests/sec:\s+([0-9.]+)", said), re.search(r"([0-9]+) requests in", said)
    if not (rate and count):
        raise SystemExit(f"wrk said something else:\n{said}")
    return Rate(rate_hz=float(rate[1]), cpu_us=used_s / int(count[1]) * 1e6)


def median(rates: list[Rate]) -> Rate:
    """Return the middle of each figure."""
    middle = statistics.median
    return Rate(rate_hz=middle(rate.rate_hz for rate in rates), cpu_us=middle(rate.cpu_us for rate in rates))


def print_result(rates: dict[str, Rate]) -> None:
    """Print the table and the JSON."""
    bare, one, fifty = rates["bare"], rates["one source"], rates["fifty sources"]
    share, times = one.rate_hz / bare.rate_hz, fifty.cpu_us / one.cpu_us
    for name, rate in rates.items():
        print(
            f"{name:>14}  {rate.rate_hz:8.0f} /s  {rate.rate_hz / bare.rate_hz:.2f} of bare  {rate.cpu_us:6.0f} us CPU"
        )
    print(f"{'load':>14}  {os.getloadavg()[0]:.1f}")
    met = one.rate_hz >= GOAL_RATE_HZ and share >= GOAL_SHARE and times <= GOAL_FIFTY
    goal = f">= {GOAL_RATE_HZ:.0f} /s, >= {GOAL_SHARE} of bare, fifty cost <= {GOAL_FIFTY:.0f} x one (here {times:.1f})"
    print(f"{'goal':>14}  {goal}: {'met' if met else 'missed'}")
    print(json.dumps({name: asdict(rate) for name, rate in rates.items()} | {"share": share, "fifty": times}))


if __name__ == "__main__":
    stoppable(main)
