"""
The only owner of child processes: runs them in a sandbox under limits, and ends them when asked.

Commands use the logical names of `sandbox.py`: `"ffmpeg"` and `"python"`, `/in/<name>`, and outputs relative to the
working folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from vodpull.cancelling import to_its_end
from vodpull.errors import EncodeStalled
from vodpull.media.confined.launcher import ALLOCATOR
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.out_of_memory import memory_kills
from vodpull.media.tools.outcome import Finished, check
from vodpull.media.tools.progress import ProgressReader, ToolProgress
from vodpull.media.tools.sandbox import Toolbox, confined

# Enough for the lines that matter; the rest of a flood of decoder complaints is thrown away.
STDERR_TAIL_BYTES = 8192
# The largest honest answer is the probe of a file with 32 streams: a few kilobytes.
STDOUT_CAP_BYTES = 1024 * 1024
# An HLS output keeps one file open per rung and stream; libraries of the probe come on top.
OPEN_FILES = 256
# Counts every process and thread of the account, so it can only stop a fork bomb.
PROCESSES = 8192
CHECK_TIMEOUT_S = 20
# Exit codes with which the sandbox reports that the program inside was ended by this signal.
CRASHES = {128 + number: number for number in (4, 5, 6, 7, 8, 9, 11, 24, 25, 31)}


class _Spent:
    cpu_s = 0.0


_SPENT = _Spent()


def spent_s() -> float:
    """
    Return the processor time of all ended children, by the reports of their launchers.

    The kernel does not know it: what bubblewrap starts is nobody's child when it ends.
    """
    return _SPENT.cpu_s


def ask(toolbox: Toolbox, question: str) -> str:
    """Return what FFmpeg answers to an option such as `-version`; empty when it does not start."""
    orders = _orders(RunLimits(wall_s=CHECK_TIMEOUT_S), toolbox, None)
    command = confined(("ffmpeg", "-hide_banner", question), toolbox=toolbox, orders=orders, reads={}, writes=None)
    try:
        answer = subprocess.run(command, capture_output=True, timeout=CHECK_TIMEOUT_S, check=True, env=ALLOCATOR)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.decode(errors="replace")


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
    async with _spawned(command, cwd=cwd, nice=limits.nice) as (process, report_fd):
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
    _SPENT.cpu_s += report["cpu_s"]
    return Finished(
        stdout=bytes(answer),
        stderr_tail=tail.decode(errors="replace"),
        wall_s=time.monotonic() - started_s,
        starved=memory_kills() != kills,
        **report,
    )


async def run_unheard(
    argv: Sequence[str], what: str, *, toolbox: Toolbox, reads: Mapping[str, Path], writes: Path, limits: RunLimits
) -> Finished:
    """
    Run an FFmpeg for whose progress nobody waits: its report is read for the stall limit only.

    `what` says what it is doing, as for `check`.

    Raises:
        EncodeStalled: a time limit was reached.
        EncodeFailed, EncodeInterrupted, StorageFull: as `check` says.
    """
    finished = await run(
        argv, toolbox=toolbox, reads=reads, writes=writes, limits=limits, on_progress=lambda _progress: None
    )
    check(finished, what)
    return finished


@asynccontextmanager
async def _spawned(
    command: Callable[[int], Sequence[str]], *, cwd: Path, nice: int
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Start the command, given the pipe for its report, and leave no process behind, whatever happens inside."""
    report_fd, write_fd = os.pipe()
    starting = asyncio.create_task(_start(command, write_fd, cwd))
    starting.add_done_callback(lambda _: os.close(write_fd))
    try:
        # asyncio loses the pipes of what is cancelled while it starts: it starts, and is ended then.
        process = await asyncio.shield(starting)
        _step_back(process.pid, nice)
        yield process, report_fd
    finally:
        try:
            await to_its_end(_end(starting))
        finally:
            os.close(report_fd)


async def _start(command: Callable[[int], Sequence[str]], write_fd: int, cwd: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command(write_fd),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=ALLOCATOR,
        cwd=cwd,
        pass_fds=(write_fd,),
        # A session of its own: one signal reaches all of it, and it has no terminal to type into.
        start_new_session=True,
    )  # fmt: skip


async def _end(starting: asyncio.Task[asyncio.subprocess.Process]) -> None:
    """End what was started, or is just being started."""
    await asyncio.wait([starting])
    if starting.cancelled() or starting.exception():
        return
    process = starting.result()
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    # Reads the pipes to their end: they close when the last process inside is gone.
    await process.communicate()


def _step_back(pid: int, nice: int) -> None:
    """
    Let the service go before this process.

    Linux shares processors between sessions first (sched_autogroup), where the nice value of a process counts for
    nothing against other sessions: the session needs one, too.
    """
    with suppress(OSError):  # a kernel without it, or the process has ended
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))


def _orders(limits: RunLimits, toolbox: Toolbox, report_fd: int | None) -> str:
    """Return what the launcher shall do, in its words."""
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
    return " ".join(f"{name}={int(number)}" for name, number in orders.items() if number is not None)


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
