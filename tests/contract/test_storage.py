"""
What every object store must do: one suite for a folder, memory, S3, Google Cloud Storage and Azure.

Google's client talks to the server of S3: its XML interface is the same in what vodpull asks of it, and no emulator of
Google's that speaks it can be installed from a registry.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import obstore
import pytest

from tests.chaos import wire
from tests.services.azure import CONTAINER, running_azure
from tests.services.s3 import BUCKET
from vodpull.errors import ConfigurationError, ObjectMissing, StorageError, StorageUnavailable
from vodpull.storage import ObjectStore, object_store, open_store
from vodpull.storage.object_keys import WORK

pytestmark = pytest.mark.waits

KEY = "pullvideo/202611/0123456789abcdef0123456789abcdef/v.mp4"


URLS = {"s3": f"s3://{BUCKET}", "gcs": f"gs://{BUCKET}", "azure": f"az://{CONTAINER}"}

ADDRESS = {"s3": "AWS_ENDPOINT_URL", "gcs": "GOOGLE_BASE_URL", "azure": "AZURE_STORAGE_ENDPOINT"}


@pytest.fixture(scope="module")
def gcs_environment(s3_environment: dict[str, str]) -> dict[str, str]:
    return {"GOOGLE_BASE_URL": s3_environment["AWS_ENDPOINT_URL"], "GOOGLE_BEARER_TOKEN": "test"}


@pytest.fixture(scope="module")
def azure_environment() -> Iterator[dict[str, str]]:
    with running_azure() as environment:
        yield environment


@pytest.fixture(params=["folder", "memory", *URLS])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    if request.param == "folder":
        return open_store((tmp_path / "store").as_uri())
    if request.param == "memory":
        return open_store("memory:///")
    for name, value in request.getfixturevalue(f"{request.param}_environment").items():
        monkeypatch.setenv(name, value)
    return open_store(f"{URLS[request.param]}/{secrets.token_hex(8)}")


@pytest.fixture(params=URLS)
def remote(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ObjectStore, wire.Wire]]:
    """Give a remote store, impatient, and the way to it."""
    monkeypatch.setattr(object_store, "_SILENCE", timedelta(seconds=1))
    for name, value in request.getfixturevalue(f"{request.param}_environment").items():
        monkeypatch.setenv(name, value)
    host, _, path = os.environ[ADDRESS[request.param]].removeprefix("http://").partition("/")
    with wire.wire_to(host) as way:
        monkeypatch.setenv(ADDRESS[request.param], f"http://{way.address}/{path}".rstrip("/"))
        yield open_store(f"{URLS[request.param]}/{secrets.token_hex(8)}"), way


async def test_a_file_comes_back_as_it_went_in(store: ObjectStore, tmp_path: Path) -> None:
    source, back = tmp_path / "in", tmp_path / "out"
    source.write_bytes(bytes(range(256)) * 80_000)  # 20 MB: several parts of a multipart upload
    await store.put_file(KEY, source)
    await store.get_file(KEY, back)
    assert back.read_bytes() == source.read_bytes()


async def test_an_adopted_file_is_stored_and_stays_when_its_first_name_goes(store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "in"
    await store.put_bytes(KEY, b"older")
    source.write_bytes(b"whole")
    for _ in range(2):  # a step that died in between does it again
        await store.adopt_file(KEY, source)
    names = source.stat().st_nlink
    source.unlink()
    assert await store.get_bytes(KEY) == b"whole"
    assert await store.list_keys("") == [KEY]
    assert (names == 2) == (tmp_path / "store").exists(), "in a folder on this disk nothing is written again"


async def test_a_stream_comes_back_as_it_went_in_or_not_at_all(store: ObjectStore) -> None:
    blocks = [bytes([number]) * 4_000_000 for number in range(3)]

    async def stream(*, breaks: bool) -> AsyncIterator[bytes]:
        for block in blocks:
            yield block
        if breaks:
            raise ConnectionError

    with pytest.raises((ConnectionError, StorageError)):
        await store.put_stream(KEY, stream(breaks=True), size_bytes=12_000_000)
    assert await store.list_keys("pullvideo/") == []
    await store.put_stream(KEY, stream(breaks=False), size_bytes=12_000_000)
    assert await store.get_bytes(KEY) == b"".join(blocks)


@pytest.mark.parametrize(
    ("name", "content_type", "cache_control"),
    [
        ("v.m3u8", "application/vnd.apple.mpegurl", "public, max-age=10"),
        ("v/1-00001.m4s", "video/iso.segment", "public, max-age=31536000, immutable"),
        ("V.MP4", "video/mp4", "public, max-age=300"),
        ("page.html", "application/octet-stream", "public, max-age=300"),
        ("../../../manifests/202611/a.json", "application/json", "private, no-store"),
    ],
)
async def test_whoever_serves_the_store_is_told_type_and_life(
    store: ObjectStore, tmp_path: Path, name: str, content_type: str, cache_control: str
) -> None:
    key = os.path.normpath(f"{KEY}/../{name}")
    large = tmp_path / "large"
    large.write_bytes(bytes(12_000_000))  # several parts of an upload
    for put in (store.put_bytes(key, b"small"), store.put_file(key, large)):
        await put
        headers = (await store.head(key)).headers
        assert (headers.content_type, headers.cache_control) == (content_type, cache_control)
        kept = (await obstore.get_async(store._store, key)).attributes  # type: ignore[attr-defined]
        if not isinstance(store._store, obstore.store.LocalStore):  # type: ignore[attr-defined]
            assert (kept["Content-Type"], kept["Cache-Control"]) == (content_type, cache_control)


async def test_a_second_put_replaces_the_first(store: ObjectStore) -> None:
    await store.put_bytes(KEY, b"old")
    before = await store.head(KEY)
    await store.put_bytes(KEY, b"newer")
    after = await store.head(KEY)
    assert (before.size_bytes, after.size_bytes) == (3, 5)
    assert before.etag != after.etag


async def test_a_range_is_read_without_the_rest(store: ObjectStore) -> None:
    await store.put_bytes(KEY, b"0123456789")
    assert b"".join([block async for block in store.read(KEY, 2, 5)]) == b"234"
    assert [block async for block in store.read(KEY, 5, 5)] == []


async def test_a_missing_object_is_said_to_be_missing(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing):
        await store.head(KEY)
    with pytest.raises(ObjectMissing):
        await store.get_file(KEY, tmp_path / "out")
    assert list(tmp_path.glob("out*")) == []


async def test_keys_are_listed_below_a_prefix_only(store: ObjectStore) -> None:
    for name in ("a/1", "a/2", "b/1"):
        await store.put_bytes(name, b"x")
    assert await store.list_keys("a") == ["a/1", "a/2"]


async def test_a_deleted_object_is_gone_and_deleting_again_is_no_error(store: ObjectStore) -> None:
    await store.put_bytes(KEY, b"x")
    await store.delete(KEY)
    await store.delete(KEY)
    assert await store.list_keys("pullvideo") == []


async def test_a_small_object_is_read_whole(store: ObjectStore) -> None:
    await store.put_bytes(KEY, b"0123456789")
    assert await store.get_bytes(KEY) == b"0123456789"
    with pytest.raises(ObjectMissing):
        await store.get_bytes("pullvideo/none")


async def test_a_listing_tells_sizes_and_times(store: ObjectStore) -> None:
    for name in ("a/1", "a/b/22", "ab/1"):
        await store.put_bytes(name, name.encode())
    pages = [page async for page in store.list_pages("a")]
    found = {each.key: each for page in pages for each in page}
    assert {key: each.size_bytes for key, each in found.items()} == {"a/1": 3, "a/b/22": 6}
    assert found["a/1"].modified_s == (await store.head("a/1")).modified_s


async def test_many_objects_go_together_and_missing_ones_do_not_matter(store: ObjectStore) -> None:
    keys = [f"a/{number}" for number in range(30)]
    for key in keys[1:]:
        await store.put_bytes(key, b"x")
    await store.delete_all(keys)
    await store.delete_all([])
    assert await store.list_keys("a") == []


async def test_everything_below_a_prefix_goes_and_its_neighbour_stays(store: ObjectStore) -> None:
    for name in ("a/1", "a/b/2", "ab/1"):
        await store.put_bytes(name, b"x")
    assert await store.delete_below("a") == 2
    assert await store.delete_below("a") == 0
    assert await store.list_keys("ab") == ["ab/1"]


@pytest.mark.parametrize("state", ["cut", "500", "503"])
async def test_an_outage_may_pass_by_itself(remote: tuple[ObjectStore, wire.Wire], state: wire.State) -> None:
    store, way = remote
    await store.put_bytes(KEY, b"x")
    way.become(state)
    with pytest.raises(StorageUnavailable):
        await store.get_bytes(KEY)
    with pytest.raises(StorageUnavailable):
        await store.put_bytes(KEY, b"y")
    way.become("open")
    assert await store.get_bytes(KEY) == b"x"


async def test_a_store_that_stops_answering_is_not_waited_for_forever(
    remote: tuple[ObjectStore, wire.Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, way = remote
    monkeypatch.setattr(wire, "SLOW_S", 60)
    way.become("slow")
    with pytest.raises(StorageUnavailable):
        await store.head(KEY)


async def test_a_slow_transfer_goes_on_as_long_as_bytes_flow(
    remote: tuple[ObjectStore, wire.Wire], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, way = remote
    await store.put_bytes(KEY, bytes(400_000))  # seven pieces: longer than the longest silence
    monkeypatch.setattr(wire, "SLOW_S", 0.3)
    way.become("slow")
    await store.get_file(KEY, tmp_path / "out")
    assert (tmp_path / "out").stat().st_size == 400_000


def test_the_largest_source_has_no_more_parts_than_a_store_takes() -> None:
    largest = 200 * 1024**3 + 1
    assert largest / object_store._part_bytes(largest) <= 10_000
    assert object_store._part_bytes(1) == 5 * 1024**2


async def test_a_folder_keeps_no_empty_folders_and_no_unfinished_uploads(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    await store.put_bytes("a/b/1", b"x")
    (tmp_path / "a" / "b" / "2#1").write_bytes(b"cut off")
    assert await store.delete_below("a") == 1
    assert list(tmp_path.iterdir()) == []


async def test_old_unfinished_uploads_are_dropped(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    await store.put_bytes("a/1", b"x")
    for name, modified_s in (("old#1", 1000), ("new#1", 3000)):
        (tmp_path / "a" / name).write_bytes(b"cut off")
        os.utime(tmp_path / "a" / name, (modified_s, modified_s))
    assert await store.drop_parts(before_s=2000) == 1
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["1", "new#1"]


async def test_old_unfinished_uploads_to_a_bucket_are_aborted(
    tmp_path: Path, s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_environment.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", region_name="us-east-1")
    ours, somebody_elses = f"{tmp_path.name}/{WORK}/a/1", f"{tmp_path.name}/other/1"
    for key in (ours, somebody_elses):
        client.create_multipart_upload(Bucket=BUCKET, Key=key)
    store = open_store(f"s3://{BUCKET}/{tmp_path.name}")
    assert await store.drop_parts(before_s=0) == 0
    assert await store.drop_parts(before_s=time.time() + 60) == 1
    uploads = client.list_multipart_uploads(Bucket=BUCKET, Prefix=tmp_path.name)["Uploads"]
    assert [upload["Key"] for upload in uploads] == [somebody_elses]


async def test_a_bucket_that_lists_no_uploads_says_so(
    s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StorageError, match="cannot be listed"):
        await open_store("s3://no-such-bucket").drop_parts(before_s=0)


@pytest.mark.parametrize("url", ["ftp://host/x", "bucket", "s3://", "file://host/dir", "gs:///x"])
def test_a_url_of_no_store_is_refused_with_the_setting_named(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)
    assert caught.value.field == "VODPULL_STORAGE_URL"


@pytest.mark.parametrize("url", ["s3://id:hidden@bucket", "az://container?sig=hidden", "gs://bucket/x#hidden"])
def test_credentials_in_the_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)
    assert "hidden" not in str(caught.value)


def test_a_store_without_its_variables_is_a_mistake_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(ConfigurationError, match="az://"):
        open_store("az://container")
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_KEY", "not a key")
    with pytest.raises(ConfigurationError, match="gs://"):
        open_store("gs://bucket")
