"""Of a film that is still coming, the chunks that are begun do not depend on how long it will be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from vodpull.media import ABR, Chunk, MediaInfo, build_chunk_argv, lasting_chunks, plan_encode, plan_ladder
from vodpull.media.plan.cuts.frame_rate import exact_rate

Source = Callable[..., MediaInfo]


@pytest.mark.parametrize("rate", [25.0, 30000 / 1001])
def test_chunks_of_a_shorter_film_are_those_of_a_longer_one(source: Source, rate: float) -> None:
    longest = commands(source, rate, 1000.0)
    assert len(longest) > 30
    for length_s in range(5, 300, 3):
        planned = commands(source, rate, float(length_s))
        sure = lasting_chunks([chunk for chunk, _ in planned], exact_rate(rate))
        assert planned[: len(sure)] == longest[: len(sure)]


def commands(source: Source, rate: float, length_s: float) -> list[tuple[Chunk, list[str]]]:
    info = source(duration_s=length_s, nominal_frame_rate=rate)
    assert info.video is not None
    info = replace(info, container="matroska,webm", video=replace(info.video, duration_s=length_s))
    plan = plan_encode(info, plan_ladder(info, template=replace(ABR, copy=False)))
    return [(chunk, build_chunk_argv(plan, chunk)) for chunk in plan.chunks]
