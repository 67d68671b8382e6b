from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.stored import ORIGINAL

from vodpull.accounts.sealed_secrets import Vault
from vodpull.errors import ConfigurationError, Failure, OriginMissing, StorageError
from vodpull.jobs.manifests.manifest import Stored, job_of, manifest_of, read_manifest
from vodpull.jobs.manifests.records import Record
from vodpull.jobs.model import Asset, Batch, Job
from vodpull.jobs.states_and_codes import Stage, WireStatus

SECRET_URL = "https://user:hunter2@origin.example.test/token-123/文件.mp4?sig=abc#x"
BATCH = Batch(batch_id="b" * 32, account_id="a" * 32, trans_no="t1", template="abr", notify_url="https://h/?key=sesame")
ASSET = Asset(
    video_id="v" * 32,
    duration_s=105.25,
    files=(ORIGINAL,),
    sha256="5" * 64,
    playlist_key="pullvideo/202611/x/v.m3u8",
)
JOB = Job(
    job_id="1" * 32,
    batch_id=BATCH.batch_id,
    position=0,
    file_name="文件.mp4",
    source_url=SECRET_URL,
    md5="",
    video_id="v" * 32,
    directory="d" * 32,
    stage=Stage.DONE,
    pull_status=WireStatus.SUCCEEDED,
    cmd_status=WireStatus.SUCCEEDED,
    asset=ASSET,
    decisions=({"clarity": 5, "chosen": False, "reason": "larger than the source"},),
)
VAULT = Vault("a master key for tests")


def written(job: Job = JOB) -> bytes:
    return manifest_of(
        Record(account="alice", batch=BATCH, job=job), stored=Stored(size_bytes=9, files=2), seal=VAULT.seal
    )


def test_a_manifest_gives_back_batch_and_job() -> None:
    manifest = read_manifest(written())
    assert manifest.batch == replace(BATCH, notify_url="")
    assert job_of(manifest, open_sealed=VAULT.open) == JOB
    assert (manifest.account, manifest.stored_bytes, manifest.stored_files) == ("alice", 9, 2)


def test_a_failure_is_given_back_too() -> None:
    failure = Failure.of(OriginMissing("the origin answered 404"), stage="fetch")
    job = replace(JOB, stage=Stage.FAILED, asset=None, failure=failure)
    assert job_of(read_manifest(written(job)), open_sealed=VAULT.open) == job


def test_no_secret_is_in_it_in_clear() -> None:
    text = written().decode()
    for secret in ("hunter2", "token-123", "sig=abc", "sesame"):
        assert secret not in text
    assert '"https://origin.example.test/"' in text


def test_under_another_master_key_only_the_host_is_known() -> None:
    other = Vault("another key, equally long")
    with pytest.raises(ConfigurationError):
        other.open(read_manifest(written()).sealed_source_url)
    assert job_of(read_manifest(written()), open_sealed=other.open).source_url == "https://origin.example.test/"


@pytest.mark.parametrize("url", ["http://[::1", "not a url", "http://", ""])
def test_a_url_that_cannot_be_read_has_no_host(url: str) -> None:
    assert read_manifest(written(replace(JOB, source_url=url))).job.source_url == ""


@pytest.mark.parametrize(
    "change",
    [{"format": 2}, {"batch": None}, {"job": json.loads(written())["job"] | {"stage": "encode"}}],
)
def test_what_is_no_manifest_of_this_version_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(StorageError):
        read_manifest(json.dumps(json.loads(written()) | change).encode())
    with pytest.raises(StorageError):
        read_manifest(b"\x00")
