"""Changes to MP4 files that FFmpeg writes, so that they are what other programs write; trusted files only."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import av

from vodpull.media.mp4.boxes import box

HEADS = {"stsd": 8, "avc1": 78, "hvc1": 78, "mp4a": 28}
"""Bytes before the boxes inside of a box, where there are any."""

STBL = ("moov", "trak", "mdia", "minf", "stbl")

Sample = tuple[bytes, bool]
"""Content, and whether it is a keyframe."""


def boxes(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield name, place and length of each box."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        size = int.from_bytes(data[at + 8 : at + 16], "big") if size == 1 else size
        size = size if size >= 8 else len(data) - at
        yield data[at + 4 : at + 8].decode("latin-1"), at, size
        at += size


def counted(count: int, body: bytes) -> bytes:
    """Return the body of a full box that is a table."""
    return struct.pack(">II", 0, count) + body


def find(data: bytes, *path: str | tuple[str, int]) -> bytes:
    """Return the body of a box; a step of the path is a name, or a name and a number from 0."""
    for number, step in enumerate(path):
        name, nth = (step, 0) if isinstance(step, str) else step
        places = [(at, size) for found, at, size in boxes(data) if found == name]
        at, size = places[nth]
        data = data[at + 8 : at + size]
        data = data[HEADS.get(name, 0) :] if number + 1 < len(path) else data
    return data


def edit(data: bytes, path: Sequence[str | tuple[str, int]], change: Callable[[bytes], bytes]) -> bytes:
    """
    Return boxes of which the body of one is changed.

    Lengths around it are mended, places of samples are not: use it where the index comes last, or no length changes.
    """
    step, rest = path[0], path[1:]
    name, nth = (step, 0) if isinstance(step, str) else step
    at, size = [(at, size) for found, at, size in boxes(data) if found == name][nth]
    body, head = data[at + 8 : at + size], HEADS.get(name, 0)
    body = body[:head] + edit(body[head:], rest, change) if rest else change(body)
    return data[:at] + box(name, body) + data[at + size :]


def description_of(path: Path) -> bytes:
    """Return the body of the first track's stsd."""
    return find(path.read_bytes(), *STBL, "stsd")


def samples_of(path: Path) -> list[Sample]:
    """Return the samples of the picture, in the order of decoding."""
    with av.open(str(path)) as container:
        return [(bytes(packet), packet.is_keyframe) for packet in container.demux(video=0) if packet.size]


def parameter_sets(path: Path) -> list[bytes]:
    """Return SPS and PPS of an H.264 file, each with a length of four bytes before it, as samples carry them."""
    record, found, at = find(path.read_bytes(), *STBL, "stsd", "avc1", "avcC"), [], 5
    for mask in (31, 255):
        count, at = record[at] & mask, at + 1
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            found.append(size.to_bytes(4, "big") + record[at + 2 : at + 2 + size])
            at += 2 + size
    return found


def write_mp4(target: Path, like: Path, chunks: Sequence[tuple[Sequence[Sample], int]], *, description: bytes) -> Path:
    """
    Write one picture track without reordering, not fragmented, its index last.

    `chunks` are samples and the number of their description (from 1), `description` is the body of the stsd; all else
    is taken from a file that FFmpeg wrote.
    """
    data = like.read_bytes()
    top = {name: data[at : at + size] for name, at, size in boxes(data)}
    samples = list(chain.from_iterable(content for content, _ in chunks))
    bodies = [b"".join(sample for sample, _ in content) for content, _ in chunks]
    places = [len(top["ftyp"]) + 8 + sum(map(len, bodies[:number])) for number in range(len(bodies))]
    ticks = int.from_bytes(find(top["moov"], *STBL, "stts")[12:16], "big")
    moov = top["moov"]
    tables = _tables(samples, chunks, places=places, ticks=ticks) | {"stsd": description}
    for name in tables:
        moov = edit(moov, (*STBL, name), partial(_instead, tables[name]))
    moov = _with_length(moov, len(samples) * ticks)
    target.write_bytes(top["ftyp"] + box("mdat", b"".join(bodies)) + moov)
    return target


def _instead(new: bytes, _old: bytes) -> bytes:
    return new


