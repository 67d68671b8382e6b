"""What was asked and where it is, as plain values: batches, jobs, their states and their files."""

from __future__ import annotations

from dataclasses import dataclass, field

from vodpull.errors import Failure
from vodpull.jobs.priorities import DEFAULT_PRIORITY
from vodpull.jobs.states_and_codes import FINAL_STAGES, Clarity, EncodeState, ServerType, Stage, VideoOrigin, WireStatus


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """One row of `videoFileList`: a file of an asset that a client may play or download."""

    clarity: Clarity
    server_type: ServerType
    width_px: int
    height_px: int
    bitrate_bps: int
    """Measured on the file, over its whole duration."""
    size_bytes: int
    """Of this file alone: for a playlist not its segments (spec cloud-vod-fetch §5)."""
    key: str
    """Object key = `fileUrl`: no leading slash."""
    media_bytes: int = 0
    """Of a playlist: all that it plays. 0 where it was not kept: other files, and playlists of earlier versions."""

    def playing_bytes(self, duration_s: float) -> int:
        """Return the size of all that plays this file: of a playlist, its segments."""
        if self.media_bytes or not self.key.endswith(".m3u8"):
            return self.media_bytes or self.size_bytes
        return round(self.bitrate_bps * duration_s / 8)  # the bitrate is theirs


@dataclass(frozen=True, kw_only=True)
class SourceTrack:
    """One track of a source, and what became of it."""

    index: int
    """Number of the stream in the file."""
    kind: str
    """`video`, `audio`, `subtitle`, `data`, `attachment` or `unknown`."""
    codec: str
    language: str | None
    used: bool
    """It is published."""
    reason: str
    """Why it is not, in one word; empty: it is."""


