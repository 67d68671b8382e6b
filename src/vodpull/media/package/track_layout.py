"""
Which tracks a plan leads to, what players call them, and where each of them lies. Pure.

The qualities come in the order of `rendition_order.py`. The first sound is the default one;
`confined/source/first_tracks.py` says which is first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vodpull.media.encode.codecs import BUFFERED
from vodpull.media.encode.language_codes import bcp_47, own_name
from vodpull.media.inspect.media_info import STEREO
from vodpull.media.package.playlists.presentation import SOUNDS, SURROUND, Track
from vodpull.media.package.rendition_order import rungs_in_order
from vodpull.media.plan.encode_plan import EncodePlan, RungPlan
from vodpull.media.plan.ladder import Rung

# What a segment may have at most, as a share of its ceiling, where no decoder's buffer bounds it.
LOOSE_PEAK = 2.0
# The most that copied stereo takes, with the boxes around it all; encoded sound may take more.
SOUND_BPS, BOXES_BPS = 240_000, 48_000


@dataclass(frozen=True, kw_only=True)
class PackagedRendition:
    """One rendition as it lies in the output folder."""

    rung: Rung
    playlist: str
    """What a client plays, a media playlist or a multivariant one, relative to the output folder."""
    folder: str
    """Folder of the segments of its picture, or of its sound where it has none, relative to the output folder."""
    mp4: str = ""
    """The same as one progressive file, relative to the output folder; empty: there is none."""

    @property
    def track(self) -> str:
        """Id of the track in its folder."""
        return self.folder.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class PlacedTrack:
    """One track, and what of the plan goes into its segments."""

    track: Track
    """Without what is measured of it."""
    picture: RungPlan | None = None
    sound: int | None = None
    """Number of the sound in the plan."""


def placed_renditions(plan: EncodePlan, name: str) -> tuple[PackagedRendition, ...]:
    """Return where each rendition lies: codec by codec with the fallback last, each with the lowest first."""
    return tuple(rendition for rendition, _ in _renditions(plan, name))


def placed_tracks(plan: EncodePlan, name: str) -> tuple[PlacedTrack, ...]:
    """
    Return all tracks, in the order in which playlists name them.

    Apart: each picture and each sound has segments of its own. Muxed: the first sound is in the segments of every
    rendition; of several a player must choose, and then each picture is there once more without sound: browsers refuse
    a rendition with sound beside a sound track (Media Source Extensions).
    """
    return tuple(_apart(plan, name) if plan.sound_layout == "apart" else _muxed(plan, name))


def _apart(plan: EncodePlan, name: str) -> Iterator[PlacedTrack]:
    sounds, own = list(_sounds(plan, name)), ""
    for rendition, planned in _renditions(plan, name):
        if plan.sound_only:
            own = rendition.playlist
        else:
            yield PlacedTrack(track=_picture(rendition, own=rendition.playlist), picture=planned)
    for placed in sounds:
        # The first one alone goes on where a line is too bad for pictures.
        is_first = placed is sounds[0]
        leads = is_first or (plan.sound_only and placed.track.group == SURROUND and placed.track.default)
        yield replace(placed, track=replace(placed.track, variant=leads, own=own if is_first else ""))


def _muxed(plan: EncodePlan, name: str) -> Iterator[PlacedTrack]:
    several = len(plan.sounds) > 1 and not plan.sound_only
    sound = 0 if plan.sounds else None
    for rendition, planned in _renditions(plan, name):
        track = replace(_picture(rendition), kind="sound" if plan.sound_only else "picture", variant=not several)
        yield PlacedTrack(track=track, picture=None if plan.sound_only else planned, sound=sound)
    if len(plan.sounds) > 1:
        yield from _sounds(plan, name)
    for rendition, planned in _renditions(plan, name) if several else ():
        yield PlacedTrack(track=_picture(replace(rendition, folder=f"{name}/v{rendition.track}")), picture=planned)


def _picture(rendition: PackagedRendition, *, own: str = "") -> Track:
    return Track(
        id=rendition.track,
        kind="picture",
        playlist=f"{rendition.folder.replace('/', '-')}.m3u8",
        folder=rendition.folder,
        variant=True,
        own=own,
        width_px=rendition.rung.width_px,
        height_px=rendition.rung.height_px,
        frame_rate=rendition.rung.frame_rate,
    )


def _sounds(plan: EncodePlan, name: str) -> Iterator[PlacedTrack]:
    names, first = sound_names(plan), plan.sounds[0].index if plan.sounds else None
    for number, sound in enumerate(plan.sounds, start=1):
        track = Track(
            id=f"a{number}",
            kind="sound",
            playlist=f"{name}-a{number}.m3u8",
            folder=f"{name}/a{number}",
            group=SOUNDS if sound.channels == STEREO else SURROUND,
            source_index=sound.index,
            language=bcp_47(sound.language or ""),
            name=names[sound.index],
            default=sound.index == first,
            role=sound.role,
        )
        yield PlacedTrack(track=track, sound=number - 1)


def sound_names(plan: EncodePlan) -> dict[int, str]:
    """Return what players show of each stream of the source, for each another name."""
    names: dict[int, str] = {}
    for number, sound in enumerate(plan.sounds, start=1):
        name = sound.title or own_name(sound.language or "") or str(number)
        while name in names.values():
            name = f"{name} ({number})"
        names.setdefault(sound.index, name)
    return names


def _renditions(plan: EncodePlan, name: str) -> Iterator[tuple[PackagedRendition, RungPlan]]:
    for codec, rungs in rungs_in_order(plan):
        for number, planned in enumerate(rungs, start=1):
            own = f"{number:02d}" if codec == plan.fallback else f"{codec}-{number:02d}"
            wanted = plan.mp4 == "each" or (plan.mp4 == "best" and planned is rungs[-1])
            rendition = PackagedRendition(
                rung=planned.rung,
                playlist=f"{name}-{own}.m3u8",
                folder=f"{name}/{_track_id(plan, own)}",
                mp4=f"{name}-{own}.mp4" if wanted and codec == plan.fallback else "",
            )
            yield rendition, planned


def _track_id(plan: EncodePlan, own: str) -> str:
    if plan.sound_layout == "muxed":
        return own
    return "a1" if plan.sound_only else f"v{own}"


def planned_bps(plan: EncodePlan, placed: PlacedTrack) -> int:
    """Return what a track needs at most, before anything of it is measured."""
    sound = None if placed.sound is None else plan.sounds[placed.sound]
    pairs = sound.channels // STEREO if sound else 1
    copied_bps = SOUND_BPS * pairs if sound and sound.copied else SOUND_BPS
    sound_bps = max(copied_bps, plan.audio.bitrate_bps * pairs + BOXES_BPS) if sound else BOXES_BPS
    if placed.picture is None:
        return sound_bps
    rung, rate = placed.picture.rung, placed.picture.rate
    # A segment at the ceiling, and a full buffer more.
    peak = 1 + rate.buffer_bits / rate.max_bitrate_bps * float(plan.rate / plan.gop_frames)
    loose = rung.copied or rung.codec not in BUFFERED
    return round((max(peak, LOOSE_PEAK) if loose else peak) * rung.max_bitrate_bps) + sound_bps
