"""
Which picture of a file is shown first, and which of its sounds is heard first; a part of the confined child probe.py.

Only the standard library: containers and streams are PyAV's, handed over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rank = tuple[bool, bool, int]
"""The lowest is first."""


def picture_rank(stream: Any) -> Rank:
    """Return the rank of a moving picture."""
    kinds = type(stream.disposition)
    # A single picture beside a moving one is a cover that does not say so.
    return stream.frames == 1, not stream.disposition & kinds.default, stream.index


def sound_rank_of(container: Any) -> Callable[[Any], Rank]:
    """Return what ranks the sounds of a file: the default one, then what is not for a special purpose."""
    return _sound_rank_of_mp4 if container.format.name.startswith("mov") else _sound_rank


def _sound_rank(stream: Any) -> Rank:
    kinds = type(stream.disposition)
    special = kinds.comment | kinds.hearing_impaired | kinds.visual_impaired | kinds.descriptions | kinds.karaoke
    return not stream.disposition & kinds.default, bool(stream.disposition & special), stream.index


def _sound_rank_of_mp4(stream: Any) -> Rank:
    # Nothing says default but being enabled, which muxers say of the first track, whatever it is for.
    other, special, index = _sound_rank(stream)
    return special, other, index
