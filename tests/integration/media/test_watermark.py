"""A watermark is where it belongs in every rendition and chunk, and the proof tells when it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest
from tests.integration.media.burnt_in import MARK, TEMPLATE, proven
from tests.integration.media.pipeline import Maker, plan_source

from vodpull.errors import OutputInvalid
from vodpull.media import (
    Chunk,
    EncodePlan,
    MediaInfo,
    Original,
    Toolbox,
    Watermark,
)
from vodpull.media.plan.burnt_in.watermark_place import place_watermark
from vodpull.media.verify.compare import Subject
from vodpull.media.verify.content_verdict import prove_content


async def marked(source: Path, mark: Watermark | None, *, toolbox: Toolbox) -> tuple[MediaInfo, EncodePlan]:
    return await plan_source(source, toolbox=toolbox, template=replace(TEMPLATE, watermark=mark))


async def test_every_rendition_of_every_chunk_has_it(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await make_clip("plain.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-c:v", "libx264")
    info, plan = await marked(source, MARK, toolbox=toolbox)
    chunks = (Chunk(number=0, first_frame=0, frames=25), Chunk(number=1, first_frame=25, frames=25))
    plan = replace(plan, chunks=chunks, seeks_s=(0.0, 0.5))
    assert not any(rung.rung.copied for rung in plan.rungs)
    made, proof = await proven(source, info, plan, tmp_path / "good", parts_of=plan, toolbox=toolbox)
    assert proof.marked == len(proof.instants_s) >= 3
    shown = [luma(tmp_path / "good" / "chunk-1" / file, 12) for file in ("ld.mp4", "sd.mp4")]
    bare = luma(source, 37)
    for (width, height), picture in zip(((160, 90), (320, 180)), shown, strict=True):
        place = place_watermark(MARK, (width, height))
        left, top = place.left_px + place.width_px // 8, place.top_px + place.height_px // 2
        assert picture[top][left] > 225, "white, on its left side"
        middle = picture[place.top_px + place.height_px // 2][place.left_px + place.width_px // 2]
        at = (place.left_px + place.width_px // 2) * 320 // width, (place.top_px + place.height_px // 2) * 180 // height
        assert abs(middle - bare[at[1]][at[0]]) < 40, "what is clear shows what is below"
    elsewhere = replace(plan, watermark=replace(MARK, corner="bottom-left"))
    original = Original(path=source, info=info)
    subject = Subject(original=original, out_folder=tmp_path / "good" / "out", package=made, plan=elsewhere)
    with pytest.raises(OutputInvalid, match="the watermark is missing"):
        await prove_content(subject, toolbox=toolbox)
    with pytest.raises(OutputInvalid, match="the watermark is missing"):
        await proven(source, info, plan, tmp_path / "bare", parts_of=replace(plan, watermark=None), toolbox=toolbox)


async def test_it_is_upright_where_the_source_is_turned_and_over_bars(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox
) -> None:
    lying = await make_clip(
        "lying.mp4", "-f", "lavfi", "-i", "gradients=s=320x180:r=25:d=2:speed=0.05:seed=1", "-c:v", "libx264"
    )
    turned = await make_clip("turned.mp4", "-display_rotation", "90", "-i", f"file:{lying}", "-c", "copy")
    info, plan = await marked(turned, MARK, toolbox=toolbox)
    assert (plan.rungs[0].rung.width_px, plan.rungs[0].rung.height_px) == (180, 320)
    _, proof = await proven(turned, info, plan, tmp_path / "turned", parts_of=plan, toolbox=toolbox)
    assert proof.marked
    square = tuple(replace(made, rung=replace(made.rung, width_px=made.rung.height_px)) for made in plan.rungs)
    fitted = replace(plan, picture=replace(plan.picture, fit=((0.0, 180 / 320),)), rungs=square)
    _, proof = await proven(turned, info, fitted, tmp_path / "bars", parts_of=fitted, toolbox=toolbox)
    assert proof.marked


def luma(file: Path, number: int) -> list[bytes]:
    """Return the rows of one picture of a file."""
    with av.open(file) as container:
        frame = next(frame for at, frame in enumerate(container.decode(video=0)) if at == number)
        plane = frame.reformat(format="gray").planes[0]
        return [bytes(plane)[row * plane.line_size :][: frame.width] for row in range(frame.height)]
