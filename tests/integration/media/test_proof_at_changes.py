"""The proof looks at both sides of what changes inside a source, also where a picture lies between bars."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from tests.clapper import X264, ffmpeg
from tests.corpus.combinations import made_of
from tests.films import kept

from vodpull.errors import OutputInvalid
from vodpull.media import Toolbox
from vodpull.media.confined.packet_survey import rhythm_changes

WRONG = {
    "mirrored": "hflip",
    "stretched": "scale=160:240,pad=320:240:80",
    "late": "tpad=start=8:start_mode=clone",
    "frozen": "split[a][b],[a][b]freezeframes=first=0:last=100:replace=0",
    "covered": "drawbox=w=iw/3:t=fill",
}


def film(folder: Path, name: str, second: str = "null") -> Path:
    """Return a film of 320x180 that goes on with pictures of 320x240, which may be changed for the first second."""
    parts = []
    for number, (size, change) in enumerate((("320x180", "null"), ("320x240", second))):
        begun = f"split[x][y],[x]{change}[z],[y][z]overlay=enable='lt(t,1)'" if change != "null" else "null"
        picture = ("-f", "lavfi", "-i", f"testsrc2=s={size}:d=3", "-vf", begun)
        clock = ("-output_ts_offset", 3 * number, "-muxdelay", 0, "-muxpreload", 0, "-f", "mpegts")
        words = (*picture, "-frames:v", 75, *X264, *clock)
        part = kept(folder / "part.ts", words, partial(ffmpeg, *words))
        parts.append(part.read_bytes())
    whole = folder / f"{name}.ts"
    whole.write_bytes(b"".join(parts))
    return whole


async def test_what_is_wrong_beside_a_change_is_found(tmp_path: Path, toolbox: Toolbox) -> None:
    made = await made_of(film(tmp_path, "film"), tmp_path, toolbox=toolbox)
    assert made.plan.changes_s == pytest.approx((3.0,), abs=0.001)
    proof = await made.prove(made.path, toolbox=toolbox)
    assert {2.84, 3.16} <= set(proof.instants_s)
    for name, change in WRONG.items():
        with pytest.raises(OutputInvalid, match=r" at 3\.16"):
            await made.prove(film(tmp_path, name, change), toolbox=toolbox)


def test_a_change_of_rhythm_and_a_hole_are_known() -> None:
    slow, fast = [number / 25 for number in range(50)], [2 + number / 50 for number in range(100)]
    assert rhythm_changes(slow) == []
    assert rhythm_changes([*slow, *fast]) == pytest.approx([2.0], abs=0.2)
    assert rhythm_changes([*slow, *(at_s + 7 for at_s in slow)]) == [7]
    # Now and then a picture is missing, or comes late.
    assert rhythm_changes([at_s for number, at_s in enumerate(slow) if number % 7]) == []
