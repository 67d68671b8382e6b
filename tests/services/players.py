"""hls.js and Shaka Player in one browser page, and FFmpeg: players that show the same film."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from playwright.sync_api import Browser, Page

from tests.services.chromium import watched_page

KEPT = Path(__file__).parent.parent / "data" / "players"
PAGE = """<!doctype html><title>players</title>
<style>
  body { display: flex; gap: 8px; margin: 8px; font: 14px sans-serif }
  figure { margin: 0; width: 400px }
  div { position: relative; height: 300px; background: #000 }
  video { width: 100%; height: 100% }
</style>
<link rel="stylesheet" href="/console/static/shaka-player.css">
<script src="/console/static/shaka-player.js"></script>"""


@dataclass(frozen=True)
class Shown:
    """Films in the players of a page."""

    page: Page

    def show(self, urls: Mapping[str, str]) -> None:
        """Play a film in each player named, from its beginning, in the place of what was there."""
        self.page.evaluate("show", dict(urls))

    def ask(self, player: str, what: str) -> Any:
        """Return the value of an expression about a player on its stage."""
        return self.page.evaluate(f"stages[{json.dumps(player)}].{what}")

    def wait(self, player: str, condition: str, *, within_s: float = 20) -> None:
        """Wait until an expression about a player on its stage, called `stage`, is true."""
        expression = f"((stage) => {condition})(stages[{json.dumps(player)}])"
        deadline_s = time.monotonic() + within_s
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline_s, (player, condition, self.ask(player, "seen"))
            self.page.wait_for_timeout(20)

    def seek(self, player: str, at_s: float) -> None:
        """Stand at an instant of the film."""
        self.ask(player, f"video.pause(), stages[{json.dumps(player)}].video.currentTime = {at_s}")
        self.wait(player, "!stage.video.seeking && stage.video.readyState > 1")


@contextmanager
def players_page(browser: Browser, base: str) -> Iterator[Shown]:
    """Open a page with hls.js and the console's Shaka Player at a service; a message of an error fails the test."""
    with watched_page(browser, base, viewport={"width": 1240, "height": 350}) as watched:
        page = watched.page
        page.route("**/players", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        page.goto(f"{base}/players")
        for name in ("hls.min.js", "players.js"):
            page.add_script_tag(path=KEPT / name)
        yield Shown(page)


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A track as FFmpeg reads it."""

    kind: str
    """Video, Audio or Subtitle."""
    language: str
    times_s: tuple[tuple[float, float], ...]
    """When each of its pictures, pieces of sound or cues begins and ends."""


def decoded_by_ffmpeg(url: str) -> list[Decoded]:
    """Decode every track of a playlist or manifest; what cannot be decoded fails."""
    kinds = {"Video": "v", "Audio": "a", "Subtitle": "s"}
    every = [word for letter in kinds.values() for word in ("-map", f"0:{letter}?")]
    words = ["-nostats", "-xerror", "-i", url, *every, "-c:s", "copy", "-f", "framemd5", "-"]
    program = imageio_ffmpeg.get_ffmpeg_exe()
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    there = re.findall(r"Stream #0:(\d+)[^(:]*(?:\((\w+)\))?: (\w+): ", done.stderr.partition("Stream mapping:")[0])
    tracks = {int(number): (kind, language) for number, language, kind in there}
    ordered = [track for kind in kinds for _, track in sorted(tracks.items()) if track[0] == kind]
    ticks = {number: Fraction(tick) for number, tick in re.findall(r"#tb (\d+): (\S+)", done.stdout)}
    times: dict[str, list[tuple[float, float]]] = {number: [] for number in ticks}
    for line in done.stdout.splitlines():
        if not line.startswith("#"):
            number, _, start, length, *_ = (part.strip() for part in line.split(","))
            begin, end = int(start) * ticks[number], (int(start) + int(length)) * ticks[number]
            times[number].append((float(begin), float(end)))
    return [
        Decoded(kind=kind, language=language, times_s=tuple(times[str(number)]))
        for number, (kind, language) in enumerate(ordered)
    ]
