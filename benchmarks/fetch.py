"""
How fast vodpull fetches, against curl and aria2c (Debian: curl, aria2, nginx-light), on one loopback origin.

Four questions, all sides in turns in one run, medians of the rounds:

- full speed, digest verified on both sides: vodpull (md5 and sha256, flushed to disk) against `aria2c --checksum=md5`;
- full speed against the plain copy: `curl -o`, no digest, not flushed;
- an origin that gives each connection 5 MB/s: vodpull, which decides by itself, against aria2c told to use eight;
- segments of an HLS playlist, each answered after 20 ms: vodpull as it is against vodpull on one connection.

The origin is nginx if there is one, else a small sendfile server; the throttled one is always the latter, because nginx
lets every new request begin with a second's worth at once, which would favour whoever asks in small pieces.

    python benchmarks/fetch.py [--size-mb 1024] [--throttled-mb 400] [--segments 500] [--rounds 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.stopping import stoppable
from vodpull.fetch import AddressGuard, FetchLimits, HostLimits, download, fetch_playlist

RATE_BYTES_PER_S = 5_000_000
DELAY_S = 0.02

Sides = dict[str, Callable[[], "Cost"]]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one round took."""

    wall_s: float
    cpu_s: float


def main() -> None:
    """Run all sides in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size-mb", type=int, default=1024)
    parser.add_argument("--throttled-mb", type=int, default=400)
    parser.add_argument("--segments", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where files are fetched to, default a temporary folder")
    parser.add_argument("--aria2c", default=shutil.which("aria2c"))
    parser.add_argument("--curl", default=shutil.which("curl"))
    parser.add_argument("--nginx", default=shutil.which("nginx") or shutil.which("/usr/sbin/nginx"))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    for name in ("aria2c", "curl", "nginx"):
        if getattr(asked, name) is None:
            print(f"{name} is missing, its part is left out")
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        rows = run_full_speed(asked, folder) | run_throttled(asked, folder) | run_segments(asked, folder)
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=2))


def run_full_speed(asked: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Measure at full speed."""
    source, md5 = make_source(folder, asked.size_mb)
    with running_origin(source.parent, nginx=asked.nginx) as origin:
        url = f"{origin}/{source.name}"
        sides: Sides = {"vodpull, md5 + sha256, flushed": partial(measure_vodpull, url, folder, md5)}
        if asked.curl:
            sides["curl, no digest"] = partial(measure_program, [asked.curl, "-s", "-o", f"{folder}/out", url], folder)
        if asked.aria2c:
            for count in (1, 4):
                argv = aria2c_argv(asked.aria2c, url, folder, md5=md5, connections=count)
                sides[f"aria2c --checksum, {count} conn."] = partial(measure_program, argv, folder)
        kind = "nginx" if asked.nginx else "sendfile server"
        return report(f"full speed, {kind}", sides, size_bytes=source.stat().st_size, rounds=asked.rounds)


