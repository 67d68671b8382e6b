"""`/api/v1` as its clients use it: batches, progress, cancel and retry, events, deliveries, documents."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.origin import Origin
from tests.services.vodpull import Vodpull, bearer
from tests.waiting import until

CLIP = "flower_faststart.mp4"
LONG_CLIP = "real_720p2997_60s.mp4"
SMALL_CLIP = "world_vp9_opus.webm"


def encodes(service: Vodpull, folder: str) -> list[str]:
    """Return the command lines of FFmpeg processes that the service has running for the job of a folder."""
    return [line for line in service.descendants() if "ffmpeg" in line and folder in line]


def one_with_key(service: Vodpull, idempotency_key: str, url: str) -> httpx2.Response:
    body = {"items": [{"url": url}], "template": "original"}
    return service.api("POST", "/batches", headers={"Idempotency-Key": idempotency_key}, json=body)


def test_the_same_idempotency_key_gets_the_same_batch(service: Vodpull) -> None:
    first, again = (one_with_key(service, "one", "http://127.0.0.1/a") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["batch_id"] == again.json()["batch_id"]


def test_an_idempotency_key_with_another_body_is_refused(service: Vodpull) -> None:
    one_with_key(service, "two", "http://127.0.0.1/a")
    reply = one_with_key(service, "two", "http://127.0.0.1/b")
    assert (reply.status_code, reply.json()["code"]) == (422, "idempotency_key_reused")


def test_the_idempotency_key_of_another_account_is_another_key(service: Vodpull) -> None:
    stranger = service.key("idempotent stranger")
    body = {"items": [{"url": "http://127.0.0.1/other"}]}
    mine = one_with_key(service, "three", "http://127.0.0.1/a")
    theirs = service.api("POST", "/batches", key=stranger, headers={"Idempotency-Key": "three"}, json=body)
    assert theirs.status_code == 201
    assert theirs.json()["batch_id"] != mine.json()["batch_id"]


def test_idempotency_keys_survive_a_kill(tmp_path: Path) -> None:
    service = Vodpull(tmp_path / "data", origin="")
    service.start()
    first = one_with_key(service, "kept", "http://127.0.0.1/a").json()
    service.kill()
    service.start()
    again = one_with_key(service, "kept", "http://127.0.0.1/a").json()
    service.stop()
    assert first["batch_id"] == again["batch_id"]


def test_parallel_creates_with_one_idempotency_key_make_one_batch(service: Vodpull) -> None:
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: one_with_key(service, "crowd", "http://127.0.0.1/a"), range(60)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["batch_id"] for reply in replies}) == 1


def test_a_list_is_walked_by_cursors_newest_first(service: Vodpull) -> None:
    key = service.key("lister")
    made = [service.create("http://127.0.0.1/x", key=key)["batch_id"] for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = service.api("GET", "/batches", key=key, params={"limit": 2, "cursor": cursor}).json()
        seen += [batch["batch_id"] for batch in page["batches"]]
        if not (cursor := page["next_cursor"]):
            break
    assert seen == made[::-1]


def test_a_list_is_filtered_by_state_and_business_id(service: Vodpull, origin: Origin) -> None:
    key = service.key("filterer")
    done = service.create("http://127.0.0.1/x", key=key, trans_no="done")["batch_id"]
    running = service.create(origin.url("never"), key=key, trans_no="running")["batch_id"]

    def ids(**wanted: str) -> list[str]:
        page = service.api("GET", "/batches", key=key, params=wanted).json()
        return [batch["batch_id"] for batch in page["batches"]]

    until(lambda: ids(state="completed") == [done])
    assert ids(state="running") == [running]
    assert ids(trans_no="done") == [done]
    assert ids(trans_no="done", state="running") == ids(trans_no="nobody's") == []
    service.api("POST", f"/batches/{running}/cancel", key=key)


@pytest.fixture(scope="module")
def finished(service: Vodpull, origin: Origin) -> dict[str, Any]:
    """A batch of a good and a bad source, as it is at the end."""
    batch = service.create(origin.url(CLIP), origin.url("status/404"), trans_no="finished")
    return service.wait_final(batch["batch_id"])


def test_a_final_batch_tells_stages_times_and_files(finished: dict[str, Any]) -> None:
    good, _ = finished["jobs"]
    stages = [entry["stage"] for entry in good["timeline"]]
    assert stages == ["fetch", "probe", "store", "encode", "package", "publish", "done"]
    assert all(entry["duration_ms"] >= 0 for entry in good["timeline"][:-1])
    assert good["timeline"][-1]["duration_ms"] is None
    assert (good["stage"], good["percent"], good["error"], good["bytes_total"]) == ("done", 100, None, 1_128_375)
    assert [file["clarity"] for file in good["files"]] == [1, 2, 3]
    assert finished["finished_at_ms"] >= finished["created_at_ms"]


def test_a_failed_job_tells_code_stage_fault_and_remedy(service: Vodpull, finished: dict[str, Any]) -> None:
    error = finished["jobs"][1]["error"]
    assert (error["code"], error["stage"], error["fault"]) == ("origin_missing", "fetch", "source")
    assert error["retryable"] is False
    catalogue = {entry["code"]: entry for entry in service.api("GET", "/errors").json()}
    assert error["remedy"] == catalogue["origin_missing"]["remedy"]


def test_a_failed_job_tells_the_origins_status(finished: dict[str, Any]) -> None:
    assert finished["jobs"][1]["error"]["origin_status"] == 404


def test_progress_is_streamed_until_the_batch_is_final(service: Vodpull, origin: Origin) -> None:
    batch_id = service.create(origin.url(SMALL_CLIP))["batch_id"]
    states = []
    url = f"{service.url}/api/v1/batches/{batch_id}/progress"
    with httpx2.stream("GET", url, headers=bearer(service.own_key), timeout=60) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        states += [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
    assert [state["is_final"] for state in states] == [False] * (len(states) - 1) + [True]
    assert states[-1] == service.state(batch_id)


@pytest.mark.slow
def test_a_cancel_while_encoding_ends_ffmpeg_and_publishes_nothing(service: Vodpull, origin: Origin) -> None:
    batch_id = service.create(origin.url(LONG_CLIP))["batch_id"]
    until(lambda: service.state(batch_id)["jobs"][0]["stage"] == "encode", every_s=0.05)
    folder = Path(service.state(batch_id)["jobs"][0]["files"][0]["path"]).parent
    until(lambda: encodes(service, folder.name), every_s=0.05)
    reply = service.api("POST", f"/batches/{batch_id}/cancel")
    [job] = reply.json()["jobs"]
    assert (reply.status_code, job["stage"], job["error"]["code"]) == (200, "cancelled", "cancelled")
    until(lambda: not encodes(service, folder.name), within_s=5)  # long before its end
    published = (service.data_dir / "media" / folder).iterdir()
    assert [path.name for path in published] == [LONG_CLIP], "the original alone"
    assert (job["pull_status"], job["cmd_status"], job["playlist"]) == (2, 3, "")
    assert service.state(batch_id) == reply.json()


def test_what_is_final_cannot_be_cancelled_and_what_is_done_not_retried(
    service: Vodpull, finished: dict[str, Any]
) -> None:
    batch = f"/batches/{finished['batch_id']}"
    for refused in ("/cancel", "/jobs/0/cancel", "/jobs/1/cancel", "/jobs/0/retry"):
        reply = service.api("POST", batch + refused)
        assert (reply.status_code, reply.json()["code"]) == (409, "not_allowed_now")
    assert service.api("POST", f"{batch}/jobs/2/retry").status_code == 404


def flaky(origin: Origin, name: str) -> str:
    """Return a URL that is missing the first time and there the second time."""
    return origin.url(f"flaky?fails=1&code=404&file={CLIP}&name={name}")


def test_a_failed_job_is_retried_alone(service: Vodpull, origin: Origin) -> None:
    urls = [flaky(origin, "alone-0"), origin.url("status/404")]
    batch_id = service.create(*urls, template="original")["batch_id"]
    service.wait_final(batch_id)
    assert service.api("POST", f"/batches/{batch_id}/jobs/0/retry").status_code == 200
    retried, other = service.wait_final(batch_id)["jobs"]
    assert (retried["attempt"], retried["stage"], retried["error"]) == (2, "done", None)
    assert {entry["attempt"] for entry in retried["timeline"]} == {1, 2}
    assert (other["attempt"], other["stage"]) == (1, "failed")


def test_a_whole_batch_is_retried_except_what_is_done(service: Vodpull, origin: Origin) -> None:
    urls = [flaky(origin, "batch-0"), origin.url(CLIP), flaky(origin, "batch-1")]
    batch_id = service.create(*urls, template="original")["batch_id"]
    service.wait_final(batch_id)
    reply = service.api("POST", f"/batches/{batch_id}/retry").json()
    assert (reply["is_final"], reply["finished_at_ms"]) == (False, None)
    jobs = service.wait_final(batch_id)["jobs"]
    assert [(job["attempt"], job["stage"]) for job in jobs] == [(2, "done"), (1, "done"), (2, "done")]
    assert service.query(batch_id)["status"] == 2


def test_cancelled_jobs_that_are_retried_at_once_end_well(service: Vodpull, origin: Origin) -> None:
    batch_ids: list[str] = []
    for _ in range(15):
        batch_ids.append(service.create(origin.url(CLIP), template="original")["batch_id"])
        service.api("POST", f"/batches/{batch_ids[-1]}/cancel")
        service.api("POST", f"/batches/{batch_ids[-1]}/retry")
    jobs = [service.wait_final(batch_id)["jobs"][0] for batch_id in batch_ids]
    assert {(job["attempt"], job["stage"], job["error"] and job["error"]["code"]) for job in jobs} == {
        (2, "done", None)
    }


def test_a_waiting_poll_gets_events_and_acknowledged_ones_never_again(service: Vodpull) -> None:
    key = service.key("poller")
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(service.api, "GET", "/events", key=key, params={"wait": 20})
        batch_id = service.create("http://127.0.0.1/x", key=key)["batch_id"]
        events = poll.result().json()["events"]
    assert [(event["kind"], event["position"]) for event in events] == [("job.failed", 0), ("batch.completed", None)]
    assert {event["batch_id"] for event in events} == {batch_id}
    ids = [event["event_id"] for event in events]
    for expected in (2, 0):
        reply = service.api("POST", "/events/ack", key=key, json={"event_ids": ids})
        assert reply.json() == {"acknowledged": expected}
    assert service.api("GET", "/events", key=key).json() == {"events": []}


def test_an_unacknowledged_event_comes_again(service: Vodpull) -> None:
    key = service.key("forgetful poller")
    service.create("http://127.0.0.1/x", "http://127.0.0.1/y", key=key)
    until(lambda: len(service.api("GET", "/events", key=key).json()["events"]) == 3)
    first = service.api("GET", "/events", key=key, params={"limit": 2}).json()["events"]
    assert first == service.api("GET", "/events", key=key, params={"limit": 2}).json()["events"]
    service.api("POST", "/events/ack", key=key, json={"event_ids": [event["event_id"] for event in first]})
    assert len(service.api("GET", "/events", key=key).json()["events"]) == 1


def test_docs_need_nothing_from_elsewhere(service: Vodpull) -> None:
    page = service.get("/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    linked = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert len(linked) == 3
    assert not [link for link in linked if re.match(r"[a-z]+:|//", link)]
    assert [service.get(f"/{link}").status_code for link in linked] == [200, 200, 200]
    assert re.findall(r"\b(?:https?:)?//[\w.-]+", page.text + service.get("/docs/start.js").text) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "items"),
        ({"items": []}, "items"),
        ({"items": [{"url": "http://127.0.0.1/x"}], "template": "nope"}, "template"),
        ({"items": [{"url": "http://127.0.0.1/x"}], "notify_url": "http://127.0.0.1/x"}, "notify_url"),
        ({"items": [{"url": "http://127.0.0.1/x"}], "separate": "yes"}, "separate"),
        ({"items": [{"url": "http://127.0.0.1/x", "md5": "1"}]}, "items.0.md5"),
        ({"items": [{"url": "http://127.0.0.1/x"}], "more": 1}, "more"),
    ],
)
def test_a_malformed_batch_is_refused_and_the_field_named(
    service: Vodpull, body: dict[str, object], field: str
) -> None:
    reply = service.api("POST", "/batches", json=body)
    assert (reply.status_code, reply.headers["content-type"]) == (400, "application/problem+json")
    assert (reply.json()["code"], reply.json()["field"]) == ("parameter_error", field)


def test_what_the_framework_refuses_is_a_problem_document_too(service: Vodpull) -> None:
    unknown, wrong = service.api("GET", "/nowhere"), service.api("DELETE", "/batches")
    unreadable = service.api("POST", "/batches", content=b"{", headers={"Content-Type": "application/json"})
    assert [reply.json()["code"] for reply in (unknown, wrong, unreadable)] == [
        "not_found",
        "method_not_allowed",
        "parameter_error",
    ]
    assert wrong.headers["allow"] == "GET, POST"


def test_a_call_without_a_key_is_challenged(service: Vodpull) -> None:
    reply = service.get("/api/v1/batches")
    assert (reply.status_code, reply.json()["code"]) == (401, "not_authenticated")
    assert reply.headers["www-authenticate"] == "Bearer"


def test_pairs_of_the_clients_own_are_kept_and_returned(service: Vodpull) -> None:
    pairs = {f"key {number}": "值" * 500 for number in range(50)}
    batch = service.create("http://127.0.0.1/a", metadata=pairs)
    assert batch["metadata"] == service.state(batch["batch_id"])["metadata"] == pairs
    assert service.create("http://127.0.0.1/a")["metadata"] == {}


@pytest.mark.parametrize(
    "pairs",
    [{str(number): "" for number in range(51)}, {"k" * 41: ""}, {"": ""}, {"k": "v" * 501}, {"k": 1}, {"k": "\0"}],
)
def test_pairs_beyond_the_limits_are_refused_with_their_place(service: Vodpull, pairs: dict[str, object]) -> None:
    reply = service.api("POST", "/batches", json={"items": [{"url": "http://127.0.0.1/a"}], "metadata": pairs})
    assert (reply.status_code, reply.json()["field"][:8]) == (400, "metadata")


def test_an_idempotency_key_stands_for_its_pairs_too(service: Vodpull) -> None:
    body: dict[str, Any] = {"items": [{"url": "http://127.0.0.1/a"}], "metadata": {"a": "1"}}
    headers = {"Idempotency-Key": "pairs"}
    first, again = (service.api("POST", "/batches", headers=headers, json=body).json() for _ in range(2))
    assert first["batch_id"] == again["batch_id"]
    assert service.api("POST", "/batches", headers=headers, json=body | {"metadata": {}}).status_code == 422


def test_a_job_has_addresses_of_its_own(service: Vodpull, finished: dict[str, Any]) -> None:
    for job in finished["jobs"]:
        assert service.api("GET", f"/jobs/{job['job_id']}").json() == job
        assert service.api("GET", f"/batches/{finished['batch_id']}/jobs/{job['position']}").json() == job
        assert job["batch_id"] == finished["batch_id"]
    stranger = service.key("job stranger")
    for path in (f"/jobs/{finished['jobs'][0]['job_id']}", f"/batches/{finished['batch_id']}/jobs/0"):
        assert service.api("GET", path, key=stranger).status_code == 404
    assert service.api("GET", f"/jobs/{'0' * 32}").status_code == 404
    assert service.api("GET", f"/batches/{finished['batch_id']}/jobs/7").status_code == 404


def named_in(playlist: Path) -> set[Path]:
    """Return the files that a playlist names."""
    names = re.findall(r'URI="([^"]+)"|^([^#\s].*)$', playlist.read_text(), re.MULTILINE)
    return {playlist.parent / (first or second) for first, second in names}


def test_files_have_urls_that_can_be_read_and_their_whole_size(service: Vodpull, finished: dict[str, Any]) -> None:
    job = finished["jobs"][0]
    for url in (job["playlist_url"], job["poster_url"], job["storyboard_url"], *(file["url"] for file in job["files"])):
        assert url.startswith(f"{service.url}/media/pullvideo/")
        assert service.get(url.removeprefix(service.url)).status_code == 200
    for file in job["files"][1:]:
        playlist = service.data_dir / "media" / file["path"]
        pieces = {piece for track in named_in(playlist) for piece in named_in(track)}
        assert file["size_bytes"] == sum(piece.stat().st_size for piece in pieces), "of picture and sound"
    wire = service.query(finished["batch_id"])["items"][0]["videoInfo"]["videoFileList"]
    assert [row["fileSize"] for row in wire[1:]] == [
        len(service.get(f"/media/{row['fileUrl']}").content) for row in wire[1:]
    ], "the wire keeps its own meaning"


def test_batches_with_a_failed_job_are_listed(service: Vodpull, finished: dict[str, Any]) -> None:
    good = service.create("http://127.0.0.1/never")
    service.wait_final(good["batch_id"])
    pages = [service.api("GET", "/batches", params={"state": "failed", "limit": 100}).json()["batches"]]
    found = {batch["batch_id"]: batch for batch in pages[0]}
    assert finished["batch_id"] in found
    assert all(any(job["stage"] == "failed" for job in batch["jobs"]) for batch in found.values())


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer AK.wrong", "Token x"])
def test_a_bad_bearer_hears_what_a_good_one_looks_like(service: Vodpull, header: str) -> None:
    reply = httpx2.get(f"{service.url}/api/v1/batches", headers={"Authorization": header} if header else {})
    assert (reply.status_code, reply.json()["code"]) == (401, "not_authenticated")
    assert "Bearer <accessKey>.<secretKey>" in reply.json()["remedy"]


def test_broken_json_is_named_by_line_and_column(service: Vodpull) -> None:
    reply = service.api(
        "POST", "/batches", headers={"Content-Type": "application/json"}, content=b'{"items": [\n  {"url": 1,}]}'
    )
    assert (reply.status_code, reply.json()["field"]) == (400, "body")
    assert "line 2, column" in reply.json()["detail"]


def test_a_body_that_is_not_sent_as_json_is_told_the_header(service: Vodpull) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = service.api("POST", "/batches", headers=headers, content=b'{"items": []}')
    assert (reply.status_code, "Content-Type: application/json" in reply.json()["remedy"]) == (400, True)


@pytest.mark.parametrize("path", ["/nope", "/api/v1", "/api/v2/batches", "/vod", "/api/v1/nope"])
def test_every_unknown_path_is_a_problem_document(service: Vodpull, path: str) -> None:
    reply = service.get(path)
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")
    assert reply.json()["code"] == "not_found"
    assert reply.json()["request_id"] == reply.headers["x-cnc-request-id"]
