"""Objects of source stores, and files of folders, answered as an HTTP origin would answer."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from types import TracebackType
from typing import Protocol, Self

import yarl
from multidict import CIMultiDict

from vodpull.clock import now_s
from vodpull.errors import (
    BodyIncomplete,
    ObjectMissing,
    OriginMissing,
    OriginRefused,
    SourceStoreUnknown,
    StorageError,
    StorageUnavailable,
)
from vodpull.fetch.guard.source_store_urls import StoreNames, key_of

_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]+)")

_OK, _PARTIAL, _OUT_OF_RANGE = 200, 206, 416


class Opened(Protocol):
    """A part of an object that is being read."""

    @property
    def size_bytes(self) -> int:
        """Of the whole object."""

    @property
    def etag(self) -> str:
        """Another one when the bytes are others; without quotes, perhaps weak or empty."""

    @property
    def modified_s(self) -> float:
        """Unix time."""

    @property
    def blocks(self) -> AsyncGenerator[bytes]:
        """The bytes that were asked for."""


class ReadableStores(StoreNames, Protocol):
    """Reads from the stores of one account."""

    async def open(self, name: str, key: str, span: tuple[int, int] | None) -> Opened | None:
        """
        Open an object, or a span of it; None where it ends before the span.

        Raises:
            ObjectMissing, StorageError: there is none, or it cannot be read.
        """


class NoStores:
    """The stores of an installation that has none to read from."""

    def scheme_of(self, name: str) -> str | None:  # noqa: ARG002 - whatever its name
        """Know none."""
        return None

    async def open(self, name: str, key: str, span: tuple[int, int] | None) -> Opened | None:  # noqa: ARG002
        """Refuse."""
        raise SourceStoreUnknown("there is no store to read from")


class StoredAnswer:
    """The answer of a store to one request; its own body."""

    def __init__(self, url: yarl.URL, opened: Opened | None, span: tuple[int, int] | None) -> None:
        self.url = url
        self.headers: CIMultiDict[str] = CIMultiDict(
            {"Accept-Ranges": "bytes", "Date": formatdate(now_s(), usegmt=True)}
        )
        self.content = self
        self._blocks = opened.blocks if opened else None
        self.status, self.content_length = _OUT_OF_RANGE, 0
        if opened is None:
            return
        start, stop = span or (0, opened.size_bytes)
        self.status, self.content_length = (_PARTIAL if span else _OK), stop - start
        self.headers["Last-Modified"] = formatdate(opened.modified_s, usegmt=True)
        if opened.etag:
            self.headers["ETag"] = opened.etag if opened.etag.startswith("W/") else f'"{opened.etag.strip(chr(34))}"'
        if span:
            self.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{opened.size_bytes}"

    async def readany(self) -> bytes:
        """Return the next block."""
        if self._blocks is None:
            return b""
        with translated(self.url):
            return await anext(self._blocks, b"")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._blocks is not None:
            await self._blocks.aclose()


async def ask(stores: ReadableStores, url: yarl.URL, headers: Mapping[str, str]) -> StoredAnswer:
    """
    Return the answer of a store to a request with these headers.

    Raises:
        FetchError: the object is not there, or must not or cannot be read just now.
    """
    asked = _RANGE.fullmatch(headers.get("Range", ""))
    span = (int(asked[1]), int(asked[2]) + 1) if asked else None
    with translated(url):
        opened = await stores.open(url.raw_host or "", key_of(url), span)
    if opened and span:
        span = (span[0], min(span[1], opened.size_bytes))
    return StoredAnswer(url, opened, span)


@contextmanager
def translated(url: yarl.URL) -> Iterator[None]:
    """Turn the errors of a store into those of a source."""
    name, key = url.raw_host, key_of(url)
    try:
        yield
    except ObjectMissing as error:
        remedy = "Check the name of the object, its case included."
        raise OriginMissing(f"the store {name} has no object {key!r}", remedy=remedy) from error
    except StorageUnavailable as error:
        raise BodyIncomplete(f"the store {name} did not give the object: {error}") from error
    except StorageError as error:
        remedy = "Ask the operator to let the store's key read this object, and to look at what the message names."
        raise OriginRefused(f"the store {name} does not give the object: {error}", remedy=remedy) from error
