"""The databases of earlier releases, each with a finished job and work under way, go on under this one."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos.installation import SECRET, member, shared_settings
from tests.chaos.snapshot import DATABASES, ORIGIN
from tests.origin import Origin
from tests.services.postgres import Postgres
from tests.services.vodpull import Vodpull

pytestmark = [pytest.mark.slow, pytest.mark.waits]


@pytest.mark.parametrize("dump", sorted(DATABASES.glob("*.sql")), ids=lambda dump: dump.stem)
def test_work_of_an_earlier_release_ends_under_this_one(dump: Path, tmp_path: Path, origin: Origin) -> None:
    service = member(tmp_path, "all", origin.origin, {"VODPULL_MASTER_KEY": SECRET})
    service.data_dir.mkdir()
    with closing(sqlite3.connect(service.data_dir / "vodpull.db")) as database:
        database.executescript(dump.read_text().replace(ORIGIN, origin.origin))
    service.start()
    try:
        batches = service.api("GET", "/batches").json()["batches"]
        stages = sorted(tuple(job["stage"] for job in _final(service, batch)["jobs"]) for batch in batches)
        assert stages == [("done",), ("done", "done")]
    finally:
        service.stop()


def test_processes_that_start_at_once_on_an_empty_database_make_its_tables_once(
    tmp_path: Path, postgres: Postgres, s3_environment: dict[str, str]
) -> None:
    shared = shared_settings(postgres.url(), s3_environment, prefix=tmp_path.name)
    members = [member(tmp_path / f"{role}{n}", role, "", shared) for n, role in enumerate(("api", "worker", "worker"))]
    try:
        with ThreadPoolExecutor() as threads:
            list(threads.map(Vodpull.start, members))
    finally:
        for process in members:
            process.stop()


def _final(service: Vodpull, batch: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    return service.wait_final(batch["batch_id"])
