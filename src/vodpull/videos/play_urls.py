"""By which URLs a video is played: playlist, MPD, whole files, and which of them a browser is given first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vodpull.jobs.model import StoredFile
from vodpull.jobs.states_and_codes import Clarity
from vodpull.videos.embed import HLS_TYPE, embed_code
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.video import Video

_BROWSER_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm"}


@dataclass(frozen=True, kw_only=True)
class Playback:
    """The URLs of a video; those of what is not there are empty."""

    key: str
    """Of what a player on this service plays; empty: nothing that browsers know."""
    playlist: str
    dash: str
    poster: str
    storyboard: str
    original: str
    mp4: Sequence[StoredFile]
    """Whole files of the definitions."""
    embed_code: str


def playback_of(video: Video, urls: FileUrls) -> Playback:
    """Return where a video is played."""
    asset = video.asset
    mp4 = tuple(file for file in asset.files if _is_whole(file) and file.clarity is not Clarity.ORIGINAL)
    poster = urls.file(video, asset.poster_key)
    playlist = urls.file(video, asset.playlist_key)
    original = [asset.original] if asset.original is not None else []
    playable = [(asset.playlist_key, HLS_TYPE)] if playlist else []
    playable += [(file.key, _type(file)) for file in (*reversed(mp4), *original) if _type(file)]
    sources = [(urls.file(video, key), kind) for key, kind in playable]
    return Playback(
        key=playable[0][0] if playable else "",
        playlist=playlist,
        dash=urls.file(video, asset.mpd_key),
        poster=poster,
        storyboard=urls.file(video, asset.storyboard_key),
        original=urls.file(video, original[0].key) if original else "",
        mp4=mp4,
        embed_code=embed_code(video.video_id, sources, poster=poster, script_url=urls.player_script) if sources else "",
    )


def _is_whole(file: StoredFile) -> bool:
    return not file.key.endswith(".m3u8")


def _type(file: StoredFile) -> str:
    """Return the MIME type of a file that browsers may play; empty for others."""
    return _BROWSER_TYPES.get("." + file.key.rpartition(".")[2].lower(), "")
