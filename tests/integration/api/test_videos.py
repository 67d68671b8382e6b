"""`/api/v1/videos` and its neighbours on real databases: what owners see and change, and what strangers do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.integration.api.conftest import DOMAIN, Served
from tests.stored import ORIGINAL

from vodpull.accounts.access_keys import NewKey
from vodpull.jobs.notices.deliveries import Deliveries, Delivery, DeliveryState
from vodpull.jobs.states_and_codes import Clarity, ServerType
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store

PLAYLIST = replace(
    ORIGINAL,
    clarity=Clarity.LD,
    server_type=ServerType.PC,
    key="pullvideo/202611/x/v-01.m3u8",
    size_bytes=900,
    media_bytes=50_000,
)
MP4 = replace(PLAYLIST, server_type=ServerType.MOBILE, key="pullvideo/202611/x/v-01.mp4", media_bytes=0)
PLAYED: dict[str, Any] = {
    "files": (ORIGINAL, PLAYLIST, MP4),
    "playlist_key": "pullvideo/202611/x/v.m3u8",
    "poster_key": "pullvideo/202611/x/v.jpg",
}


def ids(served: Served, *, key: NewKey | None = None, **wanted: Any) -> list[str]:
    page = served.call("GET", "/videos", key=key, params=wanted).json()
    return [video["video_id"] for video in page["videos"]]


def test_a_list_is_walked_by_cursors_in_either_order(served: Served) -> None:
    key = served.accounts.create_key("lister")
    made = [served.video(key=key).video_id for _ in range(3)]
    for sort, expected in (("oldest", made), ("newest", made[::-1])):
        seen: list[str] = []
        cursor, pages = "", 0
        while pages == 0 or cursor:
            params = {"limit": 2, "cursor": cursor, "sort": sort}
            page = served.call("GET", "/videos", key=key, params=params).json()
            seen += [video["video_id"] for video in page["videos"]]
            cursor, pages = page["next_cursor"], pages + 1
        assert (sorted(seen), pages) == (sorted(expected), 2)
        times = [served.call("GET", f"/videos/{video_id}", key=key).json()["created_at_ms"] for video_id in seen]
        assert times == sorted(times, reverse=sort == "newest")


def test_filters_combine(served: Served) -> None:
    key = served.accounts.create_key("filterer")
    one, two = (served.video(key=key) for _ in range(2))
    label = served.call("POST", "/categories", key=key, json={"name": "Lessons"}).json()["node_id"]
    change = {"name": "Ärger 100%", "categories": [label]}
    read = served.call("PATCH", f"/videos/{one.video_id}", key=key, json=change).json()
    served.call("POST", f"/videos/{two.video_id}/block", key=key)
    assert ids(served, key=key, search="ÄRGER 100%") == [one.video_id]
    assert ids(served, key=key, search="0_%") == []
    assert ids(served, key=key, state="blocked") == [two.video_id]
    assert (
        ids(served, key=key, category=label) == ids(served, key=key, category=label, state="enabled") == [one.video_id]
    )
    assert ids(served, key=key, category=label, state="blocked") == []
    assert len(ids(served, key=key, encode_state="not_encoded", origin="pulled")) == 2
    assert ids(served, key=key, encode_state="failed") == ids(served, key=key, origin="uploaded") == []
    times = {"created_from_ms": read["created_at_ms"], "created_until_ms": read["created_at_ms"]}
    assert one.video_id in ids(served, key=key, **times)
    assert ids(served, key=key, created_from_ms=read["created_at_ms"] + 60_000) == []


def test_a_video_tells_files_usage_jobs_and_where_it_plays(served: Served) -> None:
    job = served.video(**PLAYED)
    read = served.call("GET", f"/videos/{job.video_id.upper()}").json()
    base = f"https://{DOMAIN}/pullvideo/202611/x"
    assert [file["url"] for file in read["files"]] == [f"{base}/a.mp4", f"{base}/v-01.m3u8", f"{base}/v-01.mp4"]
    assert (read["state"], read["encode_state"], read["origin"]) == ("enabled", "encoded", "pulled")
    assert (read["is_playable"], read["playlist_url"]) == (True, f"{base}/v.m3u8")
    assert read["usage"]["original_bytes"] == ORIGINAL.size_bytes
    assert read["usage"]["total_bytes"] == sum(read["usage"][part] for part in ("original_bytes", "outputs_bytes"))
    [made_by] = read["jobs"]
    assert (made_by["job_id"], made_by["stage"], made_by["is_final"]) == (job.job_id, "done", True)
    assert [entry["stage"] for entry in made_by["timeline"]] == ["done"]

    played = served.call("GET", f"/videos/{job.video_id}/playback").json()
    assert (played["original_url"], played["files"][0]["url"]) == (f"{base}/a.mp4", f"{base}/v-01.mp4")
    assert f'poster="{base}/v.jpg"' in played["embed_code"]
    assert f'player.load("{base}/v.m3u8")' in played["embed_code"]
    assert 'src="http://testserver/console/static/shaka-player.js"' in played["embed_code"]


def test_an_edit_changes_what_it_names_and_nothing_else(served: Served) -> None:
    job = served.video()
    path = f"/videos/{job.video_id}"
    parent = served.call("POST", "/categories", json={"name": "科目"}).json()["node_id"]
    child = served.call("POST", "/categories", json={"name": "历史", "parent_id": parent}).json()["node_id"]
    said = {"name": "N", "description": "D", "categories": [child, child], "publish_domain": DOMAIN, "player_id": "p"}
    edited = served.call("PATCH", path, json=said | {"publish_domain": DOMAIN.upper()}).json()
    assert [label["node_id"] for label in edited["categories"]] == [child]
    assert {name: edited[name] for name in said if name != "categories"} == {
        name: value for name, value in said.items() if name != "categories"
    }
    cleared = served.call("PATCH", path, json={"description": "", "categories": []}).json()
    assert (cleared["name"], cleared["description"], cleared["categories"]) == ("N", "", [])
    assert served.call("PATCH", path, json={}).json() == cleared
    assert served.call("DELETE", f"/categories/{parent}").status_code == 204
    assert served.call("PATCH", path, json={"categories": [child]}).json()["field"] == "categories"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"description": "x" * 201}, "description"),
        ({"description": "\x00"}, "description"),
        ({"publish_domain": "evil.test"}, "publish_domain"),
        ({"publish_domain": "a/b"}, "publish_domain"),
        ({"categories": [999_999]}, "categories"),
        ({"categories": [2**70]}, "categories.0"),
        ({"categories": ["x"]}, "categories.0"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_edit_that_cannot_be_names_the_member(served: Served, change: dict[str, Any], field: str) -> None:
    reply = served.call("PATCH", f"/videos/{served.video().video_id}", json=change)
    assert (reply.status_code, reply.json()["code"], reply.json()["field"]) == (400, "parameter_error", field)


def test_every_wrong_member_is_named_at_once(served: Served) -> None:
    change = {"name": "", "player_id": "x" * 65, "categories": ["x"]}
    problem = served.call("PATCH", f"/videos/{served.video().video_id}", json=change).json()
    assert [fault["field"] for fault in problem["errors"]] == ["name", "categories.0", "player_id"]
    assert (problem["field"], problem["detail"]) == ("name", problem["errors"][0]["message"])
    one = served.call("POST", f"/videos/{served.video().video_id}/encode", json={"template": "nope"}).json()
    assert (one["field"], [fault["field"] for fault in one["errors"]]) == ("template", ["template"])


def test_a_batch_that_cannot_be_names_template_and_notify_url(served: Served) -> None:
    body = {"items": [{"url": "https://a.test/a.mp4"}], "template": "nope", "notify_url": "http://127.0.0.1/"}
    problem = served.call("POST", "/batches", json=body).json()
    assert (problem["status"], problem["field"]) == (400, "template")
    assert [fault["field"] for fault in problem["errors"]] == ["template", "notify_url"]


def test_a_state_that_is_there_already_is_a_conflict(served: Served) -> None:
    path = f"/videos/{served.video().video_id}"
    assert served.call("POST", f"{path}/enable").status_code == 409
    assert served.call("POST", f"{path}/block").json()["state"] == "blocked"
    assert served.call("POST", f"{path}/block").json()["code"] == "not_allowed_now"
    assert served.call("POST", f"{path}/enable").json()["state"] == "enabled"
    told = {event["kind"] for event in served.call("GET", "/events").json()["events"] if event["video_id"] in path}
    assert {"video.created", "video.blocked", "video.enabled"} <= told


def test_what_has_no_original_or_is_under_way_is_not_encoded(served: Served) -> None:
    gone = served.video(files=(PLAYLIST,), playlist_key="p.m3u8")
    reply = served.call("POST", f"/videos/{gone.video_id}/encode", json={})
    assert (reply.status_code, reply.json()["code"], reply.json()["field"]) == (409, "not_allowed_now", "video_id")


def test_a_deleted_video_is_gone_and_the_original_alone_only_where_something_plays(served: Served) -> None:
    plain, played = served.video(), served.video(**PLAYED)
    assert served.call("DELETE", f"/videos/{plain.video_id}", params={"only_original": True}).status_code == 409
    assert served.call("DELETE", f"/videos/{played.video_id}", params={"only_original": True}).status_code == 204
    left = served.call("GET", f"/videos/{played.video_id}").json()
    assert (left["usage"]["original_bytes"], left["files"][0]["clarity"]) == (0, Clarity.LD)
    assert served.call("GET", f"/videos/{played.video_id}/playback").json()["original_url"] == ""
    assert served.call("DELETE", f"/videos/{plain.video_id}").status_code == 204
    assert served.call("GET", f"/videos/{plain.video_id}").status_code == 404
    assert served.call("DELETE", f"/videos/{plain.video_id}").status_code == 404


CALLS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "", None),
    ("GET", "/playback", None),
    ("PATCH", "", {"name": "mine"}),
    ("POST", "/block", None),
    ("POST", "/enable", None),
    ("POST", "/encode", {}),
    ("DELETE", "", None),
    ("DELETE", "?only_original=true", None),
)


@pytest.mark.parametrize(("method", "rest", "body"), CALLS)
def test_a_foreign_video_is_answered_as_one_that_is_not_there(
    served: Served, method: str, rest: str, body: Any
) -> None:
    job = served.video(**PLAYED)
    before = served.call("GET", f"/videos/{job.video_id}").json()
    replies = [
        served.call(method, f"/videos/{video_id}{rest}", key=served.stranger, json=body).json()
        for video_id in (job.video_id, "0" * 32)
    ]
    foreign, missing = ({**reply, "request_id": ""} for reply in replies)
    assert (foreign, missing["status"]) == (missing, 404)
    assert served.call("GET", f"/videos/{job.video_id}").json() == before


def test_foreign_labels_lists_callbacks_and_deliveries_stay_foreign(served: Served) -> None:
    label = served.call("POST", "/categories", json={"name": "mine"}).json()["node_id"]
    theirs = served.video(key=served.stranger)
    refused = served.call("PATCH", f"/videos/{theirs.video_id}", key=served.stranger, json={"categories": [label]})
    assert refused.json()["field"] == "categories"
    assert served.call("DELETE", f"/categories/{label}", key=served.stranger).status_code == 404
    assert served.call("GET", "/categories", key=served.stranger).json() == {"categories": []}
    assert ids(served, key=served.stranger, category=label) == []
    served.call("PUT", "/callbacks/transcode", json={"url": "https://receiver.test/hook"})
    assert served.call("GET", "/callbacks", key=served.stranger).json() == {"callbacks": []}
    assert served.call("DELETE", "/callbacks/transcode", key=served.stranger).status_code == 404
    assert served.call("GET", "/callbacks").json()["callbacks"][0]["url"] == "https://receiver.test/hook"


def test_a_callback_is_set_judged_and_taken_back(served: Served) -> None:
    key = served.accounts.create_key("called")
    refused = served.call("PUT", "/callbacks/transcode", key=key, json={"url": "http://127.0.0.1/hook"})
    assert (refused.status_code, refused.json()["field"]) == (400, "url")
    assert served.call("PUT", "/callbacks/nothing", key=key, json={"url": "https://a.test"}).status_code == 400
    for url in ("https://a.test/1", "https://a.test/2"):
        assert served.call("PUT", "/callbacks/transcode", key=key, json={"url": url}).json()["url"] == url
    assert served.call("DELETE", "/callbacks/transcode", key=key).status_code == 204
    assert served.call("GET", "/callbacks", key=key).json() == {"callbacks": []}
    assert served.call("DELETE", "/callbacks/transcode", key=key).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"limit": 5, "offset": 5}, "offset"),
        ({"created_from_ms": 2, "created_until_ms": 1}, "created_from_ms"),
    ],
)
def test_a_list_that_cannot_be_names_the_parameter(served: Served, query: dict[str, Any], field: str) -> None:
    reply = served.call("GET", "/videos", params=query)
    assert (reply.status_code, reply.json()["field"]) == (400, field)
    assert served.browser.get("/api/v1/videos", params=query).status_code == 401


@pytest.mark.parametrize("body", [{"name": " x"}, {"name": "a/b"}, {"name": "x", "parent_id": 4}, {"name": ""}])
def test_a_category_that_cannot_be_is_refused(served: Served, body: dict[str, Any]) -> None:
    reply = served.call("POST", "/categories", json=body)
    assert reply.status_code in {400, 404}
    assert reply.json()["field"] in {"name", "parent_id"}


def test_a_refused_category_names_every_wrong_member(served: Served) -> None:
    reply = served.call("POST", "/categories", json={"name": "a/b", "parent_id": -1, "colour": "red"}).json()
    assert {fault["field"] for fault in reply["errors"]} == {"name", "parent_id", "colour"}


def test_deliveries_come_in_pages_newest_first(served: Served) -> None:
    key = served.accounts.create_key("told")
    batch = served.batch(key=key).batch
    store, deliveries = Store(served.database), Deliveries(served.database)
    with store.transaction() as connection:
        for number in range(3):
            delivery = Delivery(
                delivery_id=f"{batch.batch_id}-{number}",
                account_id=batch.account_id,
                batch_id=batch.batch_id if number else None,
                url="https://a.test/hook",
                body="",
                state=DeliveryState.PENDING if number else DeliveryState.DELIVERED,
                created_at_ms=1_700_000_000_000,
            )
            deliveries.add(connection, delivery, access_key=key.access_key)

    def page(**wanted: Any) -> dict[str, Any]:
        found: dict[str, Any] = served.call("GET", "/deliveries", key=key, params=wanted).json()
        return found

    first = page(limit=2)
    second = page(limit=2, cursor=first["next_cursor"])
    told = [each["delivery_id"][-1] for each in (*first["deliveries"], *second["deliveries"])]
    assert (told, second["next_cursor"]) == (["2", "1", "0"], "")
    assert [each["delivery_id"][-1] for each in page(state="delivered")["deliveries"]] == ["0"]
    assert len(page(batch_id=batch.batch_id)["deliveries"]) == 2
    assert served.call("GET", "/deliveries", params={"batch_id": batch.batch_id}).json()["deliveries"] == []
    assert page(cursor="x")["field"] == "cursor"


def test_a_reason_of_an_earlier_release_has_every_member(served: Served) -> None:
    job = served.batch().jobs[0]
    Store(served.database).record_decisions(JobRef.of(job), [{"clarity": 5, "chosen": False, "reason": "too large"}])
    [decision] = served.call("GET", f"/jobs/{job.job_id}").json()["decisions"]
    assert decision == {
        "clarity": 5,
        "name": "",
        "chosen": False,
        "reason": "too large",
        "max_bitrate_bps": 0,
        "codecs": [],
        "vmaf": None,
        "qualities": {},
    }
