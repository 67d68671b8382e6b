"""Videos as the service tells of them, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vodpull.client.batch_shapes import File, JobError, StageTime


@dataclass(frozen=True, kw_only=True)
class Category:
    """A label of videos."""

    node_id: int
    parent_id: int
    """0: it is of the first level."""
    name: str


@dataclass(frozen=True, kw_only=True)
class VideoJob:
    """The job that made a video: where its last attempt is."""

    job_id: str
    batch_id: str
    position: int
    attempt: int
    template: str
    stage: str
    percent: float
    """Of this stage."""
    is_final: bool
    error: JobError | None
    timeline: tuple[StageTime, ...]


@dataclass(frozen=True, kw_only=True)
class Caption:
    """A text track of a video."""

    language: str
    """By BCP 47; what stands behind `-x-` only tells tracks of one language apart."""
    label: str
    default: bool
    forced: bool
    origin: str
    """`source`, `request`, `material` or `added`."""
    cues: int
    left_out: int
    """Cues of the file that are not among them."""
    size_bytes: int
    updated_at_ms: int
    url: str
    """The whole of it, in WebVTT."""
    playlist_url: str


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a video takes, in bytes."""

    original_bytes: int
    outputs_bytes: int
    total_bytes: int


@dataclass(frozen=True, kw_only=True)
class Video:
    """One video of the library. Lists leave out what stands below `position`."""

    video_id: str
    name: str
    description: str
    origin: str
    """`pulled`, `uploaded`, `uploaded_by_sdk`, `uploaded_by_tool`, `clipped` or `joined`."""
    state: str
    """`enabled` or `blocked`."""
    encode_state: str
    """`encoded`, `not_encoded`, `encoding` or `failed`."""
    created_at_ms: int
    """Unix time in milliseconds."""
    uploaded_at_ms: int
    updated_at_ms: int
    duration_s: float
    size_bytes: int
    """Of all its files, segments included."""
    publish_domain: str
    player_id: str
    playback: str
    """As set for it: `public`, `signed`, or empty, as its template, the account or the installation says."""
    is_signed: bool
    """It plays for bearers of a playback token only."""
    is_encrypted: bool
    """Its HLS segments are encrypted, or will be when its encode ends."""
    template: str
    categories: tuple[Category, ...]
    is_playable: bool
    playlist_url: str
    poster_url: str
    job_id: str
    batch_id: str
    position: int
    teaser_url: str = ""
    """Three seconds as an animated picture (WebP); empty: there are none."""
    watermark: str = ""
    """What was put on top of the template."""
    files: tuple[File, ...] = ()
    storyboard_url: str = ""
    md5: str = ""
    sha256: str = ""
    decisions: tuple[dict[str, Any], ...] = ()
    """Why each definition is in the ladder or not."""
    tracks: tuple[dict[str, Any], ...] = ()
    captions: tuple[Caption, ...] = ()
    warnings: tuple[dict[str, str], ...] = ()
    proof: dict[str, Any] | None = None
    jobs: tuple[VideoJob, ...] = ()
    usage: Usage | None = None

    @property
    def is_final(self) -> bool:
        """Return True when nothing more happens to it by itself."""
        return self.encode_state != "encoding"


@dataclass(frozen=True, kw_only=True)
class VideoPage:
    """Videos by time of creation."""

    videos: tuple[Video, ...]
    next_cursor: str
    """For the next page; empty after the last one."""


@dataclass(frozen=True, kw_only=True)
class Playback:
    """Where a video is played; what is not there is empty."""

    video_id: str
    is_playable: bool
    playlist_url: str
    poster_url: str
    storyboard_url: str
    original_url: str
    files: tuple[File, ...]
    """MP4 files of the definitions, where the template makes them."""
    embed_code: str
    """HTML that plays it in a page."""
    dash_url: str = ""
    is_signed: bool
    """It plays for bearers of a token only; the URLs here have one."""
    token: str
    """The playback token in these URLs; empty: they need none."""
    expires_at_ms: int | None
    """When the token ends; None: there is none."""
