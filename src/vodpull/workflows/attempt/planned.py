"""
The plan of an attempt, and the names under which its pieces lie on the shelf.

A name is made from the command that makes the piece, so what was made by another plan is never taken for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from vodpull import media

PLAN = "plan-3"
"""Name of the plan itself, with the number of its form: that of an older version is not read, but made again."""

CAREFUL = "plan-3-careful"
"""Name of the plan that takes its place when what it led to could not be published."""

PLAN_FILE = "plan.json"

PLANS_AT_ONCE = 64
"""Plans that a process remembers: more than it works on at a time."""

_PLAN = TypeAdapter(media.EncodePlan)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan with its names, each of which is made once: a plan of hours has hundreds, and each has a long command."""

    plan: media.EncodePlan

    @cached_property
    def tracks_name(self) -> str:
        """Name of what is made of the film as a whole."""
        return f"tracks-{_digest(media.build_tracks_argv(self.plan))}"

    @cached_property
    def chunk_names(self) -> tuple[str, ...]:
        """Name of each chunk."""
        return tuple(chunk_name(self.plan, chunk) for chunk in self.plan.chunks)


def chunk_name(plan: media.EncodePlan, chunk: media.Chunk) -> str:
    """Return the name of a chunk."""
    return f"chunk-{chunk.number}-{_digest(media.build_chunk_argv(plan, chunk))}"


def _digest(argv: list[str]) -> str:
    return hashlib.sha256("\0".join(argv).encode()).hexdigest()[:32]


def write_plan(plan: media.EncodePlan, folder: Path) -> None:
    """Put a plan into the folder of an intermediate result."""
    (folder / PLAN_FILE).write_bytes(_PLAN.dump_json(plan))


def read_plan(folder: Path) -> Planned:
    """Return the plan of a complete intermediate result."""
    file = folder / PLAN_FILE
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=PLANS_AT_ONCE)
def _read(file: Path, _written_ns: int) -> Planned:
    return Planned(plan=_PLAN.validate_json(file.read_bytes()))
