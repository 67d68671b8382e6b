"""
How long a signed status query takes while the same service encodes: `pullVideoQuery` at a fixed rate.

Starts everything itself: an origin that serves the clips, one service on its embedded defaults (SQLite, one process)
or with `--postgres` on a PostgreSQL server of its own, encodes that last as long as the load, and one or more processes
that send. The load is open: request number n is due at n / rate seconds whatever happened to the ones before it, and
its latency counts from when it was due, so a stall shows up in every request that it delays. Signatures are made before
the start; each request has its own. Beside the same encodes, the same load then goes to a bare Starlette endpoint as in
`benchmarks.query_rate`: what that takes is the machine's own.

    python -m benchmarks.query_load --clips FOLDER [--rate 1000] [--seconds 30] [--encodes 2] [--senders 1] [--postgres]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from tests.services.postgres import running_postgres

from benchmarks.serving import Bare, accepts, bare_endpoint, cpu_s, ended, free_port, wait_for
from benchmarks.stopping import stoppable
from vodpull.request_signing import SigningKey, sign

CLIP = "real_720p2997_60s.mp4"
"""The longest of the collection: an encode of it outlasts many others."""

PULL, QUERY = "/vod/videoManage/pullVideo", "/vod/videoManage/pullVideoQuery"

CONNECTIONS = 64
"""Of each sender, kept alive."""

GOAL_P99_MS = 100.0

LONGEST_SHARE, LONGEST_S = 5, 20.0
"""A run ends after so many times its planned length and so many seconds; what was not answered then is an error."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one sender sends."""

    port: int
    requests: tuple[bytes, ...]
    rate_hz: float
    start_at_s: float
    """On the monotonic clock, which all processes of a machine share."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a whole run."""

    asked_rate_hz: float
    achieved_rate_hz: float
    requests: int
    errors: dict[str, int]
    p50_ms: float
    p99_ms: float
    max_ms: float
    cpu_share: float
    """Of one core, used by the serving process alone."""
    encoding_at_start: int
    encoding_at_end: int


def main() -> None:
    """Run the load once and print its table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--encodes", type=int, default=2)
    parser.add_argument("--senders", type=int, default=1)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        origin = stack.enter_context(running_origin(asked.clips))
        database = stack.enter_context(running_postgres()).url() if asked.postgres else ""
        bare = stack.enter_context(bare_endpoint())
        running = running_service(Path(folder), origin=origin, encodes=asked.encodes, database=database)
        results = measure(stack.enter_context(running), bare, source=f"{origin}/{CLIP}", asked=asked)
    print_results(results)


class Service:
    """The service under load."""

    def __init__(self, port: int, key: SigningKey, pid: int) -> None:
        self.port = port
        self.key = key
        self.pid = pid

    def request(self, path: str, parameters: dict[str, object]) -> bytes:
        """Return a signed call as it goes over the wire."""
        body = json.dumps(parameters).encode()
        url = f"http://127.0.0.1:{self.port}{path}"
        headers = sign("POST", url, body, key=self.key, now_s=time.time()) | {"Content-Length": str(len(body))}
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + body

    def call(self, path: str, parameters: dict[str, object]) -> dict[str, Any]:
        """Make one call and return `data` of the reply."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(self.request(path, parameters).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        data: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])["data"]
        return data

    def state(self, task_id: str) -> dict[str, Any]:
        """Return a batch as `/api/v1` shows it."""
        url = f"http://127.0.0.1:{self.port}/api/v1/batches/{task_id}"
        bearer = {"Authorization": f"Bearer {self.key.access_key}.{self.key.secret}"}
        with urllib.request.urlopen(urllib.request.Request(url, headers=bearer), timeout=30) as reply:
            found: dict[str, Any] = json.load(reply)
        return found

    def cpu_s(self) -> float:
        """Return the CPU time that the service's own process has used."""
        return cpu_s(self.pid)


