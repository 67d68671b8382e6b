"""The bytes of one fetched segment: decrypted, and recognised before they are joined with others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from vodpull.errors import PlaylistUnsupported
from vodpull.fetch.partfile.disk_errors import disk_errors

# Bytes a read, as many as a write of the transfer
_BLOCK_BYTES = 1 << 20
_TS_PACKET_BYTES = 188
_TAG_HEADER_BYTES = 10
# What a file, an initialisation section or a segment of fMP4 starts with (ISO/IEC 14496-12, 23009-1, 23000-19)
_BOXES = {b"ftyp", b"styp", b"moov", b"moof", b"sidx", b"ssix", b"emsg", b"prft", b"mdat", b"free", b"skip", b"uuid"}


def plain_blocks(path: Path, *, key: bytes = b"", iv: bytes = b"") -> Iterator[bytes]:
    """
    Give the bytes of a file, decrypted if there is a key, in blocks.

    Raises:
        PlaylistUnsupported: it does not decrypt with this key.
    """
    blocks = _blocks(path)
    return _decrypted(blocks, key, iv) if key else blocks


def form_of(start: bytes) -> str | None:
    """
    Return what the first bytes of a segment are: `mp4`, `ts`, or sound without a container, `aac` or `mp3`.

    Raises:
        PlaylistUnsupported: they are AC-3 without a container.
    """
    if start[4:8] in _BOXES:
        return "mp4"
    if start[:1] == b"G" and start[_TS_PACKET_BYTES : _TS_PACKET_BYTES + 1] in {b"", b"G"}:
        return "ts"
    sound = without_tag(start)[:2]
    if sound == b"\x0b\x77":
        raise PlaylistUnsupported("AC-3 sound without a container cannot be joined")
    if len(sound) < 2 or sound[0] != 0xFF:  # noqa: PLR2004 - two bytes of ones are the start of a frame
        return None
    if sound[1] & 0xF6 == 0xF0:  # noqa: PLR2004 - ADTS: layer 0
        return "aac"
    return "mp3" if sound[1] & 0xE0 == 0xE0 and sound[1] & 0x06 else None  # noqa: PLR2004 - MPEG audio: layer I to III


def without_tag(start: bytes) -> bytes:
    """Return the bytes behind an ID3 tag, which carries a time in segments of sound alone (RFC 8216, 3.4)."""
    while start[:3] == b"ID3" and len(start) >= _TAG_HEADER_BYTES:
        # Seven bits a byte.
        length = sum((byte & 0x7F) << shift for byte, shift in zip(start[6:10], (21, 14, 7, 0), strict=True))
        start = start[_TAG_HEADER_BYTES + length :]
    return start


def _blocks(path: Path) -> Iterator[bytes]:
    with disk_errors(), path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


def _decrypted(blocks: Iterator[bytes], key: bytes, iv: bytes) -> Iterator[bytes]:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(algorithms.AES.block_size).unpadder()
    try:
        for block in blocks:
            yield unpadder.update(decryptor.update(block))
        yield unpadder.update(decryptor.finalize()) + unpadder.finalize()
    except ValueError as error:
        raise PlaylistUnsupported("it does not decrypt with the key that the playlist names") from error
