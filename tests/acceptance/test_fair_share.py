"""One account's hundreds of items do not hold up another account's single one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.origin import Origin
from tests.services.vodpull import Vodpull
from tests.waiting import OFTEN_S, until

SLOTS = 2
CROWD = 600


@pytest.fixture
def crowded(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[Vodpull]:
    """Run a service with few slots, whose only other account has asked for hundreds of items."""
    service = Vodpull(
        tmp_path_factory.mktemp("crowded") / "data",
        origin=origin.origin,
        VODPULL_FETCH_SLOTS=str(SLOTS),
        VODPULL_HOST_REQUESTS_PER_S="1000",
    )
    service.start()
    crowd = service.key("crowd")
    urls = [origin.url(f"slow?pause=0.02&piece=30000&crowd={number}") for number in range(CROWD)]
    for start in range(0, CROWD, 50):
        service.create(*urls[start : start + 50], key=crowd, template="original")
    yield service
    service.kill()
    service.stop()


def test_a_single_item_waits_for_one_slot_turnover(crowded: Vodpull, origin: Origin) -> None:
    single = crowded.key("single")
    until(lambda: len(seen(origin, "crowd")) > 2 * SLOTS, every_s=OFTEN_S)
    crowded.create(origin.url("slow?pause=0.02&piece=30000&single=1"), key=single, template="original")
    before = len(seen(origin, "crowd"))
    until(lambda: seen(origin, "single") != [], every_s=OFTEN_S)
    after = [number for number in seen(origin, "crowd") if number < seen(origin, "single")[0]]
    assert len(after) - before <= 2 * SLOTS, "a turn of the queue of jobs, and one of the queue of fetches"
    assert len(after) < CROWD / 2, "most of the crowd still waited"


def seen(origin: Origin, whose: str) -> list[int]:
    """Return the places of somebody's requests in the order in which the origin saw all of them."""
    return [number for number, asked in enumerate(list(origin.queries)) if whose in asked]


@pytest.fixture
def dripped_on(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[Vodpull]:
    """Run a service whose only other account has asked for fifty items that come at 1.3 kB/s."""
    service = Vodpull(
        tmp_path_factory.mktemp("dripped") / "data",
        origin=origin.origin,
        VODPULL_FETCH_SLOTS="4",
        VODPULL_HOST_CONNECTIONS="100",
    )
    service.makes_tables = True
    service.start()
    urls = [origin.url(f"slow?pause=0.1&piece=130&drip={number}") for number in range(50)]
    service.create(*urls, key=service.key("drip"), template="original")
    yield service
    service.kill()
    service.stop()


def test_a_slot_is_left_while_one_account_drips(dripped_on: Vodpull, origin: Origin) -> None:
    until(lambda: len(seen(origin, "drip")) == 3, every_s=OFTEN_S)
    dripped_on.create(origin.url("slow?pause=0&piece=30000&tiny=1"), key=dripped_on.key("other"), template="original")
    until(lambda: seen(origin, "tiny") != [], every_s=OFTEN_S)
    assert len(seen(origin, "drip")) == 3, "nothing of theirs had to end for it"


def test_what_a_service_writes_is_for_its_user_alone(dripped_on: Vodpull, origin: Origin) -> None:
    until(lambda: len(seen(origin, "drip")) >= 3, every_s=OFTEN_S)
    open_to_others = [path for path in dripped_on.data_dir.rglob("*") if path.lstat().st_mode & 0o077]
    assert open_to_others == []
    assert dripped_on.data_dir.stat().st_mode & 0o777 == 0o700
