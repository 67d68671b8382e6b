"""A video as a plain value: what one videoId names, whatever made it and whatever is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from vodpull.jobs.model import Asset
from vodpull.jobs.states_and_codes import EncodeState, VideoOrigin, VideoState


@dataclass(frozen=True, kw_only=True)
class Category:
    """A label of videos: of the first level, or below one of it."""

    node_id: int
    """From 1001, in the account."""
    parent_id: int
    """0: it is of the first level."""
    name: str


@dataclass(frozen=True, kw_only=True)
class Video:
    """One video of an account."""

    video_id: str
    account_id: str
    account: str
    """Name of the account: `createUser`."""
    name: str
    """A label: hostile text, never a path."""
    description: str = ""
    origin: VideoOrigin = VideoOrigin.PULLED
    state: VideoState = VideoState.ENABLED
    encode_state: EncodeState
    created_at_ms: int
    """When it was first heard of."""
    uploaded_at_ms: int
    """When its original was stored."""
    updated_at_ms: int
    publish_domain: str = ""
    """As set for it; empty: the default of the installation."""
    player_id: str = ""
    playback: str = ""
    """`public` or `signed`, as set for it; empty: as its template, its account or the installation says."""
    account_playback: str = ""
    """As set for its account."""
    duration_s: float = 0.0
    size_bytes: int = 0
    """All files together, segments included."""
    categories: tuple[Category, ...] = ()
    asset: Asset
    """Its files: the original, unless that was deleted, and what was made of it last."""
    directory: str
    """32 hex characters: the folder of its files."""
    job_id: str
    batch_id: str
    position: int
    """Of the job, in its batch."""
    template: str
    """What it is, or was last, encoded with."""
    is_encrypted: bool = False
    """Its segments are encrypted, will be when its encode ends, or were until an hour ago."""
    watermark: str = ""
    """What was put on top of the template."""

    @property
    def is_blocked(self) -> bool:
        """Return True while nobody may play it."""
        return self.state is VideoState.BLOCKED

    @property
    def original_bytes(self) -> int:
        """Return the size of the original; 0: it was deleted."""
        return 0 if self.asset.original is None else self.asset.original.size_bytes

    @property
    def outputs_bytes(self) -> int:
        """Return the size of all that was made of it."""
        return max(0, self.size_bytes - self.original_bytes)
