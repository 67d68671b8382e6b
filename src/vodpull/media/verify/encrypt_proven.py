"""Encrypting a package once it is proven, and what its renditions take then; how is in `package/encryption.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vodpull.media.package.encryption import ContentKey, encrypt_presentation, sized_segments
from vodpull.media.package.package import Package
from vodpull.media.package.playlists.hls import average_bitrate_bps, peak_bitrate_bps
from vodpull.media.package.playlists.variants import pairs
from vodpull.media.package.track_layout import PackagedRendition
from vodpull.media.plan.encode_plan import EncodePlan
from vodpull.media.verify.multivariant_promises import Seen
from vodpull.media.verify.structure import Rendition
from vodpull.media.verify.whole_files import require_file


def encrypt_package(
    out_folder: Path, plan: EncodePlan, package: Package, *, renditions: Sequence[Rendition], keys: Sequence[ContentKey]
) -> tuple[Package, tuple[Rendition, ...]]:
    """
    Encrypt the segments of a package that was proven, compare them with what was proven, and return what it is now.

    Raises:
        OutputInvalid: a file is another one than before, or in clear.
    """
    assert package.presentation is not None  # noqa: S101 - it was just made
    presentation = encrypt_presentation(out_folder, package.presentation, keys, key_segments=plan.key_segments)
    made = replace(package, presentation=presentation)
    found = zip(made.renditions, renditions, strict=True)
    return made, tuple(_sized(out_folder, made, placed, rendition) for placed, rendition in found)


def _sized(out_folder: Path, package: Package, placed: PackagedRendition, rendition: Rendition) -> Rendition:  # noqa: PLR0917 - all that tells a size
    assert package.presentation is not None  # noqa: S101 - as above
    played = package.played(placed)
    of_tracks = {track.id: sized_segments(out_folder, package.presentation, track) for track in played}
    segments = Seen(segments=of_tracks, measured={}).together(played)
    init_bytes = sum(require_file(out_folder / track.folder / track.init) for track in played)
    declared = [pair.peak_bitrate_bps for pair in pairs(package.presentation) if pair.lead.id == placed.track]
    return replace(
        rendition,
        bitrate_bps=average_bitrate_bps(segments),
        peak_bitrate_bps=peak_bitrate_bps(segments),
        media_bytes=sum(segment.size_bytes for segment in segments) + init_bytes,
        size_bytes=require_file(out_folder / placed.playlist),
        bandwidth_bps=max(declared, default=rendition.bandwidth_bps),
    )
