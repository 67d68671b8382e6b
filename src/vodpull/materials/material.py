"""A material as a plain value: a file that is kept as it came."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vodpull import storage
from vodpull.clock import utc_month


class MaterialKind(StrEnum):
    """Which of the two lists a material is in; also what its key begins with."""

    MATERIAL = "material"
    """A picture for watermarks, or subtitles."""
    AUDIO = "audio"
    """Sound, with its length; nothing uses it."""


NOT_MEASURED = -1.0
"""Length of sound that nobody has looked at yet."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """One stored file of an account."""

    material_id: str
    account_id: str
    account: str
    """Name of the account: `createUser`."""
    kind: MaterialKind
    name: str
    """A label: hostile text, never a path."""
    suffix: str
    """Lower case, without a dot; 1 to 10 letters or digits."""
    size_bytes: int
    duration_s: float = 0.0
    """Of sound; below 0: nobody has looked yet."""
    publish_domain: str = ""
    """As set for it; empty: the default of the installation."""
    created_at_ms: int
    """When it was first heard of: its month is part of the key."""
    uploaded_at_ms: int
    updated_at_ms: int

    @property
    def length_s(self) -> float:
        """Return how long it sounds, as far as that is known."""
        return max(0.0, self.duration_s)

    @property
    def key(self) -> str:
        """Return the key of its file."""
        month = utc_month(self.created_at_ms / 1000)
        return storage.material_key(self.kind.value, month=month, material_id=self.material_id, suffix=self.suffix)
