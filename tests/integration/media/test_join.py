from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.media.pipeline import make_renditions

from vodpull.errors import EncodeFailed
from vodpull.media import Toolbox, copy_limits, join, probe

LIMITS = copy_limits(10_000_000)


def joined(folder: Path, target: Path, names: list[str]) -> Path:
    target.write_bytes(b"".join((folder / name).read_bytes() for name in names))
    return target


async def test_transport_stream_segments(clips: Path, tmp_path: Path, toolbox: Toolbox) -> None:
    parts = joined(clips / "hls_ts", tmp_path / "video", ["segment000.ts", "segment001.ts"])
    await join(parts, None, tmp_path / "joined", toolbox=toolbox, limits=LIMITS)
    info = await probe(tmp_path / "joined", toolbox=toolbox)
    assert info.container.startswith("mov")
    assert info.duration_s == pytest.approx(10.0, rel=0.01)
    assert [track.codec for track in info.audio] == ["aac"]


async def test_fragments_with_separate_sound_go_the_whole_way(clips: Path, tmp_path: Path, toolbox: Toolbox) -> None:
    parts = {
        kind: joined(
            clips / "hls_fmp4", tmp_path / kind,
            [f"{kind}_init.mp4", *(f"{kind}_{number}.m4s" for number in range(1, 13))],
        )
        for kind in ("video", "audio")
    }  # fmt: skip
    await join(parts["video"], parts["audio"], tmp_path / "joined", toolbox=toolbox, limits=LIMITS)
    info, renditions = await make_renditions(tmp_path / "joined", tmp_path, toolbox=toolbox)
    assert info.duration_s == pytest.approx(3.0, abs=0.01)
    assert renditions[0].codecs == "avc1.64001e,mp4a.40.2"


async def test_segments_that_are_none_are_refused(tmp_path: Path, toolbox: Toolbox) -> None:
    (tmp_path / "video").write_text("<html></html>")
    with pytest.raises(EncodeFailed):
        await join(tmp_path / "video", None, tmp_path / "joined", toolbox=toolbox, limits=LIMITS)
