from __future__ import annotations

import pytest

from vodpull.captions import drawn_text
from vodpull.captions.burnt_in_script import LOOKED_AT, MAX_SCRIPT_BYTES
from vodpull.errors import CaptionInvalid

SUBRIP = "1\n00:00:01,000 --> 00:00:03,000\n<i>He</i> & {\\an8}{she}\n\n2\n00:00:05,000 --> 00:00:06,000\n你好\\N\n"
SCRIPT = """[Script Info]
ScriptType: v4.00
PlayResY: 720
Title: private
[V4 Styles]
Format: Name, Fontname, Fontsize
Style: Sign,Arial,40
[Fonts]
fontname: hostile.ttf
4&6A
[Graphics]
filename: hostile.bmp
4&6A
[Events]
Format: Marked, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: Marked=0,0:00:01.00,0:00:03.00,Sign,,0,0,0,,{\\pos(10,20)\\fs60}Exit
Comment: Marked=0,0:00:01.00,0:00:03.00,Sign,,0,0,0,,not said
Dialogue: Marked=0,0:00:00.10,0:00:00.40,Sign,,0,0,0,,too early
"""


def lines(data: str, *, styled: bool = True, zero_s: float = 0.0) -> list[str]:
    drawn = drawn_text(data.encode(), duration_s=10, zero_s=zero_s, styled=styled)
    return [line for line in drawn.script.splitlines() if line.startswith("Dialogue:")]


def test_plain_text_is_drawn_as_it_is_meant() -> None:
    first, second = lines(SUBRIP)
    assert first.startswith("Dialogue: 0,0:00:01.00,0:00:03.00,Default,")
    assert first.endswith("{\\an8}{\\i1}He{\\i0} & \\{she\\}"), "at the top, slanted, and no command of its own"
    assert second.endswith("你好\\\u2060N"), "no new line"


def test_a_script_keeps_its_looks_and_nothing_that_it_brings_along() -> None:
    drawn = drawn_text(SCRIPT.encode(), duration_s=10, zero_s=0.5, styled=True)
    assert [line.split(",,")[-1] for line in lines(SCRIPT, zero_s=0.5)] == ["{\\pos(10,20)\\fs60}Exit"]
    assert "0:00:00.50,0:00:02.50,Sign" in drawn.script
    assert "PlayResY: 720" in drawn.script
    for other in ("hostile", "private", "not said", "http"):
        assert other not in drawn.script
    assert drawn.looked_at_s == (1.5,)
    assert drawn.letters == "Eitx"


def test_without_a_sandbox_a_script_is_plain_text() -> None:
    early, said = lines(SCRIPT, styled=False)
    assert (early.split(",,")[-1], said.split(",,")[-1]) == ("too early", "Exit")


def test_what_is_too_long_for_a_plan_is_plain_text() -> None:
    looks = "{" + "\\fs40" * 700 + "}"

    def long(count: int) -> str:
        times = (f"0:{at // 60:02d}:{at % 60:02d}.00,0:{at // 60:02d}:{at % 60:02d}.50" for at in range(count))
        events = "".join(f"Dialogue: Marked=0,{each},Sign,,0,0,0,,{looks}word\n" for each in times)
        return drawn_text((SCRIPT + events).encode(), duration_s=0, styled=True).script

    few = MAX_SCRIPT_BYTES // (len(looks) + 100)
    assert "fs40" in long(few)
    plain = long(few + 50)
    assert "fs40" not in plain
    assert plain.count("word") == few + 50


def test_a_few_instants_are_looked_at() -> None:
    many = "".join(f"{at}\n00:00:{at:02d},000 --> 00:00:{at:02d},500\nx\n\n" for at in range(1, 50))
    drawn = drawn_text(many.encode(), duration_s=60, styled=True)
    assert len(drawn.looked_at_s) == LOOKED_AT
    assert (drawn.looked_at_s[0], drawn.looked_at_s[-1]) == (1.25, 49.25)


@pytest.mark.parametrize("data", [b"", b"no captions", SUBRIP.replace("00:00:0", "00:09:0").encode()])
def test_what_cannot_be_drawn_is_refused(data: bytes) -> None:
    with pytest.raises(CaptionInvalid):
        drawn_text(data, duration_s=10, styled=True)
