from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vodpull.media.package.pictures.teaser import build_teaser_argv, webp_size
from vodpull.media.plan.ladder import Rung

PORTRAIT = Rung(clarity=2, name="LD", width_px=360, height_px=640, frame_rate=25.0, max_bitrate_bps=800_000)


def test_a_teaser_is_small_and_as_upright_as_its_film() -> None:
    argv = build_teaser_argv(PORTRAIT, "v.webp")
    graph = argv[argv.index("-vf") + 1]
    assert "zscale=w=144:h=256:" in graph
    assert argv[argv.index("-frames:v") + 1] == "24"
    small = build_teaser_argv(replace(PORTRAIT, width_px=64, height_px=36), "v.webp")
    assert "zscale=w=64:h=36:" in small[small.index("-vf") + 1]


def test_a_cut_picture_is_none(tmp_path: Path) -> None:
    file = tmp_path / "v.webp"
    whole = b"RIFF" + (26).to_bytes(4, "little") + b"WEBPVP8X" + b"\0" * 18
    assert webp_size(file) is None
    for content, size in ((whole, 34), (whole[:-1], None), (b"GIF89a" + whole, None), (b"", None)):
        file.write_bytes(content)
        assert webp_size(file) == size
