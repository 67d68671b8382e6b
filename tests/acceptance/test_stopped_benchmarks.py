"""A benchmark that is stopped leaves nothing running."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.stopping import descendants

from tests.services.preloaded import unmeasured
from tests.waiting import until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "src" / "vodpull" / "sample"


def started(pids: list[int]) -> list[int]:
    """Return those that are a service."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):  # over meanwhile
            found += [pid] if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes() else []
    return found


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_benchmark_ends_the_service_that_it_started(number: signal.Signals) -> None:
    clip = next(SAMPLE.glob("*.mp4"))
    running = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.overlap", str(clip)],
        cwd=ROOT,
        env=unmeasured(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until(lambda: started(descendants(running.pid)) or running.poll() is not None, every_s=0.1)
    assert running.poll() is None
    pids = descendants(running.pid)
    running.send_signal(number)
    assert running.wait(timeout=60) == 128 + number
    assert not [pid for pid in pids if is_running(pid)]


def test_every_benchmark_can_be_stopped() -> None:
    programs = [path for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text()]
    assert len(programs) > 8
    assert not [path.name for path in programs if "stoppable(" not in path.read_text()]
