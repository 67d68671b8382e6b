"""A short form of the campaign of random kills; `make chaos` is the long one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import uploads
from tests.chaos.campaign import Campaign, Plan
from tests.chaos.installation import LONG_CLIP, embedded, fleet, gather_sources, trusted
from tests.origin import Origin, run_origin_in_thread
from tests.services.postgres import Postgres
from tests.services.receiver import Receiver

pytestmark = pytest.mark.slow

PLAN = Plan(kills=6, tasks=6, clips=(LONG_CLIP, "sample_h264_aac.flv", "world_vp9_opus.webm"), pause_s=1.5)


LARGEST_UPLOAD_BYTES = 5_000_000
"""Two blocks."""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory, clips: Path) -> Path:
    return gather_sources(tmp_path_factory.mktemp("origin") / "sources", PLAN.clips, clips=clips)


@pytest.fixture(scope="module")
def origin(sources: Path) -> Iterator[Origin]:
    with run_origin_in_thread(sources) as origin:
        yield origin


def test_uploads_arrive_once_whatever_is_cut_killed_repeated_or_wrong(tmp_path: Path) -> None:
    service = uploads.installation(tmp_path)
    service.start()
    try:
        campaign = uploads.Campaign(service, seed=random.randrange(1_000_000), largest_bytes=LARGEST_UPLOAD_BYTES)
        books = campaign.run(9, kills=1)
    finally:
        service.stop()
    assert books.faults == [], books.report()


@pytest.mark.timeout(600)
def test_a_fleet_loses_nothing_to_random_kills(
    tmp_path: Path,
    origin: Origin,
    receiver: Receiver,
    sources: Path,
    postgres: Postgres,
    s3_environment: dict[str, str],
) -> None:
    origins = trusted(origin, receiver.url)
    with fleet(tmp_path, origins, postgres=postgres, s3_environment=s3_environment, workers=2) as members:
        books = Campaign(members, origin, receiver, sources=sources).run(PLAN, seed=random.randrange(1_000_000))
    assert books.faults == [], books


def test_a_single_process_loses_nothing_to_random_kills(
    tmp_path: Path, origin: Origin, receiver: Receiver, sources: Path
) -> None:
    with embedded(tmp_path, trusted(origin, receiver.url)) as members:
        books = Campaign(members, origin, receiver, sources=sources).run(PLAN, seed=random.randrange(1_000_000))
    assert books.faults == [], books
