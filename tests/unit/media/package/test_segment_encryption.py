"""Segments that are encrypted: what players are told, and what is refused before anyone sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from vodpull.errors import OutputInvalid
from vodpull.media.package.encryption import (
    ContentKey,
    Lock,
    check_encrypted,
    decrypted,
    encrypt_presentation,
    encrypted,
    keys_needed,
    locks_of,
)
from vodpull.media.package.playlists.hls import media_playlist
from vodpull.media.package.playlists.presentation import Presentation, Track, read_presentation

# NIST SP 800-38A, F.2.1, with the IV that is a number there.
KEY = ContentKey(key_id="a" * 32, secret=bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))
IV = 0x000102030405060708090A0B0C0D0E0F
CLEAR = bytes.fromhex("6bc1bee22e409f96e93d7e117393172a")
BLOCK = bytes.fromhex("7649abac8119b246cee98e9b12e9197d")
OTHER = ContentKey(key_id="b" * 32, secret=bytes(16))

TRACK = Track(id="v01", kind="picture", playlist="x-v01.m3u8", folder="x/v01", variant=True, codecs=("avc1.64000c",))
SHOWN = Presentation(name="x", durations_s=(2.0, 2.0, 1.0), target_s=2, tracks=(TRACK,))


def test_the_cipher_is_that_of_the_standard() -> None:
    assert encrypted(CLEAR, KEY, IV)[:16] == BLOCK
    assert decrypted(encrypted(b"seventeen bytes..", KEY, 5), KEY, 5) == b"seventeen bytes.."


def test_a_playlist_names_each_key_once_behind_the_clear_header() -> None:
    keyed = replace(SHOWN, key_uris=(KEY.uri, OTHER.uri), key_segments=2)
    lines = media_playlist(keyed, TRACK).splitlines()
    keys = [line for line in lines if "KEY" in line]
    assert keys == [f'#EXT-X-KEY:METHOD=AES-128,URI="../../../keys/{key.key_id}"' for key in (KEY, OTHER)]
    header = lines.index('#EXT-X-MAP:URI="x/v01/init.mp4"')
    assert lines[header + 1] == keys[0]
    assert lines[lines.index(keys[1]) - 1] == "x/v01/00002.m4s"
    assert locks_of("\n".join(lines)) == {
        "x/v01/00001.m4s": Lock(key_id=KEY.key_id, number=1),
        "x/v01/00002.m4s": Lock(key_id=KEY.key_id, number=2),
        "x/v01/00003.m4s": Lock(key_id=OTHER.key_id, number=3),
    }
    assert locks_of(media_playlist(SHOWN, TRACK)) == {}


@pytest.mark.parametrize(("segments", "each", "keys"), [(7, 0, 1), (7, 3, 3), (6, 3, 2), (1, 3, 1)])
def test_as_many_keys_are_made_as_segments_take(segments: int, each: int, keys: int) -> None:
    assert keys_needed(segments, key_segments=each) == keys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "x" / "v01").mkdir(parents=True)
    (tmp_path / "x" / "v01" / "init.mp4").write_bytes(b"header")
    for number in range(1, 4):
        (tmp_path / TRACK.segment(number)).write_bytes(f"segment {number}".encode() * 10)
    return tmp_path


def test_a_package_is_encrypted_and_described_as_it_then_is(folder: Path) -> None:
    shown = encrypt_presentation(folder, SHOWN, [KEY, OTHER], key_segments=2)
    assert decrypted((folder / TRACK.segment(3)).read_bytes(), OTHER, 3) == b"segment 3" * 10
    assert read_presentation((folder / "x.json").read_bytes()) == shown
    assert (folder / "x-v01.m3u8").read_text() == media_playlist(shown, TRACK)
    assert shown.tracks[0].peak_bitrate_bps == 8 * 96  # 90 bytes take six blocks, in the last second


def swap(folder: Path) -> None:
    (folder / TRACK.segment(1)).write_bytes((folder / TRACK.segment(2)).read_bytes())


def cut(folder: Path) -> None:
    (folder / TRACK.segment(1)).write_bytes((folder / TRACK.segment(1)).read_bytes()[:-1])


def leave_in_clear(folder: Path) -> None:
    (folder / TRACK.segment(1)).write_bytes(b"segment 1" * 10)


def lie_beside(folder: Path) -> None:
    (folder / "x.mp4").write_bytes(b"all of it")


def forget_key(folder: Path) -> None:
    text = (folder / "x-v01.m3u8").read_text()
    (folder / "x-v01.m3u8").write_text(text.replace("METHOD=AES-128", "METHOD=NONE"))


@pytest.mark.parametrize("damage", [swap, cut, leave_in_clear, lie_beside, forget_key])
def test_what_is_not_what_was_proven_is_refused(folder: Path, damage: Callable[[Path], None]) -> None:
    files = [TRACK.segment(number) for number in range(1, 4)]
    digests = {uri: hashlib.sha256((folder / uri).read_bytes()).digest() for uri in files}
    shown = encrypt_presentation(folder, SHOWN, [KEY, OTHER], key_segments=2)
    damage(folder)
    with pytest.raises(OutputInvalid):
        check_encrypted(folder, shown, {key.key_id: key for key in (KEY, OTHER)}, digests=digests)
