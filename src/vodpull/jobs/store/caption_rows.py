"""The captions of videos as rows: which there are, and where their files lie."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from enum import StrEnum

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new, lock_row
from vodpull.errors import NotAllowedNow, NotFound
from vodpull.jobs.store.caption_count_limit import MAX_CAPTIONS
from vodpull.jobs.store.replaced_files import supersede
from vodpull.jobs.store.video_rows import archive_again

COMES_WITHIN_MS = 86_400_000
"""Files on their way that have not come by then never will."""


class CaptionOrigin(StrEnum):
    """Where a caption comes from."""

    SOURCE = "source"
    """A text track of the original."""
    REQUEST = "request"
    """Named with the source."""
    MATERIAL = "material"
    """A material that the wire contract named with the last encode."""
    ADDED = "added"
    """Put to the video later."""


@dataclass(frozen=True, kw_only=True)
class Caption:
    """One text track of a video; survives a round trip through JSON."""

    language: str
    """By BCP 47, in this video its own."""
    label: str
    """For people: hostile text."""
    is_default: bool
    is_forced: bool
    origin: CaptionOrigin
    folder: str
    """Where its files lie, below the folder of all captions of the video: never the same for other bytes."""
    cues: int
    left_out: int
    """Cues of the file that are not among them."""
    size_bytes: int
    updated_at_ms: int


class CaptionRows:
    """The captions of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def of_video(self, video_id: str) -> list[Caption]:
        """Return the captions of a video, the default first, then by language."""
        with self._engine.connect() as connection:
            return read_captions(connection, video_id)

    def begin(self, video_id: str, language: str, folder: str) -> None:
        """
        Record that files of a caption come into a folder, so that nobody removes them.

        Raises:
            NotFound: the video is gone.
            NotAllowedNow: it has too many.
        """
        row, mine = tables.caption.c, _one(video_id, language)
        with self._engine.begin() as connection:
            _lock_video(connection, video_id)
            count = sa.select(sa.func.count()).select_from(tables.caption).where(row.video_id == video_id, ~mine)
            if (connection.scalar(count) or 0) >= MAX_CAPTIONS:
                raise NotAllowedNow(f"a video has {MAX_CAPTIONS} captions at most", field="language")
            values = {"coming": folder, "coming_at_ms": now_ms()}
            if not insert_new(connection, tables.caption, _empty(video_id, language) | values):
                connection.execute(tables.caption.update().where(mine).values(values))

    def put(self, video_id: str, caption: Caption) -> None:
        """
        Record a caption whose files are there, in the place of the one of its language; what it replaces goes later.

        Raises:
            NotFound: the video is gone.
            NotAllowedNow: somebody else has put or removed this caption while its files came.
        """
        row = tables.caption.c
        with self._engine.begin() as connection:
            job_id = _lock_video(connection, video_id)
            if caption.is_default:
                others = sa.and_(row.video_id == video_id, row.language != caption.language)
                connection.execute(tables.caption.update().where(others).values(is_default=False))
            mine = sa.and_(_one(video_id, caption.language), row.coming == caption.folder)
            if connection.execute(tables.caption.update().where(mine).values(_values(caption))).rowcount == 0:
                raise NotAllowedNow("somebody else changes the caption of this language", field="language")
            _changed(connection, job_id)

    def remove(self, video_id: str, language: str) -> None:
        """
        Forget a caption; its files go later.

        Raises:
            NotFound: there is none.
        """
        with self._engine.begin() as connection:
            job_id = _lock_video(connection, video_id)
            if connection.execute(tables.caption.delete().where(_one(video_id, language))).rowcount == 0:
                raise NotFound("the video has no caption of this language", field="language")
            _changed(connection, job_id)


def read_captions(connection: sa.Connection, video_id: str) -> list[Caption]:
    """Return the captions of a video, the default first, then by language."""
    row = tables.caption.c
    columns = (row[field.name] for field in fields(Caption))
    query = sa.select(*columns).where(row.video_id == video_id, row.folder != "")
    rows = connection.execute(query.order_by(row.is_default.desc(), row.language)).mappings()
    return [Caption(**dict(each) | {"origin": CaptionOrigin(each["origin"])}) for each in rows]


def insert_caption(connection: sa.Connection, video_id: str, caption: Caption) -> None:
    """Insert a caption as a manifest has it."""
    insert_new(connection, tables.caption, _empty(video_id, caption.language) | _values(caption))


def caption_folders(connection: sa.Connection, video_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Return the folders of captions that are in use by each of these videos, or into which files are coming."""
    row = tables.caption.c
    query = sa.select(row.video_id, row.folder, row.coming, row.coming_at_ms).where(row.video_id.in_(video_ids))
    kept: dict[str, frozenset[str]] = dict.fromkeys(video_ids, frozenset())
    for each in connection.execute(query):
        comes = each.coming if each.coming_at_ms > now_ms() - COMES_WITHIN_MS else ""
        kept[each.video_id] |= {each.folder, comes} - {""}
    return kept


def _one(video_id: str, language: str) -> sa.ColumnElement[bool]:
    return sa.and_(tables.caption.c.video_id == video_id, tables.caption.c.language == language)


def _lock_video(connection: sa.Connection, video_id: str) -> str:
    """Lock the row of a video, and return its job."""
    lock_row(connection, tables.video.c.video_id, video_id)
    job_id = connection.scalar(sa.select(tables.video.c.job_id).where(tables.video.c.video_id == video_id))
    if job_id is None:
        raise NotFound("there is no such video", field="videoId")
    return str(job_id)


def _changed(connection: sa.Connection, job_id: str) -> None:
    connection.execute(tables.video.update().where(tables.video.c.job_id == job_id).values(updated_at_ms=now_ms()))
    supersede(connection, job_id)
    archive_again(connection, job_id)


def _empty(video_id: str, language: str) -> dict[str, object]:
    return {
        "video_id": video_id,
        "language": language,
        "label": "",
        "is_default": False,
        "is_forced": False,
        "origin": CaptionOrigin.ADDED.value,
        "folder": "",
        "cues": 0,
        "left_out": 0,
        "size_bytes": 0,
        "updated_at_ms": 0,
        "coming": "",
        "coming_at_ms": 0,
    }


def _values(caption: Caption) -> dict[str, object]:
    return asdict(caption) | {"origin": caption.origin.value, "coming": ""}
