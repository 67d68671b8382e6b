"""
Blocking and enabling videos: the state and the event that tells of it are one transaction.

What keeps the files of a blocked video from its viewers is `playback/file_gate.py`.
"""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import NotAllowedNow
from vodpull.jobs.notices.events import EventKind, add_video_event
from vodpull.jobs.states_and_codes import VideoState
from vodpull.jobs.store.video_rows import archive_again
from vodpull.videos.library import Library
from vodpull.videos.video import Video


def block(library: Library, video: Video) -> None:
    """
    Keep anybody from playing a video.

    Raises:
        NotAllowedNow: it is blocked already.
    """
    _change(library, video, VideoState.BLOCKED)


def enable(library: Library, video: Video) -> None:
    """
    Let a blocked video play again.

    Raises:
        NotAllowedNow: it is enabled already.
    """
    _change(library, video, VideoState.ENABLED)


_KINDS = {VideoState.BLOCKED: EventKind.VIDEO_BLOCKED, VideoState.ENABLED: EventKind.VIDEO_ENABLED}


def set_state(connection: sa.Connection, video: Video, state: VideoState) -> bool:
    """Block or enable a video in a transaction of the caller's; False: it is so already."""
    other = sa.and_(tables.video.c.video_id == video.video_id, tables.video.c.state != int(state))
    values = {"state": int(state), "updated_at_ms": now_ms()}
    if connection.execute(tables.video.update().where(other).values(values)).rowcount == 0:
        return False
    add_video_event(connection, _KINDS[state], video, account_id=video.account_id)
    archive_again(connection, video.job_id)
    return True


def _change(library: Library, video: Video, state: VideoState) -> None:
    with library.engine.begin() as connection:
        if not set_state(connection, video, state):
            raise NotAllowedNow(f"the video is {state.name.lower()} already", field="videoId")
