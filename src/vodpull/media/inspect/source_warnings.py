"""What of a file is not published, in words for whoever sent it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vodpull.media.inspect.media_info import MediaInfo, TrackInfo

# A player does not notice less.
CUT_S = 0.5
KINDS: Mapping[str, str] = {"video": "picture track", "audio": "sound track", "subtitle": "text track"}
CODES: Mapping[str, str] = {"video": "picture_left_out", "audio": "sound_left_out", "subtitle": "text_left_out"}
REASONS: Mapping[str, str] = {
    "not_decodable": "its codec {codec} cannot be decoded",
    "second_picture": "a film has one picture",
    "other_programme": "it belongs to another programme",
    "too_many": "there are more than are published",
    "bitmap": "it is made of pictures, not of text",
    "closed_captions": "captions inside of the picture (CEA-608, CEA-708) are not read",
    "other_clock": "the clock of the source jumps, so nobody can tell when its texts are seen",
}


@dataclass(frozen=True, kw_only=True)
class MediaWarning:
    """Something of a source that a viewer misses."""

    code: str
    """`sound_missing`, `sound_left_out`, `picture_left_out`, `text_left_out`, `sound_cut`, `start_left_out` or
    `end_unfinished`."""
    message: str
    """In English."""


def warnings_of(info: MediaInfo) -> tuple[MediaWarning, ...]:
    """Return what is lost between a measured file and what is published of it."""
    return tuple(_warnings(info))


def sound_is_lost(info: MediaInfo) -> bool:
    """Tell whether a film has sound, of which nothing can be decoded."""
    lost = any(track.kind == "audio" and track.reason == "not_decodable" for track in info.tracks)
    return lost and not info.audio and info.video is not None


def lost_codecs(info: MediaInfo) -> str:
    """Return the codecs of the sound tracks that cannot be decoded, for a sentence."""
    lost = [track.codec for track in info.tracks if track.kind == "audio" and track.reason == "not_decodable"]
    return ", ".join(dict.fromkeys(lost))


def _warnings(info: MediaInfo) -> Iterator[MediaWarning]:
    if sound_is_lost(info):
        message = f"published without sound: none of its codecs can be decoded: {lost_codecs(info)}"
        yield MediaWarning(code="sound_missing", message=message)
    for track in info.tracks:
        if track.kind in KINDS and track.reason in REASONS:
            yield MediaWarning(code=CODES[track.kind], message=_sentence(track))
    if info.video and info.video.undecodable_s > CUT_S:
        message = (
            f"the first {info.video.undecodable_s:.1f} s of picture track {info.video.index} are left out: they need "
            "pictures that are not in the file; the first one that can be decoded is shown instead"
        )
        yield MediaWarning(code="start_left_out", message=message)
    if info.unfinished:
        message = f"the file ends in the middle of something, so it may have been longer: {info.unfinished}"
        yield MediaWarning(code="end_unfinished", message=message)
    for sound in info.audio[1:]:
        beyond_s = sound.start_s + (sound.duration_s or 0.0) - info.start_time_s - info.duration_s
        if beyond_s > CUT_S:
            message = f"sound track {sound.index} ends with the film: its last {beyond_s:.1f} s are left out"
            yield MediaWarning(code="sound_cut", message=message)


def _sentence(track: TrackInfo) -> str:
    return f"{KINDS[track.kind]} {track.index} is left out: {REASONS[track.reason].format(codec=track.codec)}"
