"""What `/api/v1` says, as values. Members that a newer service adds are ignored. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class CaptionSource:
    """A caption file that comes with a source: `url` or `material_id` says where it is."""

    url: str = ""
    language: str
    """By BCP 47."""
    label: str = ""
    """What viewers choose it by; empty: what the language calls itself."""
    default: bool = False
    """Players show it unless a viewer chooses otherwise."""
    material_id: str = ""
    """The material of the account that it is."""


@dataclass(frozen=True, kw_only=True)
class CaptionFile:
    """A caption file of this machine, to be sent with a film."""

    path: str | Path
    language: str
    """By BCP 47."""
    label: str = ""
    """What viewers choose it by; empty: what the language calls itself."""
    default: bool = False
    """Players show it unless a viewer chooses otherwise."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One video to ingest."""

    url: str
    name: str = ""
    """Label; empty: the last part of the URL's path."""
    md5: str = ""
    """Expected digest; empty: not checked."""
    captions: tuple[CaptionSource, ...] = ()
    """Text tracks; one that cannot be used is left out with a warning."""


@dataclass(frozen=True, kw_only=True)
class JobError:
    """Why a job failed."""

    code: str
    """Stable code from the catalogue, `vodpull.errors`."""
    message: str
    fault: str
    """Who has to act: `client`, `source`, `destination` or `service`."""
    retryable: bool
    remedy: str
    stage: str
    origin_status: int | None
    """HTTP status of the origin, where that was the cause."""


@dataclass(frozen=True, kw_only=True)
class NextTry:
    """When a source that could not be fetched is asked again; `retry` does it now."""

    at_ms: int
    """Unix time in milliseconds."""
    tries: int
    """Tries in a row that brought nothing new."""
    error: JobError
    """What the last of them failed with."""


@dataclass(frozen=True, kw_only=True)
class StageTime:
    """One entry of a job's timeline."""

    attempt: int
    stage: str
    at_ms: int
    """Unix time in milliseconds."""
    duration_ms: int | None
    """None for the stage under way and for final ones."""


@dataclass(frozen=True, kw_only=True)
class File:
    """One stored file."""

    clarity: int
    """1 original, 2 LD, 3 SD, 4 HD, 5 FHD."""
    width_px: int
    height_px: int
    bitrate_bps: int
    size_bytes: int
    """Of all that plays it: of a playlist, its segments."""
    path: str
    """Below `/media/`."""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Job:
    """Where one source is."""

    job_id: str
    position: int
    """Place in the batch, from 0."""
    file_name: str
    url: str
    attempt: int
    stage: str
    percent: float
    """Of this stage."""
    bytes_done: int
    bytes_total: int | None
    speed_bytes_per_s: float | None
    eta_s: float | None
    pull_status: int
    """1 under way, 2 succeeded, 3 failed; as on the wire."""
    cmd_status: int
    error: JobError | None
    decisions: tuple[dict[str, Any], ...]
    """Why each definition is in the ladder or not."""
    timeline: tuple[StageTime, ...]
    video_id: str
    duration_s: float | None
    md5: str
    sha256: str
    files: tuple[File, ...]
    is_playable: bool
    """`playlist` can be played: of a long video from its first minutes of encoding on, while it grows."""
    playlist: str
    """Path of the multivariant playlist below `/media/`; empty until there is something to play."""
    poster: str
    storyboard: str
    tracks: tuple[dict[str, Any], ...] = ()
    """Of the source: what they are, whether they are published, and why not."""
    warnings: tuple[dict[str, str], ...] = ()
    """What of the source is not published, and why: `code` and `message`."""
    playlist_url: str = ""
    poster_url: str = ""
    storyboard_url: str = ""
    batch_id: str = ""
    proof: dict[str, Any] | None = None
    """What of the renditions was compared with the source, and what was found; None until they are published."""
    next_try: NextTry | None = None
    """Set while the job waits after a failure that may pass."""

    @property
    def is_final(self) -> bool:
        """Return True when nothing more happens by itself."""
        return self.stage in {"done", "failed", "cancelled"}

    @property
    def succeeded(self) -> bool:
        """Return True when everything that was asked for is there."""
        return self.stage == "done"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Where one batch is; the wire contract calls it a task."""

    batch_id: str
    trans_no: str
    template: str
    notify_url: str
    separate: bool
    priority: int
    created_at_ms: int
    finished_at_ms: int | None
    is_final: bool
    jobs: tuple[Job, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    """The pairs that it was created with."""

    @property
    def succeeded(self) -> bool:
        """Return True when every job did."""
        return all(job.succeeded for job in self.jobs)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Batches, newest first."""

    batches: tuple[Batch, ...]
    next_cursor: str
    """For the next page; empty after the last one."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One fact, repeated until it is acknowledged."""

    event_id: str
    kind: str
    batch_id: str
    position: int | None
    created_at_ms: int
    video_id: str | None = None
    """Of the video that it is about, if it is about one."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try of a delivery."""

    number: int
    at_ms: int
    status: int | None
    latency_ms: int
    error: str
    response_head: str


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One notification with its attempts."""

    delivery_id: str
    position: int | None
    state: str
    created_at_ms: int
    attempts: tuple[Attempt, ...]
    kind: str = "pull"
    """What it tells: `pull`, or the name of a callback."""
    batch_id: str | None = None
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class DeliveryPage:
    """Notifications, newest first."""

    deliveries: tuple[Delivery, ...]
    next_cursor: str
    """For the next page; empty after the last one."""
