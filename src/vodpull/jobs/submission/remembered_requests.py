"""
Requests that were answered before: the same one again gets the first answer, not a second batch.

A transNo is no part of it: where an operator wants that one counts only once, `store/unique_trans_no.py` says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.clock import now_s
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.errors import KeyReused

KEEP_S = 25 * 3600.0
"""Idempotency keys are promised for 24 hours; signatures need ten minutes."""


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What makes two requests the same one."""

    request_id: str
    """64 hex characters: of the signature, or of account and Idempotency-Key."""
    content_hash: str
    """64 hex characters of what was asked."""


def fingerprint(*identity: str, content: bytes) -> Fingerprint:
    """Return the fingerprint of a request known by these words, asking for this content."""
    return Fingerprint(request_id=_digest(*identity), content_hash=hashlib.sha256(content).hexdigest())


def signed_fingerprint(identity: str) -> Fingerprint:
    """Return the fingerprint of a signed request: its identity says all that the signature covers."""
    return Fingerprint(request_id=_digest("signed", identity), content_hash=identity)


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def remember(connection: sa.Connection, request: Fingerprint, batch_id: str) -> str:
    """
    Return the batch of the first request with this fingerprint: `batch_id`, or that of the earlier one.

    Of any number of copies at the same moment exactly one is the first; the others wait for its commit.

    Raises:
        KeyReused: the earlier request asked for something else.
    """
    row = {
        "request_id": request.request_id,
        "content_hash": request.content_hash,
        "batch_id": batch_id,
        "at_s": now_s(),
    }
    if insert_new(connection, tables.remembered_request, row):
        return batch_id
    mine = tables.remembered_request.c.request_id == request.request_id
    earlier = connection.execute(sa.select(tables.remembered_request).where(mine)).mappings().one()
    if earlier["content_hash"] != request.content_hash:
        raise KeyReused("this Idempotency-Key came with another request before", field="Idempotency-Key")
    return str(earlier["batch_id"])


def remember_all(connection: sa.Connection, requests: Sequence[Fingerprint], batch_id: str) -> str:
    """
    Return the batch of the first request with any of these fingerprints, and remember all of them for it.

    Raises:
        KeyReused: an earlier request asked for something else.
    """
    for number, request in enumerate(requests):
        first = remember(connection, request, batch_id)
        if first != batch_id:
            mine = tables.remembered_request.c.request_id.in_([known.request_id for known in requests[:number]])
            connection.execute(tables.remembered_request.update().where(mine).values(batch_id=first))
            return first
    return batch_id


def is_first(engine: sa.Engine, request: Fingerprint) -> bool:
    """Return True for one caller alone: the first that asks about this request."""
    return first_answer(engine, [request]) is None


def first_answer(engine: sa.Engine, known_by: Sequence[Fingerprint]) -> str | None:
    """
    Return None to one caller alone, the first; to others what it noted of its answer, empty while it is at work.

    Raises:
        KeyReused: the first request with one of these fingerprints asked for something else.
    """
    with engine.begin() as connection:
        for number, request in enumerate(known_by):
            row = {"request_id": request.request_id, "content_hash": request.content_hash}
            if insert_new(connection, tables.remembered_request, row | {"batch_id": "", "at_s": now_s()}):
                continue
            earlier = connection.execute(sa.select(tables.remembered_request).where(_is(request))).mappings().first()
            if earlier is not None and earlier["content_hash"] != request.content_hash:
                raise KeyReused("this Idempotency-Key came with another request before", field="Idempotency-Key")
            _forget(connection, known_by[:number])
            # Releases before this one noted it in the place of a batch.
            return "" if earlier is None else earlier["answer"] or earlier["batch_id"]
    return None


def note_answer(engine: sa.Engine, known_by: Sequence[Fingerprint], answer: str) -> None:
    """Keep what those who send a request again are answered: not empty."""
    mine = tables.remembered_request.c.request_id.in_([request.request_id for request in known_by])
    with engine.begin() as connection:
        connection.execute(tables.remembered_request.update().where(mine).values(answer=answer))


def forget(engine: sa.Engine, known_by: Sequence[Fingerprint]) -> None:
    """Take a request for one that never came: it was refused."""
    with engine.begin() as connection:
        _forget(connection, known_by)


def _forget(connection: sa.Connection, known_by: Sequence[Fingerprint]) -> None:
    mine = tables.remembered_request.c.request_id.in_([request.request_id for request in known_by])
    connection.execute(tables.remembered_request.delete().where(mine))


def _is(request: Fingerprint) -> sa.ColumnElement[bool]:
    return tables.remembered_request.c.request_id == request.request_id


def forget_old(engine: sa.Engine) -> int:
    """Delete what is older than anyone may count on, and return how many that were."""
    with engine.begin() as connection:
        old = tables.remembered_request.c.at_s < now_s() - KEEP_S
        return connection.execute(tables.remembered_request.delete().where(old)).rowcount