@contextlib.contextmanager
def running_origin(clips: Path) -> Iterator[str]:
    """Serve a folder from a process of its own."""
    port = free_port()
    words = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(clips)]
    with ended(subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)):
        wait_for(lambda: accepts(port))
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def running_service(folder: Path, *, origin: str, encodes: int, database: str) -> Iterator[Service]:
    """Run a fresh service with one key."""
    own = {
        "VODPULL_DATA_DIR": str(folder / "data"),
        "VODPULL_TRUSTED_ORIGINS": origin,
        "VODPULL_RATE_LIMIT": "0",
        "VODPULL_ENCODE_SLOTS": str(encodes),
    }
    if database:
        own |= {"VODPULL_DATABASE_URL": database, "VODPULL_STORAGE_URL": (folder / "store").as_uri()}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VODPULL_")} | own
    vodpull = [sys.executable, "-m", "vodpull"]
    made = subprocess.run(
        [*vodpull, "keys", "create", "load", "--json"], env=environment, check=True, capture_output=True
    )
    key = json.loads(made.stdout)
    port = free_port()
    with (
        (folder / "log").open("wb") as log,
        ended(
            subprocess.Popen([*vodpull, "serve", "--port", str(port)], env=environment, stdout=log, stderr=log)
        ) as process,
    ):
        wait_for(lambda: accepts(port))
        yield Service(port, SigningKey(access_key=key["accessKey"], secret=key["secretKey"]), process.pid)


def measure(service: Service, bare: Bare, *, source: str, asked: argparse.Namespace) -> dict[str, Result]:
    """Start the encodes, send the load to both sides, and return what came of it."""
    task_ids = [pull(service, source) for _ in range(asked.encodes * 16)]  # more than the load can outlast
    wait_for(lambda: encoding(service, task_ids) >= asked.encodes, within_s=120)
    count = round(asked.rate * asked.seconds)
    results = {}
    for name, side in (("vodpull", service), ("bare", bare)):
        # `format` is ignored; it makes every request, and so every signature, one of its own.
        requests = [
            service.request(QUERY, {"taskId": task_ids[number % len(task_ids)], "format": f"{name}{number}"})
            for number in range(count)
        ]
        encoding_at_start = encoding(service, task_ids)
        outcome = load(side, requests, asked)
        ends = {"encoding_at_start": encoding_at_start, "encoding_at_end": encoding(service, task_ids)}
        results[name] = Result(**outcome | ends)
    return results


def load(side: Service | Bare, requests: list[bytes], asked: argparse.Namespace) -> dict[str, Any]:
    """Send the load to one side."""
    used_s, started_s = side.cpu_s(), time.monotonic()
    with multiprocessing.get_context("spawn").Pool(asked.senders) as pool:
        outcomes = pool.map(send_load, shared_out(requests, side.port, asked))
    used_s, took_s = side.cpu_s() - used_s, time.monotonic() - started_s
    latencies_ms = sorted(latency for latencies, _, _ in outcomes for latency in latencies)
    return {
        "asked_rate_hz": asked.rate,
        "achieved_rate_hz": round(len(latencies_ms) / max(took_s for _, _, took_s in outcomes), 1),
        "requests": len(requests),
        "errors": dict(sum((Counter(found) for _, found, _ in outcomes), Counter[str]())),
        "p50_ms": percentile(latencies_ms, 0.50),
        "p99_ms": percentile(latencies_ms, 0.99),
        "max_ms": percentile(latencies_ms, 1.0),
        "cpu_share": round(used_s / took_s, 2),
    }


def pull(service: Service, source: str) -> str:
    """Submit one source; one to a task, so that a reply is as long as most are."""
    number = time.monotonic_ns()
    items = base64.urlsafe_b64encode(json.dumps([{"fetchUrl": f"{source}?{number}"}]).encode()).decode()
    return str(service.call(PULL, {"fileList": items})["taskId"])


def encoding(service: Service, task_ids: list[str]) -> int:
    """Return how many encodes are under way."""
    return sum(service.state(task_id)["jobs"][0]["stage"] == "encode" for task_id in task_ids)


def shared_out(requests: list[bytes], port: int, asked: argparse.Namespace) -> list[Load]:
    """Deal the requests to the senders, who start together once all of them are up."""
    senders = asked.senders
    start_at_s = time.monotonic() + 3
    return [
        Load(
            port=port,
            requests=tuple(requests[number::senders]),
            rate_hz=asked.rate / senders,
            start_at_s=start_at_s + number / asked.rate,
        )
        for number in range(senders)
    ]


