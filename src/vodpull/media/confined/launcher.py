"""
Start one program under limits, wait for it, and report how it ended; runs alone, before anything hostile is read.

Called as `python -I -S launcher.py ORDERS PROGRAM ARGUMENT…`. A PROGRAM that ends in `.py` is run by a fork of this
very interpreter, which is up already: its `main` gets PROGRAM and ARGUMENTS, and the exit code is 0 when it returns.
ORDERS are words such as `nice=15`, all of them whole numbers: `nice`, and where it is wanted `parent` (process id that
must still be our parent, and whose end shall be ours; bubblewrap sees to that itself), `report_fd` (where an empty line
and, at the end, the JSON report go), and a limit of `address_space_bytes`, `cpu_s`, `file_size_bytes`, `open_files`,
`processes`.

It starts before every command, so it imports of the standard library only what starts fast: neither `json` nor `typing`
nor `signal`, which would be two thirds of its start, and `ctypes` only where it is needed.
"""

from __future__ import annotations

import os
import resource
import sys

PR_SET_PDEATHSIG = 1
SIGKILL = 9
# Each thread of the C library's allocator reserves 64 MB of address space: on a machine with many cores, that alone
# would reach the limit. Whoever starts this interpreter says so to it.
ALLOCATOR = {"MALLOC_ARENA_MAX": "8"}
# Text is drawn with the fonts that the file beside this one names.
ENVIRONMENT = {**ALLOCATOR, "FONTCONFIG_FILE": f"{__file__.rpartition('/')[0]}/fonts.conf"}
# What Python answers when nobody caught an exception.
FAILED = 1
# What a shell answers when a program cannot be started.
CANNOT_START = 127


def main(argv: list[str]) -> int:
    """Run the program and return its exit code, or 128 + the signal that ended it."""
    orders = {name: int(number) for name, _, number in (word.partition("=") for word in argv[1].split())}
    report_fd = orders.get("report_fd")
    if "parent" in orders:
        die_with(orders["parent"])
    if report_fd is not None:
        _greet(report_fd)
    launcher = os.getpid()
    child = os.fork()
    if child == 0:
        if report_fd is not None:
            os.close(report_fd)  # the launcher alone writes the report
        _become(argv[2:], orders, launcher)
    _, status, usage = os.wait4(child, 0)
    returncode = os.waitstatus_to_exitcode(status)
    if report_fd is not None:
        cpu_s, peak_memory_bytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024  # Linux counts in KiB
        report = f'{{"returncode": {returncode}, "cpu_s": {cpu_s}, "peak_memory_bytes": {peak_memory_bytes}}}'
        os.write(report_fd, report.encode())
    return returncode if returncode >= 0 else 128 - returncode


def die_with(parent: int) -> None:
    """Have the kernel end this process when its parent ends; leave at once if that has happened already."""
    import ctypes  # noqa: PLC0415 - a quarter of a start

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() != parent:
        os._exit(CANNOT_START)


def _greet(report_fd: int) -> None:
    """
    Leave at once if nobody is there to read the report.

    Who started us may have ended before the sandbox around us asked the kernel to be ended with it; from here on that
    has been asked.
    """
    try:
        os.write(report_fd, b"\n")
    except BrokenPipeError:
        os._exit(CANNOT_START)


def _become(program: list[str], orders: dict[str, int], launcher: int) -> None:
    """Replace the forked child by the program, or run the script in it; never returns."""
    try:
        if "parent" in orders:
            die_with(launcher)
        os.nice(orders["nice"])
        _limit(resource.RLIMIT_CORE, 0)
        # The soft limit comes first and says by its signal that it was the limit; the hard one is a plain kill.
        _limit(resource.RLIMIT_CPU, orders.get("cpu_s"), soft_before=1)
        _limit(resource.RLIMIT_FSIZE, orders.get("file_size_bytes"))
        _limit(resource.RLIMIT_NOFILE, orders.get("open_files"))
        _limit(resource.RLIMIT_NPROC, orders.get("processes"))
        # Last, because it is the one that this interpreter itself could run into.
        _limit(resource.RLIMIT_AS, orders.get("address_space_bytes"))
        if not program[0].endswith(".py"):
            os.execve(program[0], program, ENVIRONMENT)  # noqa: S606 - that is the launcher's whole purpose
    except OSError as error:
        os.write(2, f"cannot start: {error.strerror}\n".encode())
        os._exit(CANNOT_START)
    os._exit(_run(program))


def _run(program: list[str]) -> int:
    """Call `main` of a script, and return the exit code: 0, or that of an exception, which is told on stderr."""
    folder, _, file = program[0].rpartition("/")
    try:
        sys.path.insert(0, folder)
        __import__(file.removesuffix(".py")).main(program)
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - told as the interpreter does at its end
        sys.excepthook(*sys.exc_info())
        return FAILED
    return 0


def _limit(what: int, value: int | None, *, soft_before: int = 0) -> None:
    """Lower one limit, soft and hard, the soft one by so much below; a limit that is stricter already stays."""
    if value is None:
        return
    _, hard = resource.getrlimit(what)
    wanted = value + soft_before
    highest = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(what, (highest - soft_before, highest))


if __name__ == "__main__":
    os._exit(main(sys.argv))  # to take the interpreter apart before would be a tenth of its time
