from __future__ import annotations

from pathlib import Path

from vodpull.media.mp4.boxes import box, find_box, full_box
from vodpull.media.mp4.extended_language import room, write_languages


def track(kind: bytes, name: str) -> bytes:
    handler = full_box("hdlr", 0, 0, bytes(4), kind, bytes(12), name.encode(), b"\0")
    return box("trak", full_box("tkhd", 0, 0, bytes(80)), box("mdia", full_box("mdhd", 0, 0, bytes(20)), handler))


def written(path: Path, tracks: list[bytes], tags: list[str]) -> list[tuple[bytes | None, bytes | None]]:
    """Return name and language of each track."""
    path.write_bytes(box("ftyp", b"isom") + box("moov", *tracks) + box("mdat", b"hdlr"))
    size = path.stat().st_size
    write_languages(path, tags)
    assert path.stat().st_size == size
    moov = find_box(path.read_bytes(), "moov") or b""
    found: list[tuple[bytes | None, bytes | None]] = []
    for each in tracks:
        at = len(b"".join(tracks[: tracks.index(each)]))
        media = find_box(moov[at : at + len(each)], "trak", "mdia") or b""
        found.append(((find_box(media, "hdlr") or b"")[24:], find_box(media, "elng")))
    return found


def test_a_language_takes_the_place_of_blanks(tmp_path: Path) -> None:
    tracks = [track(b"vide", "picture"), track(b"soun", "uno" + room("es-419")), track(b"soun", "two")]
    assert written(tmp_path / "film", tracks, ["es-419", "zh-Hant"]) == [
        (b"picture\0", None),
        (b"uno\0", bytes(4) + b"es-419\0"),
        # There is no room for this one.
        (b"two\0", None),
    ]


def test_what_is_no_mp4_stays_as_it_is(tmp_path: Path) -> None:
    for content in (b"", b"junk", box("moov", b"junk"), box("moov", box("trak", box("mdia", b"\0\0\0\1hdlr")))):
        (tmp_path / "film").write_bytes(content)
        write_languages(tmp_path / "film", ["es-419"])
        assert (tmp_path / "film").read_bytes() == content
