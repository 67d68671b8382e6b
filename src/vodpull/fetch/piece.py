"""The bytes of one fetched segment: decrypted, and recognised before they are joined with others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from vodpull.errors import PlaylistUnsupported
from vodpull.fetch.upstream import disk_errors

# Bytes a read, as many as a write of the transfer
_BLOCK_BYTES = 1 << 20
_TS_PACKET_BYTES = 188
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


def is_transport_stream(start: bytes) -> bool:
    """Tell whether bytes start like MPEG-TS: a sync byte, and another one a packet later."""
    return start[:1] == b"G" and start[_TS_PACKET_BYTES : _TS_PACKET_BYTES + 1] in {b"", b"G"}


def is_fragment(start: bytes) -> bool:
    """Tell whether bytes start with a box of fMP4."""
    return start[4:8] in _BOXES


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
