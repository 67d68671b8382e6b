"""
A package is written, measured, compared with its source and judged before anyone sees it: in which order.

`whole_files.py` looks at each file, `inspect/ask_segments.py` counts packets and `structure.py` judges what was
counted; `compare.py` looks and listens, and `content_verdict.py` judges what it found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from vodpull.media.inspect.ask_segments import SegmentSet
from vodpull.media.package.assembly import Parts
from vodpull.media.package.package import Package, make_pictures, package_media
from vodpull.media.package.playlists.hls import Segment
from vodpull.media.plan.encode_plan import EncodePlan
from vodpull.media.tools.sandbox import Toolbox
from vodpull.media.verify.compare import Original, Subject, compare_content
from vodpull.media.verify.content_verdict import Proof, judged
from vodpull.media.verify.multivariant_promises import Seen
from vodpull.media.verify.structure import Rendition, check_structure
from vodpull.media.verify.whole_files import require_mp4, whole_segments


async def package_and_verify(
    plan: EncodePlan, parts: Parts, out_folder: Path, *, original: Original, video_id: str, toolbox: Toolbox
) -> tuple[Package, tuple[Rendition, ...], Proof]:
    """
    Write one asset into an empty folder, prove that it is complete and true, and return where it is and what was found.

    The pictures are made while the segments are measured and compared. Renditions are in the order of the package.

    Raises:
        EncodeFailed: FFmpeg ended with an error, or the measuring child crashed.
        EncodeStalled: FFmpeg was ended because it made no progress.
        MediaTruncated: picture or sound end before the source said so.
        OutputInvalid: the parts do not fit together, anything is missing, cut, or not as planned, or what is shown and
            heard is not what the source shows and lets hear.
        StorageFull: the disk is full.
    """
    made, packaged = await package_media(plan, parts, out_folder, video_id=video_id)
    subject = Subject(original=original, out_folder=out_folder, package=packaged, plan=plan)
    segments = await asyncio.to_thread(listed_segments, out_folder, packaged)
    pictures = asyncio.ensure_future(make_pictures(made, packaged, out_folder, toolbox=toolbox))
    measuring = what_is_measured(packaged, segments)
    comparing = asyncio.ensure_future(compare_content(subject, measuring, toolbox=toolbox))
    try:
        compared, measured = await comparing
        await pictures
        seen = Seen(segments=segments, measured=measured)
        renditions = await asyncio.to_thread(check_structure, out_folder, packaged, info=original.info, seen=seen)
        return packaged, renditions, judged(compared)
    finally:
        pictures.cancel()
        comparing.cancel()
        await asyncio.gather(pictures, comparing, return_exceptions=True)


def listed_segments(out_folder: Path, package: Package) -> dict[str, list[Segment]]:
    """
    Return the segments of each track, by its id, after looking at each file.

    Raises:
        OutputInvalid: a file is missing, cut, or no media.
    """
    for name in (rendition.mp4 for rendition in package.renditions if rendition.mp4):
        require_mp4(out_folder / name)
    return {track.id: whole_segments(out_folder, track) for track in package.tracks}


def what_is_measured(package: Package, segments: Mapping[str, Sequence[Segment]]) -> dict[str, SegmentSet]:
    """Return what is to be measured of a package, by the id of a track or the name of a progressive file. Pure."""
    strict = {placed.track for placed in package.renditions if placed.rung.width_px and not placed.rung.copied}
    tracks = {
        track.id: SegmentSet(folder=track.folder, segments=len(segments[track.id]), strict=track.id in strict)
        for track in package.tracks
    }
    names = [rendition.mp4 for rendition in package.renditions if rendition.mp4]
    return tracks | {name: SegmentSet(folder="", init=name, segments=0) for name in names}
