"""The shapes of videos in `/api/v1`: what it takes and what it answers with, as its document describes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from vodpull.api.v1.shapes import (
    DecisionReply,
    ErrorReply,
    FileReply,
    RequestShape,
    Shape,
    StageReply,
    TrackReply,
    WarningReply,
)
from vodpull.jobs.states_and_codes import Stage
from vodpull.url_limits import MAX_URL_CHARACTERS
from vodpull.videos.category_names import is_category_name
from vodpull.videos.field_lengths import MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, MAX_PLAYER_ID_CHARS
from vodpull.wire_values import TEXT_PATTERN

State = Literal["enabled", "blocked"]
EncodeStateName = Literal["encoded", "not_encoded", "encoding", "failed"]
Origin = Literal["uploaded", "pulled", "clipped", "joined", "uploaded_by_sdk", "uploaded_by_tool"]
Sort = Literal["newest", "oldest"]

MAX_NODE_ID = 2**53 - 1
"""As far as every reader of JSON counts without loss."""

NodeId = Annotated[int, Field(ge=1, le=MAX_NODE_ID, strict=True)]


def _as_category(name: str) -> str:
    if not is_category_name(name):
        raise PydanticCustomError(
            "category_name", "a category's name has 1 to 32 letters, digits, underscores or blanks, no blank first"
        )
    return name


class CategoryReply(Shape):
    """A label of videos."""

    node_id: int
    """From 1001, in the account."""
    parent_id: int
    """0: it is of the first level."""
    name: str
    """Unique below its parent."""


class CategoryList(Shape):
    """All categories of an account."""

    categories: list[CategoryReply]
    """By id."""


class NewCategory(RequestShape):
    """A category to make."""

    name: Annotated[str, Field(min_length=1, max_length=32), AfterValidator(_as_category)]
    """1 to 32 letters, digits, `_`, blanks or CJK characters, no blank first."""
    parent_id: Annotated[int, Field(ge=0, le=MAX_NODE_ID, strict=True)] = 0
    """Below this category of the first level; 0: of the first level itself."""


class VideoSummary(Shape):
    """A video, as lists have it."""

    video_id: str
    """Its address is `/api/v1/videos/<video_id>`."""
    name: str
    """A label; at first the file name without its suffix."""
    description: str
    """As it was set."""
    origin: Origin
    """How it came."""
    state: State
    """The files of a blocked video answer 403."""
    encode_state: EncodeStateName
    """Of the last encode; while one is under way, and after one that failed, the outputs before it play."""
    created_at_ms: int
    """When it was first heard of; Unix time in milliseconds."""
    uploaded_at_ms: int
    """When its original was stored."""
    updated_at_ms: int
    """When it was changed last."""
    duration_s: float
    """Of the video."""
    size_bytes: int
    """Of all its files, segments included."""
    publish_domain: str
    """As it was set; empty: the default of the installation."""
    player_id: str
    """A text of yours."""
    playback: Literal["", "public", "signed"]
    """As it was set; empty: as its template, the account or the installation says."""
    is_signed: bool
    """It plays for bearers of a playback token only."""
    is_encrypted: bool
    """Its HLS segments are encrypted, or will be when its encode ends."""
    template: str
    """What it is, or was last, encoded with."""
    watermark: str
    """Name of the watermark that was put on top of the template; empty: none but the template's own."""
    categories: list[CategoryReply]
    """Its labels, by id."""
    batch_id: str
    """The batch that it came with."""
    position: int
    """Of its job, in that batch."""
    job_id: str
    """The job that made it, and encodes it again."""
    is_playable: bool
    """There is something to play at `playlist_url`."""
    playlist_url: str
    """Multivariant playlist, for a player; empty until there is something to play."""
    poster_url: str
    """Empty until it is published."""
    teaser_url: str
    """Three seconds as an animated picture (WebP); empty: there are none."""


class VideoPage(Shape):
    """Videos by time of creation."""

    videos: list[VideoSummary]
    """Up to `limit` of them."""
    next_cursor: str
    """Give it as `cursor` for the next page; empty after the last one."""


class VideoJobReply(Shape):
    """The job that made a video: where its last attempt is."""

    job_id: str
    """Its address is `/api/v1/jobs/<job_id>`."""
    batch_id: str
    """The batch that it belongs to."""
    position: int
    """Place in the batch, from 0."""
    attempt: int
    """From 1; each retry and each new encode is one more."""
    template: str
    """Of this attempt."""
    stage: Stage
    """Where it is; `done`, `failed` and `cancelled` are final."""
    percent: float
    """Of this stage."""
    is_final: bool
    """Nothing more happens by itself."""
    error: ErrorReply | None
    """None unless the attempt failed or was cancelled."""
    timeline: list[StageReply]
    """When each stage of each attempt began, in the order of time."""


