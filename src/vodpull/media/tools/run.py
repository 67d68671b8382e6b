"""
The only owner of child processes: finds FFmpeg, runs it in a sandbox under limits, and ends it when asked.

Commands use the logical names of `media.sandbox`: `"ffmpeg"` and `"python"`, `/in/<name>`, and outputs relative to the
working folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import imageio_ffmpeg

from vodpull.errors import (
    ConfigurationError,
    EncodeFailed,
    EncodeInterrupted,
    EncodeStalled,
    OutputInvalid,
    StorageFull,
    VodpullError,
)
from vodpull.media.tools.out_of_memory import memory_kills
from vodpull.media.tools.progress import ProgressReader, ToolProgress
from vodpull.media.tools.sandbox import Toolbox, confined

__all__ = [
    "Finished",
    "RunLimits",
    "ToolProgress",
    "ToolReport",
    "Toolbox",
    "check",
    "copy_limits",
    "describe",
    "find_toolbox",
    "incomplete",
    "run",
]

# Enough for the lines that matter; the rest of a flood of decoder complaints is thrown away.
STDERR_TAIL_BYTES = 8192

LOG_TAIL_CHARACTERS = 4096
"""As much of it as goes with an error: some forty lines."""
# The largest honest answer is the probe of a file with 32 streams: a few kilobytes.
STDOUT_CAP_BYTES = 1024 * 1024
# An HLS output keeps one file open per rung and stream; libraries of the probe come on top.
OPEN_FILES = 256
# Counts every process and thread of the account, so it can only stop a fork bomb.
PROCESSES = 8192
CHECK_TIMEOUT_S = 20
# A disk with less room than this is the reason for a file that just ends.
FULL_DISK_BYTES = 1024 * 1024
# Exit codes with which the sandbox reports that the program inside was ended by this signal.
CRASHES = {128 + number: number for number in (4, 5, 6, 7, 8, 9, 11, 24, 25, 31)}


@dataclass(frozen=True, kw_only=True)
class ToolReport:
    """What `doctor` tells about the FFmpeg in use."""

    version: str
    """First word after `ffmpeg version`, for example `n9.0.2`."""
    has: frozenset[str]
    """Its encoders and filters, by name."""
    sandbox: Literal["bwrap", "limits"]


@dataclass(frozen=True, kw_only=True)
class RunLimits:
    """What one child process may use."""

    wall_s: float
    """Ended after this many seconds, whatever it does."""
    stall_s: float = 120.0
    """Ended when its progress report does not change for this many seconds."""
    # Frame-threaded 4K decoding beside four encoders was seen to reserve about half of it.
    address_space_bytes: int = 12 * 1024**3
    """Virtual memory."""
    cpu_s: float | None = None
    """Processor time, all threads together."""
    file_size_bytes: int | None = None
    """Largest file it may write."""
    nice: int = 10
    """Added to the scheduling priority, so that the API answers while encodes run."""


SESSION_NICE = 10
"""Of the session of a child: with it the API gets nine tenths of a busy processor, as with `RunLimits.nice`."""


def copy_limits(size_bytes: int) -> RunLimits:
    """Return limits for copying so many bytes from one container to another."""
    # 2 MB/s is a slow network disk.
    return RunLimits(wall_s=300 + size_bytes / 2e6, file_size_bytes=2 * size_bytes + 64 * 1024 * 1024)


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


def find_toolbox(ffmpeg_path: str, *, sandbox: Literal["auto", "require", "off"]) -> Toolbox:
    """
    Return the programs to use, after proving that they start; the caller warns when `sandbox` is `limits`.

    An empty `ffmpeg_path` means the program that the installation brought.

    Raises:
        ConfigurationError: FFmpeg does not start, or the sandbox is required and does not work.
    """
    ffmpeg = _find_ffmpeg(ffmpeg_path)
    bare = Toolbox(ffmpeg=ffmpeg, python=Path(sys.executable).resolve(), sandbox="limits")
    if not _answers(bare):
        raise ConfigurationError("the FFmpeg program does not start", field="VODPULL_FFMPEG_PATH")
    found = shutil.which("bwrap")
    if sandbox != "off" and found:
        boxed = Toolbox(ffmpeg=ffmpeg, python=bare.python, sandbox="bwrap", bwrap=Path(found).resolve())
        if _answers(boxed):
            return boxed
    if sandbox == "require":
        reason = "bubblewrap cannot make namespaces here" if found else "bubblewrap (bwrap) is not installed"
        raise ConfigurationError(f"the sandbox is required, but {reason}", field="VODPULL_SANDBOX")
    return bare


def describe(toolbox: Toolbox) -> ToolReport:
    """Return version and abilities of the FFmpeg in use."""
    version = _ask(toolbox, "-version").split(maxsplit=3)
    rows = [
        line.split(maxsplit=2) for list_of in ("-encoders", "-filters") for line in _ask(toolbox, list_of).splitlines()
    ]
    return ToolReport(
        version=version[2].split("-")[0] if len(version) > 2 else "unknown",  # noqa: PLR2004 - ffmpeg version X
        # Flags, name, description.
        has=frozenset(row[1] for row in rows if len(row) > 1),
        sandbox=toolbox.sandbox,
    )


async def run(
    argv: Sequence[str],
    *,
    toolbox: Toolbox,
    reads: Mapping[str, Path],
    limits: RunLimits,
    writes: Path | None = None,
    on_progress: Callable[[ToolProgress], None] | None = None,
) -> Finished:
    """
    Run one command to its end and return how it ended; a failure of the program is a value.

    `reads` maps the names under `/in` to real files or folders, `writes` is the one writable folder and the working
    folder. With `on_progress`, stdout must be an FFmpeg progress report (`-progress pipe:1`), and the stall limit
    applies. On cancel and on a limit, the whole process group is killed and waited for.

    Raises:
        EncodeStalled: a time limit was reached.
    """
    started_s, kills = time.monotonic(), memory_kills()

    def command(report_fd: int) -> tuple[str, ...]:
        orders = _orders(limits, toolbox, report_fd)
        return confined(argv, toolbox=toolbox, orders=orders, reads=reads, writes=writes)

    cwd = writes if writes and toolbox.sandbox == "limits" else Path("/")
    async with _spawned(command, cwd=cwd) as (process, report_fd):
        reader = ProgressReader(on_progress) if on_progress else None
        answer, tail = bytearray(), bytearray()
        try:
            async with asyncio.timeout(limits.wall_s):
                stall_s = limits.stall_s if reader else None
                await _together(
                    _drain(process.stdout, lambda piece: _answer(piece, answer, reader), stall_s),
                    _drain(process.stderr, lambda piece: _keep_tail(piece, tail)),
                    process.wait(),
                )
        except TimeoutError as error:
            raise EncodeStalled(f"the process was ended after {limits.wall_s:.0f} s") from error
        report = _report(report_fd, process.returncode)
    return Finished(
        stdout=bytes(answer),
        stderr_tail=tail.decode(errors="replace"),
        wall_s=time.monotonic() - started_s,
        starved=memory_kills() != kills,
        **report,
    )


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
    error = EncodeFailed(f"{_cause(finished)} while {what}")
    error.log_tail = finished.stderr_tail[-LOG_TAIL_CHARACTERS:].replace("\x00", "")  # databases refuse it
    raise error


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


def _find_ffmpeg(ffmpeg_path: str) -> Path:
    try:
        found = shutil.which(ffmpeg_path) if ffmpeg_path else imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise ConfigurationError("the installation brought no FFmpeg program", field="VODPULL_FFMPEG_PATH") from error
    if not found:
        remedy = "Name the file of an FFmpeg program, or unset the variable to use the one that came along."
        why = f"VODPULL_FFMPEG_PATH: there is no program at {ffmpeg_path}"
        raise ConfigurationError(why, field="VODPULL_FFMPEG_PATH", remedy=remedy)
    return Path(found).resolve()


def _answers(toolbox: Toolbox) -> bool:
    try:
        return _ask(toolbox, "-version").startswith("ffmpeg version")
    except (OSError, subprocess.SubprocessError):
        return False


def _ask(toolbox: Toolbox, question: str) -> str:
    orders = _orders(RunLimits(wall_s=CHECK_TIMEOUT_S), toolbox, None)
    command = confined(("ffmpeg", "-hide_banner", question), toolbox=toolbox, orders=orders, reads={}, writes=None)
    answer = subprocess.run(command, capture_output=True, timeout=CHECK_TIMEOUT_S, check=True, env={})
    return answer.stdout.decode(errors="replace")


@asynccontextmanager
async def _spawned(
    command: Callable[[int], Sequence[str]], *, cwd: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Start the command, given the pipe for its report, and leave no process behind, whatever happens inside."""
    report_fd, write_fd = os.pipe()
    try:
        try:
            process = await asyncio.create_subprocess_exec(
                *command(write_fd),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={},
                cwd=cwd,
                pass_fds=(write_fd,),
                # A session of its own: one signal reaches all of it, and it has no terminal to type into.
                start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(write_fd)
        _step_back(process.pid)
        try:
            yield process, report_fd
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            # Reads the pipes to their end: they close when the last process inside is gone.
            await asyncio.shield(process.communicate())
    finally:
        os.close(report_fd)


def _step_back(pid: int) -> None:
    """
    Let the service go before this process.

    Linux shares processors between sessions first (sched_autogroup), where the nice value of a process counts for
    nothing against other sessions: the session needs one, too.
    """
    with suppress(OSError):  # a kernel without it, or the process has ended
        Path(f"/proc/{pid}/autogroup").write_text(str(SESSION_NICE))


def _orders(limits: RunLimits, toolbox: Toolbox, report_fd: int | None) -> str:
    """Return what the launcher shall do, as JSON."""
    orders = {
        # Inside the sandbox we are not visible; bubblewrap itself ends the program with us.
        "parent": None if toolbox.sandbox == "bwrap" else os.getpid(),
        "report_fd": report_fd,
        "nice": limits.nice,
        "address_space_bytes": limits.address_space_bytes,
        "cpu_s": limits.cpu_s,
        "file_size_bytes": limits.file_size_bytes,
        "open_files": OPEN_FILES,
        # Root is exempt from this limit, and in a container it would count other containers.
        "processes": PROCESSES if os.getuid() else None,
    }
    return json.dumps(orders)


async def _together(*work: Any) -> None:
    """Wait for all of it; when one part fails, end the others before the error goes on."""
    tasks = [asyncio.ensure_future(part) for part in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _drain(
    stream: asyncio.StreamReader | None, take: Callable[[bytes], bool | None], stall_s: float | None = None
) -> None:
    """Hand every piece of a pipe to `take`; `take` answers False for a piece that is no sign of life."""
    if stream is None:
        return
    clock = asyncio.get_running_loop().time
    alive_s = clock()
    while True:
        try:
            async with asyncio.timeout_at(alive_s + stall_s if stall_s else None):
                piece = await stream.read(65536)
        except TimeoutError as error:
            raise EncodeStalled(f"FFmpeg made no progress for {stall_s:.0f} s") from error
        if not piece:
            return
        if take(piece) is not False:
            alive_s = clock()


def _answer(piece: bytes, answer: bytearray, reader: ProgressReader | None) -> bool:
    if reader:
        return reader.feed(piece)
    answer += piece[: STDOUT_CAP_BYTES - len(answer)]
    return True


def _keep_tail(piece: bytes, tail: bytearray) -> None:
    tail += piece
    del tail[:-STDERR_TAIL_BYTES]


def _report(report_fd: int, exitcode: int | None) -> dict[str, Any]:
    """Return the launcher's report; it is missing when the launcher itself was killed."""
    raw = os.read(report_fd, 4096).strip()
    report: dict[str, Any] = json.loads(raw) if raw else {"returncode": exitcode, "cpu_s": 0.0, "peak_memory_bytes": 0}
    code = report["returncode"]
    return {**report, "returncode": -CRASHES.get(code, -code)}
