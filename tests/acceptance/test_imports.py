"""A library moves from one vodpull, with its wire contract as the old cloud, into another one that is killed."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.import_calls import counted, order, wait_for
from tests.origin import Origin
from tests.pngs import png
from tests.services.vodpull import Vodpull
from tests.waiting import until
from vodpull.media.inspect.jpeg import frame_size

CLIP = "flower_faststart.mp4"
VIDEOS = 6
KILLS = 3


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[Vodpull]:
    """The cloud that is left."""
    service = Vodpull(tmp_path_factory.mktemp("old") / "data", origin=origin.origin)
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def library(old: Vodpull, origin: Origin) -> dict[str, dict[str, Any]]:
    """What it has, by videoId: each with a name, the first with a label and a description, the last one blocked."""
    batch = old.create(*([origin.url(CLIP)] * (VIDEOS - 1)), template="original")
    import_id = old.api("POST", "/imports", json={"kind": "list"}).json()["import_id"]
    pictured = {"origin_id": "1", "url": origin.url(CLIP), "poster_url": origin.put("cover", png(32, 18))}
    assert old.api("POST", f"/imports/{import_id}/entries", json={"entries": [pictured]}).status_code == 200
    order(old, import_id, "start")
    ids = [job["video_id"] for job in old.wait_final(batch["batch_id"])["jobs"]]
    wait_for(old, import_id, "done")
    ids.insert(0, old.api("GET", f"/imports/{import_id}/entries").json()["entries"][0]["video_id"])
    for number, video_id in enumerate(ids):
        assert old.call("videoEdit", {"videoId": video_id, "videoName": f"影 {number}"})["code"] == 200
    told = {"videoId": ids[0], "videoDescription": "of the old days"}
    told |= {"categoryNames": [{"parentName": "课程", "childName": "初级"}]}
    assert old.call("videoEdit", told)["code"] == 200
    assert old.call("videoBlock", {"videoId": ids[-1]})["code"] == 200
    found = old.call("getVideoList", {"pageSize": 50})["data"]["videoListInfo"]
    return {record["videoId"]: record for record in found}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, old: Vodpull, origin: Origin) -> Iterator[Vodpull]:
    """The one that takes the library in."""
    trusted = f"{old.url},{origin.origin}"
    service = Vodpull(tmp_path_factory.mktemp("new") / "data", origin=trusted, VODPULL_DEFAULT_TEMPLATE="original")
    service.start()
    yield service
    service.stop()


def begin(service: Vodpull, old: Vodpull, **asked: object) -> dict[str, Any]:
    key = old.own_key
    place = {"url": old.url, "access_key": key.access_key}
    body = {"kind": "cloud-vod", "place": place, "secret": {"secret_key": key.secret}, **asked}
    reply = service.api("POST", "/imports", json=body)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


def kept_secrets(service: Vodpull) -> list[str | None]:
    with sqlite3.connect(service.data_dir / "vodpull.db") as database:
        return [row[0] for row in database.execute("SELECT sealed_secret FROM imports")]


@pytest.fixture(scope="module")
def planned(service: Vodpull, old: Vodpull, library: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The plan of a dry run."""
    made = begin(service, old, dry_run=True, parallel=2, max_bytes_per_s=50_000_000)
    return wait_for(service, made["import_id"], "planned")


