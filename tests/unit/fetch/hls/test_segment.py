"""Decryption and recognition of segments."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from vodpull.errors import PlaylistUnsupported
from vodpull.fetch.hls.segment import form_of, plain_blocks, without_tag

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


TAG = b"ID3\4\0\0\0\0\1\x0a" + bytes(138)


@pytest.mark.parametrize(
    ("start", "form"),
    [
        (b"G" + bytes(187) + b"G", "ts"),
        (b"\0\0\0\x18styp" + bytes(16), "mp4"),
        (b"\xff\xf1\x50\x80", "aac"),
        (TAG + b"\xff\xf9\x50\x80", "aac"),
        (TAG + TAG + b"\xff\xfb\x90\x64", "mp3"),
        *((other, None) for other in (b"", b"\xff", b"<!DOCTYPE html>", b"G" + bytes(400), TAG, b"ID3", b"WEBVTT\n")),
        (b"\xff\xe1", None),
        (b"\xff\xd8\xff", None),
    ],
)
def test_forms_are_recognised_by_their_start(start: bytes, form: str | None) -> None:
    assert form_of(start) == form


def test_dolby_sound_without_a_container_is_named() -> None:
    with pytest.raises(PlaylistUnsupported, match="AC-3"):
        form_of(TAG + b"\x0b\x77" + bytes(100))


def test_a_tag_is_left_out() -> None:
    assert without_tag(TAG + b"sound") == b"sound"
    assert without_tag(b"sound") == b"sound"
