"""The type of an answer, whoever gives it: an HTTP origin, or a store; what it means is in `answer_checks.py`."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

import yarl
from multidict import MultiMapping


class AnswerBody(Protocol):
    """Bytes on their way."""

    async def readany(self) -> bytes:
        """Return what has come; empty at the end."""


class Answer(Protocol):
    """An answer to a request for a file or a part of it, as `aiohttp.ClientResponse` has it."""

    status: int

    @property
    def url(self) -> yarl.URL:
        """Where it comes from."""

    @property
    def headers(self) -> MultiMapping[str]:
        """By names without case."""

    @property
    def content_length(self) -> int | None:
        """Announced number of bytes."""

    @property
    def content(self) -> AnswerBody:
        """The bytes."""

    async def __aenter__(self) -> Answer: ...  # noqa: PYI034 - the library does not say `Self`

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
