"""Everything that players read before media, written from one presentation. Pure."""

from __future__ import annotations

from vodpull.media.package.playlists.dash import mpd
from vodpull.media.package.playlists.hls import keyframe_playlist, media_playlist, multivariant_playlist
from vodpull.media.package.playlists.presentation import Presentation


def playlists(presentation: Presentation) -> dict[str, str]:
    """Return the text of each playlist and of the MPD by its name; what names others comes after them, `.m3u8` last."""
    return {
        **{track.playlist: media_playlist(presentation, track) for track in presentation.tracks},
        **{
            track.keyframes.playlist: keyframe_playlist(presentation, track, track.keyframes)
            for track in presentation.tracks
            if track.keyframes
        },
        **{track.own: multivariant_playlist(presentation, [track]) for track in presentation.tracks if track.own},
        **({presentation.mpd: mpd(presentation)} if presentation.mpd else {}),
        presentation.multivariant: multivariant_playlist(presentation),
    }
