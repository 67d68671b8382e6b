"""
How fast files come in: `python -m benchmarks.upload [--mib 1024] [--rounds 3] [--ways form,blocks,tus] [--many 200]`.

Each way sends the same bytes over loopback, in turns with a plain Starlette endpoint that writes them to disk without a
digest; all by `sendfile`, since the client has the same processors. A way ends when the service has answered that the
file is whole; before the next one begins, the service has stored it and the disk has written all down. Processor time
is that of the process that takes the bytes, and of the client.

With `--many`, so many clients send 16 MiB each at once instead, while a task is queried ten times a second.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import urlsplit

from tests.services.postgres import free_port
from tests.services.vodpull import Vodpull

from benchmarks.stopping import served, stoppable
from vodpull.request_signing import sign

MIB = 1024 * 1024
BLOCK_BYTES = 4 * MIB
BLOCKS_AT_ONCE = 4
TARGET = 0.5
"""Of the rate of the plain endpoint."""

MANY_MIB = 16
MOST_MEMORY_MIB, MOST_QUERY_MS = 600, 200
QUERY_EVERY_S = 0.1
SETTLE_S = 600.0

PLAIN = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def take(request):
    with open(sys.argv[2], "wb") as file:
        async for data in request.stream():
            file.write(data)
    return PlainTextResponse("taken")

app = Starlette(routes=[Route("/", take, methods=["POST"])])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""


TRY_AGAIN = 599
"""What the protocol says to clients that should come again."""


class Again(Exception):
    """Send it again."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What the ways send, and where."""

    service: Vodpull
    plain_port: int
    plain_pid: int
    file: Path

    @property
    def size_bytes(self) -> int:
        """Return the size of the file."""
        return self.file.stat().st_size

    def settle(self) -> None:
        """Wait until nobody works on what was sent before, and the disk has written it down."""
        deadline_s = time.monotonic() + SETTLE_S
        while self.service.api("GET", "/batches?state=running&limit=1").json()["batches"]:
            if time.monotonic() > deadline_s:
                sys.exit("the service works on what was sent for ever")
            time.sleep(0.2)
        os.sync()

    def token(self) -> str:
        """Return what lets one more file in."""
        name = f"{secrets.token_hex(8)}.bin"  # two equal calls of one second are one call
        reply = self.service.call("getUploadToken", {"originFileName": name, "workflowId": "original"})
        return str(reply["data"]["uploadToken"])


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a file that is sent."""

    file: Path
    start: int
    size_bytes: int

    @classmethod
    def whole(cls, file: Path) -> Part:
        """Return all of a file."""
        return cls(file=file, start=0, size_bytes=file.stat().st_size)


def send_plain(bench: Bench) -> None:
    """Send it to an endpoint that only writes."""
    with connected(bench.plain_port) as connection:
        request(connection, "POST", "/", body=[Part.whole(bench.file)])


def send_form(bench: Bench) -> None:
    """Send it in one form."""
    boundary = "b0undary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="token"\r\n\r\n{bench.token()}\r\n'
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body: list[bytes | Part] = [head.encode(), Part.whole(bench.file), f"\r\n--{boundary}--\r\n".encode()]
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    with connected(bench.service.port) as connection:
        request(connection, "POST", "/file/upload", body=body, headers=headers)


def send_blocks(bench: Bench, at_once: int = BLOCKS_AT_ONCE) -> None:
    """Send it in blocks, some side by side, each line with a connection of its own."""
    headers = {"Authorization": bench.token(), "UploadBatch": "bench"}

    def send(connection: http.client.HTTPConnection, number: int) -> tuple[int, str]:
        start = number * BLOCK_BYTES
        part = Part(file=bench.file, start=start, size_bytes=min(BLOCK_BYTES, bench.size_bytes - start))
        _, text = request(connection, "POST", f"/mkblk/{part.size_bytes}/{number}", body=[part], headers=headers)
        return number, str(json.loads(text)["ctx"])

    def send_some(numbers: Iterator[int]) -> list[tuple[int, str]]:
        with connected(bench.service.port) as connection:
            return [send(connection, number) for number in numbers]

    numbers = iter(range(-(-bench.size_bytes // BLOCK_BYTES)))
    with ThreadPoolExecutor(at_once) as pool:
        contexts = dict(chain.from_iterable(pool.map(send_some, [numbers] * at_once)))
    body = ",".join(contexts[number] for number in sorted(contexts)).encode()
    with connected(bench.service.port) as connection:
        request(connection, "POST", f"/mkfile/{bench.size_bytes}", body=[body], headers=headers)


def send_tus(bench: Bench) -> None:
    """Send it by tus, in one request after its creation."""
    key = bench.service.own_key
    headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {key.access_key}.{key.secret}"}
    asked = headers | {"Upload-Length": str(bench.size_bytes), "Upload-Metadata": "template b3JpZ2luYWw="}
    sent = headers | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    with connected(bench.service.port) as connection:
        made, _ = request(connection, "POST", "/api/v1/uploads", headers=asked)
        place = "/" + made["location"].split("/", maxsplit=3)[3]
        request(connection, "PATCH", place, body=[Part.whole(bench.file)], headers=sent)


WAYS: dict[str, Callable[[Bench], None]] = {
    "plain": send_plain,
    "form": send_form,
    "blocks": send_blocks,
    "tus": send_tus,
}


@contextmanager
def connected(port: int) -> Iterator[http.client.HTTPConnection]:
    """Give a connection as long as the block lasts."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    try:
        yield connection
    finally:
        connection.close()


