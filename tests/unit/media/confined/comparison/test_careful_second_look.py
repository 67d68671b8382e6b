"""What looks right is looked at once, what looks wrong or doubtful twice, and the careful look is believed."""

from __future__ import annotations

from typing import Any

import pytest

from vodpull.media.confined.comparison.careful_second_look import looked

FINE = {"wrong": "", "fitted": False, "levels": 1.0}


@pytest.mark.parametrize(
    ("first", "looks"),
    [
        (FINE, [False]),
        (FINE | {"wrong": "it differs"}, [False, True]),
        (FINE | {"levels": 5.0}, [False, True]),
        (FINE | {"levels": 5.0, "fitted": True}, [False]),
    ],
)
def test_what_seems_to_differ_is_looked_at_again(first: dict[str, Any], looks: list[bool]) -> None:
    made: list[bool] = []

    def look(*, careful: bool) -> dict[str, Any]:
        made.append(careful)
        return FINE | {"careful": True} if careful else first

    answer = looked(look, doubtful_levels=4.0)
    assert made == looks
    assert answer == (FINE | {"careful": True} if looks[-1] else first)