@dataclass(frozen=True, kw_only=True)
class AssetWarning:
    """Something of a source that a viewer misses."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Asset:
    """What is kept of one source."""

    video_id: str
    duration_s: float
    files: tuple[StoredFile, ...]
    """The original first, then renditions by clarity."""
    md5: str = ""
    """Of the original as it is stored, 32 hex characters."""
    sha256: str = ""
    """Of the original as it is stored, 64 hex characters."""
    playlist_key: str = ""
    """Key of the multivariant playlist; empty until it is published."""
    poster_key: str = ""
    teaser_key: str = ""
    """Key of three seconds as an animated picture (WebP); empty: there are none."""
    storyboard_key: str = ""
    """Key of the WebVTT index of the preview pictures."""
    tracks: tuple[SourceTrack, ...] = ()
    """Of the source; empty in assets of older releases."""
    warnings: tuple[AssetWarning, ...] = ()
    """What of the source is not published, and why."""
    proof: dict[str, object] | None = None
    """What of it was compared with the original, and what was found; None: there are no renditions, or older ones."""
    attempt: int = 0
    """Of the job, that made the renditions; 0: there are none, or an older release made them."""
    outputs: tuple[str, ...] = ()
    """Keys of all that was made of the original but its segments; of older releases empty."""
    made_bytes: int = 0
    """Of all that was made of the original, segments included; of older releases 0."""
    mpd_key: str = ""
    """Key of the manifest for DASH; empty: there is none."""
    texts_read: bool = False
    """The text tracks of the original have become captions, as far as they can; it is not done again."""
    presentation_key: str = ""
    """Key of what the playlists were written from (`media.Presentation`); of older releases empty."""
    own_poster_key: str = ""
    """Key of the picture that came with the video: its poster, whatever is made of the original; empty: none came."""

    @property
    def encode_state(self) -> EncodeState:
        """What a video is whose last encode has ended well with this."""
        return EncodeState.ENCODED if self.playlist_key else EncodeState.NOT_ENCODED

    @property
    def size_bytes(self) -> int:
        """The size of all files, as far as it is known before the store is asked."""
        if not self.made_bytes:
            return sum(file.playing_bytes(self.duration_s) for file in self.files)
        return self.made_bytes + (self.original.size_bytes if self.original else 0)

    @property
    def original(self) -> StoredFile | None:
        """The original; None: it was deleted, and the renditions stay."""
        return next((file for file in self.files if file.clarity is Clarity.ORIGINAL), None)


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """A caption file that is named with a source, to be fetched with it or read from a material."""

    url: str = ""
    """May carry a signed query: never logged. Empty: it is a material."""
    material_id: str = ""
    language: str
    """By BCP 47."""
    label: str = ""
    """For people: hostile text; empty: what the language is called."""
    is_default: bool = False


@dataclass(frozen=True, kw_only=True)
class NextTry:
    """When a source that could not be fetched is asked again, and what it failed with."""

    at_ms: int
    tries: int
    """Tries in a row that brought nothing new."""
    bytes_done: int
    """The most that had arrived by then."""
    failure: Failure


@dataclass(frozen=True, kw_only=True)
class Job:
    """One source of a batch and what became of it."""

    job_id: str
    batch_id: str
    position: int
    """Place in the request, from 0."""
    file_name: str
    """A label given by the client: hostile text, never a path."""
    source_url: str
    """As requested; empty where nothing was pulled. May carry a signed query: never logged."""
    md5: str
    """Expected digest as the client wrote it; empty: not checked."""
    video_id: str
    directory: str
    """32 hex characters: the folder of this job's files."""
    origin: VideoOrigin = VideoOrigin.PULLED
    """Where its bytes come from: only of a pulled one does `source_url` say anything."""
    attempt: int = 1
    """Counts retries, by people and after failures that may pass; an earlier attempt changes nothing any more."""
    stage: Stage = Stage.WAITING
    stage_at_ms: int = 0
    """When the current stage was entered."""
    pull_status: WireStatus = WireStatus.RUNNING
    cmd_status: WireStatus = WireStatus.RUNNING
    failure: Failure | None = None
    asset: Asset | None = None
    bytes_done: int = 0
    bytes_total: int | None = None
    """Announced by the origin; None when unknown."""
    percent: float = 0.0
    """Of the current stage, 0 to 100."""
    created_at_ms: int = 0
    finished_at_ms: int | None = None
    deleted_at_ms: int | None = None
    """When somebody had its files removed; the job stays to tell that there was one, without an asset."""
    decisions: tuple[dict[str, object], ...] = ()
    """One entry per definition: chosen or not, and why."""
    template: str = ""
    """What a finished job is encoded again with; empty: it makes what its batch asked for."""
    watermark: str = ""
    """What is put on top of that template; empty: only what the template itself says."""
    burn_in: str = ""
    """Id of the subtitle, a material, that is drawn into every picture; empty: only what the template itself says."""
    next_try: NextTry | None = None
    """Set from the first failure that may pass until the job is final or somebody retries it."""
    captions: tuple[Sidecar, ...] = ()
    """Fetched with the source."""
    received_bytes: int = 0
    """What came over the network for its source, all tries together: more than its size if some came twice."""

    @property
    def is_postponed(self) -> bool:
        """Return True while the job waits for its next try, holding nothing."""
        return self.stage is Stage.WAITING and self.next_try is not None

    @property
    def is_final(self) -> bool:
        """Return True once nothing will change any more."""
        return self.stage in FINAL_STAGES


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One accepted `pullVideo` request."""

    batch_id: str
    """`taskId` on the wire."""
    account_id: str
    trans_no: str
    template: str
    notify_url: str = ""
    separate: bool = False
    """One notification per job instead of one for the batch."""
    fetch_ts: bool = True
    """Fetch the segments of an HLS source, not only its playlist."""
    priority: int = DEFAULT_PRIORITY
    """1 to 1000; lower goes first among the batches of its account."""
    metadata: dict[str, str] = field(default_factory=dict)
    """Pairs of the client's own: hostile text, kept and returned."""
    created_at_ms: int = 0
    finished_at_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class BatchView:
    """A batch with its jobs in request order: all that a status query answers from."""

    batch: Batch
    jobs: tuple[Job, ...] = field(default_factory=tuple)

    @property
    def is_final(self) -> bool:
        """Return True when every job is final."""
        return all(job.is_final for job in self.jobs)

    def at(self, position: int) -> Job | None:
        """Return the job at a position; None when there is none: a rebuilt batch may have gaps."""
        return next((job for job in self.jobs if job.position == position), None)
