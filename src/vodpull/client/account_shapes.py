"""The account of a key, and the keys that its playback tokens are signed with, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account of the key that calls."""

    name: str
    playback: str
    """Who may watch its videos: `public`, `signed`, or empty, as the installation says."""


@dataclass(frozen=True, kw_only=True)
class PlaybackKey:
    """A key that signs playback tokens."""

    key_id: str
    """`kid` of the tokens that it signs."""
    algorithm: str
    """`HS256` or `EdDSA`."""
    created_at_ms: int
    revoked_at_ms: int | None
    """None: it is live."""


@dataclass(frozen=True, kw_only=True)
class PlaybackKeyMade:
    """A playback key with its secret, this once."""

    key_id: str
    algorithm: str
    secret: str = field(repr=False)
    """Signs tokens by HS256; empty for EdDSA."""
