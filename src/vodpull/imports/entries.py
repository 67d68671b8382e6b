"""What a library elsewhere has: an entry for each video, and who lists them; its lengths: `entry_limits.py`. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol


@dataclass(frozen=True)
class EntryCaption:
    """A caption file of a video."""

    url: str
    language: str
    """By BCP 47."""
    label: str
    default: bool


@dataclass(frozen=True)
class Entry:
    """One video of a library elsewhere."""

    origin_id: str
    """What it is known by there, always."""
    url: str
    """Where its best file is, as sources are named; empty: asked for when it is needed."""
    name: str = ""
    video_id: str | None = None
    """To be kept: 32 hexadecimal digits; None: it gets a new one."""
    description: str = ""
    categories: tuple[str, ...] = ()
    """`parent/child`, or one alone."""
    created_at: int | None = None
    """Unix time in milliseconds."""
    blocked: bool = False
    playback: Literal["", "public", "signed"] = ""
    """`signed`: for bearers of a token; `public`; empty: as the account has it."""
    captions: tuple[EntryCaption, ...] = ()
    poster_url: str | None = None
    poster_revision: str = ""
    """Another one when its picture is another one; empty: it is another one where the URL is."""
    size: int | None = None
    """Of its file, in bytes; None: unknown."""
    duration_ms: int | None = None
    revision: str = ""
    """Another one when the file is another one."""
    line: int | None = None
    """In the file that lists it, from 1."""

    def told_after(self, before: Entry | None) -> Entry:
        """Return what is told of the video after an earlier entry: that which this one leaves empty is as before."""
        kept = () if before is None else ("name", "description", "categories", "playback")
        return replace(self, **{name: getattr(self, name) or getattr(before, name) for name in kept})

    def news_after(self, before: Entry | None) -> Entry | None:
        """Return what is told of the video where an earlier entry told otherwise; None: the same, or there was none."""
        if before is None:
            return None
        now = self.told_after(before)
        said = ("name", "description", "categories", "blocked", "playback")  # its files do not count
        return now if any(getattr(now, name) != getattr(before, name) for name in said) else None

    @property
    def poster_mark(self) -> str:
        """16 hex characters, others for another picture; empty: it has none."""
        told = self.poster_revision or self.poster_url or ""
        return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16] if self.poster_url else ""


class Label(Protocol):
    """A category of a video."""

    @property
    def node_id(self) -> int:
        """Return its id."""

    @property
    def parent_id(self) -> int:
        """Return the id of the one above."""

    @property
    def name(self) -> str:
        """Return its own name."""


def category_paths(labels: Sequence[Label]) -> list[str]:
    """Return the categories of a video as an entry has them: behind their parents where it has those, too."""
    names = {label.node_id: label.name for label in labels}
    return [f"{names[label.parent_id]}/{label.name}" if label.parent_id in names else label.name for label in labels]


@dataclass(frozen=True)
class BadEntry:
    """Something in a list that is no video."""

    line: int
    """From 1."""
    reason: str


@dataclass(frozen=True)
class ListedPage:
    """Some entries of a list, in its order."""

    entries: Sequence[Entry | BadEntry]
    cursor: str | None
    """Where the list goes on; None: it does not."""


class Lister(Protocol):
    """Reads the list of one library."""

    def pages(self, cursor: str) -> AsyncGenerator[ListedPage]:
        """
        Give the list, page by page, from a cursor that an earlier page gave; empty: from its beginning.

        Raises:
            VodpullError: the list cannot be read.
        """
