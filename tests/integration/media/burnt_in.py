"""Films with a watermark or text burnt in, made by one plan and proven by another."""

from __future__ import annotations

from pathlib import Path

from tests.integration.media.pipeline import VIDEO_ID, make_parts
from tests.pngs import Pixel, png

from vodpull.media import (
    EncodePlan,
    MediaInfo,
    Original,
    Package,
    Proof,
    Toolbox,
    Watermark,
    look_ahead,
    package_and_verify,
    parse_template,
    read_still,
)

TEMPLATE = parse_template(
    "segment_s = 1.0\n[definitions.LD]\nshort_side_px = 90\nmax_bitrate_bps = 400_000\n"
    "[definitions.SD]\nshort_side_px = 180\nmax_bitrate_bps = 900_000\n"
    "[video.h264]\npreset = 'ultrafast'\ncrf = 20\n",
    name="two",
)


def ring(x: int, y: int) -> Pixel:
    """White around a clear middle, whose colour must not be seen."""
    return (255, 0, 0, 0) if 10 <= x < 30 and 5 <= y < 15 else (255, 255, 255, 255)


MARK = Watermark(file="logo.png", picture=read_still(png(40, 20, ring)), width_percent=20, margin_percent=5)


async def proven(
    source: Path, info: MediaInfo, plan: EncodePlan, folder: Path, *, parts_of: EncodePlan, toolbox: Toolbox
) -> tuple[Package, Proof]:
    """Verify what was made by one plan as if it were made by another, with what was seen of its source ahead."""
    folder.mkdir()
    parts = await make_parts(source, parts_of, folder, toolbox=toolbox)
    (folder / "seen").mkdir()
    original = Original(path=source, info=info, seen=folder / "seen")
    await look_ahead(plan, original, folder / "seen", toolbox=toolbox)
    made, _, proof = await package_and_verify(
        plan, parts, folder / "out", original=original, video_id=VIDEO_ID, toolbox=toolbox
    )
    return made, proof
