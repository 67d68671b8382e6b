"""The shapes that several parts of `/api/v1` have in common; those of one part are in its own `shapes.py`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vodpull.errors import Fault
from vodpull.jobs.states_and_codes import Stage
from vodpull.url_limits import MAX_URL_CHARACTERS
from vodpull.wire_values import TEXT_PATTERN


class Shape(BaseModel):
    """A JSON object; the words below its members describe them."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class RequestShape(Shape):
    """A JSON object that callers send: with these members and no others."""

    model_config = ConfigDict(extra="forbid")


class NewCaption(RequestShape):
    """A caption file that comes with a source; SubRip, WebVTT, ASS or SSA. `url` or `material_id` says where it is."""

    url: Annotated[str, Field(max_length=MAX_URL_CHARACTERS, pattern=TEXT_PATTERN)] = ""
    """Where it is fetched from: http or https."""
    material_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{0,64}$")] = ""
    """The material of the account that it is."""
    language: Annotated[str, Field(min_length=2, max_length=35)]
    """By BCP 47: `en`, `pt-BR`, `zh-Hant`."""
    label: Annotated[str, Field(max_length=100, pattern=TEXT_PATTERN)] = ""
    """What viewers choose it by; empty: what the language calls itself."""
    default: Annotated[bool, Field(strict=True)] = False
    """Players show it unless a viewer chooses otherwise."""


class ErrorReply(Shape):
    """Why a job failed; the codes are listed at `/api/v1/errors`."""

    code: str
    """Stable code from the catalogue."""
    message: str
    """What was wrong."""
    fault: Fault
    """Who has to act."""
    retryable: bool
    """It may pass by itself."""
    remedy: str
    """What to do."""
    stage: str
    """Where the job was."""
    origin_status: int | None
    """HTTP status of the origin, where that was the cause."""


class StageReply(Shape):
    """One entry of a job's timeline."""

    attempt: int
    """From 1; each retry is a new one."""
    stage: Stage
    """What was begun."""
    at_ms: int
    """Unix time in milliseconds."""
    duration_ms: int | None
    """Until the next stage; None for the one under way and for final ones."""


class FileReply(Shape):
    """One stored file."""

    clarity: int
    """1 original, 2 LD, 3 SD, 4 HD, 5 FHD."""
    width_px: int
    """Of the picture as it is shown."""
    height_px: int
    """Of the picture as it is shown."""
    bitrate_bps: int
    """Average over the whole duration."""
    size_bytes: int
    """Of all that plays it: of a playlist, its segments."""
    path: str
    """Below `/media/`."""
    url: str
    """Where it can be played or downloaded."""


class QualityReply(Shape):
    """VMAF of one rendition over all samples: 100 is like the source, six more is what a viewer just notices."""

    mean: float
    """Of all pictures."""
    min: float
    """Of the worst single picture."""
    harmonic_mean: float
    """Counts bad pictures more than the mean does."""
    frames: int
    """Pictures compared."""


class DecisionReply(Shape):
    """Why a definition is in the ladder or not."""

    clarity: int
    """2 LD, 3 SD, 4 HD, 5 FHD."""
    name: str
    """Of the definition."""
    chosen: bool
    """It is made."""
    reason: str
    """In English."""
    max_bitrate_bps: int
    """Ceiling of its video bitrate; 0: not kept, by earlier releases."""
    codecs: list[str]
    """Codecs that it is made in, best first; empty when it is not chosen."""
    vmaf: float | None
    """Mean VMAF of the fallback codec; None: not measured."""
    qualities: dict[str, QualityReply]
    """What was measured, by codec; empty: nothing."""


class TrackReply(Shape):
    """One track of the source."""

    index: int
    """Number of the stream in the file."""
    kind: str
    """`video`, `audio`, `subtitle`, `data`, `attachment` or `unknown`."""
    codec: str
    """FFmpeg's name; `unknown` where it has none."""
    language: str | None
    """ISO 639-2, as far as the source says it."""
    used: bool
    """It is published."""
    reason: str
    """Why it is not: `not_published`, `cover`, `not_decodable`, `no_samples`, `second_picture`, `other_programme`,
    `too_many`, `bitmap`, `closed_captions` or `other_clock`; empty: it is."""


class WarningReply(Shape):
    """Something of the source that a viewer misses."""

    code: str
    """`sound_missing`, `sound_left_out`, `picture_left_out`, `text_left_out`, `caption_left_out`, `sound_cut`,
    `start_left_out` or `end_unfinished`."""
    message: str
    """In English."""


class FieldReply(Shape):
    """What is wrong with one member of a request."""

    field: str
    """Its name, inside others with dots: `items.0.url`."""
    message: str
    """What was wrong."""


class ProblemReply(Shape):
    """An error of `/api/v1` (RFC 9457)."""

    type: str
    """URN of the code."""
    title: str
    """Words of the HTTP status."""
    status: int
    """The HTTP status."""
    detail: str
    """What was wrong."""
    code: str
    """Stable code from the catalogue."""
    field: str | None
    """Member of the request at fault, where there is one; of several the first."""
    errors: list[FieldReply]
    """Every member at fault, in the order of the request; empty where it is not about one."""
    remedy: str
    """What to do."""
    retryable: bool
    """It may pass by itself."""
    request_id: str
    """To find the call in the service's log."""
