from __future__ import annotations

from collections.abc import Callable, Sequence

from vodpull.media.encode.join import build_join_argv

Golden = Callable[[str, Sequence[str]], None]


def test_the_command_that_joins_segments(golden: Golden) -> None:
    golden("join_two_files.txt", build_join_argv("joined", separate_audio=True))
