"""
By what videos are searched, which indexes find them, and how many are looked through where none does.

What is found, page by page: `library.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.jobs.states_and_codes import EncodeState, VideoOrigin, VideoState
from vodpull.jobs.store.content_keys import has_content_key
from vodpull.jobs.submission.file_and_video_names import MAX_FILE_NAME_CHARS

LOOKED_THROUGH = 50_000
"""Videos that one page looks through for what no index finds: some hundredths of a second."""

PLACE = (tables.video.c.created_at_ms, tables.video.c.video_id)
"""By what lists are in order."""


@dataclass(frozen=True, kw_only=True)
class VideoFilter:
    """Which videos; what is None or empty leaves no video out."""

    account_id: str | None
    """None: of every account, for operators."""
    video_id: str = ""
    text: str = ""
    """Any part of the name; letter case does not count."""
    state: VideoState | None = None
    encode_state: EncodeState | None = None
    is_encrypted: bool | None = None
    origin: VideoOrigin | None = None
    category_names: Sequence[str] = ()
    """Any of these labels of the second level, whatever they are below; labels that nobody has fit nothing."""
    node_id: int | None = None
    """With this label, or one below it."""
    created_from_ms: int | None = None
    created_until_ms: int | None = None
    """Inclusive."""
    oldest_first: bool = False


def ordered(query: sa.Select[Any], wanted: VideoFilter) -> sa.Select[Any]:
    """Return the query in the order that is wanted, for those videos that an index finds."""
    order = PLACE if wanted.oldest_first else [column.desc() for column in PLACE]
    return query.where(*indexed(wanted)).order_by(*order)


def is_behind(wanted: VideoFilter, place: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Return the condition of a video that comes after this place."""
    here, there = sa.tuple_(*PLACE), sa.tuple_(*place)
    return here > there if wanted.oldest_first else here < there


def is_before(wanted: VideoFilter, place: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Return the condition of a video that comes before this place, or is there."""
    here, there = sa.tuple_(*PLACE), sa.tuple_(*place)
    return here <= there if wanted.oldest_first else here >= there


def indexed(wanted: VideoFilter) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that indexes answer, in the order of the list."""
    video = tables.video.c
    found = [] if wanted.account_id is None else [video.account_id == wanted.account_id, *_of_states(wanted)]
    if wanted.video_id:
        found.append(video.video_id == wanted.video_id.lower())
    if wanted.created_from_ms is not None:
        found.append(video.created_at_ms >= wanted.created_from_ms)
    if wanted.created_until_ms is not None:
        found.append(video.created_at_ms <= wanted.created_until_ms)
    return found


def _of_states(wanted: VideoFilter) -> list[sa.ColumnElement[bool]]:
    video = tables.video.c
    states = ((video.state, wanted.state), (video.encode_state, wanted.encode_state))
    return [column == value for column, value in states if value is not None]


def searched(wanted: VideoFilter) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for which one video after the other is looked at."""
    found = _of_states(wanted) if wanted.account_id is None else []
    if wanted.origin is not None:
        found.append(tables.video.c.origin == wanted.origin)
    if len(wanted.text) > MAX_FILE_NAME_CHARS:  # longer than any name, and than what databases search for
        found.append(sa.false())
    elif wanted.text:
        found.append(tables.video.c.folded_name.contains(wanted.text.casefold(), autoescape=True))
    if wanted.is_encrypted is not None:
        found.append(has_content_key() if wanted.is_encrypted else ~has_content_key())
    category = tables.category.c
    if wanted.category_names:
        found.append(_has_label(sa.and_(category.parent_id != 0, category.name.in_(wanted.category_names))))
    if wanted.node_id is not None:
        found.append(_has_label(sa.or_(category.node_id == wanted.node_id, category.parent_id == wanted.node_id)))
    return found


def _has_label(which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    video, category, label = tables.video.c, tables.category.c, tables.video_category.c
    mine = sa.and_(label.video_id == video.video_id, category.account_id == video.account_id)
    return sa.exists().where(mine, category.node_id == label.node_id, which)
