"""
What a file is by its first bytes, and what is said of one that does not open; a part of probe.py.

That is: no media at all, cut, or of a kind that is not taken. Which kinds are taken: `tools/accepted.py`; which files
are cut that do open: truncated_files.py.
"""

from __future__ import annotations

SIGNATURES = {b"\x1a\x45\xdf\xa3": "matroska", b"FLV\x01": "flv", b"OggS": "ogg", b"\x00\x00\x01\xba": "mpeg",
              b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "asf"}  # fmt: skip
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*")
# What is not taken everywhere, with FFmpeg's names.
RARE = {b"\x06\x0e\x2b\x34": ("mxf", "MXF"), b".RMF": ("rm", "RealMedia"), b"nut/multimedia": ("nut", "NUT"),
        b"DKIF": ("ivf", "IVF"), b"caff": ("caf", "CAF"), b"FORM": ("aiff", "AIFF"), b"#!AMR": ("amr", "AMR"),
        b"riff\x2e\x91\xcf\x11": ("w64", "Wave64"), b"\x1f\x07\x00": ("dv", "DV")}  # fmt: skip


def is_picture(head: bytes) -> bool:
    """Tell whether a file is a still picture."""
    if head.startswith(b"RIFF"):
        return head[8:12] == b"WEBP"
    return head.startswith(PICTURES) or (head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"mif1", b"avif"})


def why_unopened(error: Exception, head: bytes, taken: list[str]) -> tuple[str, str, str]:
    """Return code, message and kind of the refusal of a file that FFmpeg does not open; `taken`: FFmpeg's formats."""
    rare, known = next((names for magic, names in RARE.items() if head.startswith(magic)), ("", _signature(head)))
    if isinstance(error, MemoryError):
        return "media_too_large", "the file asks for more streams or memory than allowed", ""
    if rare and rare not in taken:
        return "media_unsupported", f"{known} files are not supported", "format"
    if known:
        return "media_truncated", f"the {known} file cannot be opened: its index is missing or broken", ""
    return "not_media", "the file is empty" if not head else "the bytes are not a media file", ""


def _signature(head: bytes) -> str | None:
    """Return the container that the first bytes announce."""
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide"}:
        return "mp4"
    if head.startswith(b"RIFF") and head[8:12] in {b"AVI ", b"WAVE"}:
        return head[8:12].strip().decode().lower()
    if len(head) > 188 * 2 and head[0] == head[188] == head[376] == 0x47:  # noqa: PLR2004 - MPEG-TS packet size
        return "mpegts"
    return next((name for magic, name in SIGNATURES.items() if head.startswith(magic)), None)
