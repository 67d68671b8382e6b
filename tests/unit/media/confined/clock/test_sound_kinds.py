"""What kind of sound packets say that they have."""

from __future__ import annotations

import pytest

from vodpull.media.confined.clock.sound_kinds import kind

LAYER_3 = "fffb9064"


@pytest.mark.parametrize(
    ("codec", "one", "other", "same"),
    [
        # Of MPEG audio: bitrate and padding, joint and plain stereo do not count; one channel and another rate do.
        ("mp3float", LAYER_3, "fffbe200", True),
        ("mp3float", LAYER_3, "fffb90c4", False),
        ("mp2float", "fffd8404", "fffd8004", False),
        ("aac", "fff15080023ffc", "fff15080043ffc", True),
        ("aac", "fff15080023ffc", "fff14c80023ffc", False),
        # Of LATM: how long it is does not count, its rate does.
        ("aac_latm", "56e0a3200011b4", "56e100200011b4", True),
        ("aac_latm", "56e0a3200011b4", "56e0a320001234", False),
    ],
)
def test_only_rate_and_channels_make_a_kind(codec: str, one: str, other: str, *, same: bool) -> None:
    found = kind(codec, bytes.fromhex(one)), kind(codec, bytes.fromhex(other))
    assert all(found)
    assert (found[0] == found[1]) is same


@pytest.mark.parametrize(
    ("codec", "content"),
    [
        ("mp3", "00000000"),
        ("mp3", "ff"),
        ("aac", "211004"),
        # As in the packet before.
        ("aac_latm", "56e0a3a00011b4"),
        ("opus", "fc"),
    ],
)
def test_what_says_nothing_has_no_kind(codec: str, content: str) -> None:
    assert kind(codec, bytes.fromhex(content)) == b""
