"""What every object store must do: one suite for a folder, memory and S3."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.services.s3 import BUCKET
from vodpull.errors import ConfigurationError, ObjectMissing
from vodpull.storage import ObjectStore, open_store

KEY = "pullvideo/202611/0123456789abcdef0123456789abcdef/v.mp4"


@pytest.fixture(params=["folder", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    if request.param == "folder":
        return open_store((tmp_path / "store").as_uri())
    if request.param == "memory":
        return open_store("memory:///")
    for name, value in request.getfixturevalue("s3_environment").items():
        monkeypatch.setenv(name, value)
    return open_store(f"s3://{BUCKET}/{tmp_path.name}")


async def test_a_file_comes_back_as_it_went_in(store: ObjectStore, tmp_path: Path) -> None:
    source, back = tmp_path / "in", tmp_path / "out"
    source.write_bytes(bytes(range(256)) * 80_000)  # 20 MB: several parts of a multipart upload
    await store.put_file(KEY, source)
    await store.get_file(KEY, back)
    assert back.read_bytes() == source.read_bytes()


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


@pytest.mark.parametrize("url", ["ftp://host/x", "bucket", "s3://", "file://host/dir"])
def test_a_url_of_no_store_is_refused_with_the_setting_named(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)
    assert caught.value.field == "VODPULL_STORAGE_URL"
