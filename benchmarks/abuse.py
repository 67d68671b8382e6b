"""
What one stranger, or one key, can do to everybody else: floods against a running service, and what each of them costs.

Every flood meets a fresh service (SQLite, one process) and comes from 127.0.0.1, or in
crowds from a hundred addresses. Beside it a process of its own asks
for the status of another account's task at a fixed rate, from 127.0.0.2, on a new connection each time. The load is
open: latency counts from when a query was due, so a stall shows in every query that it delays.

    deaf      longest time without an answer to another account's query, in seconds
    p99       of those queries, in milliseconds; goal: under 200
    failed    queries without a good answer
    memory    what the service took beyond what it had before, at its highest, in MB
    fds       descriptors that it held beyond those it had before, at most
    done      what came of the flood itself

Everything is bounded in number and time, stays on the loopback interface, and ends with the program, also by Ctrl-C and
SIGTERM.

    python -m benchmarks.abuse [--floods codec,headers] [--seconds 12] [--rate 20]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Self

from benchmarks.crowds import CROWDS
from benchmarks.floods import FLOODS, Target
from benchmarks.query_load import percentile
from benchmarks.serving import accepts, ended, free_port, wait_for
from benchmarks.stopping import stoppable
from vodpull.app.installation import open_people
from vodpull.request_signing import SigningKey, sign
from vodpull.settings import Settings

ALL = FLOODS | CROWDS

QUERY = "/vod/videoManage/pullVideoQuery"

GOAL_P99_MS = 200.0

WARM_UP_S = 2.0
"""Queries before the flood begins; they count as well."""

LONGEST_QUERY_S = 60.0

NEIGHBOUR = "127.0.0.2"
"""Where the other account calls from: limits for each address must not be what saves or spoils it."""

MEDIA_BYTES = 64 * 1024 * 1024

FEW_DESCRIPTORS = 512

CROWD = 8
"""Keys that a crowd has."""

SLOW_ORIGIN_S = 3.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one flood cost."""

    flood: str
    deaf_s: float
    p99_ms: float
    queries: int
    failed: int
    memory_mb: float
    descriptors: int
    done: str


def main() -> None:
    """Run the floods one after the other and print the table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--floods", default=",".join(ALL))
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--rate", type=float, default=20)
    asked = parser.parse_args()
    print(f"{'flood':<12}{'deaf s':>8}{'p99 ms':>9}{'failed':>11}{'memory MB':>11}{'fds':>6}  done")
    outcomes = []
    for name in asked.floods.split(","):
        outcome = run_flood(name, seconds=asked.seconds, rate=asked.rate)
        outcomes.append(outcome)
        failed = f"{outcome.failed}/{outcome.queries}"
        print(
            f"{outcome.flood:<12}{outcome.deaf_s:>8.1f}{outcome.p99_ms:>9.0f}{failed:>11}"
            f"{outcome.memory_mb:>11.0f}{outcome.descriptors:>6}  {outcome.done}",
            flush=True,
        )
    met = all(outcome.p99_ms < GOAL_P99_MS and not outcome.failed for outcome in outcomes)
    print(f"goal: p99 under {GOAL_P99_MS:.0f} ms and no failed query beside every flood: {'met' if met else 'missed'}")
    print(json.dumps([asdict(outcome) for outcome in outcomes]))


def run_flood(name: str, *, seconds: float, rate: float) -> Outcome:
    """Run one flood against a service of its own."""
    descriptors = FEW_DESCRIPTORS if name == "descriptors" else None
    with tempfile.TemporaryDirectory() as folder, attacked_service(Path(folder), descriptors=descriptors) as target:
        request = query_of(target)
        gauge = Gauge(target.pid)
        with asking(target.port, request, rate=rate, seconds=seconds + WARM_UP_S) as answers, gauge:
            time.sleep(WARM_UP_S)
            gauge.begin()
            done = ALL[name](target, seconds)
            latencies_s, failed = answers()
        return Outcome(
            flood=name,
            deaf_s=round(max(latencies_s, default=LONGEST_QUERY_S), 2),
            p99_ms=percentile(sorted(1000 * latency for latency in latencies_s), 0.99),
            queries=len(latencies_s),
            failed=failed,
            memory_mb=round(gauge.memory_bytes / 1e6),
            descriptors=gauge.descriptors,
            done=done,
        )


@contextlib.contextmanager
def attacked_service(folder: Path, *, descriptors: int | None, crowd: int = CROWD) -> Iterator[Target]:
    """Run a fresh service with two accounts, a console password and a stored file."""
    port = free_port()
    data = folder / "data"
    with silent_origin() as origin, slow_origin() as sample_url:
        own = {
            "VODPULL_DATA_DIR": str(data),
            "VODPULL_TRUSTED_ORIGINS": f"{origin},{sample_url.rpartition('/')[0]}",
            "VODPULL_RATE_LIMIT": "0",
            "VODPULL_LANGUAGE": "en",
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VODPULL_")} | own
        vodpull = [sys.executable, "-m", "vodpull"]
        attacker, neighbour = (new_key(vodpull, environment, name) for name in ("attacker", "neighbour"))
        more = tuple(new_key(vodpull, environment, f"crowd-{number}") for number in range(crowd))
        operators = open_people(Settings(data_dir=data)).operators
        operators.choose_password(operators.new_setup_token(), "correct horse battery")
        media_key = f"pullvideo/202601/{'0' * 32}/clip.mp4"
        (data / "media" / media_key).parent.mkdir(parents=True)
        with (data / "media" / media_key).open("wb") as media:
            media.truncate(MEDIA_BYTES)
        words = [*vodpull, "serve", "--port", str(port)]
        if descriptors:
            words = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *words]
        with (folder / "log").open("wb") as log:
            service = subprocess.Popen(words, env=environment, stdout=log, stderr=log, start_new_session=True)
            with ended(service):
                wait_for(lambda: accepts(port))
                yield Target(
                    port=port,
                    pid=service.pid,
                    origin=origin,
                    sample_url=sample_url,
                    key=attacker,
                    neighbour=neighbour,
                    crowd=more,
                    media_key=media_key,
                )


def new_key(vodpull: list[str], environment: dict[str, str], name: str) -> SigningKey:
    """Make an account and its key."""
    words = [*vodpull, "keys", "create", name, "--json"]
    made = json.loads(subprocess.run(words, env=environment, check=True, capture_output=True).stdout)
    return SigningKey(access_key=made["accessKey"], secret=made["secretKey"])


@contextlib.contextmanager
def silent_origin() -> Iterator[str]:
    """Accept connections and never answer: a task of it stays under way."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    kept.append(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


