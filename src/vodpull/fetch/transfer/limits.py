"""
What a transfer may cost, as figures (`FetchLimits`), what is asked of it (`Order`), and what comes of it.

Settings replace some of the figures: `app/outgoing.py`, `fetch_limits`. How a transfer is slowed down on purpose:
`throttle.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yarl

from vodpull.fetch.transfer.throttle import Throttle

MAX_PLAYLIST_BYTES = 64 << 20
"""21,600 segments (12 hours of 2 s) with signed URLs of 3 kB each."""

MAX_SEGMENTS = 100_000
"""Of a film of 12 hours in segments of 2 s its picture and three sounds; of one a day long in segments of 1 s."""

OnProgress = Callable[[int, int | None], None]
"""Told bytes here and bytes announced (None: unknown), a few times a second; falls only if the file starts over."""


@dataclass(frozen=True, kw_only=True)
class FetchLimits:
    """What one transfer may cost, and how often it is tried."""

    max_bytes: int
    """Largest body, announced or counted."""
    connect_timeout_s: float = 20
    """Look-up, TCP and TLS together."""
    first_byte_timeout_s: float = 60
    """From the request to the end of the answer's headers."""
    stall_timeout_s: float = 60
    """Longest pause inside a body."""
    min_rate_bytes_per_s: int = 8192
    """Slowest average rate over `min_rate_window_s` of waiting for the origin."""
    min_rate_window_s: float = 60
    child_s: float = 1.0
    """What each child of a playlist may take on average, beyond the time that its bytes have at the slowest rate."""
    max_redirects: int = 10
    attempts: int = 5
    """Tries in a row that bring nothing new, of which the later ones only after errors that may pass."""
    retry_initial_s: float = 0.2
    """Pause before the second try; it doubles each time, with up to as much again at random."""
    retry_max_s: float = 30
    """Longest pause between two tries."""
    retry_after_max_s: float = 10
    """Longest pause that an origin may ask for with Retry-After here; after a longer one the caller asks again."""
    max_playlist_bytes: int = MAX_PLAYLIST_BYTES
    """Largest HLS playlist."""
    max_segments: int = MAX_SEGMENTS
    """Most segments of an HLS source, in all its playlists that are fetched together."""
    max_connections: int = 8
    """Connections for one file, if its origin gives each of them only so much; 1: never more than one."""
    throttle: Throttle | None = None
    """What slows it down on purpose."""
    on_received: Callable[[int], None] | None = None
    """Told of the bytes of each piece of a body as it comes, those that come twice included."""


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """One file that arrived whole."""

    size_bytes: int
    md5: str
    """Of the bytes received, as lower-case hex; empty: of a piece."""
    sha256: str
    """As `md5`."""
    final_url: str
    """Where the bytes came from after redirects, without the query (it may carry a signature)."""
    content_type: str
    """As the origin said, perhaps empty; never to be trusted."""
    etag: str
    """As the origin said, perhaps empty."""
    received_bytes: int
    """Body bytes that came over the network for it in this call: more than the size if some came twice."""
    connections: int
    """Most connections that brought bytes at once."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to bring, and where to."""

    url: yarl.URL
    """Checked."""
    target: Path
    expected_md5: str = ""
    """Lower-case hex; empty: not known."""
    byte_range: tuple[int, int] | None = None
    """First byte and number of bytes; None: the whole body."""
    is_kept: bool = False
    """Whether what arrived stays after an error that may pass or a cancellation, for a later order to go on."""
    is_piece: bool = False
    """Whether it is a piece of another file: nobody asks for its digests, nor for its name after a power cut."""
    index_first: bool = False
    """Whether the end of an MP4 file comes first if its index is there and the origin gives ranges."""
