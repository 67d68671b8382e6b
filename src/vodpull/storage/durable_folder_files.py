"""Files of a store that is a folder: durable, and under their names only whole. Call them from a thread, not a loop."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from io import FileIO
from pathlib import Path

from vodpull.atomic import flush

_STAGED = re.compile(r".+#\d+")
"""Name of a file that is still being written; listings leave it out."""

_WRITE_BYTES = 1024 * 1024
"""Of one call: of more the kernel makes huge pages, which cost more than they save where memory was not used before."""


def write(path: Path, data: bytes | bytearray | memoryview) -> None:
    """Write a file whole, in place of what has its name."""
    staged = _staged(path)
    left = memoryview(data)
    try:
        with _create(staged) as file:
            while left:
                left = left[file.write(left[:_WRITE_BYTES]) :]
            os.fsync(file.fileno())
        staged.replace(path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    flush(path.parent)


def _create(path: Path) -> FileIO:
    try:
        return FileIO(path, "xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileIO(path, "xb")


def sync(path: Path) -> None:
    """Make a file and its name survive a power cut."""
    flush(path)
    flush(path.parent)


def link(path: Path, target: Path) -> bool:
    """Give a file another name, durably and in place of what has it; False where that cannot be."""
    staged = _staged(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.hardlink_to(path)
        staged.replace(target)
    except OSError:  # another disk, or one without such names; of a full one the copy tells
        staged.unlink(missing_ok=True)
        return False
    staged.unlink(missing_ok=True)  # both names were of one file already: then nothing was renamed
    sync(target)
    return True


def remove_folders(folder: Path) -> None:
    """Remove a folder and those in it, unfinished uploads included, as far as no object is there."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            if _STAGED.fullmatch(name):
                (Path(place) / name).unlink(missing_ok=True)
        with suppress(OSError):  # somebody wrote there again
            Path(place).rmdir()


def drop_staged(folder: Path, before_s: float) -> int:
    """Remove files that nobody has gone on writing since a time, and return how many."""
    dropped = 0
    for place, _, names in os.walk(folder):
        for path in (Path(place) / name for name in names if _STAGED.fullmatch(name)):
            with suppress(FileNotFoundError):  # the upload ended just now
                if path.stat().st_mtime < before_s:
                    path.unlink()
                    dropped += 1
    return dropped


def _staged(path: Path) -> Path:
    """Return the name under which a file is written."""
    return path.with_name(f"{path.name}#{secrets.randbelow(10**12)}")
