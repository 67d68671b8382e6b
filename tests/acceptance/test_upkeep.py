"""Delete, quota, retention, backup, restore and rebuild with the installed command."""

from __future__ import annotations

import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import m3u8
import pytest

from tests.origin import Origin
from tests.services.postgres import Postgres
from tests.services.s3 import BUCKET
from tests.services.vodpull import Vodpull
from tests.waiting import until

CLIP = "flower_faststart.mp4"
LONG_CLIP = "real_720p2997_60s.mp4"
SMALL_CLIP = "world_vp9_opus.webm"


Install = Callable[..., Vodpull]


@pytest.fixture
def install(tmp_path: Path, origin: Origin) -> Iterator[Install]:
    """Make installations with settings of their own; what was started is stopped afterwards."""
    made = []

    def make(name: str = "data", **settings: str) -> Vodpull:
        made.append(Vodpull(tmp_path / name, origin=origin.origin, **settings))
        return made[-1]

    yield make
    for service in made:
        service.stop()


@pytest.fixture
def own(install: Install) -> Vodpull:
    """One service for a test that breaks it."""
    service = install()
    service.start()
    return service


@pytest.fixture(scope="module")
def shared(quiet_service: Vodpull) -> Vodpull:
    """One service for tests that leave no media behind."""
    return quiet_service


def media_of(service: Vodpull) -> list[Path]:
    return [path for path in (service.data_dir / "media" / "pullvideo").rglob("*") if path.is_file()]


def manifests_of(service: Vodpull) -> list[Path]:
    return list((service.data_dir / "media" / "manifests").glob("*/*.json"))


def without_time(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"timestamp": 0}


def test_a_deleted_batch_is_unknown_and_its_files_are_gone(shared: Vodpull, origin: Origin) -> None:
    task_id = shared.pull([{"fetchUrl": origin.url(CLIP)}], workflowId="original", transNo="gone")
    path = shared.wait(task_id)["items"][0]["videoInfo"]["videoFileList"][0]["fileUrl"]
    assert shared.api("DELETE", f"/batches/{task_id}").status_code == 204
    assert shared.api("DELETE", f"/batches/{task_id}").status_code == 204
    assert shared.api("GET", f"/batches/{task_id}").status_code == 404
    assert [shared.call("pullVideoQuery", asked)["code"] for asked in ({"taskId": task_id}, {"transNo": "gone"})] == [
        1000,
        1000,
    ]
    assert shared.get(f"/media/{path}").status_code == 404
    assert media_of(shared) == []


def test_a_batch_under_way_is_stopped_and_deleted(shared: Vodpull, origin: Origin) -> None:
    task_id = shared.pull([{"fetchUrl": origin.url(LONG_CLIP)}])
    until(lambda: shared.state(task_id)["jobs"][0]["stage"] == "encode", every_s=0.05)
    assert shared.api("DELETE", f"/batches/{task_id}").status_code == 202
    assert shared.api("GET", f"/batches/{task_id}").status_code == 404
    assert media_of(shared) == []


def test_a_deleted_job_still_counts_in_its_batch(service: Vodpull, origin: Origin) -> None:
    task_id = service.pull([{"fetchUrl": origin.url(CLIP)}] * 2, workflowId="original")
    service.wait(task_id)
    assert service.api("DELETE", f"/batches/{task_id}/jobs/0").status_code == 204
    items = service.query(task_id)["items"]
    assert [("videoInfo" in item, item["pullStatus"]) for item in items] == [(False, 2), (True, 2)]
    gone, kept = service.state(task_id)["jobs"]
    assert (gone["files"], kept["deleted_at_ms"]) == ([], None)
    assert gone["deleted_at_ms"] > 0


@pytest.mark.parametrize("path", [f"/batches/{'0' * 32}", f"/batches/{'0' * 32}/jobs/0"])
def test_what_is_not_there_is_not_deleted(service: Vodpull, path: str) -> None:
    reply = service.api("DELETE", path)
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


def test_a_full_account_is_refused_until_it_deletes(install: Install, origin: Origin) -> None:
    service = install(VODPULL_ACCOUNT_QUOTA_BYTES="1000")
    service.start()
    task_id = service.pull([{"fetchUrl": origin.url(CLIP)}], workflowId="original")
    service.wait(task_id)
    another = {"fileList": [{"fetchUrl": "http://127.0.0.1/x"}]}
    until(lambda: service.call("pullVideo", another)["code"] == 300)  # counted a moment after it is done
    refused = service.api("POST", "/batches", json={"items": [{"url": origin.url(CLIP)}]})
    assert (refused.status_code, refused.json()["code"]) == (409, "quota_exceeded")
    service.api("DELETE", f"/batches/{task_id}")
    assert service.call("pullVideo", another)["code"] == 200


