"""What the fetcher does inside the whole service: playlists, credentials, resume after a kill, cancel."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.origin import Origin
from tests.services.vodpull import Vodpull
from tests.waiting import OFTEN_S, until
from vodpull.imports.entries import Entry
from vodpull.imports.listers.csv_and_jsonl import read_jsonl

TOKEN = "secret-token-for-the-origin"


@pytest.fixture(scope="module")
def fetching(tmp_path_factory: pytest.TempPathFactory, origin: Origin, clips: Path) -> Iterator[Vodpull]:
    folder = tmp_path_factory.mktemp("nas")
    (folder / "clip.mp4").write_bytes((clips / "very_short_0.17s_1080p.mp4").read_bytes())
    service = Vodpull(
        tmp_path_factory.mktemp("fetching") / "data",
        origin=origin.origin,
        VODPULL_ORIGIN_CREDENTIALS=f"{origin.origin}=Bearer {TOKEN}",
        VODPULL_GRACE_S="0",
        VODPULL_SOURCE_STORES=f"nas={folder.as_uri()},mine@neighbour={folder.as_uri()}",
    )
    service.start()
    yield service
    service.stop()


def test_a_playlist_is_joined_into_one_file_with_its_digests(fetching: Vodpull, origin: Origin) -> None:
    task_id = fetching.pull([{"fetchUrl": origin.url("hls_ts/stream.m3u8")}], workflowId="original")
    [item] = fetching.wait(task_id)["items"]
    assert item["videoInfo"]["videoFileList"][0]["fileUrl"].endswith("/stream.mp4")
    [job] = fetching.state(task_id)["jobs"]
    assert (len(job["md5"]), len(job["sha256"])) == (32, 64)


def test_without_its_segments_only_the_playlist_is_stored(fetching: Vodpull, origin: Origin, clips: Path) -> None:
    task_id = fetching.pull([{"fetchUrl": origin.url("hls_ts/stream.m3u8")}], fetchTs=0)
    [item] = fetching.wait(task_id)["items"]
    assert (item["pullStatus"], item["cmdStatus"]) == (2, 3)
    [row] = item["videoInfo"]["videoFileList"]
    assert fetching.get(f"/media/{row['fileUrl']}").content == (clips / "hls_ts/stream.m3u8").read_bytes()
    assert fetching.state(task_id)["jobs"][0]["error"]["code"] == "playlist_unsupported"


def test_the_origin_gets_its_credentials_and_nobody_else_sees_them(fetching: Vodpull, origin: Origin) -> None:
    origin.headers.clear()
    task_id = fetching.pull([{"fetchUrl": origin.url("flower_faststart.mp4")}], workflowId="original")
    fetching.wait(task_id)
    assert {headers.get("authorization") for headers in origin.headers} == {f"Bearer {TOKEN}"}
    assert TOKEN not in fetching.log()
    assert TOKEN not in str(fetching.state(task_id))


def test_a_file_of_a_named_folder_is_fetched_by_whoever_may(fetching: Vodpull, clips: Path) -> None:
    urls = ("file://nas/clip.mp4", "nas:clip.mp4", "nas:none.mp4", "file://mine/clip.mp4", "file:///etc/passwd")
    task_id = fetching.pull([{"fetchUrl": url} for url in urls], workflowId="original")
    fetching.wait(task_id)
    jobs = fetching.state(task_id)["jobs"]
    md5 = hashlib.md5((clips / "very_short_0.17s_1080p.mp4").read_bytes(), usedforsecurity=False).hexdigest()
    assert [job["md5"] for job in jobs[:2]] == [md5, md5]
    assert [job["error"]["code"] for job in jobs[2:]] == ["origin_missing", *["source_store_unknown"] * 2]
    neighbour = fetching.key("neighbour")
    batch = fetching.create("mine:clip.mp4", template="original", key=neighbour)
    path = f"/batches/{batch['batch_id']}"
    until(lambda: fetching.api("GET", path, key=neighbour).json()["jobs"][0]["stage"] == "done")


def test_a_library_goes_out_as_it_would_come_in_again(fetching: Vodpull, tmp_path: Path) -> None:
    task_id = fetching.pull([{"fetchUrl": "nas:clip.mp4"}], workflowId="original")
    video_id = fetching.wait(task_id)["items"][0]["videoInfo"]["videoId"]
    assert (
        fetching.call("videoEdit", {"videoId": video_id, "videoName": "影片", "videoDescription": "d"})["code"] == 200
    )
    file = tmp_path / "library.jsonl"
    key = fetching.own_key
    mine = {"VODPULL_ACCESS_KEY": key.access_key, "VODPULL_SECRET_KEY": key.secret}
    done = fetching.run("export", str(file), "--server", fetching.url, **mine)
    assert done.returncode == 0, done.stderr
    whole = file.read_bytes()
    entries = {each.origin_id: each for each in read_jsonl(io.BytesIO(whole)) if isinstance(each, Entry)}
    assert len(entries) == whole.count(b"\n")
    entry = entries[video_id]
    assert (entry.video_id, entry.name, entry.description) == (video_id, "影片", "d")
    assert fetching.get(entry.url.removeprefix(fetching.url)).status_code == 200
    file.with_name("library.jsonl.part").write_bytes(whole[:-20])  # as a command that was killed leaves it
    assert fetching.run("export", str(file), "--server", fetching.url, **mine).returncode == 0
    assert len(file.read_bytes().splitlines()) == len(entries)


def test_the_origins_status_is_told_with_the_error(fetching: Vodpull, origin: Origin) -> None:
    task_id = fetching.pull([{"fetchUrl": origin.url("status/403")}])
    fetching.wait(task_id)
    error = fetching.state(task_id)["jobs"][0]["error"]
    assert (error["code"], error["origin_status"], error["stage"]) == ("origin_refused", 403, "fetch")


def test_one_url_asked_for_many_times_is_as_many_jobs(fetching: Vodpull, origin: Origin) -> None:
    url = origin.url("flower_faststart.mp4")
    batches = [
        fetching.create(*[url] * 10, template="original"),
        fetching.create(url, template="original", key=fetching.key("neighbour")),
    ]
    mine = fetching.wait_final(batches[0]["batch_id"])["jobs"]
    assert {job["stage"] for job in mine} == {"done"}
    assert len({job["md5"] for job in mine}) == 1
    assert len({job["video_id"] for job in mine}) == 10
    assert fetching.api("GET", f"/batches/{batches[1]['batch_id']}").status_code == 404, "another account's"


def test_a_cancelled_fetch_ends_and_leaves_no_part_file(fetching: Vodpull, origin: Origin) -> None:
    task_id = fetching.pull([{"fetchUrl": origin.url("throttled?rate=20000&file=real_1080p30_18s.mp4")}])
    work = fetching.data_dir / "work"
    until(lambda: _files(work, "source.part"), every_s=OFTEN_S)
    assert fetching.api("POST", f"/batches/{task_id}/cancel").status_code == 200
    until(lambda: not _files(work, "source.part"))
    data = fetching.query(task_id)
    assert (data["status"], data["items"][0]["pullStatus"]) == (2, 3)
    assert fetching.state(task_id)["jobs"][0]["stage"] == "cancelled"


def test_a_fetch_goes_on_after_a_stop_of_the_service(fetching: Vodpull, origin: Origin) -> None:
    task_id = fetching.pull(
        [{"fetchUrl": origin.url("throttled?rate=800000&file=real_1080p30_18s.mp4")}], workflowId="original"
    )
    until(lambda: _files(fetching.data_dir / "work", "source.journal"), every_s=OFTEN_S)
    assert fetching._process is not None
    fetching._process.terminate()
    fetching._process.wait(timeout=60)
    assert list((fetching.data_dir / "work").rglob("source.part")) != []
    fetching.start()
    assert fetching.wait(task_id)["items"][0]["pullStatus"] == 2
    asked = [headers.get("range", "") for headers in origin.headers if headers["path"] == "/throttled"]
    assert re.fullmatch(r"bytes=[1-9][0-9]+-.*", asked[-1])


def _files(folder: Path, name: str) -> list[Path]:
    while True:
        with contextlib.suppress(FileNotFoundError):  # a folder that goes while it is read
            return list(folder.rglob(name))
