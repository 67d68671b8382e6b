"""
What plays together, with the codecs and bitrates that a multivariant playlist says of it. Pure.

In the order of renditions that `track_layout.py` gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vodpull.media.package.playlists.presentation import Presentation, Track


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What plays together: a track, and any one of each group beside it."""

    lead: Track
    sound_group: str
    """Empty: it has no sound, or inside."""
    codecs: tuple[str, ...]
    """Of all that may play."""
    peak_bitrate_bps: int
    """The largest sum of peaks of what may play together (RFC 8216 §4.3.4.2)."""
    bitrate_bps: int | None
    """The largest sum of averages; None: not known yet."""


def pairs(presentation: Presentation, leads: Sequence[Track] | None = None) -> tuple[Pair, ...]:
    """Return what plays together, of all variants or of some tracks."""
    if leads is None:
        leads = [track for track in presentation.tracks if track.variant]
    groups_of = [(lead, _sound_groups(presentation, lead)) for lead in leads]
    groups = dict.fromkeys(group for _, groups in groups_of for group in groups)
    return tuple(_pair(presentation, lead, group) for group in groups for lead, own in groups_of if group in own)


def _sound_groups(presentation: Presentation, lead: Track) -> tuple[str, ...]:
    if lead.kind == "sound" and lead.group:
        return (lead.group,)
    groups = (track.group for track in presentation.of_kind("sound") if track.group)
    return tuple(dict.fromkeys(groups)) or ("",)


def _pair(presentation: Presentation, lead: Track, group: str) -> Pair:
    sounds = presentation.in_group(group)
    # A sound that leads is one of its group: it does not play beside itself.
    choices = [sounds] if lead in sounds else [(lead,), sounds]
    choices.append(presentation.of_kind("text"))
    codecs = dict.fromkeys(codec for choice in choices for track in choice for codec in track.codecs)
    peaks = (max((track.peak_bitrate_bps for track in choice), default=0) for choice in choices)
    averages = [max((track.bitrate_bps or 0 for track in choice), default=0) for choice in choices]
    return Pair(
        lead=lead,
        sound_group=group,
        codecs=tuple(codecs),
        peak_bitrate_bps=sum(peaks),
        bitrate_bps=None if lead.bitrate_bps is None else sum(averages),
    )
