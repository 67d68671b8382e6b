"""HTML that plays a video in somebody's page, without a script. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from vodpull.jobs.model import Clarity, StoredFile
from vodpull.videos.model import Video
from vodpull.videos.urls import FileUrls

HLS_TYPE = "application/vnd.apple.mpegurl"

_BROWSER_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm"}


@dataclass(frozen=True, kw_only=True)
class Playback:
    """The URLs of a video; those of what is not there are empty."""

    playlist: str
    poster: str
    storyboard: str
    original: str
    mp4: Sequence[StoredFile]
    """Whole files of the definitions."""
    embed_code: str


def playback_of(video: Video, urls: FileUrls) -> Playback:
    """Return where a video is played."""
    asset, domain = video.asset, video.publish_domain
    mp4 = tuple(file for file in asset.files if _is_whole(file) and file.clarity is not Clarity.ORIGINAL)
    poster = urls.url(asset.poster_key, domain)
    playlist = urls.url(asset.playlist_key, domain)
    original = [asset.original] if asset.original is not None else []
    sources = [(playlist, HLS_TYPE)] if playlist else []
    sources += [(urls.url(file.key, domain), _type(file)) for file in (*reversed(mp4), *original) if _type(file)]
    return Playback(
        playlist=playlist,
        poster=poster,
        storyboard=urls.url(asset.storyboard_key, domain),
        original=urls.url(original[0].key, domain) if original else "",
        mp4=mp4,
        embed_code=_embed(sources, poster) if sources else "",
    )


def _is_whole(file: StoredFile) -> bool:
    return not file.key.endswith(".m3u8")


def _type(file: StoredFile) -> str:
    """Return the MIME type of a file that browsers may play; empty for others."""
    return _BROWSER_TYPES.get("." + file.key.rpartition(".")[2].lower(), "")


def _embed(sources: Sequence[tuple[str, str]], poster: str) -> str:
    """Return a player with its sources, the best first: a browser takes the first one that it can play."""
    picture = f' poster="{escape(poster)}"' if poster else ""
    inside = "".join(f'<source src="{escape(url)}" type="{kind}">' for url, kind in sources)
    return f'<video controls playsinline preload="metadata"{picture} style="width:100%">{inside}</video>'
