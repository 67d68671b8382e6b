"""
Signed status queries a second: a closed loop of wrk (Debian package `wrk`) with 16 connections.

The service and, in the same run and in turns, a bare Starlette endpoint under the same server, which reads nothing and
checks nothing. Another row asks for a task of 50 sources. With `--database` the service runs on a PostgreSQL of yours.

    python -m benchmarks.query_rate [--rounds 3] [--seconds 5] [--database postgresql://…]
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
from pathlib import Path

from benchmarks.query_load import PULL, QUERY, Service, accepts, ended, free_port, wait_for
from benchmarks.stopping import stoppable
from vodpull.api.http.auth import SigningKey

CONNECTIONS = 16

GOAL_RATE_HZ, GOAL_SHARE, GOAL_FIFTY = 2000.0, 0.6, 3.0

BARE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def answer(_):
    return JSONResponse({"code": 200})

uvicorn.run(Starlette(routes=[Route("/", answer)]), port=int(sys.argv[1]), log_level="critical", access_log=False)
"""


def main() -> None:
    """Run all rounds and print the table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--database", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        service = stack.enter_context(idle_service(Path(folder), database=asked.database))
        bare = stack.enter_context(bare_endpoint())
        scripts = {
            name: query_script(Path(folder) / f"{name}.lua", service, sources=sources)
            for name, sources in (("one source", 1), ("fifty sources", 50))
        }
        rates: dict[str, list[float]] = {"bare": [], **{name: [] for name in scripts}}
        for _ in range(asked.rounds):
            rates["bare"].append(rate_hz(f"http://127.0.0.1:{bare}/", asked.seconds))
            for name, script in scripts.items():
                url = f"http://127.0.0.1:{service.port}{QUERY}"
                rates[name].append(rate_hz(url, asked.seconds, "-s", str(script)))
    print_result({name: statistics.median(found) for name, found in rates.items()})


@contextlib.contextmanager
def idle_service(folder: Path, *, database: str) -> Iterator[Service]:
    """Run a fresh service with one key and no rate limit."""
    own = {"VODPULL_DATA_DIR": str(folder / "data"), "VODPULL_RATE_LIMIT": "0"}
    if database:
        own |= {"VODPULL_DATABASE_URL": database, "VODPULL_STORAGE_URL": f"file://{folder / 'store'}"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VODPULL_")} | own
    vodpull = [sys.executable, "-m", "vodpull"]
    create = [*vodpull, "keys", "create", "load", "--json"]
    key = json.loads(subprocess.run(create, env=environment, check=True, capture_output=True).stdout)
    port = free_port()
    serve = [*vodpull, "serve", "--port", str(port)]
    with (
        (folder / "log").open("wb") as log,
        ended(subprocess.Popen(serve, env=environment, stdout=log, stderr=log)) as up,
    ):
        wait_for(lambda: accepts(port))
        yield Service(port, SigningKey(access_key=key["accessKey"], secret=key["secretKey"]), up.pid)


@contextlib.contextmanager
def bare_endpoint() -> Iterator[int]:
    """Run the endpoint that does nothing."""
    port = free_port()
    with ended(subprocess.Popen([sys.executable, "-c", BARE, str(port)])):
        wait_for(lambda: accepts(port))
        yield port


def query_script(path: Path, service: Service, *, sources: int) -> Path:
    """Submit a task whose sources can never be fetched, and write what wrk sends: a query for it, signed once."""
    items = [{"fetchUrl": f"ftp://example.test/{number}.mp4"} for number in range(sources)]
    task_id = service.call(PULL, {"fileList": base64.urlsafe_b64encode(json.dumps(items).encode()).decode()})["taskId"]
    wait_for(lambda: service.state(task_id)["is_final"], within_s=120)
    head, _, body = service.request(QUERY, {"taskId": task_id}).decode().partition("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if not line.startswith("Content-Length"))
    lines = [f"wrk.method = 'POST'\nwrk.body = '{body}'", *(f"wrk.headers['{n}'] = '{v}'" for n, v in headers.items())]
    path.write_text("\n".join(lines))
    return path


def rate_hz(url: str, seconds: int, *more: str) -> float:
    """Return how many good answers a second wrk counted."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *more, url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(f"answers were refused:\n{said}")
    found = re.search(r"Requests/sec:\s+([0-9.]+)", said)
    return float(found[1]) if found else 0.0


def print_result(rates: dict[str, float]) -> None:
    """Print the table and the JSON."""
    share, fifty = rates["one source"] / rates["bare"], rates["one source"] / rates["fifty sources"]
    for name, rate in rates.items():
        print(f"{name:>14}  {rate:8.0f} /s  {rate / rates['bare']:.2f} of bare")
    print(f"{'load':>14}  {os.getloadavg()[0]:.1f}")
    met = rates["one source"] >= GOAL_RATE_HZ and share >= GOAL_SHARE and fifty <= GOAL_FIFTY
    goal = f">= {GOAL_RATE_HZ:.0f} /s, >= {GOAL_SHARE} of bare, fifty cost <= {GOAL_FIFTY:.0f} x one (here {fifty:.1f})"
    print(f"{'goal':>14}  {goal}: {'met' if met else 'missed'}")
    print(json.dumps(rates | {"share": share, "fifty": fifty}))


if __name__ == "__main__":
    stoppable(main)