def run_throttled(asked: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Measure where each connection gets little."""
    source, md5 = make_source(folder, asked.throttled_mb)
    with running_server(source.parent, RATE_BYTES_PER_S) as origin:
        url = f"{origin}/{source.name}"
        sides: Sides = {"vodpull, md5 + sha256, flushed": partial(measure_vodpull, url, folder, md5)}
        if asked.aria2c:
            argv = aria2c_argv(asked.aria2c, url, folder, md5=md5, connections=8)
            sides["aria2c --checksum, 8 conn."] = partial(measure_program, argv, folder)
        return report("5 MB/s per connection", sides, size_bytes=source.stat().st_size, rounds=asked.rounds)


def run_segments(asked: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Measure where a source comes in many small files, and each answer takes its time."""
    segments = folder / "segments"
    segments.mkdir()
    (segments / "s.ts").write_bytes((b"G" + bytes(187)) * 1000)
    lines = ("#EXTM3U", *(f"#EXTINF:2,\ns.ts?{number}" for number in range(asked.segments)), "#EXT-X-ENDLIST")
    (segments / "list").write_text("\n".join(lines))
    with running_server(segments, 0, delay_s=DELAY_S) as origin:
        measure = partial(measure_playlist, segments / "list", f"{origin}/list", folder)
        sides: Sides = {
            "vodpull, segments side by side": partial(measure, connections=8),
            "vodpull, one after another": partial(measure, connections=1),
        }
        title = f"{asked.segments} segments, each answered after {1000 * DELAY_S:.0f} ms"
        return report(title, sides, size_bytes=188_000 * asked.segments, rounds=asked.rounds)


def report(title: str, sides: Sides, *, size_bytes: int, rounds: int) -> dict[str, object]:
    """Measure all sides in turns, print their medians and return them."""
    costs: dict[str, list[Cost]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, measure in sides.items():
            touch_memory(size_bytes)
            costs[name].append(measure())
    print(f"\n{title}, {size_bytes / 1e6:.0f} MB, medians of {rounds}")
    print(f"{'':34}{'wall s':>8}{'MB/s':>8}{'CPU s/GB':>10}{'vodpull is':>12}")
    medians = {name: statistics.median(cost.wall_s for cost in spent) for name, spent in costs.items()}
    for name, spent in costs.items():
        cpu_s = statistics.median(cost.cpu_s for cost in spent) / size_bytes * 1e9
        ratio = medians[name] / medians[next(iter(sides))]
        print(f"{name:34}{medians[name]:8.2f}{size_bytes / 1e6 / medians[name]:8.0f}{cpu_s:10.2f}{ratio:10.2f} x")
    return {title: {name: [asdict(cost) for cost in spent] for name, spent in costs.items()}}


def measure_vodpull(url: str, folder: Path, md5: str) -> Cost:
    """Fetch once as the service does."""
    origin = url.rpartition("/")[0]
    before, started_s = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    fetching = download(
        url,
        folder / "out",
        guard=AddressGuard(trusted_origins=[origin]),
        limits=FetchLimits(max_bytes=1 << 40),
        on_progress=lambda *_: None,
        expected_md5=md5,
    )
    asyncio.run(fetching)
    wall_s, after = time.monotonic() - started_s, resource.getrusage(resource.RUSAGE_SELF)
    remove_output(folder)
    return Cost(wall_s=wall_s, cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure_playlist(path: Path, url: str, folder: Path, *, connections: int) -> Cost:
    """Fetch the segments of a playlist once, on so many connections."""
    work = folder / "out"
    work.mkdir()
    before, started_s = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()

    async def run() -> None:
        await fetch_playlist(
            path,
            url,
            work,
            guard=AddressGuard(trusted_origins=[url.rpartition("/")[0]]),
            limits=FetchLimits(max_bytes=1 << 40),
            on_progress=lambda *_: None,
            host_limits=HostLimits(connections_per_host=connections, requests_per_s=10_000),
        )

    asyncio.run(run())
    wall_s, after = time.monotonic() - started_s, resource.getrusage(resource.RUSAGE_SELF)
    shutil.rmtree(work)
    os.sync()
    return Cost(wall_s=wall_s, cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure_program(argv: list[str], folder: Path) -> Cost:
    """Run one program to its end."""
    started_s = time.monotonic()
    running = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(running.pid, 0)
    wall_s = time.monotonic() - started_s
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise SystemExit(f"{argv[0]} ended with {running.returncode}")
    remove_output(folder)
    return Cost(wall_s=wall_s, cpu_s=usage.ru_utime + usage.ru_stime)


def remove_output(folder: Path) -> None:
    """Make room, and let nobody find what another one brought; what is left to flush is not charged to the next one."""
    (folder / "out").unlink()
    os.sync()


def touch_memory(size_bytes: int) -> None:
    """
    Use as much page cache as a round will, and give it back.

    A virtual machine gives memory that is free for seconds back to its host, and pays when it is used again; without
    this, whoever comes after a slow side pays for that.
    """
    with tempfile.TemporaryFile() as file:
        for _ in range(size_bytes >> 20):
            file.write(bytes(1 << 20))


def aria2c_argv(program: str, url: str, folder: Path, *, md5: str, connections: int) -> list[str]:
    """Return aria2c's command line."""
    return [
        *(program, "-q", "--no-conf", "--file-allocation=none", f"--checksum=md5={md5}", "--min-split-size=1M"),
        *(f"-x{connections}", f"-s{connections}", "-d", str(folder), "-o", "out", url),
    ]


def make_source(folder: Path, size_mb: int) -> tuple[Path, str]:
    """Write random bytes to serve."""
    path = folder / "www" / f"source-{size_mb}"
    path.parent.mkdir(exist_ok=True)
    hashed = hashlib.md5(usedforsecurity=False)
    with path.open("wb") as file:
        for _ in range(size_mb):
            block = os.urandom(1_000_000)
            hashed.update(block)
            file.write(block)
    return path, hashed.hexdigest()


@contextmanager
def running_origin(folder: Path, *, nginx: str | None) -> Iterator[str]:
    """Serve a folder at full speed."""
    if nginx is None:
        with running_server(folder, 0) as origin:
            yield origin
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    work = folder.parent / "nginx"
    work.mkdir()
    folder.parent.chmod(0o755)
    temporary = " ".join(f"{kind}_temp_path {work};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi", "client_body"))
    (work / "nginx.conf").write_text(
        f"worker_processes 1; daemon off; pid {work}/pid; error_log {work}/error.log; events {{}}\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; {temporary}\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    server = subprocess.Popen([nginx, "-c", str(work / "nginx.conf"), "-e", str(work / "error.log")])
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


@contextmanager
def running_server(folder: Path, rate_bytes_per_s: int, *, delay_s: float = 0) -> Iterator[str]:
    """Serve a folder from another process, each connection at that rate, 0: as fast as it can; answers wait."""
    argv = [sys.executable, "-m", "benchmarks.fetch", "serve", str(folder), str(rate_bytes_per_s), str(delay_s)]
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.kill()
        server.communicate()


def wait_for(port: int) -> None:
    """Return when somebody listens."""
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the origin did not start")


class Server(BaseHTTPRequestHandler):
    """Files with ranges, a strong ETag and one speed for each connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits behind its headers until they are acknowledged: 40 ms
    folder = Path()
    rate_bytes_per_s = 0
    delay_s = 0.0
    free_s = 0.0  # of this connection: one handler object serves it to its end

    def do_GET(self) -> None:
        time.sleep(self.delay_s)
        with (self.folder / self.path.partition("?")[0].strip("/")).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start, stop = 0, size
            asked = self.headers.get("Range", "")
            if asked:
                first, _, last = asked.removeprefix("bytes=").partition("-")
                start, stop = int(first), min(int(last) + 1 if last else size, size)
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(stop - start))
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", f'"{size:x}"')
            self.end_headers()
            self.wfile.flush()
            self.send_span(file.fileno(), start, stop)

    def send_span(self, number: int, start: int, stop: int) -> None:
        while start < stop:
            piece = 1 << 15 if self.rate_bytes_per_s else 1 << 22
            try:
                sent = os.sendfile(self.connection.fileno(), number, start, min(piece, stop - start))
            except ConnectionError:
                self.close_connection = True
                return
            start += sent
            if self.rate_bytes_per_s:
                self.free_s = max(self.free_s, time.monotonic()) + sent / self.rate_bytes_per_s
                time.sleep(max(0.0, self.free_s - time.monotonic()))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve(folder: Path, rate_bytes_per_s: int, delay_s: float) -> None:
    """Serve until killed; the port is the first line of the output."""
    Server.folder, Server.rate_bytes_per_s, Server.delay_s = folder, rate_bytes_per_s, delay_s
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        print(server.server_port, flush=True)
        threading.stack_size(256 << 10)
        server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
    else:
        stoppable(main)
