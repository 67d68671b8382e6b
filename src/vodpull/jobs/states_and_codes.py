"""The states of jobs and videos, and the numbers that the wire contract has for them and for files. Pure."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class WireStatus(IntEnum):
    """
    Values of `pullStatus` and `cmdStatus` (spec cloud-vod-fetch §5.1).

    The final ones are set in `jobs/store/final_statuses.py`, that a source was pulled in `Store.pulled`.
    """

    RUNNING = 1
    """From acceptance until the part of the work that it speaks of is final."""
    SUCCEEDED = 2
    """`pullStatus`: the source is stored and whole. `cmdStatus`: every output is verified and published."""
    FAILED = 3
    """The job's `failure` says why. A failed pull also fails the command."""


class Stage(StrEnum):
    """Where a job is. A job walks down this list, once; `DONE` and `FAILED` are final."""

    WAITING = "waiting"
    """Accepted and committed, or postponed after a failure that may pass; left when a fetch slot takes it."""
    FETCH = "fetch"
    """Bytes are arriving, or a clip or a join is being made; left when the file is whole and its md5 fits."""
    PROBE = "probe"
    """The file is being measured; left when it is known to be usable."""
    STORE = "store"
    """The original goes to the object store; left when it is there under its final key."""
    ENCODE = "encode"
    """Renditions are being made; left when FFmpeg ended."""
    PACKAGE = "package"
    """Playlists and segments are made and verified; left when every check passed."""
    PUBLISH = "publish"
    """Files go to their final keys, playlists last; left when the last one is there."""
    DONE = "done"
    """Final: everything asked for is published."""
    FAILED = "failed"
    """Final until it is retried: `failure` says why."""
    CANCELLED = "cancelled"
    """Final until it is retried: somebody asked for it to stop."""


FINAL_STAGES = frozenset({Stage.DONE, Stage.FAILED, Stage.CANCELLED})


class Clarity(IntEnum):
    """Values of `clarity` (spec cloud-vod-fetch §5.1)."""

    ORIGINAL = 1
    LD = 2
    SD = 3
    HD = 4
    FHD = 5


class ServerType(IntEnum):
    """Values of `serverType` (spec cloud-vod-fetch §7 row 4)."""

    SOURCE = -1
    PC = 0
    MOBILE = 1


class VideoState(IntEnum):
    """Values of `videoState` (spec cloud-vod-videos §2)."""

    ENABLED = 0
    BLOCKED = 1
    """Its files answer 403; everything else works on it."""


class EncodeState(IntEnum):
    """Values of `transcodeState` (spec cloud-vod-videos §2)."""

    ENCODED = 1
    NOT_ENCODED = 2
    """Its template stores the original only."""
    ENCODING = 3
    """What was encoded before plays meanwhile."""
    FAILED = 4
    """The last encode failed or was cancelled; what was encoded before still plays."""


class VideoOrigin(IntEnum):
    """Values of `videoSourceCode` (spec cloud-vod-videos §2)."""

    UPLOADED = 1
    PULLED = 3
    CLIPPED = 4
    JOINED = 5
    UPLOADED_BY_SDK = 11
    UPLOADED_BY_TOOL = 12


UPLOADED = frozenset({VideoOrigin.UPLOADED, VideoOrigin.UPLOADED_BY_SDK, VideoOrigin.UPLOADED_BY_TOOL})
"""Origins of videos whose bytes a client sent here."""

EDITED = frozenset({VideoOrigin.CLIPPED, VideoOrigin.JOINED})
"""Origins of videos that are made of others."""
