"""Whether the fonts of this machine have the letters of a text: libass is asked, as it looks for them itself."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from vodpull.errors import EncodeFailed, EncodeStalled
from vodpull.media.encode.chunk import text_beside
from vodpull.media.encode.filters import draw
from vodpull.media.plan.burnt_in.burnt_text import BurntText
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import check
from vodpull.media.tools.run import run
from vodpull.media.tools.sandbox import Toolbox

# All letters of a film that is told in Chinese, and more.
MAX_LETTERS = 4000
_LINE = 60
_SIZE = (640, 360)
_MISSING = re.compile(r"failed to find any fallback with glyph 0x([0-9A-Fa-f]{1,6})")
_LIMITS = RunLimits(wall_s=60)


async def missing_letters(letters: str, *, toolbox: Toolbox) -> str:
    """Return those of these letters that no font has; all of them where text cannot be drawn."""
    wanted = [letter for letter in letters[:MAX_LETTERS] if letter not in "\\{}"]
    if not wanted:
        return ""
    text = BurntText(script=_script(wanted))
    with tempfile.TemporaryDirectory() as place, text_beside(text, Path(place)):
        try:
            finished = await run(
                build_letters_argv(text), toolbox=toolbox, reads={}, writes=Path(place), limits=_LIMITS
            )
            check(finished, "looking for letters")
        except (EncodeFailed, EncodeStalled):
            return "".join(wanted)
    lacking = {chr(int(found, 16)) for found in _MISSING.findall(finished.stderr_tail)}
    return "".join(letter for letter in wanted if letter in lacking)


def build_letters_argv(text: BurntText) -> list[str]:
    """Return the FFmpeg command: draws one picture, in the working folder, and says what is missing. Pure."""
    graph = f"color=s={_SIZE[0]}x{_SIZE[1]}:r=1,trim=end_frame=1,{draw(text, _SIZE)}[v]"
    quiet = list(ffmpeg_options.global_flags())
    quiet[quiet.index("-v") + 1] = "warning"
    return [*quiet, "-filter_complex", graph, "-map", "[v]", "-f", "null", "-"]


def _script(letters: list[str]) -> str:
    lines = "\\N".join("".join(letters[at : at + _LINE]) for at in range(0, len(letters), _LINE))
    return (
        "[Script Info]\nScriptType: v4.00+\nPlayResX: 384\nPlayResY: 288\n\n[V4+ Styles]\n"
        "Format: Name, Fontname, Fontsize\nStyle: Default,sans-serif,4\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Text\n"
        f"Dialogue: 0,0:00:00.00,0:00:09.00,Default,{lines}\n"
    )
