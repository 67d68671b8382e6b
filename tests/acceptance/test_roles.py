"""Several processes on one PostgreSQL and one object store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.origin import Origin
from tests.services.postgres import Postgres
from tests.services.s3 import BUCKET
from tests.services.vodpull import Vodpull
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.waits]

CLIP = "flower_faststart.mp4"

TAKEN_OVER_S = 60
"""The work of a worker that vanished goes on within this time."""


class Fleet:
    """One API process and two workers, each with a data folder of its own, as on three machines."""

    def __init__(self, api: Vodpull, workers: list[Vodpull]) -> None:
        self.api = api
        self.workers = workers


@pytest.fixture
def fleet(
    tmp_path_factory: pytest.TempPathFactory, origin: Origin, postgres: Postgres, s3_environment: dict[str, str]
) -> Iterator[Fleet]:
    shared = {
        "VODPULL_DATABASE_URL": postgres.url(postgres.with_tables),
        "VODPULL_STORAGE_URL": f"s3://{BUCKET}/fleet",
        "VODPULL_MASTER_KEY": "one master key for the fleet",
        **s3_environment,
    }
    members = []
    for role in ("api", "worker", "worker"):
        member = Vodpull(tmp_path_factory.mktemp(role) / "data", origin=origin.origin, **shared)
        member.role = role
        member.encode_quickly()
        member.is_measured = True
        member.start()
        members.append(member)
    yield Fleet(members[0], members[1:])
    for member in members:
        member.stop()


def test_a_worker_does_what_the_api_accepted_and_another_takes_over_when_it_dies(fleet: Fleet, origin: Origin) -> None:
    task_id = fleet.api.pull([{"fetchUrl": origin.url(CLIP)}])
    until(lambda: any(_encodes(worker) for worker in fleet.workers), every_s=0.05)
    busy, other = sorted(fleet.workers, key=_encodes, reverse=True)
    busy.kill()
    until(lambda: _encodes(other), within_s=TAKEN_OVER_S)
    [item] = fleet.api.wait(task_id)["items"]
    assert (item["pullStatus"], item["cmdStatus"]) == (2, 2)
    rows = item["videoInfo"]["videoFileList"]
    assert [row["clarity"] for row in rows] == [1, 2, 3]
    assert all(fleet.api.get(f"/media/{row['fileUrl']}").status_code == 200 for row in rows)


def test_roles_other_than_all_need_a_shared_database(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> None:
    service = Vodpull(tmp_path_factory.mktemp("lone") / "data", origin=origin.origin)
    done = service.run("serve", "--port", "0", "--role", "worker")
    assert done.returncode == 1
    assert "VODPULL_DATABASE_URL" in done.stderr or "PostgreSQL" in done.stderr


def _encodes(worker: Vodpull) -> bool:
    """Return True while FFmpeg works for this worker."""
    return any("libx264" in line and str(worker.data_dir) in line for line in worker.descendants())
