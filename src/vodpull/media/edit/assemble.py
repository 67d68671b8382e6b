"""From pieces to the file of a clip or a join: one MP4 of the planned samples, its fragments, and FLV of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vodpull.errors import error_of_disk
from vodpull.media.edit.edit_plan import PICTURE_FILE, EditPlan
from vodpull.media.edit.picture_copy import read_copy
from vodpull.media.edit.sound import SOUND_FILE
from vodpull.media.mp4.fragments import media_segment
from vodpull.media.mp4.sample_tables import SampleTable, read_samples
from vodpull.media.package.playlists.hls import whole_s
from vodpull.media.package.progressive import write_progressive
from vodpull.media.package.timeline import PictureTrack, SoundTrack, Timeline, init_bytes
from vodpull.media.segment_names import INIT_FILE, SEGMENT_PATTERN
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import copy_limits
from vodpull.media.tools.run import run_unheard
from vodpull.media.tools.sandbox import Toolbox

MP4_FILE = "edited.mp4"
FLV_FILE = "edited.flv"
PLAYLIST_FILE = "edited.m3u8"
SEGMENTS = "segments"
"""Folder of the fragments: those of a playlist, and what is compared with the sources."""


@dataclass(frozen=True, kw_only=True)
class EditPieces:
    """Folders with what was made for a plan."""

    pictures: Mapping[tuple[int, int], Path]
    """By part and chunk; of a copied picture the chunk is 0."""
    sound: Path | None


def write_edit(plan: EditPlan, pieces: EditPieces, folder: Path) -> None:
    """
    Write the MP4 and the fragments of a plan into a fresh folder.

    Raises:
        OutputInvalid: the pieces do not belong together.
        StorageFull: the disk is full.
    """
    try:
        timeline = Timeline(rate=plan.rate, cuts=(*plan.cuts, plan.frames_total), complete=True)
        tracks = list(_tracks(plan, pieces, timeline))
        write_progressive(folder / MP4_FILE, tracks, timeline.segments)
        _write_fragments(folder / SEGMENTS, tracks, timeline)
    except OSError as error:
        raise error_of_disk(error, "the clip cannot be written") from error


def _tracks(plan: EditPlan, pieces: EditPieces, timeline: Timeline) -> Sequence[PictureTrack | SoundTrack]:
    tracks: list[PictureTrack | SoundTrack] = []
    if pieces.pictures:
        tracks.append(PictureTrack(_tables(plan, pieces), timeline, track_number=1))
    if pieces.sound:
        table = read_samples(pieces.sound / SOUND_FILE)
        tracks.append(SoundTrack(table, timeline, track_number=len(tracks) + 1, language=None))
    return tracks


def _tables(plan: EditPlan, pieces: EditPieces) -> list[tuple[int, SampleTable]]:
    """Return the samples of the picture, each table with the place of its first frame on the grid."""
    tables = []
    for (number, chunk), folder in sorted(pieces.pictures.items()):
        part = plan.parts[number]
        if part.plan is None:
            tables.append((part.copied_from, read_copy(folder, plan.rate)))
        else:
            tables.append((part.copied_from + part.plan.chunks[chunk].first_frame, read_samples(folder / PICTURE_FILE)))
    return tables


def _write_fragments(folder: Path, tracks: Sequence[PictureTrack | SoundTrack], timeline: Timeline) -> None:
    folder.mkdir()
    (folder / INIT_FILE).write_bytes(init_bytes(tracks))
    numbers = range(1, timeline.segments + 1)
    for number in numbers:
        runs = [run for run in (track.run(number) for track in tracks) if run.samples]
        (folder / (SEGMENT_PATTERN % number)).write_bytes(media_segment(number, runs))
    (folder.parent / PLAYLIST_FILE).write_text(
        playlist([timeline.duration_s(number) for number in numbers], folder=SEGMENTS), encoding="utf-8"
    )


def playlist(lengths_s: Sequence[float], *, folder: str) -> str:
    """Return the media playlist of fragments in a folder beside it (RFC 8216). Pure."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(map(whole_s, lengths_s))}",
        "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{folder}/{INIT_FILE}"',
    ]
    for number, length_s in enumerate(lengths_s, start=1):
        lines += [f"#EXTINF:{length_s:.6f},", f"{folder}/{SEGMENT_PATTERN % number}"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


async def write_flv(folder: Path, *, toolbox: Toolbox) -> None:
    """
    Write the MP4 of a folder anew as FLV, beside it.

    Raises:
        EncodeFailed, EncodeStalled: FFmpeg ended with an error, or made no progress.
    """
    argv = [
        *ffmpeg_options.global_flags(),
        *ffmpeg_options.input_flags("edited"),
        "-map", "0", "-c", "copy", "-map_metadata", "-1",
        "-f", "flv", f"file:{FLV_FILE}",
    ]  # fmt: skip
    source = folder / MP4_FILE
    limits = copy_limits(source.stat().st_size)
    await run_unheard(argv, "writing FLV", toolbox=toolbox, reads={"edited": source}, writes=folder, limits=limits)
