"""
The text of a DASH manifest (ISO/IEC 23009-1) over the segments that HLS names, too. Pure.

Whether one is written is decided in `plan/template.py`, `makes_dash`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby, pairwise
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from vodpull.media.package.playlists.presentation import Presentation, Track
from vodpull.media.package.playlists.track_roles import PURPOSES, dash_roles

SCHEMA = "urn:mpeg:dash:schema:mpd:2011"
PROFILE = "urn:mpeg:dash:profile:isoff-live:2011"
ROLE = "urn:mpeg:dash:role:2011"
CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
PURPOSE = "urn:tva:metadata:cs:AudioPurposeCS:2007"
MAX_DENOMINATOR = 1001


def mpd(presentation: Presentation) -> str:
    """Return the manifest of a finished video whose sound is apart."""
    root = Element(
        "MPD",
        {
            "xmlns": SCHEMA,
            "profiles": PROFILE,
            "type": "static",
            "mediaPresentationDuration": f"PT{sum(presentation.durations_s):.3f}S",
            "minBufferTime": f"PT{presentation.target_s}S",
        },
    )
    period = SubElement(root, "Period", {"id": "0", "start": "PT0S"})
    for number, tracks in enumerate(_sets(presentation)):
        _add_set(period, number, tracks)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _sets(presentation: Presentation) -> Iterator[list[Track]]:
    """Give the tracks between which a player may change at any time, set by set."""
    for _, pictures in groupby(presentation.of_kind("picture"), key=lambda track: track.codecs[0].partition(".")[0]):
        yield list(pictures)
    yield from ([sound] for sound in presentation.of_kind("sound"))
    yield from ([text] for text in presentation.of_kind("text") if text.file)


def _add_set(period: Element, number: int, tracks: list[Track]) -> None:
    first = tracks[0]
    about = {"id": str(number), **_KINDS[first.kind], **({"lang": first.language} if first.language else {})}
    adaptation = SubElement(period, "AdaptationSet", about)
    if first.name:
        SubElement(adaptation, "Label").text = _plain(first.name)
    if first.role in PURPOSES:
        SubElement(adaptation, "Accessibility", {"schemeIdUri": PURPOSE, "value": PURPOSES[first.role]})
    for role in dash_roles(first):
        SubElement(adaptation, "Role", {"schemeIdUri": ROLE, "value": role})
    for track in tracks:
        _add_track(adaptation, track)


_KINDS = {
    "picture": {"contentType": "video", "mimeType": "video/mp4", "segmentAlignment": "true", "startWithSAP": "1"},
    "sound": {"contentType": "audio", "mimeType": "audio/mp4", "segmentAlignment": "true", "startWithSAP": "1"},
    "text": {"contentType": "text", "mimeType": "text/vtt"},
}


def _add_track(adaptation: Element, track: Track) -> None:
    about = {"id": track.id, "bandwidth": str(max(1, track.peak_bitrate_bps))}
    if track.codecs:
        about["codecs"] = ",".join(track.codecs)
    if track.kind == "picture":
        rate = Fraction(track.frame_rate).limit_denominator(MAX_DENOMINATOR)
        about |= {"width": str(track.width_px), "height": str(track.height_px)}
        about["frameRate"] = f"{rate.numerator}/{rate.denominator}" if rate.denominator > 1 else str(rate.numerator)
    representation = SubElement(adaptation, "Representation", about)
    if track.channels:
        SubElement(representation, "AudioChannelConfiguration", {"schemeIdUri": CHANNELS, "value": str(track.channels)})
    if track.kind == "text":
        SubElement(representation, "BaseURL").text = track.file
    else:
        _add_segments(representation, track)


def _add_segments(representation: Element, track: Track) -> None:
    about = {
        "timescale": str(track.timescale),
        "initialization": f"{track.folder}/{track.init}",
        "media": f"{track.folder}/$Number{track.pattern.replace('%05d', '%05d$')}",
        "startNumber": "1",
    }
    timeline = SubElement(SubElement(representation, "SegmentTemplate", about), "SegmentTimeline")
    lengths = (end - start for start, end in pairwise(track.starts))
    for number, (length, same) in enumerate(groupby(lengths)):
        more = sum(1 for _ in same) - 1
        start = {"t": str(track.starts[0])} if not number else {}
        SubElement(timeline, "S", {**start, "d": str(length), **({"r": str(more)} if more else {})})


def _plain(text: str) -> str:
    """Return a name without what XML cannot hold: it is the source's own words."""
    return "".join(letter for letter in text if letter.isprintable())
