"""
Encoded renditions to CMAF segments, and playlists from what was measured.

No process runs for it but for the pictures: the samples of the intermediate files are put into segments as they are, by
number of frame. So every cut is exact, a segment does not depend on what comes after it, and what was published early
stays valid.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from vodpull.errors import InternalError, OutputInvalid
from vodpull.media.inspect.ask_segments import SegmentSet, measure
from vodpull.media.package.assembly import Assembly, Parts
from vodpull.media.package.pictures.poster_and_storyboard import make_poster, make_storyboard, storyboard_name
from vodpull.media.package.pictures.teaser import TEASER_S, make_teaser
from vodpull.media.package.playlists.all_playlists import playlists
from vodpull.media.package.playlists.presentation import Presentation, Track
from vodpull.media.package.track_layout import PackagedRendition
from vodpull.media.plan.encode_plan import EncodePlan
from vodpull.media.plan.template import AudioCodec, VideoCodec
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.sandbox import Toolbox

PICTURES_FILE = "pictures.mp4"
"""In the output folder while pictures are made of it."""

# Two hundred keyframes at most, or a few seconds of film: more than this is no work but a fault.
PICTURE_LIMITS = RunLimits(wall_s=300, file_size_bytes=64 * 1024 * 1024)


@dataclass(frozen=True, kw_only=True)
class Package:
    """A complete presentation with its pictures, not verified yet."""

    video_id: str
    multivariant: str
    """Multivariant playlist, relative to the output folder."""
    poster: str
    """JPEG, relative to the output folder; empty: there is no picture."""
    storyboard: str
    """WebVTT index of the small pictures, relative to the output folder; empty: there are none."""
    renditions: tuple[PackagedRendition, ...]
    """Those of the fallback codec last, each codec with the lowest clarity first: its playlist is number 01."""
    teaser: str = ""
    """Animated WebP, relative to the output folder; empty: there is none."""
    sound_codec: AudioCodec | None = None
    """Of all sound; None: there is none."""
    presentation: Presentation | None = None
    """None only where an older release has verified it."""

    @property
    def fallback(self) -> VideoCodec:
        """The codec of the renditions that answer for the definitions."""
        return self.renditions[-1].rung.codec

    def played(self, placed: PackagedRendition) -> tuple[Track, ...]:
        """Return the tracks that a viewer of a rendition gets."""
        lead = next(track for track in self.tracks if track.id == placed.track)
        return self.presentation.playing(lead) if self.presentation else ()

    def lengths_s(self, track: Track) -> tuple[float, ...]:
        """Return the lengths of a track's segments."""
        return self.presentation.lengths_s(track) if self.presentation else ()

    @property
    def mpd(self) -> str:
        """The manifest for DASH, relative to the output folder; empty: there is none."""
        return self.presentation.mpd if self.presentation else ""

    @property
    def tracks(self) -> tuple[Track, ...]:
        """All tracks that it presents."""
        return self.presentation.tracks if self.presentation else ()


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The beginning of a presentation that is still being made."""

    multivariant: str
    """Multivariant playlist, relative to the output folder."""
    playlists: tuple[str, ...]
    """All others, relative to the output folder: what names others comes after them."""
    files: tuple[str, ...]
    """New init and media segments, relative to the output folder."""
    segments: int
    """So many segments of each track are finished."""


async def package_media(plan: EncodePlan, parts: Parts, out_folder: Path, *, video_id: str) -> tuple[Assembly, Package]:
    """
    Write the playlists and segments of one asset into an empty folder.

    Returns what its pictures can be made of, and what all of it will be. Nothing is encoded again. The playlist of
    every rendition plays alone, with its sound.

    Raises:
        StorageFull: the disk is full.
        OutputInvalid: the parts do not fit together.
    """
    made = await asyncio.to_thread(Assembly, plan, parts, video_id)
    if not made.timeline.complete:
        raise InternalError("a package needs all chunks")
    presentation = await asyncio.to_thread(made.write, out_folder)
    await asyncio.to_thread(made.write_mp4s, out_folder)
    return made, Package(
        video_id=video_id,
        multivariant=presentation.multivariant,
        poster="" if plan.sound_only else f"{video_id}.jpg",
        storyboard="" if plan.sound_only else storyboard_name(video_id),
        teaser=f"{video_id}.webp" if plan.teaser and not plan.sound_only else "",
        renditions=made.renditions,
        sound_codec=plan.audio.codec if plan.sounds else None,
        presentation=presentation,
    )


async def make_pictures(made: Assembly, packaged: Package, out_folder: Path, *, toolbox: Toolbox) -> None:
    """
    Write poster, storyboard and teaser of a package.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: a picture is missing.
    """
    if not packaged.poster:
        return
    file = out_folder / PICTURES_FILE
    try:
        source = await asyncio.to_thread(made.write_small_pictures, file)
        choice = await make_storyboard(source, out_folder, packaged.video_id, toolbox=toolbox, limits=PICTURE_LIMITS)
        number = await asyncio.to_thread(made.write_chosen_picture, choice, file)
        await make_poster(file, number, out_folder, name=packaged.poster, toolbox=toolbox, limits=PICTURE_LIMITS)
        if packaged.teaser:
            await asyncio.to_thread(made.write_teaser_source, choice, TEASER_S, file)
            await make_teaser(
                file, source.rung, out_folder, name=packaged.teaser, toolbox=toolbox, limits=PICTURE_LIMITS
            )
    finally:
        file.unlink(missing_ok=True)


async def package_preview(
    plan: EncodePlan, parts: Parts, out_folder: Path, *, video_id: str, toolbox: Toolbox, after: int = 0
) -> Preview:
    """
    Write what the first chunks of a film give: new segments, and playlists that will grow; return where they are.

    Segments up to number `after` were written by an earlier call and are left out. Segments have the names and bytes
    that the finished package gives them. The first ones of each rung were decoded before this returns.

    Raises:
        EncodeFailed: the measuring child crashed.
        OutputInvalid: the parts do not fit together, or cannot be decoded.
        StorageFull: the disk is full.
    """
    made = await asyncio.to_thread(Assembly, plan, parts, video_id)
    presentation, files = await asyncio.to_thread(made.write_preview, out_folder, after)
    if not after:
        first = {
            placed.track: SegmentSet(folder=placed.folder, segments=1, strict=not placed.rung.copied)
            for placed in made.renditions
        }
        for name, measured in (await measure(out_folder, first, toolbox=toolbox)).items():
            if measured.undecodable or not measured.tracks[0].packets:
                raise OutputInvalid(f"the first segment of {name} cannot be decoded")
    *names, multivariant = playlists(presentation)
    return Preview(multivariant=multivariant, playlists=tuple(names), files=files, segments=made.timeline.segments)
