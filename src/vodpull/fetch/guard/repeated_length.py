"""Answers that say their Content-Length more than once: taken if all say the same (RFC 9110, 8.6)."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

# Beyond that the head is left to the parser as it is, which refuses what is too large.
_MAX_HEAD_BYTES = 1 << 20
_START = b"HTTP/"
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:([^\r\n]*)", re.IGNORECASE)


def tolerate_repeated_length(connector: aiohttp.TCPConnector) -> aiohttp.TCPConnector:
    """Let the connections of a connector take answers that repeat their length; different lengths stay an error."""
    # No public way to a connection's protocol; an integration test guards it.
    vars(connector)["_factory"] = partial(_Protocol, loop=asyncio.get_running_loop())
    return connector


def without_repeats(head: bytes) -> bytes:
    """Return the head of an answer with its length said once; as it is if the lengths differ. Pure."""
    lines = _LENGTH.findall(head)
    lengths = [length.strip() for line in lines for length in line.split(b",")]
    if len(lengths) < 2 or len(set(lengths)) > 1:  # noqa: PLR2004 - a repetition
        return head
    return _LENGTH.sub(b"", head).replace(b"\r\n", b"\r\nContent-Length: " + lengths[0] + b"\r\n", 1)


class _Protocol(ResponseHandler):
    """Reads heads before the parser does; bodies pass by."""

    _head = bytearray()
    _is_in_head = False

    def set_response_params(self, **given: Any) -> None:
        self._head, self._is_in_head = bytearray(), True
        super().set_response_params(**given)

    def data_received(self, data: bytes) -> None:
        if self._is_in_head and data:
            data = self._read_heads(data)
            if not data:
                return
        super().data_received(data)

    def _read_heads(self, data: bytes) -> bytes:
        """Return what the parser may have now: heads as they are complete, and whatever follows the last one."""
        looked_at = max(0, len(self._head) - len(_END))
        self._head += data
        ready = b""
        while self._is_in_head and (end := self._head.find(_END, looked_at)) >= 0:
            head = bytes(self._head[: end + len(_END)])
            del self._head[: end + len(_END)]
            looked_at = 0
            ready += without_repeats(head)
            self._is_in_head = _is_interim(head)
        is_strange = not self._head.startswith(_START[: len(self._head)]) or len(self._head) > _MAX_HEAD_BYTES
        if not self._is_in_head or is_strange:
            ready += bytes(self._head)
            self._head, self._is_in_head = bytearray(), False
        return ready


def _is_interim(head: bytes) -> bool:
    """Tell whether another head follows: after 100 to 199, but 101."""
    status = head[9:12]
    return status.startswith(b"1") and status != b"101"
