"""
The sandbox around a command, as a pure list of arguments.

A command is written with logical names, so that it is the same with and without a sandbox: `argv[0]` is `"ffmpeg"`, or
`"python"` with a script behind it, inputs are `/in/<name>` (or `file:/in/<name>`), outputs are relative to the working
folder.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vodpull.errors import InternalError
from vodpull.media.confined.launcher import ALLOCATOR
from vodpull.media.tools.ffmpeg_options import boxed

INPUTS = "/in"
WORK = "/work"
# Scripts that run as children on hostile bytes.
CONFINED = Path(__file__).parents[1] / "confined"
LAUNCHER = CONFINED / "launcher.py"
FONTS = CONFINED / "fonts.conf"
FONT_CACHE = "font-cache"
"""What a command that draws text leaves in its working folder, as `FONTS` says."""


@dataclass(frozen=True, kw_only=True)
class Toolbox:
    """The programs of this machine, and how they are kept in."""

    ffmpeg: Path
    """FFmpeg program."""
    python: Path
    """Interpreter of the launcher, and of the scripts that it runs."""
    sandbox: Literal["bwrap", "limits"]
    """`bwrap`: no network and no files but the given ones; `limits`: resource limits only."""
    bwrap: Path | None = None
    """Bubblewrap, where `sandbox` is `bwrap`."""


def confined(
    argv: Sequence[str], *, toolbox: Toolbox, orders: str, reads: Mapping[str, Path], writes: Path | None
) -> tuple[str, ...]:
    """
    Return the command with launcher and sandbox around it, or with real paths where there is no sandbox.

    `orders` is what the launcher shall do, in its words. `reads` maps the names under `/in` to real files or folders;
    `writes` is the one writable folder. The launcher runs inside the sandbox, so that it sees what the program uses.
    """
    for real in (*reads.values(), *((writes,) if writes else ())):
        if not real.exists():
            raise InternalError(f"the file or folder {real.name!r} for FFmpeg is missing")
    # A script is run by the launcher's own interpreter.
    program = {"ffmpeg": [toolbox.ffmpeg], "python": []}[argv[0]]
    if toolbox.sandbox == "limits":
        launcher = (str(toolbox.python), "-I", "-S", str(LAUNCHER), orders)
        return (*launcher, *map(str, program), *(_real(token, reads) for token in argv[1:]))
    launcher = (str(toolbox.python), "-I", "-S", f"/tool/{LAUNCHER.name}", orders)
    return (
        *_bwrap(toolbox, reads=reads, writes=writes),
        *launcher,
        *(_boxed(each) for each in program),
        *map(boxed, argv[1:]),
    )


def _boxed(ffmpeg: Path) -> str:
    """Return where the sandbox shows FFmpeg: a private one under `/tool`, the machine's own at its place."""
    return str(ffmpeg) if ffmpeg.is_relative_to("/usr") else f"/tool/{ffmpeg.name}"


def _bwrap(toolbox: Toolbox, *, reads: Mapping[str, Path], writes: Path | None) -> list[str]:
    command = [
        str(toolbox.bwrap),
        # No network, no other processes, no shared memory, an own user.
        "--unshare-all",
        "--cap-drop", "ALL",
        # Ends the program with us, also when we are killed.
        "--die-with-parent",
        # No way to push characters into a terminal.
        "--clearenv",
        *(word for pair in ALLOCATOR.items() for word in ("--setenv", *pair)),
        # Shared libraries and Python's standard library; nothing of /etc but what the loader needs.
        "--ro-bind", "/usr", "/usr",
        "--ro-bind-try", "/lib", "/lib",
        "--ro-bind-try", "/lib64", "/lib64",
        "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache",
        "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
        "--dev", "/dev",
    ]  # fmt: skip
    command += _program_binds(toolbox)
    for name, real in reads.items():
        command += ["--ro-bind", str(real.resolve()), f"{INPUTS}/{name}"]
    if writes:
        command += ["--bind", str(writes.resolve()), WORK]
    # The root of the sandbox lives in memory: writing there must not be a way around the limits.
    return [*command, "--remount-ro", "/", "--chdir", WORK if writes else "/", "--"]


def _program_binds(toolbox: Toolbox) -> list[str]:
    binds = [token for file in (LAUNCHER, FONTS) for token in ("--ro-bind", str(file), f"/tool/{file.name}")]
    if not toolbox.ffmpeg.is_relative_to("/usr"):
        binds += ["--ro-bind", str(toolbox.ffmpeg), _boxed(toolbox.ffmpeg)]
    if not toolbox.python.is_relative_to("/usr"):
        # An interpreter finds its standard library by its own place.
        binds += ["--ro-bind", sys.base_prefix, sys.base_prefix]
    return binds


def _real(token: str, reads: Mapping[str, Path]) -> str:
    """Return the token with a logical input replaced by its real path."""
    scheme, colon, path = token.rpartition("file:")
    for name, real in reads.items():
        logical = f"{INPUTS}/{name}"
        if path == logical or path.startswith(f"{logical}/"):
            return f"{scheme}{colon}{real.resolve()}{path[len(logical) :]}"
    return token