@contextlib.contextmanager
def slow_origin() -> Iterator[str]:
    """Serve the sample clip after some seconds, so that its jobs are under way when a flood is; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(SLOW_ORIGIN_S)
            clip = (files("vodpull") / "sample" / "flower.mp4").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(clip)))
            self.end_headers()
            self.wfile.write(clip)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/flower.mp4"
        server.shutdown()


def query_of(target: Target) -> bytes:
    """Return a signed status query of the neighbour, as it goes over the wire."""
    batch_id = target.pull(target.neighbour, target.never_url)
    body = json.dumps({"taskId": batch_id}).encode()
    headers = sign("POST", f"{target.url}{QUERY}", body, key=target.neighbour, now_s=time.time())
    lines = [f"{name}: {value}" for name, value in (headers | {"Content-Length": str(len(body))}).items()]
    return "\r\n".join([f"POST {QUERY} HTTP/1.1", *lines, "Connection: close", "", ""]).encode() + body


@contextlib.contextmanager
def asking(
    port: int, request: bytes, *, rate: float, seconds: float
) -> Iterator[Callable[[], tuple[list[float], int]]]:
    """Ask from another process; gives what waits for the end: latencies in seconds, and how many failed."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(int)  # it is up
        asked = pool.apply_async(ask, (port, request), {"rate": rate, "seconds": seconds})
        yield lambda: asked.get(timeout=seconds + 2 * LONGEST_QUERY_S)


def ask(port: int, request: bytes, *, rate: float, seconds: float) -> tuple[list[float], int]:
    """Send the query at a fixed rate, each in a thread and on a connection of its own."""
    latencies_s: list[float] = []
    failures: list[str] = []
    started_s = time.monotonic()

    def send(due_s: float) -> None:
        try:
            with socket.create_connection(("127.0.0.1", port), LONGEST_QUERY_S, (NEIGHBOUR, 0)) as connection:
                connection.sendall(request)
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError as error:
            answer = str(error).encode()
        latencies_s.append(time.monotonic() - due_s)
        if b'{"code":200,' not in answer:
            failures.append(answer[:200].decode(errors="replace"))

    threads = []
    for number in range(round(rate * seconds)):
        due_s = started_s + number / rate
        time.sleep(max(0.0, due_s - time.monotonic()))
        threads.append(threading.Thread(target=send, args=(due_s,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return latencies_s, len(failures)


class Gauge:
    """Watches memory and descriptors of a process in a thread, ten times a second."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.begin()

    def begin(self) -> None:
        """Count from what there is now."""
        self._first = self._now()
        self.memory_bytes = self.descriptors = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            memory, descriptors = self._now()
            self.memory_bytes = max(self.memory_bytes, memory - self._first[0])
            self.descriptors = max(self.descriptors, descriptors - self._first[1])

    def _now(self) -> tuple[int, int]:
        resident = int((self._folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return resident, sum(1 for _ in (self._folder / "fd").iterdir())


if __name__ == "__main__":
    stoppable(main)
