"""
What a signed status query needs of the database: the caller's key, the batch and its jobs, by one statement.

The bytes of an item are pure, and remembered by everything that they are made of. Rows come straight from the driver.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from vodpull.accounts.access_keys import LiveKey
from vodpull.accounts.scopes import read_scopes
from vodpull.jobs.model import Asset
from vodpull.jobs.states_and_codes import WireStatus
from vodpull.jobs.status.status_data import BatchStatus, batch_status, item_data
from vodpull.wire_values import compact_json

REMEMBERED_ITEMS = 4096
"""About 3 kB each."""

_ASSET = TypeAdapter(Asset)


@dataclass(frozen=True, kw_only=True)
class FoundBatch:
    """What the statement brought."""

    key: LiveKey | None = None
    """None: no live key has this name."""
    batch: BatchStatus | None = None
    """The batch that was asked for, of whichever account; None: there is none."""


class Lookup(NamedTuple):
    """What to look for: a key, and the batch of this id, else the newest of the key's account with this business id."""

    access_key: str
    task_id: str = ""
    trans_no: str = ""


Done = Callable[[FoundBatch | Exception], None]
"""Takes what was found, or why nothing could be looked for; must not raise."""


class QueryReader(ABC):
    """Reads what a status query needs, on the event loop of its caller."""

    @abstractmethod
    def ask(self, lookup: Lookup, done: Done) -> None:
        """Tell what there is, no older than this call, as soon as it is known."""

    async def find(self, lookup: Lookup) -> FoundBatch:
        """Return what there is."""
        found: asyncio.Future[FoundBatch] = asyncio.get_running_loop().create_future()
        self.ask(lookup, partial(_settle, found))
        return await found

    @abstractmethod
    async def close(self) -> None:
        """Give the connections back."""


def _settle(future: asyncio.Future[FoundBatch], outcome: FoundBatch | Exception) -> None:
    if future.done():  # its caller has gone
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


class RememberedBatches:
    """What was found, for as long as the database says by one and the same mark that nothing was committed since."""

    def __init__(self) -> None:
        self.mark = ""
        """What the database calls its state in which all of it was found."""
        self._found: dict[Lookup, FoundBatch] = {}
        self._held_items = 0

    def get(self, lookup: Lookup) -> FoundBatch | None:
        """Return what was found under the mark."""
        return self._found.get(lookup)

    def go_on(self, mark: str) -> None:
        """Forget what was found under another mark, or when it has become too much."""
        if mark != self.mark or self._held_items > REMEMBERED_ITEMS:
            self.mark, self._held_items = mark, 0
            self._found.clear()

    def keep(self, lookup: Lookup, found: FoundBatch) -> None:
        """Remember what was found under the mark; of what is not there, strangers could ask without end."""
        if found.batch is not None:
            self._found[lookup] = found
            self._held_items += 1 + len(found.batch.items)


STATEMENT = """
select key.account_id as key_account_id, key.sealed_secret, key.sealed_next_secret,
       key.scopes, key.expires_at_ms,
       batch.batch_id, batch.account_id, batch.trans_no, job.position,
       job.file_name, job.source_url, job.md5, job.pull_status, job.cmd_status, cast(job.asset as text)
from access_key as key
left join batch on batch.deleted_at_ms is null and batch.batch_id = case when :task_id <> '' then :task_id else (
    select newest.batch_id from batch as newest
    where newest.account_id = key.account_id and newest.trans_no = :trans_no and newest.deleted_at_ms is null
    order by newest.created_at_ms desc limit 1
) end
left join job on job.batch_id = batch.batch_id
where key.access_key = :access_key and key.revoked_at_ms is null
order by job.position
"""
"""For one lookup, whose fields it takes by their names."""


def parameters_of(lookup: Lookup) -> dict[str, str]:
    """Return the parameters; what no text of a database can be is changed into what no identifier is."""
    asked = lookup._asdict().items()
    return {name: text.encode("utf-8", "replace").decode().replace("\0", "?") for name, text in asked}


def read_found(rows: Sequence[Sequence[Any]], access_key: str, open_sealed: Callable[[str], str]) -> FoundBatch:
    """Return what the rows of one lookup tell."""
    if not rows:
        return FoundBatch()
    typed = [_Row(*row) for row in rows]
    return FoundBatch(key=_key(typed, access_key, open_sealed), batch=_batch(typed))


class _Row(NamedTuple):
    """One row of the statement: the key and the batch again for each job."""

    account_id: str
    sealed_secret: str
    sealed_next_secret: str | None
    scopes: str
    expires_at_ms: int | None
    batch_id: str | None
    owner_id: str
    trans_no: str
    position: int
    file_name: str
    source_url: str | None
    md5: str
    pull_status: int
    cmd_status: int
    asset: str | None


ITEM = _Row._fields.index("file_name")
"""Where the columns of the job begin."""


def _key(rows: Sequence[_Row], access_key: str, open_sealed: Callable[[str], str]) -> LiveKey:
    first = rows[0]
    sealed = (first.sealed_secret, first.sealed_next_secret)
    secrets = tuple(open_sealed(secret) for secret in sealed if secret is not None)
    return LiveKey(
        access_key=access_key,
        account_id=first.account_id,
        secrets=secrets,
        scopes=read_scopes(first.scopes.split()),
        expires_at_ms=first.expires_at_ms,
    )


def _batch(rows: Sequence[_Row]) -> BatchStatus | None:
    first = rows[0]
    if first.batch_id is None:
        return None
    # A batch whose jobs were all removed is still one.
    items = [_item(*row[ITEM:]) for row in rows if row.source_url is not None]
    return BatchStatus(
        batch_id=first.batch_id,
        account_id=first.owner_id,
        trans_no=first.trans_no,
        status=batch_status(state for state, _ in items),
        items=tuple(text for _, text in items),
    )


@dataclass(frozen=True)
class _Item:
    """The columns of a job that an item shows."""

    file_name: str
    source_url: str
    md5: str
    pull_status: WireStatus
    cmd_status: WireStatus
    asset: Asset | None


@lru_cache(maxsize=REMEMBERED_ITEMS)
def _item(*columns: Any) -> tuple[_Item, bytes]:
    """Return an item and its JSON; nothing but its columns decides about it."""
    file_name, source_url, md5, pull_status, cmd_status, asset = columns
    known = None if asset is None else _ASSET.validate_json(asset)
    item = _Item(file_name, source_url, md5, WireStatus(pull_status), WireStatus(cmd_status), known)
    return item, compact_json(item_data(item))
