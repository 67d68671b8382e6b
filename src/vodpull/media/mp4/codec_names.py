"""
The names of codecs in playlists (RFC 6381), from the header of an MP4 file, of an init segment, or of a decoder. Pure.

Which of them a variant of a playlist has is in `package/playlists/variants.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from vodpull.errors import OutputInvalid

BOX_BYTES = 8
# Boxes around the sample entries (ISO/IEC 14496-12), with the bytes of their own before the first box inside.
CONTAINERS = {b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"stsd": 8}
# The same for the entries themselves: picture and sound.
VISUAL_BYTES, SOUND_BYTES = 78, 28
FULL_BOX_BYTES = 4
# Descriptors in `esds` (ISO/IEC 14496-1) that lead to the configuration of AAC, with the bytes before those inside.
DESCRIPTORS = {3: 3, 4: 13}
DECODER_SPECIFIC = 5
# AAC object types from 31 on are said in six more bits, sample rates that have no number in 24.
ESCAPE, OWN_RATE = 31, 15
# AAC's number of a layout, and how many channels it has; 0: it is said elsewhere.
AAC_CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8)


def codec_names(header: bytes) -> tuple[str, ...]:
    """
    Return the name of each track.

    Raises:
        OutputInvalid: a track has no readable description, or its codec is none that vodpull writes.
    """
    try:
        names = tuple(_name(entry, body) for entry, body in _entries(header))
    except (IndexError, KeyError, ValueError) as error:
        raise OutputInvalid("the description of a codec cannot be read") from error
    if not names:
        raise OutputInvalid("there is no description of a codec")
    return names


def codec_string(codec: str, config: str) -> str | None:
    """Return the name of a codec of a source from the first bytes of its configuration, in hex; None: not known."""
    record = bytes.fromhex(config)
    # An avcC record starts with its version, then profile, constraints and level.
    if codec == "h264" and record[:1] == b"\x01":
        return f"avc1.{record[1:4].hex()}"
    # An AudioSpecificConfig starts with five bits of object type.
    return f"mp4a.40.{record[0] >> 3}" if codec == "aac" and record else None


def channel_counts(header: bytes) -> tuple[int, ...]:
    """
    Return the number of channels of each sound track; 0: it is not said.

    Raises:
        OutputInvalid: a track has no readable description, or its codec is none that vodpull writes.
    """
    try:
        return tuple(_CHANNELS[entry](_record(entry, body)) for entry, body in _entries(header) if entry in _CHANNELS)
    except (IndexError, KeyError, ValueError) as error:
        raise OutputInvalid("the description of a sound cannot be read") from error


def _entries(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give the sample entry of each track: its four letters and its body."""
    for name, body in _boxes(data):
        inside = body[CONTAINERS.get(name, 0) :]
        if name == b"stsd":
            yield from _boxes(inside)
        elif name in CONTAINERS:
            yield from _entries(inside)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    while len(data) >= BOX_BYTES:
        size = int.from_bytes(data[:4], "big")
        if not BOX_BYTES <= size <= len(data):
            raise ValueError("a box does not fit")
        yield data[4:BOX_BYTES], data[BOX_BYTES:size]
        data = data[size:]


def _name(entry: bytes, body: bytes) -> str:
    return _DESCRIPTIONS[entry][2](_record(entry, body))


def _record(entry: bytes, body: bytes) -> bytes:
    """Return the configuration of a codec."""
    own_bytes, box, _ = _DESCRIPTIONS[entry]
    return dict(_boxes(body[own_bytes:]))[box]


def _h264(record: bytes) -> str:
    return f"avc1.{record[1]:02x}{record[2]:02x}{record[3]:02x}"


def _hevc(record: bytes) -> str:
    """Return the name as ISO/IEC 14496-15, annex E.3, builds it from the parts of `hvcC`."""
    space = ("", "A", "B", "C")[record[1] >> 6]
    tier = "H" if record[1] & 0x20 else "L"
    # The flags in the order of their numbers, which is the reverse of the bits.
    compatible = int(f"{int.from_bytes(record[2:6], 'big'):032b}"[::-1], 2)
    constraints = [f"{byte:X}" for byte in record[6:12].rstrip(b"\0")]
    return ".".join([f"hvc1.{space}{record[1] & 0x1F}", f"{compatible:X}", f"{tier}{record[12]}", *constraints])


def _av1(record: bytes) -> str:
    tier = "H" if record[2] & 0x80 else "M"
    return f"av01.{record[1] >> 5}.{record[1] & 0x1F:02d}{tier}.{_av1_bits(record[2]):02d}"


def _av1_bits(flags: int) -> int:
    if not flags & 0x40:
        return 8
    return 12 if flags & 0x20 else 10


def _vp9(full_box: bytes) -> str:
    record = full_box[FULL_BOX_BYTES:]
    return f"vp09.{record[0]:02d}.{record[1]:02d}.{record[2] >> 4:02d}"


def _aac(full_box: bytes) -> str:
    config = _decoder_specific(full_box[FULL_BOX_BYTES:])
    kind = config[0] >> 3
    if kind == ESCAPE:
        kind = 32 + (int.from_bytes(config[:2], "big") >> 5 & 0x3F)
    return f"mp4a.40.{kind}"


def _aac_channels(full_box: bytes) -> int:
    config = _decoder_specific(full_box[FULL_BOX_BYTES:])
    bits = f"{int.from_bytes(config, 'big'):0{8 * len(config)}b}"
    at = 11 if int(bits[:5], 2) == ESCAPE else 5
    at += 28 if int(bits[at : at + 4], 2) == OWN_RATE else 4
    return AAC_CHANNELS[int(bits[at : at + 4], 2)]


def _decoder_specific(data: bytes) -> bytes:
    """Return the body of the innermost descriptor; a length has seven bits in each byte, the highest says `more`."""
    tag, at, size = data[0], 1, 0
    while data[at] & 0x80:
        size = size << 7 | data[at] & 0x7F
        at += 1
    body = data[at + 1 : at + 1 + (size << 7 | data[at])]
    return body if tag == DECODER_SPECIFIC else _decoder_specific(body[DESCRIPTORS[tag] :])


_DESCRIPTIONS: Mapping[bytes, tuple[int, bytes, Callable[[bytes], str]]] = {
    b"avc1": (VISUAL_BYTES, b"avcC", _h264),
    b"hvc1": (VISUAL_BYTES, b"hvcC", _hevc),
    b"av01": (VISUAL_BYTES, b"av1C", _av1),
    b"vp09": (VISUAL_BYTES, b"vpcC", _vp9),
    b"mp4a": (SOUND_BYTES, b"esds", _aac),
    b"Opus": (SOUND_BYTES, b"dOps", lambda _record: "Opus"),
}
_CHANNELS: Mapping[bytes, Callable[[bytes], int]] = {b"mp4a": _aac_channels, b"Opus": lambda record: record[1]}
