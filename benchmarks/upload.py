"""
How fast files come in: `python -m benchmarks.upload [--mib 1024] [--rounds 3] [--ways form,blocks,tus]`.

Each way sends the same bytes over loopback, in turns with a plain Starlette endpoint that writes them to disk without a
digest. A way ends when the service has answered that the file is whole; its encode is not waited for.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.services.postgres import free_port
from tests.services.vodpull import Vodpull

from benchmarks.stopping import served, stoppable

MIB = 1024 * 1024
BLOCK_BYTES = 4 * MIB
BLOCKS_AT_ONCE = 4
READ_BYTES = MIB
TARGET = 0.5
"""Of the rate of the plain endpoint."""

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


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What the ways send, and where."""

    service: Vodpull
    plain_port: int
    file: Path

    @property
    def size_bytes(self) -> int:
        """Return the size of the file."""
        return self.file.stat().st_size

    def token(self) -> str:
        """Return what lets one more file in."""
        reply = self.service.call("getUploadToken", {"originFileName": "a.bin", "workflowId": "original"})
        return str(reply["data"]["uploadToken"])


def send_plain(bench: Bench) -> None:
    """Send it to an endpoint that only writes."""
    sized = {"Content-Length": str(bench.size_bytes)}
    request(bench.plain_port, "POST", "/", body=pieces(bench.file), headers=sized)


def send_form(bench: Bench) -> None:
    """Send it in one form."""
    boundary = "b0undary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="token"\r\n\r\n{bench.token()}\r\n'
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    tail = f"\r\n--{boundary}--\r\n"

    def body() -> Iterator[bytes]:
        yield head.encode()
        yield from pieces(bench.file)
        yield tail.encode()

    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(len(head) + bench.size_bytes + len(tail)),
    }
    request(bench.service.port, "POST", "/file/upload", body=body(), headers=headers)


def send_blocks(bench: Bench) -> None:
    """Send it in blocks, some side by side."""
    headers = {"Authorization": bench.token(), "UploadBatch": "bench"}

    def send(number: int) -> str:
        start = number * BLOCK_BYTES
        data = b"".join(pieces(bench.file, start, start + BLOCK_BYTES))
        target = f"/mkblk/{len(data)}/{number}"
        sized = headers | {"Content-Length": str(len(data))}
        return str(json.loads(request(bench.service.port, "POST", target, body=iter([data]), headers=sized)[1])["ctx"])

    with ThreadPoolExecutor(BLOCKS_AT_ONCE) as pool:
        contexts = list(pool.map(send, range(-(-bench.size_bytes // BLOCK_BYTES))))
    body = ",".join(contexts).encode()
    sized = headers | {"Content-Length": str(len(body))}
    request(bench.service.port, "POST", f"/mkfile/{bench.size_bytes}", body=iter([body]), headers=sized)


def send_tus(bench: Bench) -> None:
    """Send it by tus, in one request after its creation."""
    key, port = bench.service.own_key, bench.service.port
    headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {key.access_key}.{key.secret}"}
    asked = headers | {"Upload-Length": str(bench.size_bytes), "Upload-Metadata": "template b3JpZ2luYWw="}
    empty = asked | {"Content-Length": "0"}
    made, _ = request(port, "POST", "/api/v1/uploads", body=iter([]), headers=empty)
    sent = headers | {
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(bench.size_bytes),
    }
    request(port, "PATCH", "/" + made["location"].split("/", maxsplit=3)[3], body=pieces(bench.file), headers=sent)


WAYS: dict[str, Callable[[Bench], None]] = {
    "plain": send_plain,
    "form": send_form,
    "blocks": send_blocks,
    "tus": send_tus,
}


def pieces(file: Path, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield a file, or a part of it."""
    left = (file.stat().st_size if end is None else end) - start
    with file.open("rb") as opened:
        opened.seek(start)
        while left > 0 and (data := opened.read(min(READ_BYTES, left))):
            left -= len(data)
            yield data


def request(
    port: int, method: str, target: str, *, body: Iterator[bytes], headers: dict[str, str]
) -> tuple[Mapping[str, str], bytes]:
    """Return headers and body of a reply; anything but success ends the program."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    try:
        connection.request(method, target, body, headers)
        reply = connection.getresponse()
        text = reply.read()
        if reply.status // 100 != 2:
            sys.exit(f"{method} {target}: {reply.status} {text[:500]!r}")
        return {name.lower(): value for name, value in reply.getheaders()}, text
    finally:
        connection.close()


@contextmanager
def plain_endpoint(folder: Path) -> Iterator[int]:
    """Run the plain endpoint until the block ends; gives its port."""
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
        yield port
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Measure, and print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", default="form,blocks,tus")
    asked = parser.parse_args()
    ways = ["plain", *asked.ways.split(",")]
    with tempfile.TemporaryDirectory() as name, plain_endpoint(Path(name)) as port:
        folder = Path(name)
        file = folder / "file"
        with file.open("wb") as opened:
            for _ in range(asked.mib):
                opened.write(os.urandom(MIB))
        service = Vodpull(folder / "data", origin="http://127.0.0.1:9")
        with served(service):
            bench = Bench(service=service, plain_port=port, file=file)
            rounds = [{way: timed(WAYS[way], bench) for way in ways} for _ in range(asked.rounds)]
            memory_bytes = service.memory_bytes
    print(f"{'way':<8} {'MB/s':>8} {'of plain':>9}")
    shares = {way: statistics.median(each["plain"] / each[way] for each in rounds) for way in ways}
    for way in ways:
        rate = asked.mib * MIB / 1e6 / statistics.median(each[way] for each in rounds)
        print(f"{way:<8} {rate:>8.0f} {shares[way]:>9.2f}")
    print(f"memory of the service: {memory_bytes / MIB:.0f} MiB; wanted of plain: {TARGET}")
    print(json.dumps({"mib": asked.mib, "seconds": rounds, "of_plain": shares, "memory_bytes": memory_bytes}))


def timed(way: Callable[[Bench], None], bench: Bench) -> float:
    """Return how long a way takes, in seconds."""
    started_s = time.monotonic()
    way(bench)
    return time.monotonic() - started_s


if __name__ == "__main__":
    stoppable(main)
