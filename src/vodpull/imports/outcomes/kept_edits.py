"""Which remote changes a repeated import applies: what was edited here since then wins."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.accounts.account_records import lock_account
from vodpull.imports.entries import Entry
from vodpull.imports.outcomes.metadata_on_arrival import category_names
from vodpull.jobs.states_and_codes import VideoState
from vodpull.videos.blocking import set_state
from vodpull.videos.category_tree import resolve
from vodpull.videos.library import VideoEdit, change_video, find_video


def dress_again(connection: sa.Connection, video_id: str, *, before: Entry, now: Entry) -> None:
    """Give a video what is told otherwise than before of it elsewhere; what was changed here since stays."""
    account_id = find_video(connection, video_id, account_id=None).account_id
    lock_account(connection, account_id)
    video = find_video(connection, video_id, account_id=None)
    leaves = {name.child or name.parent for name in category_names(before.categories)}
    is_sorted_here = leaves != {label.name for label in video.categories}
    relabelled = now.categories != before.categories and not is_sorted_here
    edit = VideoEdit(
        name=now.name if _is_news(before.name, now.name, here=video.name) else None,
        description=now.description if _is_news(before.description, now.description, here=video.description) else None,
        labels=resolve(connection, account_id, category_names(now.categories)) if relabelled else None,
        playback=now.playback if _is_news(before.playback, now.playback, here=video.playback) else None,
    )
    change_video(connection, video, edit)
    if now.blocked != before.blocked == video.is_blocked:
        set_state(connection, video, VideoState.BLOCKED if now.blocked else VideoState.ENABLED)


def _is_news(before: str, now: str, *, here: str) -> bool:
    return now != before == here
