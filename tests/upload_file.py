"""The file of the upload vectors."""

from __future__ import annotations

import hashlib

_UNIT = hashlib.sha256(b"\x01").digest() * 32


def vector_file(size_bytes: int) -> bytes:
    """Return a file of this size, by the rule of upload-protocol.json."""
    return (_UNIT * (size_bytes // len(_UNIT) + 1))[:size_bytes]
