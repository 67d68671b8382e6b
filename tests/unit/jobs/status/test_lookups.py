from __future__ import annotations

import pytest

from vodpull.jobs.status.lookups import REMEMBERED_ITEMS, FoundBatch, Lookup, RememberedBatches
from vodpull.jobs.status.status_data import BatchStatus

LOOKUP = Lookup("key", task_id="t")


def found(items: int) -> FoundBatch:
    return FoundBatch(batch=BatchStatus(batch_id="t", account_id="a", trans_no="n", status=1, items=(b"{}",) * items))


@pytest.fixture
def remembered() -> RememberedBatches:
    remembered = RememberedBatches()
    remembered.go_on("1")
    return remembered


def test_what_was_found_is_remembered_until_the_mark_changes(remembered: RememberedBatches) -> None:
    remembered.keep(LOOKUP, found(1))
    remembered.go_on("1")
    assert remembered.get(LOOKUP) == found(1)
    assert remembered.get(LOOKUP._replace(access_key="other")) is None
    for mark in ("2", "1"):
        remembered.go_on(mark)
        assert (remembered.get(LOOKUP), remembered.mark) == (None, mark)


def test_no_more_is_remembered_than_there_is_room_for(remembered: RememberedBatches) -> None:
    for number in range(REMEMBERED_ITEMS):
        remembered.go_on("1")
        remembered.keep(LOOKUP._replace(task_id=str(number)), found(50))
    held = [number for number in range(REMEMBERED_ITEMS) if remembered.get(LOOKUP._replace(task_id=str(number)))]
    assert 0 < len(held) <= REMEMBERED_ITEMS / 50


def test_what_is_not_there_is_not_remembered(remembered: RememberedBatches) -> None:
    remembered.keep(LOOKUP, FoundBatch())
    assert remembered.get(LOOKUP) is None
