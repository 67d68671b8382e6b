"""What of a preview (`publishing/preview.py`) has reached the store: a note beside its files, written after them."""

from __future__ import annotations

import filecmp
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from vodpull.atomic import write_atomically

NOTE_FILE = "previewed.json"


@dataclass(frozen=True, kw_only=True)
class Previewed:
    """The published beginning of a job."""

    chunks: int = 0
    segments: int = 0
    """So many of each rendition."""
    files: frozenset[str] = frozenset()
    """Relative to the folder of the preview."""


def read_note(folder: Path) -> Previewed:
    """Return what was published from a preview's folder; nothing, where the note is not there or cannot be read."""
    try:
        return _NOTE.validate_json((folder / NOTE_FILE).read_bytes())
    except (FileNotFoundError, ValueError):
        return Previewed()


def write_note(folder: Path, previewed: Previewed) -> None:
    """Keep what is published now."""
    write_atomically(folder / NOTE_FILE, _NOTE.dump_json(previewed))


def published_already(package: Path, preview: Path) -> set[str]:
    """Return the files of a package that a preview has published with the same bytes."""
    return {name for name in read_note(preview).files if _same(package / name, preview / name)}


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and filecmp.cmp(one, other, shallow=False)


_NOTE = TypeAdapter(Previewed)
