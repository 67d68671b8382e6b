"""The parts of an HLS source back into one file, without encoding anything again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from vodpull.media.inspect.steady import steady
from vodpull.media.tools import allowlist
from vodpull.media.tools.run import RunLimits, ToolProgress, check, run
from vodpull.media.tools.sandbox import Toolbox


async def join(video: Path, audio: Path | None, target: Path, *, toolbox: Toolbox, limits: RunLimits) -> None:
    """
    Copy the streams of one file, or of a picture and a sound file, into one MP4 at `target`.

    The files are segments written one after the other (MPEG-TS, or an init segment and fMP4 segments). The target's
    folder must exist; a file of an earlier try is overwritten.

    Raises:
        EncodeFailed: FFmpeg cannot read the parts, or their codec has no place in MP4.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as place:
        picture = await steady(video, Path(place), toolbox=toolbox, name="video.mkv")
        shifts = picture.shifts if picture else ()
        sound = audio and await steady(audio, Path(place), toolbox=toolbox, shifts=shifts, name="audio.mkv")
        parts = {"video": picture.path if picture else video}
        parts |= {"audio": sound.path if sound else audio} if audio else {}
        finished = await run(
            build_join_argv(target.name, separate_audio=audio is not None, steadied=bool(picture or sound)),
            toolbox=toolbox,
            reads=parts,
            writes=target.parent,
            limits=limits,
            on_progress=_unheard,
        )
    check(finished, "joining the segments")


def _unheard(_progress: ToolProgress) -> None:
    """The copy is over before anyone looks; the report is read for the stall limit only."""


def build_join_argv(name: str, *, separate_audio: bool, steadied: bool = False) -> list[str]:
    """Return the FFmpeg command: reads `/in/video` and `/in/audio`, writes into the working folder. Pure."""
    # `?`: sound only and picture only are sources too; the probe says later what they are good for.
    maps = ["-map", "0:v:0?", "-map", "1:a:0?"] if separate_audio else ["-map", "0:v:0?", "-map", "0:a?"]
    return [
        *allowlist.global_flags(),
        *allowlist.input_flags("video"),
        *(allowlist.input_flags("audio") if separate_audio else ()),
        *maps,
        "-c", "copy",
        # Sound of several kinds has become plain samples.
        *(("-c:a", "flac") if steadied else ()),
        "-map_metadata", "-1",
        # The index first: the joined file is stored as the original, and players may read it while it arrives.
        "-movflags", "+faststart",
        "-f", "mp4", f"file:{name}",
    ]  # fmt: skip
