"""Objects of a remote store that are read and listed, and never written."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import obstore

from vodpull.errors import StorageUnavailable
from vodpull.storage.contract import ListedObject
from vodpull.storage.folder_source import OpenedSource
from vodpull.storage.object_store import LIST_BLOCK, READ_BLOCK_BYTES, Remote, listed, translated


class RemoteSource:
    """The objects of a remote store, read and listed."""

    def __init__(self, store: Remote) -> None:
        self._store = store

    async def open(self, key: str, span: tuple[int, int] | None) -> OpenedSource | None:
        """
        Open an object, or a span of it; None where it ends before the span.

        Raises:
            ObjectMissing, StorageError: there is none, or it cannot be read.
        """
        try:
            with translated(key):
                result = await obstore.get_async(self._store, key, options={"range": span} if span else None)
        except StorageUnavailable:
            if span is None:
                raise
            with translated(key):
                size_bytes = (await obstore.head_async(self._store, key))["size"]
            if size_bytes > span[0]:
                raise
            return None
        meta = result.meta
        return OpenedSource(
            size_bytes=meta["size"],
            etag=(meta["e_tag"] or "").strip('"'),
            modified_s=meta["last_modified"].timestamp(),
            blocks=self._blocks(key, result),
        )

    async def list_pages(self, prefix: str, after: str = "") -> AsyncGenerator[list[ListedObject]]:
        """Give the objects below a prefix whose keys come after one, in the order of keys."""
        with translated(prefix):
            async for page in obstore.list(self._store, prefix or None, offset=after or None, chunk_size=LIST_BLOCK):
                yield [listed(meta) for meta in page]

    async def _blocks(self, key: str, result: obstore.GetResult) -> AsyncGenerator[bytes]:
        with translated(key):
            async for block in result.stream(min_chunk_size=READ_BLOCK_BYTES):
                yield bytes(block)
