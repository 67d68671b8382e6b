"""What multivariant playlists promise, compared with what lies there and was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat, zip_longest
from pathlib import Path

from vodpull.errors import OutputInvalid
from vodpull.media.inspect.ask_segments import Measured
from vodpull.media.mp4.codec_names import codec_names
from vodpull.media.package.package import Package
from vodpull.media.package.playlists.hls import Segment, peak_bitrate_bps
from vodpull.media.package.playlists.presentation import Presentation, Track
from vodpull.media.package.playlists.variants import Pair, pairs
from vodpull.media.verify.iframes_and_mpd import check_listings
from vodpull.media.verify.whole_files import parsed, require_file


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What lies in the output folder, by the id of a track or the name of a progressive file."""

    segments: Mapping[str, list[Segment]]
    measured: Mapping[str, Measured]

    def together(self, tracks: Sequence[Track]) -> list[Segment]:
        """Return the segments of tracks that play together as if they were of one."""
        first, *others = (self.segments[track.id] for track in tracks)
        # Sound may end before the picture.
        sizes = zip_longest(*([segment.size_bytes for segment in other] for other in others), fillvalue=0)
        beside = chain(map(sum, sizes), repeat(0))
        return [replace(one, size_bytes=one.size_bytes + more) for one, more in zip(first, beside, strict=False)]


def check_promises(out_folder: Path, package: Package, seen: Seen) -> list[int]:
    """
    Compare every multivariant playlist with what was measured; return the bandwidth that is declared for each variant.

    Raises:
        OutputInvalid: one of them does not name what was made, or promises less than it takes.
    """
    presentation = package.presentation
    if presentation is None:
        raise OutputInvalid("nothing tells what the package presents")
    check_listings(out_folder, presentation, seen.measured)
    for track in presentation.tracks:
        if track.own:
            _check(out_folder, presentation, track.own, seen=seen, leads=[track])
    leads = [track for track in presentation.tracks if track.variant]
    declared = _check(out_folder, presentation, package.multivariant, seen=seen, leads=leads)
    return [declared[lead.id] for lead in leads]


def _check(
    out_folder: Path, presentation: Presentation, name: str, *, seen: Seen, leads: Sequence[Track]
) -> dict[str, int]:
    """Return what is declared at most of each lead."""
    playlist = parsed(out_folder / name)
    wanted = pairs(presentation, leads)
    groups = dict.fromkeys(pair.sound_group for pair in wanted)
    choices = [(group, track.playlist) for group in groups for track in presentation.in_group(group)]
    if [(said.group_id, said.uri) for said in playlist.media] != choices:
        raise OutputInvalid(f"{name} does not name the sound tracks")
    named = [
        (said.uri, said.stream_info.audio or "", said.stream_info.resolution, said.stream_info.codecs)
        for said in playlist.playlists
    ]
    if named != [_wanted(out_folder, presentation, pair, seen=seen) for pair in wanted]:
        raise OutputInvalid(f"{name} does not name what was made")
    if not playlist.is_independent_segments:
        raise OutputInvalid(f"{name} does not promise independent segments")
    shown = [track.keyframes.playlist for track in presentation.tracks if track.keyframes and track.variant]
    if name == presentation.multivariant and [said.uri for said in playlist.iframe_playlists] != shown:
        raise OutputInvalid(f"{name} does not name the I-frame playlist")
    declared: dict[str, int] = {}
    for said, pair in zip(playlist.playlists, wanted, strict=True):
        bandwidth = int(said.stream_info.bandwidth or 0)
        peaks = [[peak_bitrate_bps(seen.segments[track.id]) for track in part] for part in _parts(presentation, pair)]
        needed = sum(map(max, peaks))
        if bandwidth < needed:
            raise OutputInvalid(f"{pair.lead.playlist} needs {needed} bit/s, but {bandwidth} are declared")
        declared[pair.lead.id] = max(declared.get(pair.lead.id, 0), bandwidth)
    return declared


def _wanted(
    out_folder: Path, presentation: Presentation, pair: Pair, *, seen: Seen
) -> tuple[str, str, tuple[int, int] | None, str]:
    """Return address, sound group, resolution and codecs of a variant, from the files themselves."""
    first = seen.measured[pair.lead.id].tracks[0]
    codecs: dict[str, None] = {}
    for part in _parts(presentation, pair):
        for track in part:
            init = out_folder / track.folder / track.init
            require_file(init)
            codecs |= dict.fromkeys(codec_names(init.read_bytes()))
    resolution = (first.width_px, first.height_px) if first.kind == "video" else None
    return pair.lead.playlist, pair.sound_group, resolution, ",".join(codecs)


def _parts(presentation: Presentation, pair: Pair) -> Iterator[tuple[Track, ...]]:
    """Give the tracks of which one each plays."""
    sounds = presentation.in_group(pair.sound_group)
    if pair.lead not in sounds:
        yield (pair.lead,)
    if sounds:
        yield sounds
