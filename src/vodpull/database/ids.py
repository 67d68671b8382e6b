"""Identifiers of rows."""

from __future__ import annotations

import secrets


def new_id(created_ms: int) -> str:
    """
    Return a fresh identifier of 32 lower-case hex characters.

    Starts with the creation time in the pattern of the original service (spec cloud-vod-fetch §5.3), so that ids
    sort roughly by time; the remaining 80 bits are random, so that ids cannot be guessed.
    """
    return f"{created_ms & 0xFFFFFFFF:08x}{created_ms >> 32 & 0xFFFF:04x}{secrets.token_hex(10)}"
