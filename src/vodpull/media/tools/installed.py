"""Which FFmpeg program and which sandbox this machine has, and what they can do."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Literal

import imageio_ffmpeg

from vodpull.errors import ConfigurationError
from vodpull.media.tools.run import ask
from vodpull.media.tools.sandbox import CONFINED, Toolbox


@dataclass(frozen=True, kw_only=True)
class ToolReport:
    """What `doctor` tells about the FFmpeg in use."""

    version: str
    """First word after `ffmpeg version`, for example `n9.0.2`."""
    has: frozenset[str]
    """Its encoders and filters, by name."""
    sandbox: Literal["bwrap", "limits"]


def find_toolbox(ffmpeg_path: str, *, sandbox: Literal["auto", "require", "off"]) -> Toolbox:
    """
    Return the programs to use, after proving that they start; the caller warns when `sandbox` is `limits`.

    An empty `ffmpeg_path` means the program that the installation brought.

    Raises:
        ConfigurationError: FFmpeg does not start, or the sandbox is required and does not work.
    """
    _compile_scripts()
    ffmpeg = _find_ffmpeg(ffmpeg_path)
    bare = Toolbox(ffmpeg=ffmpeg, python=Path(sys.executable).resolve(), sandbox="limits")
    found = shutil.which("bwrap")
    if sandbox != "off" and found:
        boxed = Toolbox(ffmpeg=ffmpeg, python=bare.python, sandbox="bwrap", bwrap=Path(found).resolve())
        if _answers(boxed):
            return boxed
    if not _answers(bare):
        raise ConfigurationError("the FFmpeg program does not start", field="VODPULL_FFMPEG_PATH")
    if sandbox == "require":
        reason = "bubblewrap cannot make namespaces here" if found else "bubblewrap (bwrap) is not installed"
        raise ConfigurationError(f"the sandbox is required, but {reason}", field="VODPULL_SANDBOX")
    return bare


def _compile_scripts() -> None:
    """
    Leave each script of `confined` compiled where Python looks for it, if that place can be written to.

    Nobody imports them here, and the sandbox that they run in cannot be written to: each child would compile them anew.
    """
    for path in CONFINED.rglob("*.py"):
        SourceFileLoader(path.stem, str(path)).get_code(path.stem)


def describe(toolbox: Toolbox) -> ToolReport:
    """Return version and abilities of the FFmpeg in use."""
    version = ask(toolbox, "-version").split(maxsplit=3)
    rows = [
        line.split(maxsplit=2) for list_of in ("-encoders", "-filters") for line in ask(toolbox, list_of).splitlines()
    ]
    return ToolReport(
        version=version[2].split("-")[0] if len(version) > 2 else "unknown",  # noqa: PLR2004 - ffmpeg version X
        # Flags, name, description.
        has=frozenset(row[1] for row in rows if len(row) > 1),
        sandbox=toolbox.sandbox,
    )


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
    return ask(toolbox, "-version").startswith("ffmpeg version")