def _tables(
    samples: Sequence[Sample], chunks: Sequence[tuple[Sequence[Sample], int]], *, places: Sequence[int], ticks: int
) -> dict[str, bytes]:
    keys = [number for number, (_, is_key) in enumerate(samples, start=1) if is_key]
    sizes = b"".join(struct.pack(">I", len(content)) for content, _ in samples)
    runs = b"".join(struct.pack(">III", n, len(content), which) for n, (content, which) in enumerate(chunks, start=1))
    return {
        "stts": counted(1, struct.pack(">II", len(samples), ticks)),
        "stss": counted(len(keys), struct.pack(f">{len(keys)}I", *keys)),
        "stsz": struct.pack(">III", 0, 0, len(samples)) + sizes,
        "stsc": counted(len(chunks), runs),
        "stco": counted(len(places), struct.pack(f">{len(places)}I", *places)),
    }


def _with_length(moov: bytes, media_ticks: int) -> bytes:
    """Return an index whose first track is so long, in all places that say it."""
    scale = int.from_bytes(find(moov, "moov", "trak", "mdia", "mdhd")[12:16], "big")
    movie_scale = int.from_bytes(find(moov, "moov", "mvhd")[12:16], "big")
    length, movie_length = media_ticks.to_bytes(4, "big"), round(media_ticks / scale * movie_scale).to_bytes(4, "big")
    moov = edit(moov, ("moov", "mvhd"), lambda body: body[:16] + movie_length + body[20:])
    moov = edit(moov, ("moov", "trak", "tkhd"), lambda body: body[:20] + movie_length + body[24:])
    moov = edit(moov, ("moov", "trak", "mdia", "mdhd"), lambda body: body[:16] + length + body[20:])
    return edit(moov, ("moov", "trak", "edts", "elst"), lambda body: body[:8] + movie_length + body[12:])


def shift_fragments(data: bytes, seconds: float) -> bytes:
    """Return a fragmented MP4 whose decoding times begin so much later."""
    moov = next(data[at + 8 : at + size] for name, at, size in boxes(data) if name == "moov")
    traks = [moov[at + 8 : at + size] for name, at, size in boxes(moov) if name == "trak"]
    scales = {find(trak, "tkhd")[12:16]: int.from_bytes(find(trak, "mdia", "mdhd")[12:16], "big") for trak in traks}
    shifted = bytearray(data)
    for name, at, size in boxes(data):
        for inner, inner_at, inner_size in boxes(data[at + 8 : at + size]) if name == "moof" else ():
            if inner == "traf":
                start = at + 8 + inner_at + 8
                _shift(shifted, start, start + inner_size - 8, ticks={k: round(seconds * v) for k, v in scales.items()})
    return bytes(shifted)


def _shift(data: bytearray, start: int, stop: int, *, ticks: dict[bytes, int]) -> None:
    traf = bytes(data[start:stop])
    places = {name: start + at + 8 for name, at, _ in boxes(traf)}
    at = places["tfdt"]
    form = ">Q" if data[at] else ">I"
    (now,) = struct.unpack_from(form, data, at + 4)
    struct.pack_into(form, data, at + 4, now + ticks[bytes(data[places["tfhd"] + 4 : places["tfhd"] + 8])])


def with_edits(data: bytes, track: int, edits: Sequence[tuple[float, float | None]]) -> bytes:
    """
    Return a file of FFmpeg's, its index last, one of whose tracks has other edits.

    Each is its length, and the time of the track's media at which it begins; None: nothing is shown. Both in seconds.
    """
    trak = ("moov", ("trak", track))
    scale = int.from_bytes(find(data, *trak, "mdia", "mdhd")[12:16], "big")
    movie_scale = int.from_bytes(find(data, "moov", "mvhd")[12:16], "big")
    # What FFmpeg wrote begins where the media does, behind what only prepares the decoder.
    (begin,) = struct.unpack(">i", find(data, *trak, "edts", "elst")[12:16])
    rows = [
        struct.pack(">IiI", round(length_s * movie_scale), -1 if at_s is None else begin + round(at_s * scale), 1 << 16)
        for length_s, at_s in edits
    ]
    return edit(data, (*trak, "edts", "elst"), partial(_instead, counted(len(rows), b"".join(rows))))
