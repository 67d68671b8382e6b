"""Whole libraries move in from each cloud and from a folder, through the engine, on PostgreSQL."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.import_calls import counted, order, wait_for
from tests.origin import Origin
from tests.pngs import png
from tests.services import clouds
from tests.services.clouds import KEY, VTT, running
from tests.services.postgres import Postgres
from tests.services.vodpull import Vodpull
from tests.waiting import OFTEN_S, until
from vodpull.media.inspect.jpeg import frame_size

pytestmark = pytest.mark.waits

PICTURE, ANOTHER_PICTURE = png(64, 36), png(32, 18)

CLIP, ANOTHER = "world_vp9_opus.webm", "sample_h264_aac.flv"


@dataclass(frozen=True, kw_only=True)
class Move:
    """A service, and what people leave."""

    service: Vodpull
    places: dict[str, dict[str, Any]]
    """By kind: what an import of it is asked with."""
    folder: Path
    out: Path
    """Where the library goes in the end; the service reads from it as `export`."""


@pytest.fixture(scope="module")
def move(tmp_path_factory: pytest.TempPathFactory, origin: Origin, clips: Path, postgres: Postgres) -> Iterator[Move]:
    folder, out = tmp_path_factory.mktemp("nas"), tmp_path_factory.mktemp("out")
    shutil.copyfile(clips / CLIP, folder / "first.webm")
    (folder / "lessons").mkdir()
    shutil.copyfile(clips / ANOTHER, folder / "lessons/second.flv")
    (folder / "first.en.vtt").write_bytes(VTT)
    (folder / "first.jpg").write_bytes(PICTURE)
    (folder / "notes.txt").write_bytes(b"no video")
    for number in range(3):
        for name in ("original", "play_720p.mp4"):
            origin.put(f"guid-{number}/{name}", (clips / CLIP).read_bytes())
        origin.put(f"guid-{number}/captions/en.vtt", VTT)
        origin.put(f"guid-{number}/thumbnail.jpg", b"<html>no picture</html>")
    with ExitStack() as open_things:
        made = {"mux": clouds.mux, "cloudflare": clouds.cloudflare, "bunny": clouds.bunny}
        videos = {"mux": 3, "cloudflare": 3, "bunny": 5}
        running_clouds = {
            kind: open_things.enter_context(running(make(origin.url(CLIP), videos=videos[kind])))
            for kind, make in made.items()
        }
        for cloud in running_clouds.values():
            cloud.picture = PICTURE
        urls = {kind: cloud.url for kind, cloud in running_clouds.items()}
        settings = {
            "VODPULL_TRUSTED_ORIGINS": ",".join([origin.origin, *urls.values()]),
            "VODPULL_ORIGIN_CREDENTIALS": f"{urls['cloudflare']}=Bearer {KEY}",
            "VODPULL_SOURCE_STORES": f"nas={folder.as_uri()},export={out.as_uri()}",
            "VODPULL_DEFAULT_TEMPLATE": "original",
            "VODPULL_DATABASE_URL": postgres.url(postgres.with_tables),
            "VODPULL_STORAGE_URL": tmp_path_factory.mktemp("store").as_uri(),
        }
        service = Vodpull(tmp_path_factory.mktemp("new") / "data", origin="", **settings)
        service.is_measured = True
        service.start()
        open_things.callback(service.stop)
        files = f"{urls['mux']}/files"
        mux = {"token_id": "token", "url": urls["mux"], "stream_url": files, "image_url": files}
        places = {
            "mux": {"place": mux, "secret": {"token_secret": KEY}},
            "cloudflare": {"place": {"account_id": "acc", "url": urls["cloudflare"]}, "secret": {"api_token": KEY}},
            "bunny": {
                "place": {"library": "77", "url": urls["bunny"], "host": origin.origin},
                "secret": {"access_key": KEY},
            },
            "s3": {"place": {"store": "nas"}},
        }
        yield Move(service=service, places=places, folder=folder, out=out)


def begin(move: Move, kind: str, **asked: object) -> str:
    reply = move.service.api("POST", "/imports", json={"kind": kind, **move.places[kind], **asked})
    assert reply.status_code == 201, reply.text
    import_id: str = reply.json()["import_id"]
    return import_id


def first_of(move: Move, import_id: str, state: str) -> dict[str, Any]:
    reply = move.service.api("GET", f"/imports/{import_id}/entries", params={"state": state})
    found: dict[str, Any] = reply.json()["entries"][0]
    return found


def typed(move: Move, *words: str) -> subprocess.CompletedProcess[str]:
    """Type a command of imports, with what opens every cloud in the environment."""
    secrets = {f"VODPULL_IMPORT_{name}": KEY for name in ("TOKEN_SECRET", "API_TOKEN", "ACCESS_KEY")}
    return move.service.run("import", *words, **access(move.service), **secrets)


@pytest.fixture(scope="module")
def moved(move: Move) -> dict[str, str]:
    """The imports, by kind: planned, started, paused and resumed, all at once."""
    import_ids = {kind: begin(move, kind, dry_run=True) for kind in move.places}
    for import_id in import_ids.values():
        planned = counted(wait_for(move.service, import_id, "planned"))
        assert set(planned) == {"waiting", "invalid"}
        for word, state in (("start", "running"), ("pause", "paused"), ("resume", "running")):
            assert order(move.service, import_id, word)["state"] == state
    return import_ids


@pytest.mark.parametrize(
    ("kind", "counts", "names"),
    [
        ("mux", {"done": 2, "invalid": 1}, {"Film 0", "Film 1"}),
        ("cloudflare", {"done": 2, "invalid": 1}, {"Film 0", "Film 1"}),
        ("bunny", {"done": 3, "invalid": 2}, {"Film 0", "Film 1", "Film 2"}),
        ("s3", {"done": 2, "invalid": 1}, {"first", "second"}),
    ],
)
def test_a_whole_library_comes_along_once(
    move: Move, moved: dict[str, str], kind: str, counts: dict[str, int], names: set[str]
) -> None:
    service, import_id = move.service, moved[kind]
    assert counted(wait_for(service, import_id, "done")) == counts
    rows = list(csv.DictReader(io.StringIO(service.api("GET", f"/imports/{import_id}/map.csv").text)))
    brought = {row["origin_id"]: service.api("GET", f"/videos/{row['video_id']}").json() for row in rows}
    assert {video["name"] for video in brought.values()} == names
    assert [each["language"] for each in min(brought.items())[1]["captions"]] == ["en"]
    for row in rows:
        told = service.api("GET", f"/videos/{row['video_id']}/playback", params={"original": True}).json()
        assert service.get(told["original_url"].removeprefix(service.url)).status_code == 200
    ran = typed(move, kind, *(f"{name}={value}" for name, value in move.places[kind]["place"].items()), "--json")
    again = json.loads(ran.stdout)
    assert (again["state"], counted(again)) == ("done", {"exists": counts["done"], "invalid": counts["invalid"]})
    told = typed(move, "failures", again["import_id"]).stdout
    assert told.count("parameter_error") == counts["invalid"]


@pytest.mark.parametrize(
    ("kind", "sizes", "warning"),
    [
        ("mux", [(64, 36), (64, 36)], ""),
        ("cloudflare", [(64, 36), (64, 36)], ""),
        ("bunny", [], "no JPEG, PNG or WebP picture"),
        ("s3", [(64, 36)], ""),
    ],
)
def test_the_picture_of_a_video_comes_along_unless_it_is_none(
    move: Move, moved: dict[str, str], kind: str, sizes: list[tuple[int, int]], warning: str
) -> None:
    done = wait_for(move.service, moved[kind], "done")
    assert done["fetched_bytes"] >= done["needed_bytes"] == done["counts"]["done"]["size_bytes"] > 0
    entries = move.service.api("GET", f"/imports/{moved[kind]}/entries", params={"state": "done"}).json()["entries"]
    shown = [poster_of(move, each["video_id"]) for each in entries]
    assert [size for size in shown if size] == sizes
    assert all(warning in told for each in entries for told in each["warnings"])
    warned = move.service.api("GET", f"/imports/{moved[kind]}/entries", params={"warned": True}).json()["entries"]
    assert len(warned) == (len(entries) if warning else 0)


def poster_of(move: Move, video_id: str) -> tuple[int, int] | None:
    """Return the size of the poster that players are told of."""
    url = move.service.api("GET", f"/videos/{video_id}/playback").json()["poster_url"]
    return frame_size(move.service.get(url.removeprefix(move.service.url)).content) if url else None


def test_who_may_play_a_video_stays_so(move: Move, moved: dict[str, str]) -> None:
    wait_for(move.service, moved["cloudflare"], "done")
    videos = move.service.api("GET", "/videos", params={"limit": 100}).json()["videos"]
    signed = {video["video_id"] for video in videos if video["playback"] == "signed"}
    entries = move.service.api("GET", f"/imports/{moved['cloudflare']}/entries").json()["entries"]
    assert signed == {each["video_id"] for each in entries if each["name"] == "Film 1" and each["video_id"]}


def test_a_picture_that_is_another_one_now_comes_by_the_next_import_alone(move: Move, moved: dict[str, str]) -> None:
    wait_for(move.service, moved["s3"], "done")
    entry = first_of(move, moved["s3"], "done")
    before = move.service.api("GET", f"/videos/{entry['video_id']}").json()
    (move.folder / "first.jpg").write_bytes(ANOTHER_PICTURE)
    again = wait_for(move.service, begin(move, "s3"), "done")
    assert counted(again) == {"exists": 2, "invalid": 1}
    assert poster_of(move, entry["video_id"]) == (32, 18)
    after = move.service.api("GET", f"/videos/{entry['video_id']}").json()
    assert after["files"] == before["files"]
    (move.folder / "first.jpg").write_bytes(b"no picture any more")
    broken = wait_for(move.service, begin(move, "s3"), "done")
    assert counted(broken) == {"exists": 2, "invalid": 1}
    [told] = first_of(move, broken["import_id"], "exists")["warnings"]
    assert "no JPEG, PNG or WebP picture" in told
    assert poster_of(move, entry["video_id"]) == (32, 18)


def test_a_file_that_is_another_one_now_comes_into_the_same_video(
    move: Move, moved: dict[str, str], clips: Path
) -> None:
    service, file = move.service, move.folder / "first.webm"
    wait_for(service, moved["s3"], "done")
    before = service.api("GET", f"/videos/{first_of(move, moved['s3'], 'done')['video_id']}").json()
    file.write_bytes(b"no film any more")
    broken = wait_for(service, begin(move, "s3"), "done")
    assert counted(broken) == {"exists": 1, "failed": 1, "invalid": 1}
    failed = first_of(move, broken["import_id"], "failed")
    assert failed["video_id"] == before["video_id"]
    shutil.copyfile(clips / ANOTHER, file)
    (move.folder / "first.de.vtt").write_bytes(VTT)
    mended = wait_for(service, begin(move, "s3"), "done")
    assert counted(mended) == {"done": 1, "exists": 1, "invalid": 1}
    after = service.api("GET", f"/videos/{before['video_id']}").json()
    assert after["files"][0]["size_bytes"] == file.stat().st_size != before["files"][0]["size_bytes"]
    assert {each["language"] for each in after["captions"]} == {"en", "de"}
    videos = service.api("GET", "/videos", params={"limit": 100}).json()["videos"]
    assert [video["video_id"] for video in videos if video["name"] == "first"] == [before["video_id"]]


def test_the_library_goes_out_with_its_files_and_its_copies_come_in_again(
    move: Move, moved: dict[str, str], tmp_path: Path
) -> None:
    for import_id in moved.values():
        wait_for(move.service, import_id, "done")
    service, file = move.service, tmp_path / "library.jsonl"
    words = ("export", str(file), "--files", move.out.as_uri(), "--account", "tester")
    killed = service.begin(*words)
    part = file.with_name("library.jsonl.part")
    until(lambda: part.exists() and part.stat().st_size, every_s=OFTEN_S)
    killed.kill()
    killed.wait()
    done = service.run(*words)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in file.read_bytes().splitlines()]
    listed = service.api("GET", "/videos", params={"limit": 100}).json()["videos"]
    videos = {each["video_id"]: service.api("GET", f"/videos/{each['video_id']}").json() for each in listed}
    assert {line["video_id"] for line in lines} == set(videos)
    for line in lines:
        for url in (line["url"], line["poster_url"], *(text["url"] for text in line["captions"])):
            assert not url or (move.out / url.removeprefix("export:")).stat().st_size
        assert line["files"][0]["sha256"] == videos[line["video_id"]]["sha256"]
    assert " 0 files copied" in service.run(*words).stderr
    taken = next(line for line in lines if line["captions"] and line["poster_url"])
    neighbour = service.key("neighbour")
    entry = {"origin_id": "1", "url": taken["url"], "poster_url": taken["poster_url"]}
    entry |= {"captions": [{"url": each["url"], "language": each["language"]} for each in taken["captions"]]}
    import_id = service.api("POST", "/imports", json={"kind": "list"}, key=neighbour).json()["import_id"]
    for path, body in (("entries", {"entries": [entry]}), ("start", {})):
        reply = service.api("POST", f"/imports/{import_id}/{path}", json=body, key=neighbour)
        assert reply.status_code == 200, reply.text
    theirs = partial(service.api, "GET", "/videos", key=neighbour)
    found = until(lambda: theirs().json()["videos"], told=lambda: service.log()[-3000:])
    brought = service.api("GET", f"/videos/{found[0]['video_id']}", key=neighbour).json()
    assert brought["sha256"] == videos[taken["video_id"]]["sha256"]
    assert brought["poster_url"]


AS_IT_WAS = ("video_id", "name", "description", "created_at_ms", "state", "playback", "sha256", "duration_s")


def test_the_library_goes_out_and_comes_in_at_another_installation_as_it_was(
    move: Move, moved: dict[str, str], origin: Origin, tmp_path: Path
) -> None:
    for import_id in moved.values():
        wait_for(move.service, import_id, "done")
    blocked, changed = sorted(library_of(move.service))[:2]
    assert move.service.call("videoBlock", {"videoId": blocked})["code"] == 200
    here = library_of(move.service)
    there = Vodpull(
        tmp_path / "data", origin=f"{move.service.url},{origin.origin}", VODPULL_DEFAULT_TEMPLATE="original"
    )
    there.start()
    try:
        file = tmp_path / "library.jsonl"
        left = move.service.run("export", str(file), **access(move.service))
        assert left.returncode == 0, left.stderr
        assert "1 of them blocked" in left.stderr
        assert come_in(there, file) == {"done": len(here) - 1, "failed": 1}
        assert move.service.call("videoEnable", {"videoId": blocked})["code"] == 200
        assert come_in(there, file) == {"done": 1, "exists": len(here) - 1}
        assert library_of(there) == here
        for video_id in set(here) - {blocked}:
            told = there.api("GET", f"/videos/{video_id}/playback", params={"original": True}).json()
            film = there.get(told["original_url"].removeprefix(there.url)).content
            assert hashlib.sha256(film).hexdigest() == here[video_id]["sha256"]
        assert come_in(there, file) == {"exists": len(here)}
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        for line in lines:
            if line["id"] == changed:
                line |= {"url": origin.url("flower_faststart.mp4"), "revision": "another film"}
        file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        assert come_in(there, file) == {"done": 1, "exists": len(here) - 1}
        now = library_of(there)
        assert now.pop(changed)["sha256"] != here.pop(changed)["sha256"]
        assert now == here
    finally:
        there.stop()


def library_of(service: Vodpull) -> dict[str, dict[str, Any]]:
    """Return what people know of each video, by its id."""
    found = {}
    for listed in service.api("GET", "/videos", params={"limit": 100}).json()["videos"]:
        video = service.api("GET", f"/videos/{listed['video_id']}").json()
        told = {name: video[name] for name in AS_IT_WAS}
        told["categories"] = sorted(each["name"] for each in video["categories"])
        told["captions"] = sorted((each["language"], each["label"], each["default"]) for each in video["captions"])
        found[video["video_id"]] = told
    return found


def come_in(service: Vodpull, file: Path) -> dict[str, int]:
    """Import a file by the command, and return how many entries came to which end."""
    ran = service.run("import", "jsonl", str(file), "--json", **access(service))
    counts = counted(json.loads(ran.stdout))
    assert ran.returncode == ("failed" in counts), ran.stderr
    return counts


def access(service: Vodpull) -> dict[str, str]:
    """Return the variables by which commands find a service, and its key."""
    key = service.own_key
    return {"VODPULL_SERVER": service.url, "VODPULL_ACCESS_KEY": key.access_key, "VODPULL_SECRET_KEY": key.secret}


def test_what_is_under_way_ends_with_the_import_that_is_cancelled(move: Move, origin: Origin) -> None:
    service = move.service
    import_id = service.api("POST", "/imports", json={"kind": "list", "parallel": 2}).json()["import_id"]
    listed = [{"origin_id": f"{number}", "url": origin.url(f"never?{number}")} for number in range(3)]
    assert service.api("POST", f"/imports/{import_id}/entries", json={"entries": listed}).status_code == 200
    order(service, import_id, "start")
    _until(service, import_id, {"running": 2, "waiting": 1})
    assert order(service, import_id, "cancel")["state"] == "cancelled"
    _until(service, import_id, {"failed": 2, "waiting": 1})
    assert first_of(move, import_id, "failed")["error"]["code"] == "cancelled"
    order(service, import_id, "retry")
    _until(service, import_id, {"running": 2, "waiting": 1})
    order(service, import_id, "cancel")
    _until(service, import_id, {"failed": 2, "waiting": 1})


def _until(service: Vodpull, import_id: str, counts: dict[str, int]) -> None:
    found = partial(service.api, "GET", f"/imports/{import_id}")
    until(lambda: counted(found().json()), holds=counts.__eq__, told=lambda: service.log()[-3000:])
