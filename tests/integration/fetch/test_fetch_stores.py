"""Sources in object stores and folders: real sockets to a server that speaks S3, real files."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from tests.services.breaking_line import breaking_line
from tests.services.loopback import serving
from tests.services.s3 import BUCKET, running_s3

from vodpull import fetch, storage
from vodpull.errors import (
    ConfigurationError,
    FetchError,
    Md5Mismatch,
    OriginMissing,
    OriginRefused,
    SourceChanged,
    SourceStoreUnknown,
    StorageError,
    UrlForbidden,
    UrlInvalid,
)

BYTES = random.Random(21).randbytes(6 << 20)
MD5 = hashlib.md5(BYTES, usedforsecurity=False).hexdigest()
SECRET = "a-secret-of-the-archive"

Stores = storage.AccountStores


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with running_s3() as environment:
        client = _client(environment["AWS_ENDPOINT_URL"])
        client.put_object(Bucket=BUCKET, Key="films/a b#%20é.mp4", Body=BYTES)
        client.put_object(Bucket=BUCKET, Key="other/secret.mp4", Body=b"x")
        yield environment["AWS_ENDPOINT_URL"]


class _Forbidding(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(403)
        self.end_headers()
        self.wfile.write(b"<Error><Code>AccessDenied</Code></Error>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _client(endpoint: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=endpoint, **keys)


def _archive(monkeypatch: pytest.MonkeyPatch, endpoint: str, entry: str = f"archive=s3://{BUCKET}/films") -> Stores:
    told = {"ENDPOINT_URL": endpoint, "ACCESS_KEY_ID": "archive", "SECRET_ACCESS_KEY": SECRET, "REGION": "us-east-1"}
    for name, text in told.items():
        monkeypatch.setenv(f"ARCHIVE_AWS_{name}", text)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    stores = storage.SourceStores([entry], own_folder=Path("vodpull-data"))
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    return stores.of_account("tester")


def _nas(folder: Path) -> Stores:
    folder.mkdir(exist_ok=True)
    stores = storage.SourceStores([f"nas={folder.as_uri()}"], own_folder=folder.parent / "data")
    return stores.of_account("tester")


async def _download(url: str, target: Path, stores: Stores, **options: Any) -> fetch.Downloaded:
    limits = fetch.FetchLimits(max_bytes=10**9, retry_initial_s=0.01)
    options = {"on_progress": lambda _done, _total: None} | options
    return await fetch.download(url, target, guard=fetch.AddressGuard(), limits=limits, stores=stores, **options)


@pytest.mark.parametrize("url", ["s3://archive/a%20b%23%2520%C3%A9.mp4", "archive:a b#%20é.mp4"])
async def test_an_object_is_fetched_with_its_digest(
    s3: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = _archive(monkeypatch, s3)
    found = await _download(url, tmp_path / "a", stores, expected_md5=MD5)
    assert (tmp_path / "a").read_bytes() == BYTES
    assert (found.md5, found.final_url) == (MD5, "s3://archive/a%20b%23%2520%C3%A9.mp4")
    with pytest.raises(Md5Mismatch):
        await _download(url, tmp_path / "b", stores, expected_md5=32 * "0")


async def test_a_connection_that_is_cut_costs_what_was_on_its_way(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with breaking_line(urlsplit(s3).port or 0, after_bytes=2 << 20, every=1, back=True) as line:
        stores = _archive(monkeypatch, line.url)
        found = await _download("archive:a b#%20é.mp4", tmp_path / "a", stores)
    assert line.breaks > 0
    assert found.md5 == MD5
    assert found.received_bytes < 1.2 * len(BYTES)


@pytest.mark.parametrize("kind", ["store", "folder"])
async def test_a_fetch_that_was_stopped_goes_on_with_the_bytes_that_are_here(
    s3: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores, url = _archive(monkeypatch, s3), "archive:a b#%20é.mp4"
    if kind == "folder":
        stores, url = _nas(tmp_path / "nas"), "nas:a.mp4"
        (tmp_path / "nas/a.mp4").write_bytes(BYTES)
    under_way = asyncio.Event()
    monkeypatch.setattr("vodpull.fetch.transfer.resuming._PROGRESS_INTERVAL_S", 0)

    def advance(done: int, _total: int | None) -> None:
        if done > len(BYTES) // 3:
            under_way.set()

    fetching = asyncio.create_task(_download(url, tmp_path / "a", stores, on_progress=advance))
    await under_way.wait()
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    held = (tmp_path / "a.part").stat().st_size
    assert 0 < held < len(BYTES)
    found = await _download(url, tmp_path / "a", stores)
    assert found.md5 == MD5
    assert found.received_bytes <= len(BYTES) - held


async def test_an_object_that_was_replaced_meanwhile_is_fetched_anew(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores, client = _archive(monkeypatch, s3), _client(s3)
    client.put_object(Bucket=BUCKET, Key="films/moving.mp4", Body=BYTES)
    (tmp_path / "a.part").write_bytes(b"")
    halted = asyncio.Event()
    monkeypatch.setattr("vodpull.fetch.transfer.resuming._PROGRESS_INTERVAL_S", 0)
    on = {"on_progress": lambda done, _total: halted.set() if done > len(BYTES) // 3 else None}
    fetching = asyncio.create_task(_download("archive:moving.mp4", tmp_path / "a", stores, **on))
    await halted.wait()
    fetching.cancel()
    await asyncio.gather(fetching, return_exceptions=True)
    client.put_object(Bucket=BUCKET, Key="films/moving.mp4", Body=b"short")
    await _download("archive:moving.mp4", tmp_path / "a", stores)
    assert (tmp_path / "a").read_bytes() == b"short"


async def test_what_cannot_be_read_is_told_by_code_and_without_secrets(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = _archive(monkeypatch, s3, f"archive@boss=s3://{BUCKET}/films")
    told: list[FetchError] = []
    for url, error in {"s3://archive/a": SourceStoreUnknown, "archive:a": UrlInvalid}.items():
        with pytest.raises(error):
            await _download(url, tmp_path / "a", stores)
    stores = _archive(monkeypatch, s3)
    with pytest.raises(OriginMissing) as missing:
        await _download("s3://archive/none.mp4", tmp_path / "a", stores)
    told.append(missing.value)
    with serving(_Forbidding) as forbidding, pytest.raises(OriginRefused) as refused:
        await _download("s3://archive/a.mp4", tmp_path / "a", _archive(monkeypatch, forbidding))
    told.append(refused.value)
    assert all(SECRET not in f"{error!r} {error.remedy} {error.__cause__!r}" for error in told)


async def test_the_web_never_leads_into_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3: str) -> None:
    stores = _archive(monkeypatch, s3)
    playlist = tmp_path / "list"
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n"
    playlist.write_text(f"{head}s3://archive/a.ts\n#EXT-X-ENDLIST\n")
    options: Any = {
        "guard": fetch.AddressGuard(),
        "limits": fetch.FetchLimits(max_bytes=10**9),
        "on_progress": lambda _done, _total: None,
        "stores": stores,
    }
    for base in ("https://example.com/list.m3u8", "s3://archive/list.m3u8"):
        with pytest.raises((UrlInvalid, UrlForbidden)):
            await fetch.fetch_playlist(playlist, base, tmp_path, **options)


async def test_nothing_outside_of_a_folder_is_read_nor_what_is_no_plain_file(tmp_path: Path) -> None:
    stores, nas = _nas(tmp_path / "nas"), tmp_path / "nas"
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_bytes(b"secret")
    (nas / "inside").mkdir()
    (nas / "inside/a.mp4").write_bytes(b"video")
    (nas / "link").symlink_to(tmp_path / "outside/secret")
    (nas / "folder-link").symlink_to(tmp_path / "outside")
    (nas / "inside-link").symlink_to(nas / "inside/a.mp4")
    (nas / "hard").hardlink_to(tmp_path / "outside/secret")
    os.mkfifo(nas / "pipe")
    refused = {
        "nas:link": OriginRefused,
        "nas:folder-link/secret": FetchError,
        "nas:inside-link": OriginRefused,
        "nas:hard": OriginRefused,
        "nas:pipe": OriginRefused,
        "nas:inside": OriginRefused,
        "nas:inside/a.mp4/b": OriginMissing,
        "nas:none": OriginMissing,
        "nas:../outside/secret": UrlInvalid,
        "file://nas/inside/%2e%2e/%2e%2e/outside/secret": UrlInvalid,
        (tmp_path / "outside/secret").as_uri(): SourceStoreUnknown,
    }
    for url, error in refused.items():
        with pytest.raises(error):
            await _download(url, tmp_path / "a", stores)
    await _download("file://nas/inside/a.mp4", tmp_path / "a", stores)
    assert (tmp_path / "a").read_bytes() == b"video"
    assert [found.key async for page in stores.list_pages("nas", "") for found in page] == ["hard", "inside/a.mp4"]


async def test_a_folder_that_becomes_a_link_while_it_is_asked_leads_nowhere(tmp_path: Path) -> None:
    stores, nas = _nas(tmp_path / "nas"), tmp_path / "nas"
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a").write_bytes(b"secret")
    (nas / "real").mkdir()
    (nas / "real/a").write_bytes(b"open")
    (nas / "trap").symlink_to(tmp_path / "outside")

    async def swap() -> None:
        for _ in range(200):
            for old, new in (("real", "aside"), ("trap", "real"), ("real", "trap"), ("aside", "real")):
                (nas / old).rename(nas / new)
            await asyncio.sleep(0)

    seen: set[bytes] = set()

    async def read() -> None:
        for _ in range(200):
            try:
                opened = await stores.open("nas", "real/a", None)
            except (FetchError, StorageError):
                continue
            assert opened is not None
            seen.add(b"".join([block async for block in opened.blocks]))

    await asyncio.gather(swap(), read())
    assert b"secret" not in seen


async def test_a_file_that_changes_while_it_is_read_is_not_taken_for_whole(tmp_path: Path) -> None:
    stores, nas = _nas(tmp_path / "nas"), tmp_path / "nas"
    (nas / "a").write_bytes(BYTES)
    opened = await stores.open("nas", "a", None)
    assert opened is not None
    await anext(opened.blocks)
    with (nas / "a").open("ab") as file:
        file.write(b"more")
    with pytest.raises(SourceChanged):
        [block async for block in opened.blocks]


async def test_a_listing_goes_on_behind_any_key(tmp_path: Path, s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ["a.mp4", "b/a.mp4", "b/c/d.mp4", "b/e.mp4", "c.mp4"]
    nas = tmp_path / "nas"
    (nas / "b/c").mkdir(parents=True)
    for key in keys:
        (nas / key).write_bytes(b"video")
        _client(s3).put_object(Bucket=BUCKET, Key=f"listed/{key}", Body=b"video")
    bucket = _archive(monkeypatch, s3, f"archive=s3://{BUCKET}/listed")
    for name, stores in (("nas", _nas(nas)), ("archive", bucket)):
        for number, key in enumerate(keys):
            pages = [page async for page in stores.list_pages(name, "", after=key)]
            assert [found.key for page in pages for found in page] == keys[number + 1 :]
        below = [found.key async for page in stores.list_pages(name, "b") for found in page]
        assert below == ["b/a.mp4", "b/c/d.mp4", "b/e.mp4"]


@pytest.mark.parametrize(
    "entry",
    [
        "s3://bucket",
        "https=s3://bucket",
        "Upper=s3://bucket",
        "a=ftp://host",
        "a=s3://key:secret@bucket",
        "a=s3://bucket?x=secret",
        "a=file:///",
        "a=file:///none-of-this-name",
        "a=memory://",
        "a=",
    ],
)
def test_an_entry_that_names_no_store_stops_the_start(entry: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        storage.SourceStores([entry], own_folder=tmp_path)
    assert refused.value.field == "VODPULL_SOURCE_STORES"
    assert "secret" not in str(refused.value)


def test_the_data_folder_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "data/media").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "data", tmp_path / "data/media"):
        with pytest.raises(ConfigurationError, match="data folder"):
            storage.SourceStores([f"a={folder.as_uri()}"], own_folder=tmp_path / "data")
    with pytest.raises(ConfigurationError, match="twice"):
        storage.SourceStores(["a=s3://one", "a=s3://two"], own_folder=tmp_path)
