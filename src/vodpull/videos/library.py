"""Every query about videos. Plain functions over one connection pool: call them from a thread, not a loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import TypeAdapter

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import NotFound, ParameterError, PermissionDenied
from vodpull.jobs.cursors import read_cursor, write_cursor
from vodpull.jobs.model import Asset
from vodpull.jobs.states_and_codes import EncodeState, VideoOrigin, VideoState
from vodpull.jobs.store.content_keys import has_content_key
from vodpull.jobs.store.video_rows import archive_again
from vodpull.videos.category_tree import check_nodes, labels_of, set_labels
from vodpull.videos.field_lengths import MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, MAX_PLAYER_ID_CHARS
from vodpull.videos.playback.public_or_signed import Playback, PlaybackPolicy, PlayRule, check_playback
from vodpull.videos.video import Category, Video
from vodpull.videos.video_search import (
    LOOKED_THROUGH,
    PLACE,
    VideoFilter,
    indexed,
    is_before,
    is_behind,
    ordered,
    searched,
)

MAX_PAGE = 100

IDS_AT_ONCE = 500
"""In one statement."""

_ASSET = TypeAdapter(Asset)


@dataclass(frozen=True, kw_only=True)
class VideoEdit:
    """What is changed of a video; None leaves it as it is."""

    name: str | None = None
    description: str | None = None
    publish_domain: str | None = None
    player_id: str | None = None
    playback: Playback | Literal[""] | None = None
    """Empty: as its template, its account or the installation says."""
    labels: Sequence[int] | None = None
    """Ids of all categories that it has from now on."""


class Library:
    """The videos of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def find(self, video_id: str, *, account_id: str | None) -> Video:
        """
        Return a video; `account_id` None is for operators. Letter case of the id does not count.

        Raises:
            NotFound: there is none of this id.
            PermissionDenied: it is another account's.
        """
        with self.engine.connect() as connection:
            return find_video(connection, video_id, account_id=account_id)

    def find_all(self, video_ids: Sequence[str], *, account_id: str) -> list[Video]:
        """
        Return these videos in this order.

        Raises:
            NotFound: one of them is not there, or is another account's.
        """
        ids = [video_id.lower() for video_id in video_ids]
        found = {video.video_id: video for video in self.remaining(ids, account_id=account_id)}
        if missing := [video_id for video_id in ids if video_id not in found]:
            raise NotFound(f"{missing[0]}: there is no such video", field="videoIds")
        return [found[video_id] for video_id in ids]

    def remaining(self, video_ids: Sequence[str], *, account_id: str) -> list[Video]:
        """Return those of these videos that the account has, in no order."""
        found: list[Video] = []
        with self.engine.connect() as connection:
            for start in range(0, len(video_ids), IDS_AT_ONCE):
                some = tables.video.c.video_id.in_(video_ids[start : start + IDS_AT_ONCE])
                found += _read(connection, _QUERY.where(some, tables.video.c.account_id == account_id))
        return found

    def page(self, wanted: VideoFilter, *, limit: int, cursor: str = "") -> tuple[list[Video], str]:
        """
        Return up to `limit` videos by time of creation, and the cursor of the next page; empty after the last one.

        Where no index finds what is wanted, a page looks through so many videos and no more: it may hold few or none,
        and still have a cursor.

        Raises:
            ParameterError: the cursor is not one of ours.
        """
        place = [] if not cursor else [is_behind(wanted, read_cursor(cursor))]
        most, conditions, end = min(limit, MAX_PAGE), searched(wanted), None
        with self.engine.connect() as connection:
            if conditions:
                places = ordered(sa.select(*PLACE), wanted).where(*place)
                end = connection.execute(places.offset(LOOKED_THROUGH - 1).limit(1)).first()
            if end is not None:
                place.append(is_before(wanted, end))
            videos = _found(connection, wanted, *place, *conditions, limit=most + 1)
        shown = videos[:most]
        if len(videos) > most:
            return shown, write_cursor(shown[-1].created_at_ms, shown[-1].video_id)
        return shown, "" if end is None else write_cursor(*end)

    def part(self, wanted: VideoFilter, *, limit: int, offset: int) -> list[Video]:
        """Return videos by their place among all that fit, however many are looked through for it."""
        with self.engine.connect() as connection:
            return _found(connection, wanted, *searched(wanted), limit=min(limit, MAX_PAGE), offset=offset)

    def count(self, wanted: VideoFilter) -> int:
        """Return how many videos fit."""
        with self.engine.connect() as connection:
            query = sa.select(sa.func.count()).select_from(tables.video).where(*indexed(wanted), *searched(wanted))
            return int(connection.scalar(query) or 0)

    def edit(self, video_id: str, edit: VideoEdit, *, account_id: str | None) -> Video:
        """
        Change a video and return it as it then is; an edit of nothing changes nothing.

        Raises:
            NotFound, PermissionDenied: as `find`.
            NotAllowedNow: it is encrypted, and was to play for everybody.
            ParameterError: a text is too long, or the account has no such category; `field` names it.
        """
        check_edit(edit)
        with self.engine.begin() as connection:
            found = find_video(connection, video_id, account_id=account_id)
            check_playback(edit.playback, is_encrypted=found.is_encrypted)
            if edit.labels:
                check_nodes(connection, found.account_id, edit.labels)
            change_video(connection, found, edit)
            return find_video(connection, video_id, account_id=account_id)

    def note_change(self, video: Video) -> None:
        """Record that what is stored of a video has changed."""
        with self.engine.begin() as connection:
            mine = tables.video.c.video_id == video.video_id
            connection.execute(tables.video.update().where(mine).values(updated_at_ms=now_ms()))
            archive_again(connection, video.job_id)

    def rule_of(self, directory: str, policy: PlaybackPolicy) -> PlayRule | None:
        """Return what holds for the files in a folder (32 hex characters); None: it is no video's."""
        video, job = tables.video.c, tables.job.c
        query = sa.select(
            video.video_id,
            video.account_id,
            video.state,
            video.playback,
            tables.account.c.playback.label("account_playback"),
            _JOB_TEMPLATE.label("template"),
            has_content_key().label("is_encrypted"),
        )
        query = _joined(query).where(job.directory == directory, video.directory == directory)
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        is_signed = policy.is_signed(
            own=row.playback,
            template=row.template,
            account=row.account_playback,
            is_encrypted=bool(row.is_encrypted),
        )
        return PlayRule(
            video_id=row.video_id,
            account_id=row.account_id,
            is_blocked=row.state == VideoState.BLOCKED,
            is_signed=is_signed,
            has_private_original=policy.has_private_original(template=row.template, is_signed=is_signed),
        )


