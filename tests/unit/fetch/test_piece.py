"""Decryption and recognition of segments."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from vodpull.errors import PlaylistUnsupported
from vodpull.fetch.piece import is_fragment, is_transport_stream, plain_blocks

KEY, IV = bytes(range(16)), bytes(range(16, 32))


def encrypted(content: bytes) -> bytes:
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(KEY), modes.CBC(IV)).encryptor()
    return encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()


@pytest.mark.parametrize("size", [1, 15, 16, 17, 188, 1 << 20, (1 << 20) + 16, 3_000_001])
def test_what_was_encrypted_comes_back(tmp_path: Path, size: int) -> None:
    content = (b"G" + bytes(187)) * (size // 188 + 1)
    path = tmp_path / "piece"
    path.write_bytes(encrypted(content[:size]))
    assert b"".join(plain_blocks(path, key=KEY, iv=IV)) == content[:size]


@pytest.mark.parametrize("damage", [lambda text: text[:-1], lambda text: text[:-16], lambda text: text + b"x"])
def test_a_damaged_piece_does_not_decrypt(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    path = tmp_path / "piece"
    path.write_bytes(damage(encrypted(bytes(1000))))
    with pytest.raises(PlaylistUnsupported):
        list(plain_blocks(path, key=KEY, iv=IV))


def test_formats_are_recognised_by_their_start() -> None:
    assert is_transport_stream(b"G" + bytes(187) + b"G")
    assert is_fragment(b"\0\0\0\x18styp" + bytes(16))
    for other in (b"", b"<!DOCTYPE html>", b"G" + bytes(400), b"ID3\4" + bytes(200), b"WEBVTT\n"):
        assert not is_transport_stream(other)
        assert not is_fragment(other)
