"""Text is drawn into every rendition and chunk at its time, and the proof tells when it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.media.burnt_in import MARK, TEMPLATE, proven
from tests.integration.media.pipeline import Maker, plan_source

from vodpull.captions import drawn_text
from vodpull.errors import OutputInvalid
from vodpull.media import BurntText, Chunk, EncodePlan, Original, Toolbox
from vodpull.media.verify.compare import Subject
from vodpull.media.verify.content_verdict import prove_content

SUBRIP = "1\n00:00:00,400 --> 00:00:00,800\nFirst words\n\n2\n00:00:01,200 --> 00:00:01,800\n你好 مرحبا <i>last</i>\n"


def text(subrip: str) -> BurntText:
    drawn = drawn_text(subrip.encode(), duration_s=2.0, styled=True)
    return BurntText(script=drawn.script, looked_at_s=drawn.looked_at_s)


async def test_every_rendition_of_every_chunk_has_it(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await make_clip("plain.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-c:v", "libx264")
    template = replace(TEMPLATE, watermark=MARK)
    info, plan = await plan_source(source, toolbox=toolbox, template=template, text=text(SUBRIP))
    chunks = (Chunk(number=0, first_frame=0, frames=25), Chunk(number=1, first_frame=25, frames=25))
    plan = replace(plan, chunks=chunks, seeks_s=(0.0, 0.5))
    made, proof = await proven(source, info, plan, tmp_path / "good", parts_of=plan, toolbox=toolbox)
    assert proof.written
    assert proof.written >= 2
    assert proof.marked
    assert not list((tmp_path / "good").rglob("*.ass")), "what is burnt in goes with the work"
    assert not list((tmp_path / "good").rglob("font-cache"))
    out = tmp_path / "good" / "out"

    def subject(at: Path, other: EncodePlan) -> Subject:
        return Subject(original=Original(path=at, info=info), out_folder=out, package=made, plan=other)

    later = replace(plan, text=text(SUBRIP.replace("00:00:01,200", "00:00:00,850").replace("1,800", "1,150")))
    with pytest.raises(OutputInvalid, match="the text is missing"):
        await prove_content(subject(source, later), toolbox=toolbox)
    mirrored = await make_clip("mirrored.mp4", "-i", f"file:{source}", "-vf", "hflip", "-c:v", "libx264")
    with pytest.raises(OutputInvalid, match="the picture is mirrored"):
        await prove_content(subject(mirrored, plan), toolbox=toolbox)


async def test_a_film_without_it_is_no_success(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await make_clip("grey.mp4", "-f", "lavfi", "-i", "color=gray:s=320x180:r=25:d=2", "-c:v", "libx264")
    info, plan = await plan_source(source, toolbox=toolbox, template=TEMPLATE, text=text(SUBRIP))
    assert not plan.copied
    with pytest.raises(OutputInvalid, match="the text is missing"):
        await proven(source, info, plan, tmp_path / "bare", parts_of=replace(plan, text=None), toolbox=toolbox)
