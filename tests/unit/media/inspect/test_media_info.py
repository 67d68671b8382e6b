from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import pytest
from pydantic import TypeAdapter

from vodpull.errors import EncodeFailed
from vodpull.media import EncodePlan, MediaInfo, plan_encode, plan_ladder
from vodpull.media.inspect.ask_probe import typed_info
from vodpull.media.mp4.codec_names import codec_string

Source = Callable[..., MediaInfo]


def test_measured_values_survive_json(source: Source) -> None:
    info = source()
    assert TypeAdapter(MediaInfo).validate_python(json.loads(json.dumps(asdict(info)))) == info


def test_plans_survive_json(source: Source) -> None:
    info, kept = source(nominal_frame_rate=30000 / 1001), TypeAdapter(EncodePlan)
    plan = plan_encode(info, plan_ladder(info))
    assert kept.validate_json(kept.dump_json(plan)) == plan


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
