"""A fragmented MP4 that was cut is noticed where the file says how long it is, in the layouts that FFmpeg writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.media.pipeline import Maker

from vodpull.errors import MediaTruncated, MediaUnsupported
from vodpull.media import Toolbox, probe
from vodpull.media.mp4.boxes import box, box_spans, boxes_in, full_box

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=30:d=3")
TONE = ("-f", "lavfi", "-i", "sine=d=3")
CODECS = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-c:a", "aac")
FRAGMENTS = "+frag_keyframe+default_base_moof"
ONE_INDEX = {
    "picture and sound": (*PICTURE, *TONE, *CODECS, "-movflags", f"{FRAGMENTS}+empty_moov+global_sidx"),
    "behind the first media": (*PICTURE, *TONE, *CODECS, "-movflags", f"{FRAGMENTS}+global_sidx"),
    "sound": (*TONE, *CODECS, "-frag_duration", "1000000", "-movflags", "+empty_moov+default_base_moof+global_sidx"),
}
NO_INDEX = (*PICTURE, *TONE, *CODECS, "-movflags", f"{FRAGMENTS}+empty_moov")
INDEX_EACH = (*PICTURE, *TONE, *CODECS, "-movflags", f"{FRAGMENTS}+dash")


def starts(path: Path) -> list[int]:
    """Return where the fragments begin."""
    return [at for name, at, _ in box_spans(path) or () if name == "moof"]


async def refusal(content: bytes, path: Path, *, toolbox: Toolbox) -> str:
    """Return with which words a file is refused."""
    path.write_bytes(content)
    with pytest.raises(MediaTruncated) as refused:
        await probe(path, toolbox=toolbox)
    return str(refused.value)


@pytest.mark.parametrize("argv", ONE_INDEX.values(), ids=ONE_INDEX)
async def test_an_index_of_the_whole_tells_that_the_end_is_missing(
    make_clip: Maker, toolbox: Toolbox, argv: tuple[str, ...]
) -> None:
    clip = await make_clip("whole.mp4", *argv)
    assert (await probe(clip, toolbox=toolbox)).duration_s == pytest.approx(3, abs=0.1)
    content, (first, *borders) = clip.read_bytes(), starts(clip)
    for border in borders:
        assert "segment index" in await refusal(content[:border], clip, toolbox=toolbox)
    await refusal(content[:first], clip, toolbox=toolbox)
    await refusal(content[: borders[-1] - 200], clip, toolbox=toolbox)


async def test_an_index_of_each_fragment_says_nothing_of_the_end(make_clip: Maker, toolbox: Toolbox) -> None:
    clip = await make_clip("whole.mp4", *INDEX_EACH)
    assert (await probe(clip, toolbox=toolbox)).duration_s == pytest.approx(3, abs=0.1)
    # Each has one index for either track before it.
    indexes = [at for name, at, _ in box_spans(clip) or () if name == "sidx"]
    clip.write_bytes(clip.read_bytes()[: indexes[2]])
    assert (await probe(clip, toolbox=toolbox)).duration_s == pytest.approx(1, abs=0.1)


async def test_a_header_that_knows_the_length_tells_that_the_end_is_missing(make_clip: Maker, toolbox: Toolbox) -> None:
    clip = await make_clip("whole.mp4", *NO_INDEX)
    content, (first, *borders) = clip.read_bytes(), starts(clip)
    moov = next(at for name, at, _ in box_spans(clip) or () if name == "moov")
    parts = list(boxes_in(content[moov + 8 : first]))
    timescale = int.from_bytes(dict(parts)["mvhd"][12:16], "big")
    # FFmpeg does not write this box, other packagers do. Places are counted from each fragment.
    said = full_box("mehd", 0, 0, (3 * timescale).to_bytes(4, "big"))
    extended = [box(name, said + part if name == "mvex" else part) for name, part in parts]
    head = content[:moov] + box("moov", *extended)
    clip.write_bytes(head + content[first:])
    assert (await probe(clip, toolbox=toolbox)).duration_s == pytest.approx(3, abs=0.1)
    for border in borders:
        assert "promises 3.0 s" in await refusal(head + content[first:border], clip, toolbox=toolbox)


async def test_an_index_of_indexes_is_refused_as_what_it_is(make_clip: Maker, toolbox: Toolbox) -> None:
    clip = await make_clip("whole.mp4", *ONE_INDEX["sound"])
    content = bytearray(clip.read_bytes())
    index, length = next((at, length) for name, at, length in box_spans(clip) or () if name == "sidx")
    # The highest bit of each row tells another index from media; the rows are at the end.
    rows = int.from_bytes(content[index + length - 12 * len(starts(clip)) - 2 :][:2], "big")
    content[index + length - 12 * rows] |= 0x80
    clip.write_bytes(content)
    with pytest.raises(MediaUnsupported):
        await probe(clip, toolbox=toolbox)
