"""
The hash of a file as the vendor's clients compute it, from the SHA-1 of each 4 MiB of it. Pure.

Source: spec cloud-vod-videos §8.4.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

SPAN_BYTES = 4 * 1024 * 1024

_ONE, _MANY = b"\x16", b"\x96"


def file_hash(spans: Sequence[bytes]) -> str:
    """Return the hash of a file of these spans, given the SHA-1 of each."""
    if len(spans) == 1:
        return _text(_ONE + spans[0])
    return _text(_MANY + hashlib.sha1(b"".join(spans), usedforsecurity=False).digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