class CaptionReply(Shape):
    """A text track of a video."""

    language: str
    """By BCP 47; what stands behind `-x-` only tells tracks of one language apart."""
    label: str
    """What viewers choose it by."""
    default: bool
    """Players show it unless a viewer chooses otherwise."""
    forced: bool
    """It has only what must be understood, such as signs in another language."""
    origin: Literal["source", "request", "material", "added"]
    """A track of the original, named with the request, a material of `transCode`, or put to the video later."""
    cues: int
    """Texts with a time of their own."""
    left_out: int
    """Cues of the file that are not among them: without text or length, or beyond the end of the video."""
    size_bytes: int
    """Of all its files."""
    updated_at_ms: int
    """When it was put there; Unix time in milliseconds."""
    url: str
    """The whole of it, in WebVTT."""
    playlist_url: str
    """The same in segments, as the playlist of the video names it."""


class CaptionList(Shape):
    """The text tracks of a video."""

    captions: list[CaptionReply]
    """The default first, then by language."""


class CaptionSource(RequestShape):
    """Where a caption file is to be fetched, in place of the file itself."""

    url: Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARACTERS, pattern=r"^[^\x00]+$")]
    """http or https."""


class UsageReply(Shape):
    """What a video takes, in bytes."""

    original_bytes: int
    """0: it was deleted."""
    outputs_bytes: int
    """Renditions with their segments, poster, storyboard."""
    total_bytes: int
    """Both together."""


class VideoReply(VideoSummary):
    """A video with everything that is known of it."""

    files: list[FileReply]
    """The original first, unless it was deleted, then renditions by clarity."""
    storyboard_url: str
    """WebVTT index of preview pictures; empty until it is published."""
    md5: str
    """Of the original as it was stored."""
    sha256: str
    """Of the original as it was stored."""
    decisions: list[DecisionReply]
    """Why each definition is in the ladder or not."""
    tracks: list[TrackReply]
    """Of the source, in the order of the file."""
    captions: list[CaptionReply]
    """Its text tracks, the default first."""
    warnings: list[WarningReply]
    """What of the source is not published, and why."""
    proof: dict[str, Any] | None
    """What of the renditions was compared with the source, and what was found; None until they are published."""
    jobs: list[VideoJobReply]
    """Those that made it."""
    usage: UsageReply
    """What it takes."""


class VideoChange(RequestShape):
    """What is to be changed; a member that is left out stays as it is."""

    name: Annotated[str | None, Field(min_length=1, max_length=MAX_NAME_CHARS, pattern=TEXT_PATTERN)] = None
    """A label."""
    description: Annotated[str | None, Field(max_length=MAX_DESCRIPTION_CHARS, pattern=TEXT_PATTERN)] = None
    """Empty: none."""
    categories: Annotated[list[NodeId] | None, Field(max_length=100)] = None
    """`node_id` of all its labels from now on."""
    publish_domain: Annotated[str | None, Field(max_length=255, pattern=r"^[A-Za-z0-9.:-]*$")] = None
    """One of the installation's; empty: its default."""
    player_id: Annotated[str | None, Field(max_length=MAX_PLAYER_ID_CHARS, pattern=TEXT_PATTERN)] = None
    """A text of yours, kept and returned."""
    playback: Literal["", "public", "signed"] | None = None
    """Who may watch; empty: as its template, the account or the installation says."""


class EncodeOrder(RequestShape):
    """How to encode a video again."""

    template: Annotated[str, Field(max_length=100)] = ""
    """Name of a template; empty: the default of the service."""
    watermark: Annotated[str, Field(max_length=100)] = ""
    """
    Watermark that is burnt into all that is made, in place of the template's own: its name, or the id of a picture that
    is a material; empty: that of the template.
    """
    burn_in: Annotated[str, Field(max_length=64)] = ""
    """Id of a subtitle, a material in SubRip, ASS or WebVTT, that is drawn into every picture."""


class PosterOrder(RequestShape):
    """Which picture stands for a video."""

    at: Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)]
    """Seconds from the start."""


class PlaybackReply(Shape):
    """Where a video is played. The URLs of a blocked one answer 403."""

    video_id: str
    """Of the video."""
    is_playable: bool
    """There is a playlist, or another file that browsers play."""
    playlist_url: str
    """Multivariant playlist; empty until there is one."""
    dash_url: str
    """MPD for players of DASH; empty where the template makes none."""
    poster_url: str
    """Empty until it is published."""
    storyboard_url: str
    """WebVTT index of preview pictures; empty until it is published."""
    original_url: str
    """The file as it came; empty: it was deleted."""
    files: list[FileReply]
    """MP4 files of the definitions, where the template makes them."""
    embed_code: str
    """HTML that plays it in a page; empty until it can be played."""
    is_signed: bool
    """It plays for bearers of a token only. The URLs here have one."""
    token: str
    """The playback token in these URLs; empty: they need none."""
    expires_at_ms: int | None
    """When the token ends; None: there is none."""
