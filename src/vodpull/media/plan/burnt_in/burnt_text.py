"""Text that is drawn into every rendition, as plans carry it; how it looks: `captions/burnt_in_script.py`. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BurntText:
    """A script that libass draws, whole, so that every machine draws the same one."""

    script: str
    """In ASS, by the times of the film."""
    looked_at_s: tuple[float, ...] = ()
    """A few instants at which something of it is seen."""
    track: int | None = None
    """The stream of the source that it is; None: it is another file."""
    missing: str = ""
    """Letters of it that no font has."""

    @property
    def name(self) -> str:
        """A name for the file, another one for every other content."""
        return f"text-{hashlib.sha256(self.script.encode()).hexdigest()[:32]}.ass"
