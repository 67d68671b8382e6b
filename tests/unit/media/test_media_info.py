from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import pytest
from pydantic import TypeAdapter

from vodpull.errors import EncodeFailed
from vodpull.media import EncodedLadder, EncodedRendition, MediaInfo, Rung
from vodpull.media.probe import codec_string, typed_info

Source = Callable[..., MediaInfo]


def test_measured_values_survive_json(source: Source) -> None:
    info = source()
    assert TypeAdapter(MediaInfo).validate_python(json.loads(json.dumps(asdict(info)))) == info


def test_encoded_ladders_survive_json() -> None:
    rung = Rung(clarity=2, name="LD", width_px=640, height_px=360, frame_rate=29.97, max_bitrate_bps=800_000)
    ladder = EncodedLadder(renditions=(EncodedRendition(rung=rung, file="ld.mp4"),), audio=None, cpu_s=1.0)
    assert TypeAdapter(EncodedLadder).validate_python(json.loads(json.dumps(asdict(ladder)))) == ladder


@pytest.mark.parametrize(
    ("codec", "config", "expected"),
    [
        ("h264", "0164001f", "avc1.64001f"),
        ("h264", "00000001", None),
        ("aac", "1190", "mp4a.40.2"),
        ("aac", "2b11", "mp4a.40.5"),
        ("aac", "", None),
        ("vp9", "0164001f", None),
    ],
)
def test_codec_names_of_rfc_6381(codec: str, config: str, expected: str | None) -> None:
    assert codec_string(codec, config) == expected


@pytest.mark.parametrize("answer", [{}, {"audio": 3, "video": None}, {"audio": [], "video": {"config": 5}}, {"x": 1}])
def test_an_answer_of_the_wrong_shape_is_not_believed(answer: dict[str, object]) -> None:
    with pytest.raises(EncodeFailed):
        typed_info(answer)
