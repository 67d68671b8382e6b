"""The captions of a video in its MPD, which is written anew from what the video presents. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from vodpull import captions, media
from vodpull.jobs.store.caption_rows import Caption


def mpd_with_captions(presented: bytes, known: Iterable[Caption], *, folder: str) -> str:
    """Return the MPD of a kept presentation with these captions and no others, which lie in `folder` beside it."""
    presentation = media.read_presentation(presented)
    changed = media.with_texts(presentation, _text_tracks(known, folder=folder))
    return media.playlists(changed)[changed.mpd]


def _text_tracks(known: Iterable[Caption], *, folder: str) -> list[media.Track]:
    tracks: list[media.Track] = []
    for caption in known:
        place, names = f"{folder}/{caption.folder}", {track.name for track in tracks}
        name, number = caption.label, 2
        while name in names:
            name, number = f"{caption.label} {number}", number + 1
        track = media.Track(
            id=caption.folder,
            kind="text",
            playlist=f"{place}/{captions.PLAYLIST}",
            folder=place,
            file=f"{place}/{captions.WHOLE}",
            init="",
            group=media.TEXTS,
            language=captions.public_tag(caption.language),
            name=name,
            default=caption.is_default and not any(track.default for track in tracks),
            forced=caption.is_forced,
            role="caption" if captions.is_for_deaf(caption.language) else "main",
        )
        tracks.append(track)
    return tracks