def send_load(load: Load) -> tuple[list[float], dict[str, int], float]:
    """Send one sender's load: latencies in milliseconds, errors by kind, and how long it took."""
    with asyncio.Runner(loop_factory=fast_loop()) as runner:
        return runner.run(Sender(load).run())


def fast_loop() -> Any:
    """Return the faster event loop where it is installed: the sender must not be what is measured."""
    try:
        import uvloop  # noqa: PLC0415 - optional
    except ImportError:
        return None
    return uvloop.new_event_loop


class Sender:
    """One process that sends at a fixed rate over a pool of connections."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.latencies_ms: list[float] = []
        self.errors: Counter[str] = Counter()
        self.idle: asyncio.Queue[Connection] = asyncio.Queue()
        self.connecting: set[asyncio.Task[None]] = set()

    async def run(self) -> tuple[list[float], dict[str, int], float]:
        """Send everything when it is due, and wait for the last answers."""
        for _ in range(CONNECTIONS):
            await self.connect()
        count = len(self.load.requests)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(count / self.load.rate_hz * LONGEST_SHARE + LONGEST_S):
                await self.send_all()
                await self.drained()
        if missing := count - len(self.latencies_ms) - self.errors.total():
            self.errors["no answer"] += missing
        return self.latencies_ms, dict(self.errors), time.monotonic() - self.load.start_at_s

    async def connect(self) -> None:
        """Add a connection to the pool."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: Connection(self), "127.0.0.1", self.load.port)

    async def send_all(self) -> None:
        """Send every request when it is due, or as soon after as a connection is free."""
        await asyncio.sleep(self.load.start_at_s - time.monotonic())
        for number, request in enumerate(self.load.requests):
            due_s = self.load.start_at_s + number / self.load.rate_hz
            if (early_s := due_s - time.monotonic()) > 0:
                await asyncio.sleep(early_s)
            (await self.connection()).send(request, due_s)

    async def connection(self) -> Connection:
        """Return an idle connection; one that the service closed meanwhile has been replaced."""
        while (connection := await self.idle.get()).is_closed:
            pass
        return connection

    def replace(self) -> None:
        """Open another connection for one that was lost."""
        task = asyncio.get_running_loop().create_task(self.connect())
        self.connecting.add(task)
        task.add_done_callback(self.connecting.discard)

    async def drained(self) -> None:
        """Return when every connection is idle again."""
        for _ in range(CONNECTIONS):
            await self.connection()


class Connection(asyncio.Protocol):
    """One kept-alive connection with at most one request under way."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.transport: asyncio.Transport | None = None
        self.due_s: float | None = None
        self.received = b""
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's has all of it, but another ancestor
        self.sender.idle.put_nowait(self)

    def send(self, request: bytes, due_s: float) -> None:
        assert self.transport is not None
        self.due_s = due_s
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, blank, body = self.received.partition(b"\r\n\r\n")
        if not blank or self.due_s is None:
            return
        announced = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if len(body) < int(announced.partition(b":")[2]):
            return
        if body.startswith(b'{"code":200,'):
            self.sender.latencies_ms.append((time.monotonic() - self.due_s) * 1000)
        else:
            self.sender.errors[head.split(b"\r\n", 1)[0].decode() + " " + body[:80].decode(errors="replace")] += 1
        self.received, self.due_s = b"", None
        self.sender.idle.put_nowait(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closed = True
        if self.due_s is not None:
            self.sender.errors[f"connection lost: {type(error).__name__}"] += 1
        self.sender.replace()


def print_results(results: dict[str, Result]) -> None:
    """Print the table and the JSON."""
    print(f"{'':>20}  {''.join(f'{name:>16}' for name in results)}")
    for field in Result.__dataclass_fields__:
        print(f"{field:>20}  {''.join(f'{getattr(result, field)!s:>16}' for result in results.values())}")
    print(f"{'load':>20}  {os.getloadavg()[0]:>16.1f}")
    ours = results["vodpull"]
    met = ours.p99_ms <= GOAL_P99_MS and not ours.errors
    print(f"{'goal':>20}  p99 <= {GOAL_P99_MS:.0f} ms without errors: {'met' if met else 'missed'}")
    print(json.dumps({name: asdict(result) for name, result in results.items()}))


def percentile(ordered: list[float], share: float) -> float:
    """Return the value below which a share of the ordered values lies."""
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else 0.0


if __name__ == "__main__":
    stoppable(main)
