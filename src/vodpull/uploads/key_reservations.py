"""
Under which key an upload is kept, and every query about reservations of keys; promises of room: `room_promises.py`.

Call them from a thread, not a loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from vodpull import storage
from vodpull.accounts.account_records import lock_account
from vodpull.clock import now_ms, utc_month
from vodpull.database import tables
from vodpull.database.ids import new_id
from vodpull.database.row_locks import insert_new, locked_row
from vodpull.errors import UploadComplete
from vodpull.uploads.open_upload_limit import check_open_uploads
from vodpull.uploads.upload_and_ticket import Upload, UploadKind, Wanted

CLAIM_MS = 600_000
"""So long a file that is being stored keeps others from taking its place."""

_UPLOAD = tables.upload.c
_UNCOMPLETED = _UPLOAD.completed_at_ms.is_(None)


def _query(which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    # The unfinished one first: of those with one `resume_id` there may be finished ones as well.
    return sa.select(tables.upload).where(which).order_by(~_UNCOMPLETED, _UPLOAD.created_at_ms.desc()).limit(1)


# Built once: every request of an upload asks one of them, and building it takes longer than asking.
_BY_KEY, _BY_ID = _query(_UPLOAD.key == sa.bindparam("key")), _query(_UPLOAD.upload_id == sa.bindparam("upload_id"))


def reserve(connection: sa.Connection, wanted: Wanted, *, deadline_ms: int, most_open: int = 0) -> Upload:
    """
    Reserve a key and an id for a file until a time, or return the unfinished reservation of the same `resume_id`.

    `most_open`: as `check_open_uploads` takes it.

    Raises:
        TooManyUploads: it has that many.
    """
    lock_account(connection, wanted.account_id)
    earlier = _earlier(connection, wanted)
    if earlier is not None:
        return _renewed(connection, earlier, wanted, deadline_ms=deadline_ms)
    check_open_uploads(connection, wanted.account_id, most_open)
    now = now_ms()
    upload_id, subject_id = new_id(now), new_id(now)
    fresh = Upload(
        upload_id=upload_id,
        account_id=wanted.account_id,
        access_key=wanted.access_key,
        kind=wanted.kind,
        subject_id=subject_id,
        key=key_of(wanted, upload_id=upload_id, subject_id=subject_id, created_at_ms=now),
        resume_id=wanted.resume_id or None,
        file_name=wanted.file_name,
        options=dict(wanted.options),
        size_bytes=wanted.size_bytes,
        md5=wanted.md5,
        sha256=wanted.sha256,
        deadline_ms=deadline_ms,
        created_at_ms=now,
        touched_at_ms=now,
    )
    insert_new(connection, tables.upload, asdict(fresh) | {"kind": fresh.kind.value})
    return fresh


def find_by_key(connection: sa.Connection, key: str) -> Upload | None:
    """Return the reservation of a key."""
    return _one(connection, _BY_KEY, key=key)


def find_upload(connection: sa.Connection, upload_id: str) -> Upload | None:
    """Return a reservation by its id."""
    return _one(connection, _BY_ID, upload_id=upload_id)


def lock_upload(connection: sa.Connection, upload_id: str) -> Upload | None:
    """Return a reservation that nobody else changes until the transaction ends."""
    row = locked_row(connection, _UPLOAD.upload_id, upload_id)
    return None if row is None else _upload_of(row)


def touch(connection: sa.Connection, upload_id: str, **values: object) -> None:
    """Record that something of an upload has just happened, and what."""
    mine = _UPLOAD.upload_id == upload_id
    connection.execute(tables.upload.update().where(mine).values(touched_at_ms=now_ms(), **values))


def claim_key(connection: sa.Connection, upload: Upload, series: str, *, overwrite: bool) -> None:
    """
    Let nobody else store a file under the key of a locked upload while these blocks become one, for `CLAIM_MS`.

    Raises:
        UploadComplete: somebody else has claimed it, and may not be overwritten.
    """
    is_claimed = now_ms() - upload.touched_at_ms < CLAIM_MS and upload.completed_by not in {"", series}
    if is_claimed and not overwrite:
        raise UploadComplete("file exists")
    touch(connection, upload.upload_id, completed_by=series)


def _earlier(connection: sa.Connection, wanted: Wanted) -> Upload | None:
    """Return the reservation that is meant by a `resume_id`."""
    if not wanted.resume_id:
        return None
    same = sa.and_(
        _UPLOAD.account_id == wanted.account_id,
        _UPLOAD.kind == wanted.kind.value,
        _UPLOAD.resume_id == wanted.resume_id,
    )
    return _one(connection, _query(same if wanted.replaces else sa.and_(same, _UNCOMPLETED)))


def _renewed(connection: sa.Connection, earlier: Upload, wanted: Wanted, *, deadline_ms: int) -> Upload:
    """Extend a reservation; what was asked for now counts."""
    values = {
        "access_key": wanted.access_key,
        "options": dict(wanted.options),
        "size_bytes": wanted.size_bytes,
        "md5": wanted.md5,
        "sha256": wanted.sha256,
        "deadline_ms": max(deadline_ms, earlier.deadline_ms),
    }
    if earlier.is_complete:  # until it is complete again the old file stays, and is told of as it was
        values = {"deadline_ms": values["deadline_ms"]}
    touch(connection, earlier.upload_id, **values)
    found = find_upload(connection, earlier.upload_id)
    assert found is not None  # noqa: S101 - its account's row is locked
    return found


def _one(connection: sa.Connection, query: sa.Select[Any], **values: str) -> Upload | None:
    row = connection.execute(query, values).mappings().first()
    return None if row is None else _upload_of(row)


def _upload_of(row: Mapping[Any, Any]) -> Upload:
    return Upload(**dict(row) | {"kind": UploadKind(row["kind"])})


def key_of(wanted: Wanted, *, upload_id: str, subject_id: str, created_at_ms: int) -> str:
    """Return the key of the object that an upload becomes. Pure."""
    month = utc_month(created_at_ms / 1000)
    if wanted.kind is UploadKind.VIDEO:
        folder = storage.asset_folder(month=month, directory=upload_id, root=wanted.kind.value)
        return f"{folder}/{storage.original_name(wanted.file_name, video_id=subject_id)}"
    suffix = wanted.file_name.rpartition(".")[2].lower()
    return storage.material_key(wanted.kind.value, month=month, material_id=subject_id, suffix=suffix)
