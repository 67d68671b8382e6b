"""The floods of `benchmarks.abuse`: each is bounded in number and time, and says in a few words what came of it."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import socket
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from vodpull.request_signing import SigningKey, sign

PULL = "/vod/videoManage/pullVideo"

CHUNK_BYTES = 65536
FLOOD_BYTES = 100_000_000
"""What is sent on one connection at most."""

CONNECTIONS = 300
"""Of one address, for floods that open many."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The service that is attacked, and what an attacker has."""

    port: int
    pid: int
    origin: str
    """Of sources that never come."""
    sample_url: str
    """A clip that comes slowly."""
    key: SigningKey
    """The attacker's own."""
    neighbour: SigningKey
    crowd: tuple[SigningKey, ...]
    """More keys of the attacker's."""
    media_key: str

    @property
    def url(self) -> str:
        """Return the base of its URLs."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def never_url(self) -> str:
        """Return the URL of a source that never comes."""
        return f"{self.origin}/never.mp4"

    def connect(self, timeout_s: float = 10) -> socket.socket:
        """Return a new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s)

    def pull(self, key: SigningKey, source: str) -> str:
        """Submit a source, to be stored as it is, and return the id of its task."""
        items = base64.urlsafe_b64encode(json.dumps([{"fetchUrl": source}]).encode()).decode()
        asked = {"fileList": items, "cmd": "{tcTemplateName:original}", "transNo": str(time.monotonic_ns())}
        body = json.dumps(asked).encode()
        headers = sign("POST", self.url + PULL, body, key=key, now_s=time.time())
        with urllib.request.urlopen(urllib.request.Request(self.url + PULL, body, headers), timeout=60) as reply:
            return str(json.load(reply)["data"]["taskId"])

    def api(self, key: SigningKey, method: str, path: str, *, body: object = None) -> Any:
        """Call `/api/v1` and return its answer."""
        headers = {"Authorization": f"Bearer {key.access_key}.{key.secret}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    def stage(self, key: SigningKey, batch_id: str) -> str:
        """Return where the one job of a task is, or why it failed."""
        job = self.api(key, "GET", f"/batches/{batch_id}")["jobs"][0]
        return str(job["error"]["code"] if job["error"] else job["stage"])


Flood = Callable[[Target, float], str]

Result = TypeVar("Result")


def send_codec(target: Target, seconds: float) -> str:
    """One multipart form of 760 kB that names its own codec."""
    lines = b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n' + b"a" * 760_000 + b"\r\n--b--\r\n"
    head = form_head("/console/login", "multipart/form-data; boundary=b; charset=punycode", len(lines))
    with target.connect(timeout_s=max(60, seconds)) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(head + lines)
        return status_of(connection)


def form_head(path: str, content_type: str, size: int) -> bytes:
    """Return the head of a POST."""
    lines = (f"POST {path} HTTP/1.1", "Host: x", f"Content-Type: {content_type}", f"Content-Length: {size}", "", "")
    return "\r\n".join(lines).encode()


def send_headers(target: Target, seconds: float) -> str:
    """One request whose header lines do not end."""
    line = b"x-filler: " + b"a" * 54 + b"\r\n"
    return pour(target, b"GET / HTTP/1.1\r\nHost: x\r\n", line * (CHUNK_BYTES // len(line)), seconds=seconds)


def send_one_header(target: Target, seconds: float) -> str:
    """One header line that does not end."""
    return pour(target, b"GET / HTTP/1.1\r\nHost: x\r\nx-filler: ", b"a" * CHUNK_BYTES, seconds=seconds)


def send_target(target: Target, seconds: float) -> str:
    """A request target that does not end."""
    return pour(target, b"GET /", b"a" * CHUNK_BYTES, seconds=seconds)


def send_trailers(target: Target, seconds: float) -> str:
    """A chunked body whose trailers do not end."""
    line = b"x-filler: " + b"a" * 54 + b"\r\n"
    head = b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    return pour(target, head, line * (CHUNK_BYTES // len(line)), seconds=seconds)


def send_chunk_extension(target: Target, seconds: float) -> str:
    """A chunk extension that does not end."""
    head = b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;x="
    return pour(target, head, b"a" * CHUNK_BYTES, seconds=seconds)


def pour(target: Target, head: bytes, block: bytes, *, seconds: float) -> str:
    """Send a block again and again; return how much of it was taken."""
    sent, deadline_s = 0, time.monotonic() + seconds
    with target.connect() as connection:
        with contextlib.suppress(OSError):
            connection.sendall(head)
            while sent < FLOOD_BYTES and time.monotonic() < deadline_s:
                connection.sendall(block)
                sent += len(block)
        return f"{sent / 1e6:.1f} MB taken, {status_of(connection, timeout_s=1)}"


def send_pipeline(target: Target, seconds: float) -> str:
    """Pipelined requests on twenty connections, whose replies are not read."""
    block = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 1800

    def send(number: int) -> str:  # noqa: ARG001 - every connection does the same
        sent, deadline_s = 0, time.monotonic() + seconds
        with target.connect(timeout_s=seconds) as connection, contextlib.suppress(OSError):
            while sent < FLOOD_BYTES and (left_s := deadline_s - time.monotonic()) > 0:
                connection.settimeout(left_s)
                connection.sendall(block)
                sent += len(block)
        return "whole" if sent >= FLOOD_BYTES else "cut off" if time.monotonic() < deadline_s - 1 else "waiting"

    return told(in_threads(send, 20))


def open_readers(target: Target, seconds: float) -> str:
    """Readers of a stored file who never read."""
    request = f"GET /media/{target.media_key} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    return hold(target, request, seconds)


def open_silent(target: Target, seconds: float) -> str:
    """Connections that send nothing."""
    return hold(target, b"", seconds)


def open_half_heads(target: Target, seconds: float) -> str:
    """Connections that send half a request."""
    return hold(target, b"GET / HTTP/1.1\r\nHost: x\r\nx-", seconds)


def open_half_bodies(target: Target, seconds: float) -> str:
    """Connections that announce 2 MB and send all but the last byte."""
    return hold(target, form_head("/console/login", "text/plain", 2_000_001) + b"a" * 2_000_000, seconds)


def open_all_descriptors(target: Target, seconds: float) -> str:
    """More silent connections than the service, started with 512 descriptors, can hold, while jobs are under way."""
    tasks = [target.pull(target.neighbour, target.sample_url) for _ in range(4)]
    left = hold(target, b"", seconds, connections=2 * CONNECTIONS)
    deadline_s = time.monotonic() + 60
    while (stages := [target.stage(target.neighbour, task) for task in tasks]) and time.monotonic() < deadline_s:
        if not set(stages) & {"waiting", "fetch", "probe", "store"}:
            break
        time.sleep(0.5)
    return f"{left}; jobs: {told(stages)}"


def hold(target: Target, request: bytes, seconds: float, *, connections: int = CONNECTIONS) -> str:
    """Open connections, send the same on each, and read nothing; return how many were still there at the end."""
    deadline_s = time.monotonic() + seconds
    with contextlib.ExitStack() as stack:
        held = []
        for _ in range(connections):
            with contextlib.suppress(OSError):
                connection = stack.enter_context(target.connect())
                small = (socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.setsockopt(*small)
                connection.sendall(request)
                held.append(connection)
        time.sleep(max(0.0, deadline_s - time.monotonic()))
        return f"{sum(map(is_open, held))} of {connections} connections left"


def is_open(connection: socket.socket) -> bool:
    """Return False for a connection that the other side has closed."""
    connection.settimeout(0)
    try:
        return all(connection.recv(CHUNK_BYTES) for _ in range(100))
    except BlockingIOError:
        return True
    except OSError:
        return False


def send_logins(target: Target, seconds: float) -> str:
    """Wrong passwords, sixty at a time, each from an address that the attacker made up."""
    token = "a" * 43
    proof = hmac.digest(token.encode(), b"vodpull console form", "sha256").hex()
    body = f"csrf={proof}&password=wrong-password".encode()
    deadline_s = time.monotonic() + seconds

    def send(number: int) -> Counter[str]:
        seen: Counter[str] = Counter()
        for turn in range(1000):
            if time.monotonic() > deadline_s:
                break
            head = form_head("/console/login", "application/x-www-form-urlencoded", len(body))
            own = f"X-Forwarded-For: 10.{number}.{turn // 256}.{turn % 256}\r\nCookie: vodpull_console={token}\r\n"
            with contextlib.suppress(OSError), target.connect(timeout_s=60) as connection:
                connection.sendall(head.replace(b"Host: x\r\n", b"Host: x\r\n" + own.encode()) + body)
                seen[status_of(connection)] += 1
        return seen

    return told(list(sum(in_threads(send, 60), Counter[str]()).elements()))


def open_streams(target: Target, seconds: float) -> str:
    """Progress streams, two hundred of one key, on fifty tasks."""
    tasks = [target.pull(target.key, target.never_url) for _ in range(50)]
    bearer = f"{target.key.access_key}.{target.key.secret}"
    deadline_s = time.monotonic() + seconds
    answers: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        for number in range(200):
            lines = (
                f"GET /api/v1/batches/{tasks[number % len(tasks)]}/progress HTTP/1.1",
                "Host: x",
                f"Authorization: Bearer {bearer}",
            )
            connection = stack.enter_context(target.connect(timeout_s=30))
            connection.sendall("\r\n".join((*lines, "", "")).encode())
            answers[status_of(connection)] += 1
        time.sleep(max(0.0, deadline_s - time.monotonic()))
    return told(list(answers.elements()))


def status_of(connection: socket.socket, timeout_s: float = 60) -> str:
    """Return the status of a reply, or how the connection ended."""
    connection.settimeout(timeout_s)
    try:
        answer = connection.recv(CHUNK_BYTES)
    except TimeoutError:
        return "no answer"
    except OSError:
        return "closed"
    return answer.split(b" ", 2)[1].decode() if answer.startswith(b"HTTP/1.1 ") else "closed"


def in_threads(work: Callable[[int], Result], count: int) -> list[Result]:
    """Run the same many times at once."""
    results: list[Result] = []
    threads = [threading.Thread(target=lambda number=number: results.append(work(number))) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def told(results: list[str]) -> str:
    """Return how often each result came."""
    return ", ".join(f"{count} x {result}" for result, count in Counter(results).most_common())


FLOODS: dict[str, Flood] = {
    "codec": send_codec,
    "headers": send_headers,
    "one-header": send_one_header,
    "target": send_target,
    "trailers": send_trailers,
    "extension": send_chunk_extension,
    "pipeline": send_pipeline,
    "readers": open_readers,
    "silent": open_silent,
    "half-heads": open_half_heads,
    "half-bodies": open_half_bodies,
    "descriptors": open_all_descriptors,
    "logins": send_logins,
    "streams": open_streams,
}
