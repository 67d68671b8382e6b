"""HTML that plays a video in somebody's page; by which of its URLs, says `play_urls.py`. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

HLS_TYPE = "application/vnd.apple.mpegurl"


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
