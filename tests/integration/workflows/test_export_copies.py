"""The files of a video on their way out, into a folder and a bucket."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.services.s3 import BUCKET
from tests.stored import ASSET, VAULT, accept, finish

from vodpull.accounts.access_keys import Accounts
from vodpull.app.commands.export_lines import line_of_copies
from vodpull.errors import StorageError, StorageUnavailable
from vodpull.imports.entries import Entry
from vodpull.imports.listers.csv_and_jsonl import read_jsonl
from vodpull.jobs.job_folders import folder_of
from vodpull.jobs.store.caption_rows import Caption, CaptionOrigin, insert_caption
from vodpull.jobs.store.content_keys import SealedKey, insert_content_key
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.storage import open_destination, open_store
from vodpull.storage.object_store import ObstoreObjects
from vodpull.videos.library import Library
from vodpull.videos.video import Video
from vodpull.workflows.upkeep import export_copies
from vodpull.workflows.upkeep.export_copies import Copies

TEXT = Caption(
    language="en",
    label="English",
    is_default=True,
    is_forced=False,
    origin=CaptionOrigin.ADDED,
    folder="en-1",
    cues=1,
    left_out=0,
    size_bytes=5,
    updated_at_ms=1,
)


class Broken(ObstoreObjects):
    """A store that breaks at one key."""

    breaks_at = ""

    async def put_stream(self, key: str, blocks: AsyncIterator[bytes], *, size_bytes: int) -> None:
        if self.breaks_at and key.endswith(self.breaks_at):
            raise StorageUnavailable("the line is cut")
        await super().put_stream(key, blocks, size_bytes=size_bytes)


@dataclass(frozen=True, kw_only=True)
class Shelf:
    database: sa.Engine
    source: ObstoreObjects
    video_id: str
    prefix: str

    @property
    def video(self) -> Video:
        return Library(self.database).find(self.video_id, account_id=None)

    def names(self, keys: object) -> set[str]:
        return {str(key).removeprefix(self.prefix).replace(self.video_id, "v") for key in keys}  # type: ignore[attr-defined]


@pytest.fixture
async def shelf(database: sa.Engine, tmp_path: Path) -> Shelf:
    """Give a video with an original, outputs, a caption, and what an earlier attempt left."""
    store, source = Store(database), open_store((tmp_path / "store").as_uri())
    [job] = accept(store, Accounts(database, VAULT), jobs=1).jobs
    prefix, video_id = (
        f"{folder_of(directory=job.directory, created_at_ms=job.created_at_ms, origin=job.origin)}/",
        job.video_id,
    )
    names = ["a.mp4", *(f"{video_id}{end}" for end in (".m3u8", ".jpg", "/01/1.m4s", "-captions/en-1/captions.vtt"))]
    for name in (*names, f"{video_id}-captions/en-0/captions.vtt", f"{video_id}-r2/01/1.m4s"):
        await source.put_bytes(prefix + name, b"12345")
    original = replace(ASSET.files[0], key=f"{prefix}a.mp4", size_bytes=5)
    asset = replace(ASSET, video_id=video_id, files=(original,), sha256=hashlib.sha256(b"12345").hexdigest(), attempt=1)
    store.record_pulled(JobRef.of(job), asset)
    outputs = (f"{prefix}{video_id}.m3u8", f"{prefix}{video_id}.jpg")
    made = replace(asset, playlist_key=outputs[0], poster_key=outputs[1], outputs=outputs)
    finish(store, job, Outcome(asset=made))
    with database.begin() as connection:
        insert_caption(connection, video_id, TEXT)
    return Shelf(database=database, source=source, video_id=video_id, prefix=prefix)


@pytest.fixture(params=["folder", "s3"])
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObstoreObjects:
    if request.param == "folder":
        return open_destination((tmp_path / "out").as_uri(), "out")
    for name, value in request.getfixturevalue("s3_environment").items():
        monkeypatch.setenv(f"OUT_{name}", value)
    return open_destination(f"s3://{BUCKET}/{tmp_path.name}", "out")


WHOLE = {"a.mp4", "v.m3u8", "v.jpg", "v/01/1.m4s", "v-captions/en-1/captions.vtt"}


async def test_all_that_belongs_to_a_video_is_copied_once(shelf: Shelf, target: ObstoreObjects) -> None:
    files = Copies(shelf.database, shelf.source, target)
    first = await files.copy(shelf.video)
    assert (first.copied, first.copied_bytes) == (5, 25)
    assert shelf.names(await target.list_keys(shelf.prefix)) == shelf.names(first.files) == WHOLE
    assert {each.sha256 for each in first.files.values()} == {hashlib.sha256(b"12345").hexdigest()}
    again = await files.copy(shelf.video)
    assert (again.copied, again.files) == (0, first.files)
    await shelf.source.put_bytes(f"{shelf.prefix}{shelf.video_id}.m3u8", b"another one")
    await target.delete(f"{shelf.prefix}a.mp4")
    assert (await files.copy(shelf.video)).copied == 2
    assert await target.get_bytes(f"{shelf.prefix}{shelf.video_id}.m3u8") == b"another one"


async def test_a_copy_that_was_cut_off_goes_on_behind_what_is_there(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_copies, "NOTE_FILES", 1)
    out = open_store((tmp_path / "out").as_uri())
    target = Broken(out._store, folder=tmp_path / "out")
    target.breaks_at = ".m3u8"
    files = Copies(shelf.database, shelf.source, target)
    with pytest.raises(StorageUnavailable):
        await files.copy(shelf.video)
    target.breaks_at = ""
    rest = await files.copy(shelf.video)
    assert (rest.copied, shelf.names(rest.files)) == (1, WHOLE), "playlists come last"


async def test_what_is_encrypted_stays_and_so_do_its_keys(shelf: Shelf, tmp_path: Path) -> None:
    with shelf.database.begin() as connection:
        insert_content_key(
            connection, shelf.video_id, SealedKey(key_id="1" * 32, attempt=1, position=0, sealed_key="s")
        )
    target = open_store((tmp_path / "out").as_uri())
    copied = await Copies(shelf.database, shelf.source, target).copy(shelf.video)
    assert shelf.names(copied.files) == WHOLE - {"v.m3u8", "v/01/1.m4s"}
    bare = replace(shelf.video, asset=replace(shelf.video.asset, files=()))
    line = line_of_copies(bare, copied, name="out")
    assert (line["encrypted"], line["url"], line["playlist_url"]) == (True, "", "")


async def test_an_original_that_is_not_what_was_stored_is_not_copied_as_if(shelf: Shelf, tmp_path: Path) -> None:
    await shelf.source.put_bytes(f"{shelf.prefix}a.mp4", b"54321")
    with pytest.raises(StorageError, match="is not what was stored"):
        await Copies(shelf.database, shelf.source, open_store((tmp_path / "out").as_uri())).copy(shelf.video)


async def test_a_line_names_the_copies_and_an_import_reads_it(shelf: Shelf, tmp_path: Path) -> None:
    target = open_store((tmp_path / "out").as_uri())
    copied = await Copies(shelf.database, shelf.source, target).copy(shelf.video)
    line = json.dumps(line_of_copies(shelf.video, copied, name="out"))
    [entry] = read_jsonl(io.BytesIO(line.encode()))
    assert isinstance(entry, Entry)
    assert (entry.video_id, entry.url) == (shelf.video_id, f"out:{shelf.prefix}a.mp4")
    assert entry.poster_url == f"out:{shelf.prefix}{shelf.video_id}.jpg"
    [caption] = entry.captions
    assert (caption.label, caption.default) == ("English", True)
    assert await target.get_bytes(caption.url.removeprefix("out:")) == b"12345"
