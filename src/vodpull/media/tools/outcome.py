"""How a child process ended, and which error of the catalogue that is."""

from __future__ import annotations

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from vodpull.errors import EncodeFailed, EncodeInterrupted, OutputInvalid, StorageFull, VodpullError

LOG_TAIL_CHARACTERS = 4096
"""As much of what it wrote as goes with an error: some forty lines."""
# A disk with less room than this is the reason for a file that just ends.
FULL_DISK_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Finished:
    """How a child process ended."""

    returncode: int
    """Exit code; negative: ended by this signal."""
    stdout: bytes
    """What it answered; empty where stdout was the progress report."""
    stderr_tail: str
    """The last lines that it wrote, hostile text included: never a message for users."""
    wall_s: float
    cpu_s: float
    """Processor time, all threads together; 0 when it is not known."""
    peak_memory_bytes: int
    """Largest resident size; 0 when it is not known."""
    starved: bool
    """Meanwhile the kernel ended some program because memory ran out."""


def check(finished: Finished, what: str) -> None:
    """
    Raise when the process did not end well; `what` says what it was doing.

    Raises:
        StorageFull: there was no space left.
        EncodeInterrupted: somebody killed it.
        EncodeFailed: every other failure.
    """
    if finished.returncode == 0:
        return
    check_alive(finished, what)
    if "No space left on device" in finished.stderr_tail:
        raise StorageFull(f"no space left while {what}")
    raise failed(finished, f"{_cause(finished)} while {what}")


def failed(finished: Finished, message: str) -> EncodeFailed:
    """Return a failure with the last words of the process, which the log and the console show."""
    error = EncodeFailed(message)
    error.log_tail = finished.stderr_tail[-LOG_TAIL_CHARACTERS:].replace("\x00", "")  # databases refuse it
    return error


def check_alive(finished: Finished, what: str) -> None:
    """
    Raise when the process was killed by something else than its own fault; `what` says what it was doing.

    Raises:
        EncodeInterrupted: somebody killed it.
    """
    if -finished.returncode in {signal.SIGKILL, signal.SIGTERM}:
        raise EncodeInterrupted(f"FFmpeg was killed while {what}", starved=finished.starved)


def _cause(finished: Finished) -> str:
    if "Cannot allocate memory" in finished.stderr_tail:
        return "FFmpeg needed more memory than it may have"
    if finished.returncode >= 0:
        return f"FFmpeg ended with code {finished.returncode}"
    if finished.returncode == -signal.SIGXCPU:
        return "FFmpeg used up its processor time"
    if finished.returncode == -signal.SIGXFSZ:
        return "FFmpeg wrote a larger file than it may"
    return f"FFmpeg was ended by signal {-finished.returncode}"


def incomplete(folder: Path, message: str) -> VodpullError:
    """Return the error for output that FFmpeg did not finish; it does not always say itself that the disk is full."""
    if shutil.disk_usage(folder).free < FULL_DISK_BYTES:
        return StorageFull("no space left for the output of FFmpeg")
    return OutputInvalid(message)
