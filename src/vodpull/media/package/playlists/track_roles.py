"""In which words HLS and DASH tell players what a track is for: a commentary, an audio description, captions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from vodpull.media.package.playlists.presentation import Role, Track

CHARACTERISTICS: Mapping[Role, str] = {
    "commentary": "public.auxiliary-content",
    "description": "public.accessibility.describes-video",
    "clear": "public.accessibility.enhances-speech-intelligibility",
    "dub": "public.translation.dubbed",
    "original": "public.original-content",
    "caption": "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound",
}

# Of TV-Anytime, as DVB names what helps whom; 1: who cannot see, 2: who cannot hear.
PURPOSES: Mapping[Role, str] = {"description": "1", "clear": "2", "caption": "2"}
NAMES: Mapping[Role, str] = {"clear": "enhanced-audio-intelligibility"}
"""Roles that DASH calls otherwise."""


def role_of(characteristics: Collection[str]) -> Role:
    """Return what a rendition of a playlist is for, by its characteristics."""
    return next((role for role, said in CHARACTERISTICS.items() if {*said.split(",")} & {*characteristics}), "main")


def dash_roles(track: Track) -> Iterator[str]:
    """Give what a track is for in DASH; `main` is what plays unless a viewer chooses."""
    if track.kind == "text":
        yield "forced-subtitle" if track.forced else "caption" if track.role == "caption" else "subtitle"
        if track.default:
            yield "main"
    elif track.role in {"main", "original"}:
        yield "main" if track.kind == "picture" or track.default else "alternate"
    else:
        yield NAMES.get(track.role, track.role)
