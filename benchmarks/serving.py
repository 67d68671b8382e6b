"""Processes that serve: their ports, their end, the processor time that they use, and one that does next to nothing."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BARE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def answer(request):
    asked = await request.json()
    return JSONResponse({"code": 200, "message": "", "data": {"taskId": asked["taskId"], "status": 2, "items": []}})

routes = [Route("/vod/videoManage/pullVideoQuery", answer, methods=["POST"])]
uvicorn.run(
    Starlette(routes=routes), port=int(sys.argv[1]), log_level="critical", access_log=False, ws="none", http="httptools"
)
"""


@contextlib.contextmanager
def bare_endpoint() -> Iterator[Bare]:
    """Run the endpoint that checks nothing and asks no database."""
    port = free_port()
    with ended(subprocess.Popen([sys.executable, "-c", BARE, str(port)])) as process:
        wait_for(lambda: accepts(port))
        yield Bare(port, process.pid)


class Bare:
    """The process of the bare endpoint."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self._pid = pid

    def cpu_s(self) -> float:
        """Return the processor time that its process has used."""
        return cpu_s(self._pid)


def cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    """Return True when somebody listens on a port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def is_healthy(port: int) -> bool:
    """Return True when a service answers: it listens long before, so that nobody is refused meanwhile."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
        return True
    return False


def wait_for(condition: Any, *, within_s: float = 60) -> None:
    """Wait until a condition holds."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError
        time.sleep(0.1)


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """End a process with the block."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)