def test_a_backup_of_a_running_service_is_restored_elsewhere(
    own: Vodpull, install: Install, origin: Origin, tmp_path: Path
) -> None:
    task_id = own.pull([{"fetchUrl": origin.url(SMALL_CLIP)}])
    before = own.wait(task_id)
    archive = tmp_path / "vodpull.tar.gz"
    made = own.run("backup", str(archive), "--with-media")
    assert (made.returncode, stat.S_IMODE(archive.stat().st_mode)) == (0, 0o600), made.stderr
    own.kill()
    other = install("elsewhere")
    assert other.run("restore", str(archive)).returncode == 0
    other._key = own.own_key  # the keys came along
    other.start()
    assert without_time(other.query(task_id)) == without_time(before)
    assert len(media_of(other)) == len(media_of(own))


def test_a_backup_never_replaces_a_file_nor_a_restore_an_installation(shared: Vodpull, tmp_path: Path) -> None:
    archive = tmp_path / "vodpull.tar.gz"
    assert shared.run("backup", str(archive)).returncode == 0
    assert "exists already" in shared.run("backup", str(archive)).stderr
    assert "is not empty" in shared.run("restore", str(archive)).stderr
    with tarfile.open(archive) as opened:
        assert {"vodpull.db", "master.key", "local-key.json"} < set(opened.getnames())


def test_a_lost_database_is_rebuilt_from_the_store(own: Vodpull, origin: Origin) -> None:
    url = origin.url(SMALL_CLIP) + "?sig=secret"
    task_id = own.pull([{"fetchUrl": url}, {"fetchUrl": origin.url("missing.mp4")}], transNo="kept")
    before = own.wait(task_id)
    until(lambda: len(manifests_of(own)) == 2)
    own.kill()
    for path in own.data_dir.glob("vodpull.db*"):
        path.unlink()
    rebuilt = own.run("rebuild")
    assert "added 2, known 0, unreadable 0" in rebuilt.stdout, rebuilt.stderr
    own._key = own.key()  # keys are not in the store; the account is, by its name
    own.start()
    assert without_time(own.query(task_id)) == without_time(before)
    assert own.call("pullVideoQuery", {"transNo": "kept"})["data"]["taskId"] == task_id
    playlist = before["items"][0]["videoInfo"]["videoFileList"][1]["fileUrl"]
    assert m3u8.loads(own.get(f"/media/{playlist}").text).is_variant
    assert not any("secret" in path.read_text() for path in manifests_of(own))


def test_a_manifest_is_served_to_nobody(own: Vodpull, origin: Origin) -> None:
    own.wait(own.pull([{"fetchUrl": origin.url(CLIP)}], workflowId="original"))
    until(lambda: len(manifests_of(own)) == 1)
    [manifest] = manifests_of(own)
    assert own.get(f"/media/{manifest.relative_to(own.data_dir / 'media')}").status_code == 404


def test_old_tasks_go_by_themselves(install: Install) -> None:
    service = install(VODPULL_RETENTION_DAYS="0.000001")
    service.start()
    batch_id = service.create("http://127.0.0.1/x")["batch_id"]
    until(lambda: service.api("GET", f"/batches/{batch_id}").status_code == 404)


def test_another_database_is_made_from_a_bucket(
    install: Install, origin: Origin, postgres: Postgres, s3_environment: dict[str, str], tmp_path: Path
) -> None:
    shared = s3_environment | {
        "VODPULL_STORAGE_URL": f"s3://{BUCKET}/{tmp_path.name}",
        "VODPULL_MASTER_KEY": "one key for all of them",
    }
    first = install(VODPULL_DATABASE_URL=postgres.url(postgres.with_tables), **shared)
    first.start()
    item = {"fetchUrl": origin.url(CLIP)}
    kept, gone = (first.pull([item], workflowId="original", transNo=name) for name in ("kept", "gone"))
    before = first.wait(kept)
    first.wait(gone)
    assert first.api("DELETE", f"/batches/{gone}").status_code == 204
    second = install("other", VODPULL_DATABASE_URL=postgres.url(postgres.with_tables), **shared)
    until(lambda: "known 1" in first.run("rebuild").stdout)  # its manifest is there
    assert "added 1, known 0, unreadable 0" in second.run("rebuild").stdout
    first.stop()
    second.start()
    assert without_time(second.query(kept)) == without_time(before)
    assert second.call("pullVideoQuery", {"taskId": gone})["code"] == 1000
