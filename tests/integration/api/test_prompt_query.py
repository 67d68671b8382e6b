"""Status queries that are answered where they come in: the good ones, and no others."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from tests.stored import VAULT, accepted

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.accounts.rate_limits import RateLimit
from vodpull.api.cloudvod.pull.status_query import PATH, PromptStatusQuery, StatusQuery
from vodpull.api.http.keys.authentication import Access
from vodpull.api.http.keys.signature_coverage import RawRequest
from vodpull.api.http.reply_counts import Answered
from vodpull.database import tables
from vodpull.jobs.status.sqlite_reader import open_query_reader
from vodpull.request_signing import SigningKey, sign


@pytest.fixture
def told() -> list[Answered]:
    return []


@pytest.fixture
def limit(database: sa.Engine, key: NewKey) -> RateLimit:
    """Count one call, after which two more are here without asking the database."""
    limit = RateLimit(database, "calls", "30/hour", what="calls")
    limit.count(key.access_key)
    return limit


@pytest.fixture
async def prompt(database: sa.Engine, limit: RateLimit, told: list[Answered]) -> AsyncIterator[PromptStatusQuery]:
    reader = open_query_reader(database, VAULT)
    access = Access(Accounts(database, VAULT).find_live, limit=limit, is_first=lambda _: True)
    query = StatusQuery(reader, access, language="en", compat=())
    yield PromptStatusQuery(query, on_reply=told.append)
    await reader.close()


def arrived(key: NewKey, task_id: str) -> RawRequest:
    body = json.dumps({"taskId": task_id}).encode()
    signing = SigningKey(access_key=key.access_key, secret=key.secret_key)
    headers = sign("POST", f"http://h{PATH}", body, key=signing, now_s=time.time())
    return RawRequest(b"POST", PATH.encode(), [(n.lower().encode(), v.encode()) for n, v in headers.items()], body)


async def answer(prompt: PromptStatusQuery, request: RawRequest) -> bytes | None:
    taken: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
    try:
        prompt.answer(request, taken.set_result)
    except Exception:
        return None  # as the server takes it
    return await taken


async def test_only_good_queries_are_answered_and_counted(
    database: sa.Engine, prompt: PromptStatusQuery, told: list[Answered], key: NewKey
) -> None:
    task_id = accepted(database, key).batch.batch_id
    other = Accounts(database, VAULT).create_key("other")
    forged = NewKey(access_key=key.access_key, secret_key=other.secret_key)
    for request in (arrived(key, "0" * 32), arrived(key, ""), arrived(other, task_id), arrived(forged, task_id)):
        assert await answer(prompt, request) is None
    for _ in range(2):
        good = await answer(prompt, arrived(key, task_id))
        assert good is not None
        assert json.loads(good.partition(b"\r\n\r\n")[2])["data"]["taskId"] == task_id
    assert await answer(prompt, arrived(key, task_id)) is None  # the database is to be asked
    assert [(each.route, each.code) for each in told] == [(PATH, 200)] * 2


@pytest.mark.parametrize("end", ["revoked_at_ms", "expires_at_ms"])
async def test_a_key_that_has_ended_is_refused_at_once(
    database: sa.Engine, prompt: PromptStatusQuery, key: NewKey, end: str
) -> None:
    request = arrived(key, accepted(database, key).batch.batch_id)
    assert await answer(prompt, request) is not None
    with database.begin() as connection:
        connection.execute(tables.access_key.update().values({end: 1}))
    assert await answer(prompt, request) is None
