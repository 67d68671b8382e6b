"""A client of the wire contract for a service that runs in the test's own process."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.clock import now_s
from vodpull.database import tables
from vodpull.errors import Cancelled, Failure
from vodpull.jobs.store.final_statuses import Outcome, final_values
from vodpull.jobs.store.rows import IS_FINAL
from vodpull.request_signing import SigningKey, sign
from vodpull.storage.object_store import ObstoreObjects
from vodpull.workflows.requests.video_deletion import VideoDeletion

FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request."""

    method: str = "POST"
    target: str
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True, kw_only=True)
class Wire:
    """
    Calls a service, and sees the database behind it.

    The browser is entered: all its requests run in one event loop then, as a server's do.
    """

    browser: TestClient
    database: sa.Engine
    accounts: Accounts
    key: NewKey
    objects: ObstoreObjects

    def call(self, path: str, parameters: object = None, *, key: NewKey | None = None) -> dict[str, Any]:
        """Return the reply to a call with a JSON body."""
        return self.send(Sent(target=path, body=json.dumps(parameters or {}).encode()), key=key)

    def send(self, sent: Sent, *, key: NewKey | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Return the reply to a request; `http` is its status where that is not 200."""
        signed = headers or self.sign(sent, key=key)
        reply = self.browser.request(sent.method, sent.target, content=sent.body, headers=signed)
        found: dict[str, Any] = reply.json()
        return found if reply.status_code == 200 else found | {"http": reply.status_code}

    def sign(self, sent: Sent, *, key: NewKey | None = None) -> dict[str, str]:
        """Return the headers of a request; no two requests have the same."""
        used = key or self.key
        signer = SigningKey(access_key=used.access_key, secret=used.secret_key, nonce=secrets.token_hex(8))
        url = f"{self.browser.base_url}{sent.target}"
        return sign(sent.method, url, sent.body, key=signer, now_s=now_s(), content_type=sent.content_type)

    def forget_videos(self) -> None:
        """Delete every video and category, and let nothing that is under way make, change or delete one."""
        assert self.browser.portal is not None
        self.browser.portal.call(_end_of_deletions)
        with self.database.begin() as connection:
            # First of all: from here on, nothing that a worker still does of a job counts.
            over = final_values(Outcome(failure=Failure.of(Cancelled("the test is over"))))
            connection.execute(tables.job.update().where(~IS_FINAL).values(over))
            # The folder of the vectors' video is one video's.
            connection.execute(tables.job.update().values(directory=tables.job.c.job_id))
            for table in _OF_VIDEOS:
                connection.execute(table.delete())
            # The vectors begin with node 1001 and nothing stored.
            connection.execute(tables.account.update().values(last_node_id=0, stored_bytes=0, peak_bytes=0))


async def _end_of_deletions() -> None:
    """Wait for deletions that nobody waits for: the next video may have the same id, and its folder."""
    deleting = VideoDeletion._try.__code__
    if under_way := [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "cr_code", None) is deleting]:
        await asyncio.wait(under_way)


_OF_VIDEOS = (
    tables.material_use,
    tables.material,
    tables.video_category,
    tables.category,
    tables.caption,
    tables.video,
    tables.event,
    tables.task,
    tables.storage_day,
)
