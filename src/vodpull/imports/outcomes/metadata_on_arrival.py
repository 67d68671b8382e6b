"""Applies a video's old metadata, as the list of its library has it, at the moment its original is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.imports.entries import Entry
from vodpull.imports.import_rows import entry_of_job
from vodpull.jobs.notices.events import EventKind, add_video_event
from vodpull.jobs.states_and_codes import VideoState
from vodpull.videos.category_names import CategoryName, is_category_name
from vodpull.videos.category_tree import resolve
from vodpull.videos.library import VideoEdit, change_video, find_video
from vodpull.videos.video import Video

LONGEST_CATEGORY = 32

_REFUSED = re.compile(r"[^A-Za-z0-9_ 一-鿿㐀-䶿]")


def dress(connection: sa.Connection, job_id: str) -> None:
    """Give the video of a job what its entry in an import tells of it; of any other job nothing changes."""
    found = entry_of_job(connection, job_id)
    if found is None:
        return
    listed = found[1]
    video = find_video(connection, listed.video_id or "", account_id=None)
    names = category_names(listed.entry.categories)
    nodes = resolve(connection, video.account_id, names) if names else None
    entry = listed.entry
    edit = VideoEdit(
        name=entry.name or None,
        description=entry.description or None,
        labels=nodes,
        playback=entry.playback or None,
    )
    change_video(connection, video, edit)
    _set_the_rest(connection, video, entry)


def _set_the_rest(connection: sa.Connection, video: Video, entry: Entry) -> None:
    values: dict[str, object] = {}
    if entry.created_at is not None:
        # A time to come would stand before everything that is made until then.
        values["created_at_ms"] = min(max(0, entry.created_at), now_ms())
    if entry.blocked and not video.is_blocked:
        values["state"] = int(VideoState.BLOCKED)
        add_video_event(connection, EventKind.VIDEO_BLOCKED, video, account_id=video.account_id)
    if values:
        connection.execute(tables.video.update().where(tables.video.c.video_id == video.video_id).values(values))


def category_names(categories: Iterable[str]) -> list[CategoryName]:
    """Return categories, `parent/child` or one alone, by names that a category here can have."""
    names: dict[CategoryName, None] = {}
    for text in categories:
        parent, _, child = text.partition("/")
        parent, child = _as_name(parent), _as_name(child)
        if parent or child:
            names[CategoryName(parent=parent or child, child=child if parent else "")] = None
    return list(names)


def _as_name(text: str) -> str:
    name = _REFUSED.sub("_", text.strip())[:LONGEST_CATEGORY].strip()
    return name if is_category_name(name) else ""
