"""Where a video is played, and HTML that does so in somebody's page. Pure."""

from __future__ import annotations

import json
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


def embed_code(video_id: str, sources: Sequence[tuple[str, str]], *, poster: str, script_url: str) -> str:
    """
    Return a player of URLs with their types.

    A playlist needs the script in most browsers, other files play as they are, the best first.
    """
    picture = f' poster="{escape(poster)}"' if poster else ""
    opening = f'<video id="v{video_id}" controls playsinline preload="metadata" width="640"{picture}>'
    url, kind = sources[0]
    if kind != HLS_TYPE:
        inside = "".join(f'<source src="{escape(url)}" type="{kind}">' for url, kind in sources)
        return f"{opening}{inside}</video>"
    return "\n".join(
        (
            f"{opening}</video>",
            f'<script src="{escape(script_url)}"></script>',
            "<script>",
            _PLAY.format(video=_in_script(f"v{video_id}"), url=_in_script(url)),
            "</script>",
        )
    )


# The caption that is the default is shown. As in the console's player.js, one is chosen before the first picture comes.
_PLAY = """\
(async (player) => {{
  const shown = () => player.getTextTracks().find((text) => text.primary);
  player.addEventListener("streaming", () => {{
    const text = shown() ?? player.getTextTracks()[0];
    if (!text) return;
    player.configure({{preferredText: [{{language: text.language, role: "", format: "", forced: text.forced}}]}});
  }});
  await player.attach(document.getElementById({video}));
  await player.load({url});
  player.selectTextTrack(shown());
}})(new shaka.Player());"""


def _in_script(text: str) -> str:
    """Return a text as a literal inside a script element, which nothing in it can end."""
    return json.dumps(text).replace("<", "\\u003c")
