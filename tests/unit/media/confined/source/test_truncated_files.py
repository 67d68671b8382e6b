from __future__ import annotations

import struct
from pathlib import Path

import pytest

from vodpull.media.confined.source.truncated_files import broken_promise, unfinished
from vodpull.media.mp4 import boxes
from vodpull.media.mp4.boxes import box, full_box

FRAGMENT = box("moof", bytes(92)) + box("mdat", bytes(892))
"""1000 bytes."""
HEAD = box("ftyp", b"iso6" + bytes(4)) + box("moov", full_box("mvhd", 0, 0, bytes(8), struct.pack(">II", 1000, 0)))


def sidx(*sizes: int, first: int = 0, count: int | None = None, kind: int = 0) -> bytes:
    """Return a segment index of pieces of these sizes; kind 1: they begin with another one."""
    rows = [struct.pack(">III", kind << 31 | size, 1000, 0x90000000) for size in sizes]
    counted = len(sizes) if count is None else count
    return full_box("sidx", 1, 0, struct.pack(">IIQQHH", 1, 1000, 0, first, 0, counted), *rows)


def broken(path: Path, content: bytes, *, container: str = "mov,mp4", duration_s: float = 3.0) -> str | None:
    path.write_bytes(content)
    facts = {"container": container, "size_bytes": len(content), "declared_s": 0.0, "found_s": duration_s}
    return broken_promise(boxes, path, facts, share=0.98)


INDEX = sidx(1000, 1000, 1000)
PARTS = sidx(1000, 1000) + 2 * FRAGMENT, sidx(1000) + FRAGMENT
LAYOUTS = {
    "one index": HEAD + INDEX + 3 * FRAGMENT,
    "one for each track": HEAD + sidx(1000, 2000, first=len(INDEX)) + INDEX + 3 * FRAGMENT,
    "behind the first media": HEAD + box("mdat", bytes(500)) + INDEX + 3 * FRAGMENT,
    "an index of indexes": HEAD + sidx(*map(len, PARTS), kind=1) + b"".join(PARTS),
    "a chain of indexes": HEAD + sidx(1000, len(PARTS[0])) + FRAGMENT + PARTS[0],
}
PER_FRAGMENT = HEAD + 3 * (sidx(1000) + FRAGMENT)


@pytest.mark.parametrize("content", [*LAYOUTS.values(), PER_FRAGMENT], ids=[*LAYOUTS, "one for each fragment"])
def test_whole_files_keep_their_promise(tmp_path: Path, content: bytes) -> None:
    assert broken(tmp_path / "a.mp4", content) is None
    assert broken(tmp_path / "a.mp4", content + box("mfra", bytes(100))) is None


@pytest.mark.parametrize("content", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("missing", [1, 900, 995, 1000, 1001, 1500])
def test_an_index_tells_wherever_the_file_was_cut(tmp_path: Path, content: bytes, missing: int) -> None:
    said = broken(tmp_path / "a.mp4", content[:-missing])
    assert said
    assert f"the segment index names {len(content)} bytes" in said


def test_a_cut_index_and_one_with_nothing_behind_it_tell_too(tmp_path: Path) -> None:
    index = HEAD + sidx(1000, 1000)
    assert broken(tmp_path / "a.mp4", index)
    assert broken(tmp_path / "a.mp4", index[:-1])


@pytest.mark.parametrize(
    "index",
    [
        sidx(),
        sidx(1000, count=65535),
        sidx(1000, 1000, first=2**64 - 1),
        sidx(1000, 1000, first=2**40),
        sidx(*[2**31 - 1] * 65535, first=1),
        sidx(1000, 1000, 1000, first=7),
        sidx(990, 1000, 5000),
        full_box("sidx", 0, 0),
        full_box("sidx", 255, 0, bytes(15)),
        b"\0\0\0\1sidx" + (2**63).to_bytes(8, "big"),
        b"\0\0\0\0sidx",
        box("free") * 100 + sidx(9000),
        FRAGMENT + sidx(9000),
    ],
)
def test_an_index_that_makes_no_sense_promises_nothing(tmp_path: Path, index: bytes) -> None:
    assert broken(tmp_path / "a.mp4", HEAD + index + 3 * FRAGMENT) is None


@pytest.mark.parametrize(
    ("mehd", "is_broken"),
    [
        (struct.pack(">II", 0, 3000), False),
        (struct.pack(">II", 0, 3400), False),
        (struct.pack(">II", 0, 3600), True),
        (struct.pack(">IQ", 1 << 24, 3600), True),
        (struct.pack(">II", 0, 0), False),
        (struct.pack(">II", 0, 2**32 - 1), False),
        (struct.pack(">IQ", 1 << 24, 2**64 - 1), False),
        (b"", False),
    ],
)
def test_seconds_that_are_promised_must_be_there(tmp_path: Path, mehd: bytes, is_broken: bool) -> None:
    header = full_box("mvhd", 0, 0, bytes(8), struct.pack(">II", 1000, 0))
    moov = box("moov", header, box("mvex", box("mehd", mehd)))
    assert bool(broken(tmp_path / "a.mp4", moov + FRAGMENT)) == is_broken


@pytest.mark.parametrize("moov", [b"", b"\0\0\0\1mvhd", box("mvex", box("mehd", bytes(8))), bytes(20)])
def test_a_description_that_makes_no_sense_promises_nothing(tmp_path: Path, moov: bytes) -> None:
    assert broken(tmp_path / "a.mp4", box("moov", moov) + FRAGMENT) is None


@pytest.mark.parametrize(
    ("promised", "size", "is_broken"),
    [(992, 1000, False), (1010, 1000, False), (1100, 1000, True), (0, 1000, False), (2**32 - 1, 1000, False)],
)
def test_avi_announces_its_length(tmp_path: Path, promised: int, size: int, is_broken: bool) -> None:
    content = b"RIFF" + promised.to_bytes(4, "little") + b"AVI " + bytes(size - 12)
    assert bool(broken(tmp_path / "a.avi", content, container="avi")) == is_broken


def test_a_still_picture_promises_nothing(tmp_path: Path) -> None:
    assert broken(tmp_path / "a.webp", b"RIFF" + bytes([0, 99, 0, 0]) + b"WEBP", container="picture") is None


def test_of_other_files_nothing_is_read(tmp_path: Path) -> None:
    assert broken(tmp_path / "a.ts", LAYOUTS["one index"][:-1], container="mpegts") is None


PES = b"\0\0\1\xe0" + (100).to_bytes(2, "big") + bytes(100)
PACK_2, PACK_1 = b"\0\0\1\xba\x44" + bytes(8) + b"\xf9\xff", b"\0\0\1\xba\x21" + bytes(7)
PAGE = b"OggS" + bytes(22) + b"\2\xff\x0a" + bytes(265)
CLUSTER = b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + b"\xe7\x81\0" + 3 * (b"\xa3\x40\x64" + bytes(100))
ENDS = {
    "mpegts": [
        8 * (b"G" + bytes(187)),
        b"junk" + 8 * (b"G" + bytes(187)),
        8 * (bytes(4) + b"G" + bytes(187)),
        8 * (b"G" + bytes(203)),
    ],
    "mpeg": [2 * (PACK_2 + 2 * PES), PACK_1 + PES + b"\0\0\1\xb9"],
    "ogg": [3 * PAGE],
    "matroska,webm": [CLUSTER, CLUSTER + CLUSTER],
}


@pytest.mark.parametrize(("container", "content"), [(kind, whole) for kind, all_ in ENDS.items() for whole in all_])
def test_a_file_that_ends_in_the_middle_of_something_says_so(tmp_path: Path, container: str, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert unfinished(path, container) == ""
    for missing in (1, 2, 50):
        path.write_bytes(content[:-missing])
        assert unfinished(path, container).startswith("its last "), missing


@pytest.mark.parametrize("container", [*ENDS, "avi"])
def test_what_is_no_end_of_anything_says_nothing(tmp_path: Path, container: str) -> None:
    path = tmp_path / "file"
    for content in (b"", b"G", bytes(1000), b"\0\0\1" * 400):
        path.write_bytes(content)
        assert unfinished(path, container) == ""


def chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) & 1)


