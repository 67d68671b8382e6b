from __future__ import annotations

from vodpull.media.tools.progress import ProgressReader, ToolProgress

BLOCK = b"frame=12\nfps=0.0\nspeed=1.5x\ntotal_size=100\nout_time_us=400000\nprogress=continue\n"


def read(*pieces: bytes) -> tuple[list[ToolProgress], list[bool]]:
    seen: list[ToolProgress] = []
    reader = ProgressReader(seen.append)
    return seen, [reader.feed(piece) for piece in pieces]


def test_a_block_becomes_one_value_however_it_is_cut() -> None:
    seen, alive = read(BLOCK[:7], BLOCK[7:40], BLOCK[40:])
    assert seen == [ToolProgress(out_time_s=0.4, frames=12, speed=1.5)]
    assert alive == [False, False, True]


def test_the_same_block_again_is_no_sign_of_life() -> None:
    seen, alive = read(BLOCK, BLOCK, BLOCK.replace(b"frame=12", b"frame=13"))
    assert len(seen) == 2
    assert alive == [True, False, True]


def test_values_that_are_not_known_yet_count_as_zero() -> None:
    seen, _ = read(b"frame=0\nout_time_us=N/A\nspeed=N/A\nprogress=continue\n")
    assert seen == [ToolProgress(out_time_s=0.0, frames=0, speed=0.0)]


def test_garbage_is_neither_kept_nor_believed() -> None:
    seen, alive = read(b"x" * 100_000, b"\n" + b"".join(b"k%d=1\n" % number for number in range(10_000)))
    assert seen == []
    assert alive == [False, False]
