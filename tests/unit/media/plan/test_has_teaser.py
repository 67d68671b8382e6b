from __future__ import annotations

import pytest

from vodpull.media.plan.has_teaser import has_teaser
from vodpull.media.plan.template import Teaser


@pytest.mark.parametrize(
    ("teaser", "duration_s", "has"),
    [("long", 59.9, False), ("long", 60.0, True), ("always", 0.2, True), ("never", 9999.0, False)],
)
def test_long_films_have_one(teaser: Teaser, duration_s: float, *, has: bool) -> None:
    assert has_teaser(teaser, duration_s) is has
