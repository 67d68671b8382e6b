"""
HLS encryption of whole segments (RFC 8216 §4.3.2.4, §5.2): AES-128 in CBC mode, PKCS #7, the number of a segment as IV.

Init segments stay in clear, as they have nothing of the film; texts and pictures too. A key is for the segments of the
same numbers of all tracks; it is made in `jobs/store/content_keys.py`.

How many segments share a key, says the template (`key_segments`); when it happens: `verify/encrypt_proven.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import m3u8
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from vodpull.errors import OutputInvalid
from vodpull.media.package.playlists.all_playlists import playlists
from vodpull.media.package.playlists.hls import Segment, average_bitrate_bps, peak_bitrate_bps
from vodpull.media.package.playlists.presentation import Presentation, Track, presentation_bytes

METHOD = "AES-128"
BLOCK_BYTES = 16

# Playlists lie at <root>/<month>/<directory>/; below a token's path the keys of its bearer are beside the root.
KEYS = "../../../keys"


@dataclass(frozen=True, kw_only=True)
class ContentKey:
    """What opens segments of one video."""

    key_id: str
    secret: bytes = field(repr=False)

    @property
    def uri(self) -> str:
        """Where players ask for it, relative to a playlist."""
        return f"{KEYS}/{self.key_id}"


@dataclass(frozen=True, kw_only=True)
class Lock:
    """With which key and as which number a segment is encrypted."""

    key_id: str
    number: int


def keys_needed(segments: int, *, key_segments: int) -> int:
    """Return how many keys so many segments take; `key_segments` 0: one for all."""
    return -(-segments // key_segments) if key_segments else 1


def encrypted(data: bytes, key: ContentKey, number: int) -> bytes:
    """Return a segment as it is published."""
    padder, cipher = PKCS7(8 * BLOCK_BYTES).padder(), _cipher(key, number).encryptor()
    return cipher.update(padder.update(data) + padder.finalize()) + cipher.finalize()


def decrypted(data: bytes, key: ContentKey, number: int) -> bytes:
    """
    Return a published segment in clear.

    Raises:
        OutputInvalid: it is cut, or was not encrypted so.
    """
    cipher, padder = _cipher(key, number).decryptor(), PKCS7(8 * BLOCK_BYTES).unpadder()
    try:
        return padder.update(cipher.update(data) + cipher.finalize()) + padder.finalize()
    except ValueError as error:
        raise OutputInvalid("a segment cannot be decrypted") from error


def _cipher(key: ContentKey, number: int) -> Cipher[CBC]:
    return Cipher(AES128(key.secret), CBC(number.to_bytes(BLOCK_BYTES)))


def locks_of(playlist: str) -> dict[str, Lock]:
    """Return what opens each file that a media playlist of ours names; nothing for one in clear."""
    parsed = m3u8.loads(playlist)
    first = parsed.media_sequence or 0
    return {
        segment.uri: Lock(key_id=segment.key.uri.rpartition("/")[2], number=number)
        for number, segment in enumerate(parsed.segments, start=first)
        if segment.key is not None and segment.key.method == METHOD
    }


def encrypt_presentation(
    out_folder: Path, presentation: Presentation, keys: Sequence[ContentKey], *, key_segments: int
) -> Presentation:
    """
    Encrypt all segments that lie in a folder in clear, write its playlists anew, and return what it then presents.

    Every file is read again and compared with what it was before.

    Raises:
        OutputInvalid: what lies there does not decrypt to what there was, or not all of it is encrypted.
    """
    digests: dict[str, bytes] = {}
    shown = replace(presentation, key_uris=tuple(key.uri for key in keys), key_segments=key_segments)
    tracks = []
    for track in presentation.tracks:  # texts come later
        for number, uri in _segments(presentation, track):
            clear = (out_folder / uri).read_bytes()
            digests[uri] = hashlib.sha256(clear).digest()
            (out_folder / uri).write_bytes(encrypted(clear, keys[shown.key_number(number)], number))
        segments = sized_segments(out_folder, presentation, track)  # they are whole blocks now
        peak_bps, average_bps = peak_bitrate_bps(segments), average_bitrate_bps(segments)
        tracks.append(replace(track, peak_bitrate_bps=peak_bps, bitrate_bps=average_bps))
    shown = replace(shown, tracks=tuple(tracks))
    (out_folder / shown.file).write_bytes(presentation_bytes(shown))
    for name, text in playlists(shown).items():
        (out_folder / name).write_text(text, encoding="utf-8")
    check_encrypted(out_folder, shown, {key.key_id: key for key in keys}, digests=digests)
    return shown


def _segments(presentation: Presentation, track: Track) -> Iterator[tuple[int, str]]:
    for number in range(1, len(presentation.lengths_s(track)) + 1):
        yield number, track.segment(number)


def sized_segments(out_folder: Path, presentation: Presentation, track: Track) -> list[Segment]:
    """Return the segments of a track as they lie there."""
    lengths_s = presentation.lengths_s(track)
    return [
        Segment(uri=uri, duration_s=lengths_s[number - 1], size_bytes=(out_folder / uri).stat().st_size)
        for number, uri in _segments(presentation, track)
    ]


def check_encrypted(
    out_folder: Path, presentation: Presentation, keys: Mapping[str, ContentKey], *, digests: Mapping[str, bytes]
) -> None:
    """
    Read a folder as a player does, and compare what comes out with what was proven; `digests` by SHA-256 of each file.

    Raises:
        OutputInvalid: something differs, or is there in clear.
    """
    opened = set()
    for track in presentation.tracks:
        locks = locks_of((out_folder / track.playlist).read_text(encoding="utf-8"))
        if list(locks) != [uri for _, uri in _segments(presentation, track)]:
            raise OutputInvalid(f"{track.playlist} does not say how its segments are encrypted")
        for uri, lock in locks.items():
            clear = decrypted((out_folder / uri).read_bytes(), keys[lock.key_id], lock.number)
            if hashlib.sha256(clear).digest() != digests[uri]:
                raise OutputInvalid(f"the segment {uri} is another one than before it was encrypted")
        opened |= {*locks, f"{track.folder}/{track.init}"}
    media = {str(path.relative_to(out_folder)) for path in out_folder.rglob("*") if path.suffix in {".m4s", ".mp4"}}
    if media - opened:
        raise OutputInvalid(f"{min(media - opened)} is there in clear")
