from __future__ import annotations

import re
from pathlib import Path

import vodpull.console
from vodpull.console.reply.assets import _FILES, asset_size_bytes

FOLDER = Path(vodpull.console.__file__).parent
PLAYER = {"player.js", "shaka-player.js", "shaka-player.css"}


def test_what_every_page_loads_is_small() -> None:
    assert sum(asset_size_bytes(name) for name in set(_FILES) - PLAYER) < 100_000


def test_what_the_player_adds_is_bounded() -> None:
    assert sum(asset_size_bytes(name) for name in PLAYER) < 350_000


def test_nothing_is_loaded_from_elsewhere() -> None:
    sheets = [path.read_text() for folder in ("static", "vendor") for path in (FOLDER / folder).glob("*.css")]
    assert not any(re.search(r"url\(\s*[\"']?https?:|@import", sheet) for sheet in sheets)
    pages = [path.read_text() for path in (FOLDER / "templates").glob("*.html")]
    assert not any(re.search(r"(src|href)=\"https?:", page) for page in pages)


def test_no_page_has_inline_script_or_style() -> None:
    for path in (FOLDER / "templates").glob("*.html"):
        page = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son\w+=|hx-on|javascript:", page), path.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", page), path.name
