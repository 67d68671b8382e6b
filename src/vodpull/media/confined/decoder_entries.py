"""
Where the decoding of H.264 and HEVC may begin; a part of the confined child packet_survey.py.

Only the standard library.
"""

from __future__ import annotations

from collections.abc import Iterator

# Types of NAL units (ITU-T H.264, table 7-1; H.265, table 7-1).
H264_SLICES = frozenset(range(1, 6))
H264_IDR, H264_SEI, H264_SETS = 5, 6, frozenset({7, 8})
HEVC_SLICES = frozenset(range(32))
HEVC_ACCESS, HEVC_SETS = frozenset(range(16, 22)), frozenset({32, 33, 34})
HEVC_SEI = 39
# Payload types of the messages that say after how many pictures all is well, and how pictures are to be turned.
RECOVERY_POINT, ORIENTATION = 6, 47
# Types of slices that need no other picture: I and SI, and the same for all slices of a picture.
INTRA_SLICES = frozenset({2, 4, 7, 9})
# Long before a picture begins, all of this is over.
MAX_UNITS = 64


class Entries:
    """Follows the packets of one picture track and judges its keyframes."""

    def __init__(self, codec: str, config: bytes) -> None:
        """Take the codec's name and its configuration from the header of the file."""
        self._hevc = codec == "hevc"
        self._known = codec in {"h264", "hevc"}
        self._config = config
        # An avcC or hvcC record says how many bytes the length before each NAL unit has.
        record = config[:1] == b"\x01"
        self._width = (config[21 if self._hevc else 4] & 3) + 1 if record and len(config) > 22 else 0  # noqa: PLR2004
        self._in_force: dict[int, bytes] = {}
        self._foreign = False
        self.changed = False
        """Some parameters are not those of the header."""
        self.fingerprint = b""
        """The parameters in force, equal as long as they are."""
        self.orientation = b""
        """What says how the picture is to be turned, equal as long as it is."""

    def renew(self) -> None:
        """Hear that from here on other parameters are in force, of which the packets say nothing."""
        self._foreign = self.changed = True

    def judge(self, content: bytes, *, is_keyframe: bool) -> tuple[bool, bool]:
        """Tell of the next packet whether decoding may begin there, and whether all that is shown after it may, too."""
        if not self._known:
            return is_keyframe, False
        carried, clean, closed = self._read(content)
        clean &= self._oriented(content) if is_keyframe else True
        if carried:
            self._in_force |= carried
            self.fingerprint = b"".join(self._in_force[kind] for kind in sorted(self._in_force))
            self._foreign = any(unit not in self._config for unit in self._in_force.values())
            self.changed |= self._foreign
        # All sets at once say all that the header would.
        own = len(carried) >= (3 if self._hevc else 2)
        return is_keyframe and clean and (own or not self._foreign), closed

    def _oriented(self, content: bytes) -> bool:
        """Follow how the picture is to be turned; tell whether a decoder that begins here knows it."""
        kind = HEVC_SEI if self._hevc else H264_SEI
        units = (unit for unit in self._units(content) if self._kind(unit) == kind)
        said = (body for unit in units for name, body in _messages(unit, 1 + self._hevc) if name == ORIENTATION)
        found = next(said, b"")
        self.orientation = found or self.orientation
        return self.orientation == found

    def _kind(self, unit: bytes) -> int:
        return (unit[0] >> 1) & 0x3F if self._hevc else unit[0] & 0x1F

    def _read(self, content: bytes) -> tuple[dict[int, bytes], bool, bool]:
        """Return parameter sets before the first slice, whether the picture stands alone, and whether it is an IDR."""
        carried: dict[int, bytes] = {}
        recovery = 0
        for unit in self._units(content):
            kind = self._kind(unit)
            if kind in (HEVC_SETS if self._hevc else H264_SETS):
                carried[kind] = unit
            elif self._hevc and kind in HEVC_SLICES:
                # FFmpeg skips what cannot be decoded after an open start; what is shown after it needs nothing before.
                return carried, kind in HEVC_ACCESS, kind in HEVC_ACCESS
            elif not self._hevc and kind == H264_SEI:
                recovery = max(recovery, _recovery_frames(unit))
            elif not self._hevc and kind in H264_SLICES:
                idr = kind == H264_IDR
                return carried, idr or (recovery == 0 and _is_intra(unit)), idr
        return carried, False, False

    def _units(self, content: bytes) -> Iterator[bytes]:
        """Yield the first NAL units without what delimits them."""
        at = 0
        for _ in range(MAX_UNITS):
            if self._width:
                length = int.from_bytes(content[at : at + self._width], "big")
                start, at = at + self._width, at + self._width + length
                stop = at
            else:
                start = content.find(b"\0\0\1", at) + 3
                following = content.find(b"\0\0\1", start)
                stop = at = following if following >= 0 else len(content)
                start = len(content) if start < 3 else start  # noqa: PLR2004 - not found
            unit = content[start:stop] if self._width else content[start:stop].rstrip(b"\0")
            if not unit:
                return
            yield unit


def _is_intra(unit: bytes) -> bool:
    """Tell whether a slice needs no other picture."""
    bits = _Bits(unit[1:12])
    bits.golomb()
    return bits.golomb() in INTRA_SLICES


def _recovery_frames(unit: bytes) -> int:
    """Return after how many pictures a decoder that begins here is right, as a message says; 0: nothing is said."""
    return next((_Bits(body[:8]).golomb() for kind, body in _messages(unit, 1) if kind == RECOVERY_POINT), 0)


def _messages(unit: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield the messages of a unit, which begin at a place, with their kinds."""
    while at + 2 < len(unit):
        kind, at = _summed(unit, at)
        size, at = _summed(unit, at)
        yield kind, unit[at : at + size]
        at += size


def _summed(unit: bytes, at: int) -> tuple[int, int]:
    """Return a number that is written as a row of bytes, and the place behind it."""
    value = 0
    while unit[at : at + 1] == b"\xff":
        value, at = value + 255, at + 1
    return value + int.from_bytes(unit[at : at + 1], "big"), at + 1


class _Bits:
    """The bits of a few bytes."""

    def __init__(self, content: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in content)
        self._at = 0

    def golomb(self) -> int:
        """Return the next number in Exp-Golomb code; 0 where there is none."""
        one = self._bits.find("1", self._at)
        zeros = one - self._at
        if one < 0 or one + zeros >= len(self._bits):
            return 0
        self._at = one + zeros + 1
        return int(self._bits[one : self._at], 2) - 1
