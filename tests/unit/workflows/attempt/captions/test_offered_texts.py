"""Tags of the captions that come from text tracks: which is for whom can be told from them."""

from __future__ import annotations

from dataclasses import replace

from vodpull.media import TextStream
from vodpull.workflows.attempt.captions.offered_texts import wanted_of

PLAIN = TextStream(
    index=1, codec="subrip", language="ger", title="", is_default=True, is_forced=False, is_for_deaf=False
)


def test_text_that_tells_what_is_heard_says_so_also_when_it_is_the_only_one() -> None:
    heard, signs = replace(PLAIN, index=2, is_for_deaf=True), replace(PLAIN, index=3, is_forced=True)
    assert [wanted.language for _, wanted in wanted_of([heard], taken=set())] == ["de-x-sdh"]
    told = [wanted.language for _, wanted in wanted_of([heard, PLAIN, signs, replace(heard, index=4)], taken=set())]
    assert told == ["de-x-sdh", "de", "de-x-forced", "de-x-4"]