def request(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    *,
    body: Sequence[bytes | Part] = (),
    headers: Mapping[str, str] | None = None,
) -> tuple[Mapping[str, str], bytes]:
    """Return headers and body of a reply; anything but success ends the program."""
    size_bytes = sum(part.size_bytes if isinstance(part, Part) else len(part) for part in body)
    connection.putrequest(method, target)
    for name, value in {**(headers or {}), "Content-Length": str(size_bytes)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    for part in body:
        if isinstance(part, Part):
            with part.file.open("rb") as opened:
                connection.sock.sendfile(opened, part.start, part.size_bytes)
        else:
            connection.send(part)
    reply = connection.getresponse()
    text = reply.read()
    if reply.status == TRY_AGAIN:
        raise Again
    if reply.status // 100 != 2:
        sys.exit(f"{method} {target}: {reply.status} {text[:500]!r}")
    return {name.lower(): value for name, value in reply.getheaders()}, text


@contextmanager
def plain_endpoint(folder: Path) -> Iterator[tuple[int, int]]:
    """Run the plain endpoint until the block ends; gives its port and process."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", PLAIN, str(port), str(folder / "plain")])
    try:
        deadline_s = time.monotonic() + 30
        while time.monotonic() < deadline_s:
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/")
                break
            except OSError:
                time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True, kw_only=True)
class Took:
    """What one way took."""

    seconds: float
    cpu_s: float
    client_cpu_s: float


def timed(way: str, bench: Bench) -> Took:
    """Return what a way takes."""
    bench.settle()
    pid = bench.plain_pid if way == "plain" else bench.service.pid
    before_s, client_before_s, started_s = cpu_of(pid), time.process_time(), time.monotonic()
    WAYS[way](bench)
    return Took(
        seconds=time.monotonic() - started_s,
        cpu_s=cpu_of(pid) - before_s,
        client_cpu_s=time.process_time() - client_before_s,
    )


def cpu_of(pid: int) -> float:
    """Return the processor time of a process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare(bench: Bench, ways: list[str], *, rounds: int) -> None:
    """Measure every way in turns, and print a table and JSON."""
    took = [{way: timed(way, bench) for way in ways} for _ in range(rounds)]
    shares = {way: statistics.median(each["plain"].seconds / each[way].seconds for each in took) for way in ways}
    gib = bench.size_bytes / (1024 * MIB)
    print(f"{'way':<8} {'MB/s':>8} {'of plain':>9} {'cpu s/GiB':>10} {'client':>7}")
    for way in ways:
        rate = bench.size_bytes / 1e6 / statistics.median(each[way].seconds for each in took)
        cpu_s = statistics.median(each[way].cpu_s for each in took) / gib
        client_cpu_s = statistics.median(each[way].client_cpu_s for each in took) / gib
        print(f"{way:<8} {rate:>8.0f} {shares[way]:>9.2f} {cpu_s:>10.2f} {client_cpu_s:>7.2f}")
    memory_bytes = bench.service.memory_bytes
    print(f"memory of the service: {memory_bytes / MIB:.0f} MiB; wanted of plain: {TARGET}")
    print(f"load: {os.getloadavg()[0]:.1f}")
    seconds = [{way: each[way].seconds for way in ways} for each in took]
    print(json.dumps({"seconds": seconds, "of_plain": shares, "memory_bytes": memory_bytes}))


def ask(service: Vodpull, task_id: str, done: Event) -> list[float]:
    """Ask what has become of a task until that is enough, and return how long each answer took, in ms."""
    url, data = f"{service.url}/vod/videoManage/pullVideoQuery", json.dumps({"taskId": task_id}).encode()
    waits_ms = []
    # Over a connection of its own: those of the service's client wait for each other.
    with connected(service.port) as connection:
        while not done.wait(QUERY_EVERY_S):
            headers = sign("POST", url, data, key=service.own_key, now_s=time.time())
            started_s = time.monotonic()
            request(connection, "POST", urlsplit(url).path, body=[data], headers=headers)
            waits_ms.append(1000 * (time.monotonic() - started_s))
    return waits_ms


def crowd(bench: Bench, clients: int) -> None:
    """Let many send at once, and print what that takes of memory and what status queries take meanwhile."""
    ways: list[Callable[[Bench], None]] = [send_form, partial(send_blocks, at_once=1), send_tus]
    task_id = bench.service.create("http://127.0.0.1:9/a.mp4")["batch_id"]
    # A process of its own: in this one, queries would wait for the threads of 200 clients.
    forks = multiprocessing.get_context("fork")
    done, told = forks.Event(), forks.SimpleQueue()
    asking = forks.Process(target=lambda: told.put(ask(bench.service, task_id, done)))

    def send(number: int) -> None:
        while True:
            try:
                return ways[number % len(ways)](bench)
            except Again:
                time.sleep(QUERY_EVERY_S)

    asking.start()
    started_s = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(send, range(clients)))
    took_s = time.monotonic() - started_s
    done.set()
    waits_ms = told.get()
    asking.join()
    p99_ms, worst_ms = statistics.quantiles(waits_ms, n=100)[98], max(waits_ms)
    memory_mib = bench.service.memory_bytes / MIB
    print(f"{clients} clients sent {MANY_MIB} MiB each in {took_s:.1f} s")
    print(f"memory of the service: {memory_mib:.0f} MiB; wanted: {MOST_MEMORY_MIB}")
    print(f"status queries: {len(waits_ms)}, p99 {p99_ms:.0f} ms, worst {worst_ms:.0f} ms; wanted: {MOST_QUERY_MS}")
    print(f"load: {os.getloadavg()[0]:.1f}")
    print(json.dumps({"clients": clients, "seconds": took_s, "memory_mib": memory_mib, "query_p99_ms": p99_ms}))


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", default="form,blocks,tus")
    parser.add_argument("--many", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, plain_endpoint(Path(name)) as (port, pid):
        folder = Path(name)
        file = folder / "file"
        with file.open("wb") as opened:
            for _ in range(MANY_MIB if asked.many else asked.mib):
                opened.write(os.urandom(MIB))
        service = Vodpull(folder / "data", origin="http://127.0.0.1:9")
        with served(service):
            bench = Bench(service=service, plain_port=port, plain_pid=pid, file=file)
            if asked.many:
                crowd(bench, asked.many)
            else:
                compare(bench, ["plain", *asked.ways.split(",")], rounds=asked.rounds)


if __name__ == "__main__":
    stoppable(main)