@pytest.fixture(scope="module")
def moved(service: Vodpull, planned: dict[str, Any], library: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The import after it was started, paused, and killed again and again."""
    import_id = planned["import_id"]
    order(service, import_id, "start")
    order(service, import_id, "pause")  # at once: on a quiet machine it is done before the last kill
    assert service.api("POST", f"/imports/{import_id}/pause").status_code == 409
    order(service, import_id, "resume")
    for _ in range(KILLS):
        service.kill()
        service.start()
        until(partial(_is_bringing_or_done, service, import_id), every_s=0.05)  # for the next kill to hit something
    return wait_for(service, import_id, "done")


def _is_bringing_or_done(service: Vodpull, import_id: str) -> bool:
    found = service.api("GET", f"/imports/{import_id}").json()
    return found["state"] == "done" or "running" in counted(found)


def test_a_dry_run_tells_what_would_come_and_brings_nothing(
    service: Vodpull, planned: dict[str, Any], library: dict[str, dict[str, Any]]
) -> None:
    assert counted(planned) == {"waiting": VIDEOS}
    assert planned["is_listed"]
    assert planned["left"]["size_bytes"] == sum(
        row["fileSize"] for each in library.values() for row in each["videoResolutions"] if row["clarity"] == 1
    )
    assert service.api("GET", "/videos").json()["videos"] == []


def test_every_video_is_here_once_under_its_own_id_and_as_it_was(
    service: Vodpull, old: Vodpull, moved: dict[str, Any], library: dict[str, dict[str, Any]]
) -> None:
    playable = {video_id: record for video_id, record in library.items() if record["videoState"] == 0}
    assert counted(moved) == {"done": len(playable), "failed": 1}
    here = service.call("getVideoList", {"pageSize": 50})["data"]["videoListInfo"]
    assert {record["videoId"] for record in here} == set(playable)
    assert len(here) == len(playable)
    same = ("videoName", "videoDescription", "videoClassification", "createTime", "videoDuration", "videoState")
    for record in here:
        assert {name: record[name] for name in same} == {name: library[record["videoId"]][name] for name in same}
    [blocked] = service.api("GET", f"/imports/{moved['import_id']}/entries", params={"state": "failed"}).json()[
        "entries"
    ]
    assert blocked["error"]["code"] == "origin_refused"
    assert blocked["origin_id"] not in playable
    [pictured] = [record["imageUrl"] for record in here if record["imageUrl"]]
    assert frame_size(service.get(pictured.removeprefix(service.url)).content) == (32, 18)
    assert moved["fetched_bytes"] >= moved["needed_bytes"] > 0


def test_the_map_leads_from_old_ids_to_what_plays(
    service: Vodpull, moved: dict[str, Any], library: dict[str, dict[str, Any]]
) -> None:
    rows = rows_of(service, moved)
    assert {row["origin_id"] for row in rows} == set(library)
    for row in rows:
        if row["state"] == "done":
            assert row["video_id"] == row["origin_id"]
            assert service.get(row["play_url"].removeprefix(service.url)).status_code == 200


def test_what_opened_the_old_cloud_is_erased_and_was_never_in_clear(
    service: Vodpull, old: Vodpull, moved: dict[str, Any]
) -> None:
    assert kept_secrets(service) == [None] * len(kept_secrets(service))
    assert old.own_key.secret not in service.log()
    for file in service.data_dir.rglob("*"):
        if file.is_file():
            assert old.own_key.secret.encode() not in file.read_bytes(), file


def test_again_brings_only_what_failed_before_and_can_be_had_now(
    service: Vodpull, old: Vodpull, moved: dict[str, Any], library: dict[str, dict[str, Any]]
) -> None:
    import_id = moved["import_id"]
    assert service.api("POST", f"/imports/{import_id}/retry", json={}).status_code == 400
    [blocked] = [video_id for video_id, record in library.items() if record["videoState"] == 1]
    assert old.call("videoEnable", {"videoId": blocked})["code"] == 200
    deadline_s = time.monotonic() + 60
    while counted(wait_for(service, import_id, "done")) != {"done": VIDEOS}:
        assert time.monotonic() < deadline_s  # the old service may remember for ten seconds that it is blocked
        order(service, import_id, "retry", secret={"secret_key": old.own_key.secret})
    assert service.api("GET", f"/videos/{blocked}").json()["state"] == "blocked"
    key = service.own_key
    place = [f"url={old.url}", f"access_key={old.own_key.access_key}"]
    variables = {"VODPULL_IMPORT_SECRET_KEY": old.own_key.secret, "VODPULL_SERVER": service.url}
    variables |= {"VODPULL_ACCESS_KEY": key.access_key, "VODPULL_SECRET_KEY": key.secret}
    ran = service.run("import", "cloud-vod", *place, "--json", **variables)
    assert ran.returncode == 0, ran.stderr
    assert counted(json.loads(ran.stdout)) == {"exists": VIDEOS}


def test_wrong_keys_end_an_import_with_the_reason(service: Vodpull, old: Vodpull) -> None:
    place = {"url": old.url, "access_key": old.own_key.access_key}
    body = {"kind": "cloud-vod", "place": place, "secret": {"secret_key": "not this one"}}
    failed = wait_for(service, service.api("POST", "/imports", json=body).json()["import_id"], "failed")
    assert failed["error"]["code"] == "origin_refused"
    assert "not this one" not in service.log()
    assert kept_secrets(service)[-1] is None


LINES = """\
id,url,name,video_id,captions,created_at
good,{url},=HYPERLINK("https://evil.test"),,,
theirs,{url},,{theirs},,
kept,{url},,{kept},,
again,{url},,{kept},,
good,{url},,,,

,,no url,,,
short,{url},,short,,
scheme,ftp://h.test/a.mp4,,,,
bracket,http://[::1,,,,
private,http://10.0.0.1/a.mp4,,,,
file,file:///etc/passwd,,,,
store,nas:a.mp4,,,,
quote,{url},"a ""name"" of
two lines",,,
open,{url},"never closed
many,{url},,,,,,,too,many
language,{url},,,klingonisch=https://h.test/a.vtt,
time,{url},,,,9999-12-31
name,{url},{long},,,
@missing,{missing},,,,
bytes,{url},\udcff,,,
last,{url},,,,
"""
"""Every kind of bad line, and good ones between them."""

TOLD = {
    3: "another account has a video of this id",
    5: "line 4 of the list has the same video id",
    6: "its id comes twice",
    8: "it has no url",
    9: "32 hexadecimal",
    10: "its url is none",
    11: "cannot be parsed",
    12: "10.0.0.1 is not an address",
    13: "its url is none",
    14: "not an absolute http or https URL",
    17: "its quotes do not close",
    18: "it has 10 fields, the heading 6",
    19: "a language is as en",
    20: "created_at is no time",
    21: "name is longer than 255",
    22: "404",
    23: "no text in the encoding",
}


def test_a_file_with_every_kind_of_bad_line_brings_the_good_ones_and_tells_why_of_each_other(
    service: Vodpull, origin: Origin, moved: dict[str, Any], tmp_path: Path
) -> None:
    url, neighbour = origin.url(CLIP), service.key("neighbour")
    theirs = service.create(url, key=neighbour, template="original")
    [job] = service.api("GET", f"/batches/{theirs['batch_id']}", key=neighbour).json()["jobs"]
    text = LINES.format(url=url, theirs=job["video_id"], kept=32 * "c", long=256 * "x", missing=origin.url("none.mp4"))
    (tmp_path / "list.csv").write_bytes(b"\xef\xbb\xbf" + text.encode(errors="surrogateescape"))
    key = service.own_key
    variables = {"VODPULL_SERVER": service.url, "VODPULL_ACCESS_KEY": key.access_key, "VODPULL_SECRET_KEY": key.secret}
    ran = service.run("import", "csv", str(tmp_path / "list.csv"), "--parallel", "8", "--json", **variables)
    assert ran.returncode == 1, ran.stderr
    found = json.loads(ran.stdout)
    rows = {row["origin_id"]: row for row in rows_of(service, found)}
    done, wrong = ["good", "kept", "quote", "last"], ["theirs", "again", "bracket", "private", "store", "'@missing"]
    states = dict.fromkeys(done, "done") | dict.fromkeys(wrong, "failed")
    assert {name: row["state"] for name, row in rows.items()} == states, rows
    assert counted(found) == {"done": 4, "failed": 6, "invalid": 11}
    report = tmp_path / "failures.csv"
    assert service.run("import", "failures", found["import_id"], "--output", str(report), **variables).returncode == 0
    told = {int(row["line"]): row for row in csv.DictReader(io.StringIO(report.read_text("utf-8-sig")))}
    assert set(told) == set(TOLD)
    for line, reason in TOLD.items():
        assert reason in told[line]["reason"], told[line]
        assert told[line]["fix"]
    assert told[22]["id"] == "'@missing"


def rows_of(service: Vodpull, found: dict[str, Any]) -> list[dict[str, str]]:
    """Return the map of an import."""
    return list(csv.DictReader(io.StringIO(service.api("GET", f"/imports/{found['import_id']}/map.csv").text)))
