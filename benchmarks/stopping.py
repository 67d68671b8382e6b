"""How every benchmark ends: with all that it started, also when Ctrl-C or SIGTERM ends it before its time."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from tests.services.vodpull import Vodpull

ENDING = (signal.SIGINT, signal.SIGTERM)


def stoppable(main: Callable[[], object]) -> None:
    """Run a program; nothing that it started outlives it."""
    for number in ENDING:
        signal.signal(number, _leave)
    try:
        main()
    finally:
        _send(signal.SIGKILL)


def _leave(number: int, _frame: FrameType | None) -> None:
    # Once is enough: a second signal would interrupt the end of what was started.
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
    # At once: somebody may be waiting for one of them.
    _send(signal.SIGTERM)
    sys.exit(128 + number)


def _send(number: int) -> None:
    for pid in descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def descendants(pid: int) -> list[int]:
    """Return the children of a process, and theirs."""
    parents: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(place.name))
    found, at = [pid], 0
    while at < len(found):
        found += parents.get(found[at], [])
        at += 1
    return found[1:]


@contextlib.contextmanager
def served(service: Vodpull) -> Iterator[None]:
    """Run a service, as users start it, as long as the block lasts, and end it also when it does not come up."""
    service.loads_anew = True
    try:
        service.start()
        yield
    finally:
        service.stop()