def change_video(connection: sa.Connection, video: Video, edit: VideoEdit) -> None:
    """Write an edit that was checked; nothing at all when it changes nothing."""
    texts = {
        "name": edit.name,
        "description": edit.description,
        "publish_domain": edit.publish_domain,
        "player_id": edit.player_id,
        "playback": edit.playback,
    }
    values: dict[str, object] = {name: text for name, text in texts.items() if text is not None}
    if edit.name is not None:
        values["folded_name"] = edit.name.casefold()
    if edit.labels is not None:
        set_labels(connection, video.video_id, edit.labels)
    if values or edit.labels is not None:
        values["updated_at_ms"] = now_ms()
        connection.execute(tables.video.update().where(tables.video.c.video_id == video.video_id).values(values))
        archive_again(connection, video.job_id)


def find_video(connection: sa.Connection, video_id: str, *, account_id: str | None) -> Video:
    """Return a video as `Library.find` does, in a transaction of the caller's."""
    found = _read(connection, _QUERY.where(tables.video.c.video_id == video_id.lower()))
    if not found:
        raise NotFound("there is no such video", field="videoId")
    if account_id not in {None, found[0].account_id}:
        raise PermissionDenied("the video belongs to another account", field="videoId")
    return found[0]


_JOB_TEMPLATE = sa.case((tables.job.c.template == "", tables.batch.c.template), else_=tables.job.c.template)


def _joined(query: sa.Select[Any]) -> sa.Select[Any]:
    return (
        query.join_from(tables.video, tables.account, tables.video.c.account_id == tables.account.c.account_id)
        .join(tables.job, tables.job.c.job_id == tables.video.c.job_id)
        .join(tables.batch, tables.batch.c.batch_id == tables.job.c.batch_id)
    )


_QUERY = _joined(
    sa.select(
        tables.video,
        tables.account.c.name.label("account"),
        tables.account.c.playback.label("account_playback"),
        tables.job.c.asset,
        tables.job.c.batch_id,
        tables.job.c.position,
        _JOB_TEMPLATE.label("template"),
        tables.job.c.watermark,
        has_content_key().label("is_encrypted"),
    )
)


def _read(connection: sa.Connection, query: sa.Select[Any]) -> list[Video]:
    rows = connection.execute(query).mappings().all()
    labels = labels_of(connection, [row["video_id"] for row in rows])
    return [_video_of(row, labels[row["video_id"]]) for row in rows]


def _video_of(row: Mapping[Any, Any], categories: Sequence[Category]) -> Video:
    values = {name: value for name, value in row.items() if name != "folded_name"}
    return Video(
        **values
        | {
            "origin": VideoOrigin(values["origin"]),
            "state": VideoState(values["state"]),
            "encode_state": EncodeState(values["encode_state"]),
            "is_encrypted": bool(values["is_encrypted"]),
            "asset": _ASSET.validate_python(values["asset"]),
            "categories": tuple(categories),
        }
    )


def _found(
    connection: sa.Connection, wanted: VideoFilter, *which: sa.ColumnElement[bool], limit: int, offset: int = 0
) -> list[Video]:
    """Read a part of a list. What indexes hold says which videos they are, and only of those is more read."""
    ids = ordered(sa.select(tables.video.c.video_id), wanted).where(*which).limit(limit).offset(offset)
    videos = _read(connection, _QUERY.where(tables.video.c.video_id.in_(ids.correlate(None))))
    return sorted(videos, key=lambda video: (video.created_at_ms, video.video_id), reverse=not wanted.oldest_first)


def check_edit(edit: VideoEdit) -> None:
    """
    Make sure that a video can be changed so.

    Raises:
        ParameterError: a text is too long; `field` names it.
    """
    limits = (
        ("name", edit.name, MAX_NAME_CHARS),
        ("description", edit.description, MAX_DESCRIPTION_CHARS),
        ("player_id", edit.player_id, MAX_PLAYER_ID_CHARS),
    )
    for field, text, most in limits:
        if text is not None and len(text) > most:
            raise ParameterError(f"{field}: it is longer than {most} characters", field=field)
