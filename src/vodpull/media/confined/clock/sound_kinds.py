"""
What kind of sound a packet says it has: rate and channels; a part of the confined clock_jumps.py.

Only the standard library.
"""

from __future__ import annotations

# Masks of the first bytes, where they say it (ADTS: ISO/IEC 13818-7, 6.2.1; AC-3 and E-AC-3: ETSI TS 102 366).
MASKS = {
    "aac": bytes((0xFF, 0xF6, 0xFD, 0xC0)),
    "ac3": bytes((0xFF, 0xFF, 0, 0, 0xC0, 0xF8, 0xFF)),
    "eac3": bytes((0xFF, 0xFF, 0, 0, 0xFF)),
    # Behind what begins a frame and its length, the description of a stream (ISO/IEC 14496-3, 1.7.3).
    "aac_latm": bytes((0xFF, 0xE0, 0, 0xFF, 0xFF, 0xFF, 0xF8)),
}
# What must be so in the first bytes: without it there is no such header.
SYNCS = {"aac": (b"\xff\xf6", b"\xff\xf0"), "aac_latm": (b"\xff\xe0\0\xc0", b"\x56\xe0\0\0")}
MPEG_AUDIO = frozenset({"mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float"})
SINGLE_CHANNEL = 3


def kind(codec: str, content: bytes) -> bytes:
    """Return what a packet says of its kind, equal for all packets of one kind; empty: nothing."""
    if codec in MPEG_AUDIO:
        return _mpeg_audio(content)
    mask = MASKS.get(codec, b"")
    where, wanted = SYNCS.get(codec, (b"", b""))
    return _masked(content, mask) if _masked(content, where) == wanted else b""


def _masked(content: bytes, mask: bytes) -> bytes:
    return bytes(a & b for a, b in zip(content, mask, strict=False))


def _mpeg_audio(content: bytes) -> bytes:
    """Return version, layer and rate, and whether there is one channel: two are coded in ways that change."""
    if len(content) < 4 or content[0] != 0xFF or content[1] < 0xE0:  # noqa: PLR2004 - a header begins with eleven ones
        return b""
    return bytes((content[1] & 0x1E, content[2] & 0x0C, content[3] >> 6 == SINGLE_CHANNEL))