def avi(*, index: bool = True, second: bool = False) -> bytes:
    movi = chunk(b"LIST", b"movi" + chunk(b"00dc", bytes(3000)))
    content = b"AVI " + chunk(b"LIST", b"hdrl" + bytes(200)) + movi + (chunk(b"idx1", bytes(160)) if index else b"")
    return chunk(b"RIFF", content) + (chunk(b"RIFF", b"AVIX" + movi) if second else b"")


def asf(*, live: int = 0) -> bytes:
    properties = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365") + bytes(72) + struct.pack("<III", live, 800, 800)
    data = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c") + bytes(24) + struct.pack("<Q", 4) + bytes(2)
    return b"\x30\x26\xb2\x75" + properties + bytes(4) + data + bytes(4 * 800) + bytes(90)


def flv_tag(kind: int, body: bytes) -> bytes:
    head = bytes([kind]) + len(body).to_bytes(3, "big") + bytes(7)
    return head + body + (len(head) + len(body)).to_bytes(4, "big")


def flv(*, claims: bool) -> bytes:
    head, tags = b"FLV\1\5\0\0\0\x09" + bytes(4), flv_tag(9, b"\x17" * 400) * 5 + flv_tag(8, b"\xaf" * 90)
    size = len(head) + 11 + 19 + 4 + len(tags)
    said = b"\0\x08filesize\0" + struct.pack(">d", size) if claims else bytes(19)
    return head + flv_tag(18, said) + tags


@pytest.mark.parametrize(
    ("container", "content", "index_bytes"),
    [("avi", avi(), 168), ("avi", avi(second=True, index=False), 0), ("asf", asf(), 90), ("flv", flv(claims=True), 4)],
)
def test_a_short_tail_is_missed_where_samples_are_in_it(
    tmp_path: Path, container: str, content: bytes, index_bytes: int
) -> None:
    for behind in (b"", bytes(1000)):
        assert broken(tmp_path / "a", content + behind, container=container) is None
    # What was cut is only an index, or a length.
    assert broken(tmp_path / "a", content[: len(content) - index_bytes], container=container) is None
    for missing in (2, 50, 90):
        cut = content[: len(content) - index_bytes - missing]
        assert broken(tmp_path / "a", cut, container=container), missing


def test_lists_that_are_wrong_before_a_whole_index_and_live_streams_promise_nothing(tmp_path: Path) -> None:
    wrong = avi().replace(b"LIST\xc4\x0b", b"LIST\xff\x0b")
    assert wrong != avi()
    assert broken(tmp_path / "a", wrong, container="avi") is None
    assert broken(tmp_path / "a", asf(live=1)[:-500], container="asf") is None


def test_a_tag_that_is_cut_is_told_where_the_file_says_no_size(tmp_path: Path) -> None:
    file, whole = tmp_path / "a.flv", flv(claims=False)
    for missing, told in ((0, ""), (3, ""), (4, ""), (5, "its last tag has 100 of 101 bytes"), (90, "15 of 101")):
        file.write_bytes(whole[: len(whole) - missing])
        assert told in unfinished(file, "flv")
        assert bool(unfinished(file, "flv")) is bool(told)
        assert broken(file, file.read_bytes(), container="flv") is None
    file.write_bytes(whole + bytes(1000))
    assert unfinished(file, "flv") == ""
