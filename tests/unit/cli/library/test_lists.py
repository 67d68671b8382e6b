from __future__ import annotations

import json

import pytest

from vodpull.api.http.request_body_limits import MAX_BODY_BYTES
from vodpull.cli.library.import_lists import Line, together


@pytest.mark.parametrize("name", ["影" * 100_000, "x"], ids=["long", "short"])
def test_no_call_is_larger_than_the_service_takes_and_no_line_is_left_out(name: str) -> None:
    lines: list[Line] = [{"line": number, "name": name} for number in range(1, 1200 if len(name) == 1 else 12)]
    calls = list(together(lines))
    assert [line for call in calls for line in call] == lines
    assert 1 < len(calls) < 12
    assert all(len(call) <= 500 and len(json.dumps(call)) < MAX_BODY_BYTES for call in calls)
