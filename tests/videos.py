"""The video of the vectors, as the library knows it."""

from __future__ import annotations

from datetime import timedelta, timezone

from vodpull.clock import read_wire_time_ms
from vodpull.jobs.model import Asset, Clarity, EncodeState, ServerType, StoredFile
from vodpull.videos.model import Video

ZONE = timezone(timedelta(hours=8))
DIRECTORY = "0123456789abcdef0123456700000000"
VIDEO_ID = "0123456789abcdef0123456700000001"
FOLDER = f"pullvideo/202311/{DIRECTORY}"


def wire_ms(text: str) -> int:
    """Return a time of the vectors."""
    at_ms = read_wire_time_ms(text, ZONE)
    assert at_ms is not None
    return at_ms


def stored_file(clarity: Clarity, name: str, size_bytes: int, server_type: ServerType = ServerType.PC) -> StoredFile:
    """Return a file of the video."""
    return StoredFile(
        clarity=clarity,
        server_type=server_type,
        width_px=640,
        height_px=360,
        bitrate_bps=412_000,
        size_bytes=size_bytes,
        key=f"{FOLDER}/{name}",
    )


ORIGINAL = stored_file(Clarity.ORIGINAL, "b.mp4", 5_384_542, ServerType.SOURCE)
ASSET = Asset(
    video_id=VIDEO_ID,
    duration_s=105.2,
    files=(ORIGINAL, stored_file(Clarity.LD, f"{VIDEO_ID}-01.m3u8", 929)),
    playlist_key=f"{FOLDER}/{VIDEO_ID}.m3u8",
    poster_key=f"{FOLDER}/{VIDEO_ID}.jpg",
    attempt=1,
)
VIDEO = Video(
    video_id=VIDEO_ID,
    account_id="a" * 32,
    account="demo-account",
    name="clip-1",
    encode_state=EncodeState.ENCODED,
    created_at_ms=wire_ms("2023-11-15 06:13:20"),
    uploaded_at_ms=wire_ms("2023-11-15 06:14:00"),
    updated_at_ms=wire_ms("2023-11-15 06:20:00"),
    duration_s=105.2,
    size_bytes=6_200_000,
    asset=ASSET,
    directory=DIRECTORY,
    job_id="j" * 32,
    batch_id="b" * 32,
    position=0,
    template="abr",
)
