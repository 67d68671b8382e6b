"""
When a file counts as cut: it says that it is longer than it is, or its last piece is not whole; a part of probe.py.

Of WAV, AIFF, CAF and Wave64: truncated_sound.py; of a file that does not open: file_signatures.py; by which share it
may fall short: `media/tolerances.py`. Only the standard library; boxes.py is handed over, since the children are no
package.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, BinaryIO

# What a piece that a segment index names may begin with (ISO/IEC 14496-12, 8.16).
FIRST_OF_PIECE = {b"moof", b"sidx", b"styp", b"emsg", b"prft", b"ssix"}
# Of each piece its kind and size, its length, and where it can be entered.
ROW_BYTES = 12
# The longest segment index has 65535 rows; a description that is larger names single pictures, and has no fragments.
MAX_READ_BYTES = 4 << 20
# Headers and metadata that tell a size stand at the very beginning.
HEAD_BYTES = 64 * 1024
# AVI begins a new one every gigabyte.
MAX_RIFFS = 4096
EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
# A list of samples comes soon in its RIFF.
MAX_CHUNKS = 64
ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
ASF_DATA_HEAD = 50
# A tag of FLV: sound, picture or data, its length, its time, and a stream that is always 0.
TAG, TAG_HEAD, TAG_END = re.compile(rb"[\x08\x09\x12].{7}\0{3}", re.DOTALL), 11, 4
EMPTY_TAG = TAG_HEAD + 5
# Transport packets begin with it; with a time before it or a checksum behind it they are longer.
SYNC = 0x47
PACKETS = {188: 188, 192: 188, 204: 204}
"""What belongs to a packet from its first byte on, by the distance of packets."""
# A packet of a programme stream has 64 KiB at most, as has a page of Ogg; a cluster of live Matroska is larger.
TAIL_BYTES, CLUSTER_BYTES = 256 * 1024, 16 << 20
START, PACK, END = b"\0\0\1", 0xBA, 0xB9
MPEG1_PACK, MPEG2_PACK, STREAM_HEAD = 12, 14, 6
PAGE, PAGE_HEAD = b"OggS", 27
CLUSTER = b"\x1f\x43\xb6\x75"
# Below this difference, a wrong duration is rounding and not a cut.
TOLERATED_LOSS_S = 0.5
# MPEG streams only have an estimate; all other durations were written by the file's author.
ESTIMATED = frozenset({"mpegts", "mpeg", "mp3", "aac"})


def broken_promise(boxes: Any, path: Path, facts: dict[str, Any], *, share: float) -> str | None:
    """
    Return in words what a file promises and does not have; None: nothing.

    `facts` are the probe's, with `declared_s`, the container's word for its length, and `found_s`, where the last of
    its tracks ends. Bytes decide where a container counts them: a length is the word of whoever wrote the file, often
    that of a track which nobody publishes. Where samples are counted apart from an index behind them, only they count.
    Where writers round, only less than `share` counts, and in seconds a loss of `TOLERATED_LOSS_S`.
    """
    size, container = facts["size_bytes"], facts["container"]
    declared_s, found_s = facts["declared_s"], facts["found_s"]
    late = declared_s - found_s > TOLERATED_LOSS_S
    with path.open("rb") as file:
        if container.startswith("mov"):
            end, declared_s = _promised(boxes, file, size)
            if end > size:
                missing = 100 * (end - size) // end
                return f"the segment index names {end} bytes, {missing} % more than the file has"
            late = declared_s - found_s > TOLERATED_LOSS_S
        elif promised := SAMPLES.get(container, _no_claim)(file):
            return (
                f"the header promises samples up to byte {promised}, the file has {size}" if size < promised else None
            )
        elif claimed := CLAIMS.get(container, _no_claim)(file):
            cut = size < claimed and (late or size < share * claimed or bool(unfinished(path, container)))
            return f"the header promises {claimed} bytes, the file has {size}" if cut else None
    if late and found_s < share * declared_s and container not in ESTIMATED:
        return f"the file promises {declared_s:.1f} s, but it ends after {found_s:.1f} s"
    return None


def _no_claim(_file: BinaryIO) -> int:
    return 0


def _riff_end(file: BinaryIO) -> int:
    """Return where the last of the chunks ends that an AVI file is made of; 0: it does not say."""
    end = 0
    for _ in range(MAX_RIFFS):
        file.seek(end + (end & 1))
        head = file.read(8)
        length = int.from_bytes(head[4:], "little")
        if not head.startswith(b"RIFF"):
            break
        # 0 and all ones mean `unknown`.
        if not 0 < length < 0xFFFFFFFF:  # noqa: PLR2004 - said above
            return 0
        end = file.tell() + length
    return end


def _segment_end(file: BinaryIO) -> int:
    """Return where the segment of a Matroska file ends; 0: it does not say, as live streams."""
    head = file.read(HEAD_BYTES)
    at = 4
    length, width = _vint(head, at)
    at += width + length
    if not head.startswith(EBML) or head[at : at + 4] != SEGMENT:
        return 0
    length, width = _vint(head, at + 4)
    unknown = length == (1 << 7 * width) - 1
    return 0 if unknown or not width else at + 4 + width + length


def _vint(content: bytes, at: int) -> tuple[int, int]:
    """Return a number as EBML writes it, and its width; (0, 0): there is none."""
    first = content[at] if at < len(content) else 0
    width = 9 - first.bit_length()
    read = int.from_bytes(content[at : at + width], "big")
    return (read & ((1 << 7 * width) - 1), width) if first else (0, 0)


def _flv_end(file: BinaryIO) -> int:
    """Return the size that the metadata of an FLV file name; 0: they do not say."""
    _, key, rest = file.read(HEAD_BYTES).partition(b"\x00\x08filesize\x00")
    number = struct.unpack(">d", rest[:8])[0] if key and len(rest) >= 8 else 0.0  # noqa: PLR2004 - bytes of a double
    return int(number) if 0 < number < 1 << 53 else 0


def _asf_end(file: BinaryIO) -> int:
    """Return the size that the header of an ASF file names; 0: it does not say."""
    _, found, rest = file.read(HEAD_BYTES).partition(ASF_PROPERTIES)
    is_live = bool(rest[72:73]) and rest[72] & 1
    return 0 if not found or is_live else int.from_bytes(rest[24:32], "little")


def _movi_end(file: BinaryIO) -> int:
    """Return where the samples of an AVI file end by their lists; 0: they do not say, or an index follows anyway."""
    size, at, end = file.seek(0, 2), 0, 0
    for _ in range(MAX_RIFFS):
        file.seek(at)
        head = file.read(12)
        length = int.from_bytes(head[4:8], "little")
        if not head.startswith(b"RIFF"):
            break
        if not 0 < length < 0xFFFFFFFF:  # noqa: PLR2004 - unknown
            return 0
        end = _list_end(file) or end
        at += 8 + length + (length & 1)
    # The last byte may only fill up.
    return 0 if _ends_with_index(file, size) else max(end - 1, 0)


def _list_end(file: BinaryIO) -> int:
    """Return where the list of samples ends in the RIFF whose head was read; 0: it is not there, or does not say."""
    for _ in range(MAX_CHUNKS):
        head = file.read(12)
        length = int.from_bytes(head[4:8], "little")
        if head[:4] == b"LIST" and head[8:] == b"movi":
            return file.tell() - 4 + length if 0 < length < 0xFFFFFFFF else 0  # noqa: PLR2004 - unknown
        file.seek(length + (length & 1) - 4, 1)
    return 0


def _ends_with_index(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - CLUSTER_BYTES))
    tail = file.read()
    at = tail.rfind(b"idx1")
    return at >= 0 and at + 8 + int.from_bytes(tail[at + 4 : at + 8], "little") in {len(tail), len(tail) - 1}


def _packets_end(file: BinaryIO) -> int:
    """Return where the last packet of an ASF file ends; 0: it does not say."""
    head = file.read(HEAD_BYTES)
    said, at = head.find(ASF_PROPERTIES), head.find(ASF_DATA)
    live, least, most = (int.from_bytes(head[said + first :][:4], "little") for first in (88, 92, 96))
    packets = int.from_bytes(head[at + 40 : at + 48], "little")
    is_known = min(said, at) >= 0 and packets and least == most and not live & 1
    return at + ASF_DATA_HEAD + packets * least if is_known else 0


SAMPLES: Mapping[str, Callable[[BinaryIO], int]] = {"avi": _movi_end, "asf": _packets_end}
"""Where the samples of a file end by its own word, by its container."""

CLAIMS: Mapping[str, Callable[[BinaryIO], int]] = {
    "avi": _riff_end, "matroska,webm": _segment_end, "flv": _flv_end, "asf": _asf_end,
}  # fmt: skip
"""How many bytes a file says that it has, by its container."""


def _promised(boxes: Any, file: BinaryIO, size: int) -> tuple[int, float]:
    """Return the byte and the second with which a fragmented MP4 says that it ends; 0: it does not say."""
    end, declared_s = 0, 0.0
    # Behind the first fragment, an index speaks of the next one only.
    for name, at, length in islice(boxes.walk_boxes(file, size), boxes.MAX_BOXES):
        if name == "moof":
            break
        if name not in {"moov", "sidx"} or length > MAX_READ_BYTES:
            continue
        file.seek(at + boxes.HEADER_BYTES)
        content = file.read(length - boxes.HEADER_BYTES)
        if name == "moov":
            declared_s = _declared_s(boxes, content)
        else:
            # Several are one for each track, or one in the other: none speaks of more than the file.
            after = at + length
            end = max(end, after if after > size else _indexed_end(file, content, after, size=size))
    return end, declared_s


def _declared_s(boxes: Any, moov: bytes) -> float:
    try:
        header, extends = boxes.find_box(moov, "mvhd") or b"", boxes.find_box(moov, "mvex", "mehd") or b""
    except ValueError:
        return 0.0
    timescale = int.from_bytes(header[20:24] if header[:1] == b"\1" else header[12:16], "big")
    length = extends[4:12] if extends[:1] == b"\1" else extends[4:8]
    # All ones mean `unknown`.
    is_known = timescale and length.strip(b"\xff")
    return int.from_bytes(length, "big") / timescale if is_known else 0.0


def _indexed_end(file: BinaryIO, index: bytes, start: int, *, size: int) -> int:
    """Return where the last piece ends that a segment index names, counting from `start`; 0: it is not of this file."""
    wide = 8 if index[:1] > b"\0" else 4
    first = start + int.from_bytes(index[12 + wide : 12 + 2 * wide], "big")
    rows_at = 16 + 2 * wide
    count = int.from_bytes(index[rows_at - 2 : rows_at], "big")
    rows = index[rows_at : rows_at + count * ROW_BYTES]
    if len(rows) < count * ROW_BYTES:
        return 0
    # The highest bit tells another index from media.
    sizes = [kind_and_size & 0x7FFFFFFF for kind_and_size, _, _ in struct.iter_unpack(">III", rows)]
    *places, end = accumulate(sizes, initial=first)
    begun = [place for place in places if place <= size]
    headed = [place for place in begun if place + 8 <= size]
    if headed:
        # An index that is wrong about what is here (a tool has changed the file behind it) is wrong about the rest.
        file.seek(headed[-1])
        return end if file.read(8)[4:] in FIRST_OF_PIECE else 0
    return end if begun else 0


def missing_bytes(streams: list[Any], size: int) -> str | None:
    """Compare what the index promises with the size of the file; only MP4 has such an index."""
    for stream in streams:
        entries = stream.index_entries
        # All of a film's entries would take seconds to walk; the last ones lie at the end of the file.
        tail = range(max(0, len(entries) - 1000), len(entries))
        end = max((entries[number].pos + entries[number].size for number in tail), default=0)
        if end > size:
            missing = 100 * (end - size) // end
            return f"the index names {end} bytes, {missing} % more than the file has"
    return None


def unfinished(path: Path, container: str) -> str:
    """Return in English how much of its last piece a file has; empty: all of it, or nobody knows."""
    name, last_piece = PIECES.get(container, ("", _none))
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (CLUSTER_BYTES if last_piece in {_element, _tag} else TAIL_BYTES)))
        there, whole = last_piece(file.read())
    return f"its last {name} has {there} of {whole} bytes" if there < whole else ""


def _none(_tail: bytes) -> tuple[int, int]:
    return 0, 0


def _transport_packet(tail: bytes) -> tuple[int, int]:
    for step, whole in PACKETS.items():
        for first in range(min(step, len(tail))):
            # Where nothing but packets begins, they do.
            if len(tail) > 4 * step and all(byte == SYNC for byte in tail[first::step]):
                return min((len(tail) - first - 1) % step + 1, whole), whole
    return 0, 0


def _programme_packet(tail: bytes) -> tuple[int, int]:
    at = tail.find(START + bytes([PACK]))
    there = whole = 0
    while 0 <= at < len(tail):
        there, whole = len(tail) - at, _programme_bytes(tail[at : at + MPEG2_PACK])
        at = at + whole if whole else -1
    return min(there, whole), whole


def _programme_bytes(head: bytes) -> int:
    """Return the length of what begins here; 0: no piece of a programme stream."""
    if head[: len(START)] != START[: len(head)]:
        return 0
    if head[3:4] == bytes([END]):
        return len(START) + 1
    if len(head) < STREAM_HEAD:
        return STREAM_HEAD
    if head[3] != PACK:
        return STREAM_HEAD + int.from_bytes(head[4:6], "big")
    # The first bits tell MPEG-1 and MPEG-2 apart, and the last ones are how much is stuffed.
    return MPEG1_PACK if head[4] >> 4 == 2 else MPEG2_PACK + (head[13:][:1] or b"\0")[0] % 8  # noqa: PLR2004 - said above


def _page(tail: bytes) -> tuple[int, int]:
    at = tail.rfind(PAGE)
    head = tail[at:] if at >= 0 else b""
    pieces = head[PAGE_HEAD - 1 : PAGE_HEAD]
    if not pieces:
        return 0, len(head)
    whole = PAGE_HEAD + pieces[0] + sum(head[PAGE_HEAD : PAGE_HEAD + pieces[0]])
    return min(len(head), max(whole, PAGE_HEAD + pieces[0])), whole


def _element(tail: bytes) -> tuple[int, int]:
    at = tail.rfind(CLUSTER)
    there = whole = 0
    while 0 <= at < len(tail):
        name_bytes = 9 - tail[at].bit_length()
        length, width = _vint(tail, at + name_bytes)
        head = name_bytes + width
        # Of a cluster without a length, each of its parts has one.
        is_open = width > 0 and length == (1 << 7 * width) - 1
        whole = 0 if is_open else head + length
        there, at = len(tail) - at, at + (head if is_open else whole) if width else -1
    return min(there, whole), whole


def _tag(tail: bytes) -> tuple[int, int]:
    # The first one that is followed by its own length.
    at = next((match.start() for match in TAG.finditer(tail) if _tag_end(tail, match.start())), len(tail))
    while end := _tag_end(tail, at):
        at = end
    whole = TAG_HEAD + int.from_bytes(tail[at + 1 : at + 4], "big")
    # In a smaller one is no sample, but the word that the stream ends.
    return (len(tail) - at, whole) if TAG.match(tail, at) and whole > EMPTY_TAG else (0, 0)


def _tag_end(tail: bytes, at: int) -> int:
    """Return what is behind a whole tag; 0: here is none."""
    end = at + TAG_HEAD + int.from_bytes(tail[at + 1 : at + 4], "big") + TAG_END
    length = tail[end - TAG_END : end]
    return end if TAG.match(tail, at) and length == (end - TAG_END - at).to_bytes(TAG_END, "big") else 0


PIECES: Mapping[str, tuple[str, Callable[[bytes], tuple[int, int]]]] = {
    "mpegts": ("packet", _transport_packet),
    "mpeg": ("packet", _programme_packet),
    "ogg": ("page", _page),
    "matroska,webm": ("element", _element),
    "flv": ("tag", _tag),
}
"""What the end of a file is made of, by its container, and what is there of the last one, and what should be."""
