"""
Starts programs on vodpull without loading it anew: a process that has loaded it once forks itself for each start.

Loading takes two seconds of a processor and is the same each time; the suite starts some hundred services. What runs in
a fork is the program from its first line on, in a session, with an environment and with coverage of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import coverage

MODULES = (
    "vodpull.cli",
    "vodpull.cli.machine.keys",
    "vodpull.cli.machine.listener",
    "vodpull.cli.machine.service",
    "vodpull.app.server",
    "vodpull.app.service",
    "vodpull.app.telemetry.logs",
    "vodpull.storage.object_store",
    "vodpull.database.upgrade",
    "psycopg",
    "pydantic.v1",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
)

"""What a service loads between its start and its first answer, and what makes the keys of most tests."""

MAX_ORDER_BYTES = 128 * 1024

NUMBER = struct.Struct("q")

_LOCK = threading.Lock()


class Forked:
    """A started program: what of `subprocess.Popen` tests use."""

    def __init__(self, told: int) -> None:
        self._told = told
        """A pipe that says first its id, and when it has ended its exit code."""
        self.pid = self._next()
        self.returncode: int | None = None

    def __del__(self) -> None:
        os.close(self._told)

    def poll(self) -> int | None:
        return self._look(0)

    def wait(self, timeout: float) -> int:
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return code

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _look(self, timeout: float) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], timeout)[0]:
            self.returncode = self._next()
        return self.returncode

    def _next(self) -> int:
        number: int = NUMBER.unpack(os.read(self._told, NUMBER.size))[0]
        return number


def start(
    module: str, words: Sequence[str], *, environment: Mapping[str, str], output: int, errors: int | None = None
) -> Forked:
    """Start a module as `python -m` does, in a session of its own; what it says goes to `output`, or `errors`."""
    told, tells = os.pipe()
    orders = {"program": [module, *words], "environment": dict(environment), "folder": str(Path.cwd())}
    try:
        with _LOCK:
            passed = [tells, output, output if errors is None else errors]
            socket.send_fds(_keeper(), [json.dumps(orders).encode()], passed)
    finally:
        os.close(tells)
    return Forked(told)


def unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a Python of which coverage wants to know nothing, so that it runs at its own speed."""
    return {name: value for name, value in environment.items() if not name.startswith("COVERAGE_")}


@functools.cache
def _keeper() -> socket.socket:
    """Start the process that forks; it ends with this one."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        program = [sys.executable, "-P", __file__, str(there.fileno())]  # -P: modules beside this one stay unseen
        # Not measured itself: each fork is.
        keeper = subprocess.Popen(
            program, env=unmeasured(os.environ), pass_fds=[there.fileno()], start_new_session=True
        )

    def end() -> None:
        here.close()
        keeper.wait(10)

    atexit.register(end)
    return here


def _fork_for_ever(door: socket.socket) -> None:
    gc.disable()
    for name in MODULES:
        importlib.import_module(name)
    gc.freeze()
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "what another thread holds, a fork would hold for ever"
    bell = _bell()
    running: dict[int, int] = {}  # by process id: where it is told how it ended
    while True:
        ready, _, _ = select.select([door.fileno(), bell], [], [])
        if bell in ready:
            os.read(bell, MAX_ORDER_BYTES)
            _tell_ends(running)
        if door.fileno() in ready:
            order, passed, _, _ = socket.recv_fds(door, MAX_ORDER_BYTES, 3)
            if not order:
                os._exit(0)
            _start(order, passed, running, others=(door.fileno(), bell))


def _bell() -> int:
    """Return a pipe that can be read whenever a program has ended."""
    bell, rings = os.pipe()
    os.set_blocking(rings, False)  # as `set_wakeup_fd` wants it
    signal.set_wakeup_fd(rings)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # else the kernel would wake nobody
    return bell


def _start(order: bytes, passed: list[int], running: dict[int, int], *, others: Iterable[int]) -> None:
    tells, output, errors = passed
    pid = os.fork()
    if pid == 0:
        for number in (*others, signal.set_wakeup_fd(-1), tells, *running.values()):
            os.close(number)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _become(json.loads(order), output, errors)
    os.close(output)  # whoever is told of the end may unmount what the program wrote to
    os.close(errors)
    running[pid] = tells
    _tell(tells, pid)


def _tell_ends(running: dict[int, int]) -> None:
    while running and (ended := os.waitpid(-1, os.WNOHANG))[0]:
        tells = running.pop(ended[0])
        _tell(tells, os.waitstatus_to_exitcode(ended[1]))
        os.close(tells)


def _tell(tells: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody wants to know
        os.write(tells, NUMBER.pack(number))


def _become(order: dict[str, Any], output: int, errors: int) -> None:
    os.setsid()
    os.dup2(output, 1)
    os.dup2(errors, 2)
    os.close(output)
    os.close(errors)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = order["program"]
    sys.path.insert(0, order["folder"])
    gc.enable()
    coverage.process_startup()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    _fork_for_ever(socket.socket(fileno=int(sys.argv[1])))
