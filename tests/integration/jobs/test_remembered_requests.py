from __future__ import annotations

import pytest
import sqlalchemy as sa

from vodpull.errors import KeyReused
from vodpull.jobs.submission.remembered_requests import fingerprint, is_first, remember_all, signed_fingerprint

SIGNED = signed_fingerprint("a" * 64)
CHOSEN = fingerprint("idempotency", "acme", "key", content=b"x")


def first_of(database: sa.Engine, *requests: object, batch_id: str) -> str:
    with database.begin() as connection:
        return remember_all(connection, requests, batch_id)  # type: ignore[arg-type]


def test_whatever_a_request_is_known_by_leads_to_its_first_batch(database: sa.Engine) -> None:
    assert first_of(database, SIGNED, CHOSEN, batch_id="1") == "1"
    assert first_of(database, SIGNED, batch_id="2") == "1"
    assert first_of(database, CHOSEN, batch_id="3") == "1"
    again = signed_fingerprint("b" * 64)
    assert first_of(database, again, CHOSEN, batch_id="4") == "1"
    # A copy of that one without its header, too.
    assert first_of(database, again, batch_id="5") == "1"


def test_a_key_that_was_reused_is_told_and_nothing_is_remembered(database: sa.Engine) -> None:
    first_of(database, CHOSEN, batch_id="1")
    other = fingerprint("idempotency", "acme", "key", content=b"y")
    with pytest.raises(KeyReused):
        first_of(database, SIGNED, other, batch_id="2")
    assert first_of(database, SIGNED, batch_id="3") == "3"


def test_a_request_is_first_once(database: sa.Engine) -> None:
    assert [is_first(database, SIGNED) for _ in range(3)] == [True, False, False]
