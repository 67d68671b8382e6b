"""
The `ctx` of the block protocol: what a client sends back to say where its next bytes belong. Pure.

It is opaque to clients, signed with the key of the tokens, and fits only what follows the bytes it was given for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass
from typing import Self

from vodpull.errors import UploadMisplaced
from vodpull.uploads.upload_token import UploadKey

_FORM = struct.Struct(">16s8s8sIQQ")
_MAC_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class BlockPlace:
    """Where in an upload the next byte of a block belongs."""

    upload_id: str
    series: str
    """Tells the tries to send one file apart: the client's `UploadBatch`."""
    nonce: str
    """Of the block: begun anew it has another one, 16 hex characters."""
    number: int
    """Of the block, from 0."""
    size_bytes: int
    """Of the whole block."""
    at: int
    """In the block."""

    def text(self, key: UploadKey) -> str:
        """Return it for the client: url-safe, 91 characters."""
        data = self._packed()
        return base64.urlsafe_b64encode(data + _mac(data, key)).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, *, upload_id: str, series: str, key: UploadKey) -> Self:
        """
        Return what a client sent back.

        Raises:
            UploadMisplaced: it is none of ours, or of another upload or try.
        """
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            data, mac = raw[: _FORM.size], raw[_FORM.size :]
            _, _, nonce, number, size_bytes, at = _FORM.unpack(data)
        except (ValueError, struct.error):
            raise UploadMisplaced("ctx does not fit") from None
        place = cls(upload_id=upload_id, series=series, nonce=nonce.hex(), number=number, size_bytes=size_bytes, at=at)
        if not hmac.compare_digest(mac, _mac(data, key)) or place._packed() != data:
            raise UploadMisplaced("ctx does not fit")
        return place

    def _packed(self) -> bytes:
        series = hashlib.sha256(self.series.encode()).digest()[:8]
        own = bytes.fromhex(self.upload_id), series, bytes.fromhex(self.nonce)
        return _FORM.pack(*own, self.number, self.size_bytes, self.at)


def _mac(data: bytes, key: UploadKey) -> bytes:
    return hmac.new(key.secret.encode(), b"ctx" + data, hashlib.sha256).digest()[:_MAC_BYTES]
