"""The calls beside the videos, as the vectors have them, on a service with a real database."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.materials import another_material, stored_material
from tests.videos import VIDEO_ID, another_video, stored_video
from tests.wire import Sent, Wire
from tests.wire_vectors import CALLS, as_sent, of_vector

from vodpull.accounts.access_keys import NewKey
from vodpull.clock import now_s
from vodpull.database import tables
from vodpull.request_signing import BASIC, SigningKey, sign
from vodpull.videos.library import Library

CATEGORY = "/vod/videoCategory"
DONE = {"code": 200, "message": "Operation succeeded"}
NO_PARENT = {"code": 1000, "message": "The parent classification node ID does not exist or has been deleted"}


@pytest.fixture
def tree(wire: Wire) -> None:
    """课程 (1001) above 第一季 (1002)."""
    assert wire.call(f"{CATEGORY}/createCategory", {"labelName": "课程"})["data"] == {"nodeId": 1001}
    made = wire.call(f"{CATEGORY}/createCategory", {"labelName": "第一季", "parentNodeId": "1001"})
    assert made == DONE | {"data": {"nodeId": 1002}}


@pytest.mark.parametrize(("call", "request_"), of_vector("getCategoryList"))
def test_categories_are_listed_as_the_vector_says(wire: Wire, tree: None, call: str, request_: dict[str, str]) -> None:
    assert wire.send(as_sent(call, request_)) == CALLS[call]["reply_success"]["body"] | DONE


@pytest.mark.parametrize(("call", "request_"), of_vector("createCategory"))
def test_a_category_is_made_in_every_form(wire: Wire, call: str, request_: dict[str, str]) -> None:
    wire.call(f"{CATEGORY}/createCategory", {"labelName": "课程"})
    assert wire.send(as_sent(call, request_)) == CALLS[call]["reply_success"]["body"] | DONE


@pytest.mark.parametrize(("call", "request_"), of_vector("deleteCategory"))
def test_a_category_goes_with_those_below_and_the_videos_stay(
    wire: Wire, tree: None, call: str, request_: dict[str, str]
) -> None:
    video = stored_video(wire.database, wire.key, another_video())
    labelled = {"videoId": video.video_id, "videoClassification": "第一季"}
    assert wire.call("/vod/videoManage/videoEdit", labelled) == DONE
    assert wire.send(as_sent(call, request_)) == DONE
    assert Library(wire.database).find(video.video_id, account_id=None).categories == ()
    assert wire.send(as_sent(call, request_)) == NO_PARENT
    assert wire.call(f"{CATEGORY}/getCategoryList")["data"]["total"] == 0


def test_pages_of_categories_count_rows_and_all(wire: Wire, tree: None) -> None:
    for number in range(3):
        wire.call(f"{CATEGORY}/createCategory", {"labelName": f"s{number}", "parentNodeId": 1001})
    page = wire.call(f"{CATEGORY}/getCategoryList", {"parentNodeId": 1001, "pageSize": 3, "pageIndex": 2})["data"]
    assert (page["total"], page["pageSize"], page["pageIndex"]) == (4, 1, 2)
    assert [(row["labelName"], row["parentNodeId"]) for row in page["categoryList"]] == [("s2", 1001)]


NUMBERS = [("getCategoryList", "parentNodeId"), ("getCategoryList", "pageSize"), ("createCategory", "parentNodeId")]
NUMBERS += [("deleteCategory", "nodeId"), ("deleteVideoByCategory", "nodeId")]


@pytest.mark.parametrize(("call", "field"), NUMBERS)
@pytest.mark.parametrize("value", ["abc", 1.5, "1e3", "a\0", True])
def test_what_is_no_number_has_an_answer_of_its_own(wire: Wire, call: str, field: str, value: object) -> None:
    reply = wire.call(f"{CATEGORY}/{call}", {"labelName": "x", field: value})
    assert reply == {"code": 24112000, "message": "Parameter error", "http": 400}


@pytest.mark.parametrize(("call", "field"), [entry for entry in NUMBERS if entry[1] != "pageSize"])
@pytest.mark.parametrize("value", [-1, "-1", "9" * 5000, 2**31, "0"])
def test_a_number_that_no_category_has_names_none(wire: Wire, call: str, field: str, value: object) -> None:
    first_level = (field, value) == ("parentNodeId", "0")
    reply = wire.call(f"{CATEGORY}/{call}", {"labelName": "x", field: value})
    assert reply["code"] == (200 if first_level else 1000)
    assert first_level or "not exist" in reply["message"]


REFUSED = [
    ("getCategoryList", {"pageSize": 101}, 24112000, "Parameter error"),
    ("getCategoryList", {"pageSize": -1}, 24112000, "Parameter error"),
    ("createCategory", {"labelName": " ", "parentNodeId": "abc"}, 1000, "Parameter error"),
    ("createCategory", {"labelName": "a/b", "parentNodeId": 9999}, 1000, "Parameter error"),
    ("getCategoryList", {"parentNodeId": 9999}, 1000, NO_PARENT["message"]),
    ("createCategory", {"labelName": "x", "parentNodeId": 9999}, 1000, NO_PARENT["message"]),
    ("createCategory", {}, 1000, "Parameter error"),
    ("createCategory", {"labelName": "x" * 33}, 1000, "Parameter error"),
    ("createCategory", {"labelName": "a/b"}, 1000, "Parameter error"),
    ("createCategory", {"labelName": " x"}, 1000, "Parameter error"),
    ("createCategory", {"labelName": "课程"}, 1000, "Parameter error"),
    ("createCategory", {"labelName": "x", "parentNodeId": 1002}, 1000, "Parameter error"),
    ("deleteCategory", {}, 1000, "The category node ID cannot be empty"),
    ("deleteCategory", {"nodeId": ""}, 1000, "The category node ID cannot be empty"),
    ("deleteCategory", {"nodeId": 9999}, 1000, NO_PARENT["message"]),
    ("deleteVideoByCategory", {}, 1000, "The category node ID cannot be empty"),
    ("deleteVideoByCategory", {"nodeId": 9999}, 1000, "The classification node ID does not exist, or has been deleted"),
    ("deleteVideoByCategory", {"nodeId": 1001, "notifyUrl": "http://127.0.0.1/"}, 1000, "Parameter error"),
]


@pytest.mark.parametrize(("call", "given", "code", "text"), REFUSED)
def test_a_category_that_cannot_be_is_refused(
    wire: Wire, tree: None, call: str, given: dict[str, Any], code: int, text: object
) -> None:
    reply = wire.call(f"{CATEGORY}/{call}", given)
    assert (reply["code"], reply["message"], "data" in reply) == (code, text, False)


@pytest.mark.parametrize(("call", "request_"), of_vector("deleteVideoByCategory"))
def test_all_videos_of_a_category_are_deleted_as_a_task(
    wire: Wire, tree: None, call: str, request_: dict[str, str]
) -> None:
    without_url = {name: text.replace("https://notify.example.test/deleted", "") for name, text in request_.items()}
    encoded = without_url.get("body", "").replace("https%3A%2F%2Fnotify.example.test%2Fdeleted", "")
    reply = wire.send(as_sent(call, without_url | {"body": encoded}))
    assert isinstance(reply["data"]["taskId"], int)
    assert reply["data"]["taskId"] < 2**53
    with wire.database.connect() as connection:
        assert connection.execute(tables.task.select()).one().task_id == reply["data"]["taskId"]


@pytest.mark.parametrize("call", ["getCategoryList", "createCategory", "deleteCategory", "deleteVideoByCategory"])
def test_a_strangers_category_is_none(wire: Wire, tree: None, call: str) -> None:
    stranger = wire.accounts.create_key("stranger")
    given = {"nodeId": 1001, "parentNodeId": 1001, "labelName": "x"}
    reply = wire.call(f"{CATEGORY}/{call}", given, key=stranger)
    assert reply["code"] == 1000
    assert "exist" in reply["message"]
    assert wire.call("/vod/categoryManage/getCategoryList", key=stranger)["data"] == {"total": 0, "list": []}
    assert wire.call(f"{CATEGORY}/getCategoryList", {"parentNodeId": 1001})["data"]["total"] == 1


LISTS = {
    "getWorkflowList": ["workflowId", "workflowName"],
    "getTranscodeCombineList": ["transCodeTemplateId", "transCodeTemplateName"],
}


@pytest.mark.parametrize("call", LISTS)
def test_an_upload_tool_may_choose_templates_and_their_aliases(wire: Wire, call: str) -> None:
    for request in CALLS[call]["requests_with_the_same_meaning"]:
        data = wire.send(as_sent(call, request))["data"]
        names = {row[LISTS[call][0]] for row in data["list"]}
        assert {"abr", "mp4", "original", "旧模板", "0123456789abcdef0123456789abcdef"} <= names
        assert (data["total"], [list(row) for row in data["list"]]) == (len(names), [LISTS[call]] * len(names))


@pytest.mark.parametrize("call", ["getDomainList", "getCategoryListForUpload"])
def test_an_upload_tool_may_choose_domains_and_categories(wire: Wire, tree: None, call: str) -> None:
    for request in CALLS[call]["requests_with_the_same_meaning"]:
        assert wire.send(as_sent(call, request)) == CALLS[call]["reply_success"]["body"] | DONE


def test_an_upload_tool_may_choose_subtitles(wire: Wire) -> None:
    kept = {"material_id": "0aa00000000000000000000000000003", "name": "英文字幕", "suffix": "srt"}
    stored_material(wire.database, wire.key, another_material(), **kept)
    stored_material(wire.database, wire.key, another_material(suffix="png"))
    stored_material(wire.database, wire.accounts.create_key("stranger"), another_material())
    answer = wire.call("/vod/material/getSubtitleList")
    assert answer == CALLS["getSubtitleList"]["reply_success"]["body"] | DONE


def test_the_operators_watermarks_are_there_to_choose(wire: Wire) -> None:
    expected = CALLS["getWatermarkList"]["reply_success"]["body"]["data"]
    path, stranger = CALLS["getWatermarkList"]["path"], wire.accounts.create_key("stranger")

    def listed(key: NewKey) -> list[str]:
        rows = wire.call(path, key=key)["data"]["list"]
        assert set(rows[0]) == set(expected["list"][0])
        assert [row["watermarkTemplateId"] for row in rows] == [row["waterMarkTemplateName"] for row in rows]
        return [row["watermarkTemplateId"] for row in rows]

    assert listed(wire.key) == ["角标"], "the picture of the other one is a material that nobody has"
    stored_material(wire.database, wire.key, another_material(suffix="png"), material_id="0c" * 16)
    assert (listed(wire.key), listed(stranger)) == (["素材", "角标"], ["角标"])


@pytest.mark.parametrize(("call", "request_"), of_vector("getStorageVolume"))
def test_peaks_are_told_as_the_vector_says(wire: Wire, call: str, request_: dict[str, str]) -> None:
    with wire.database.begin() as connection:
        account_id = connection.scalar(
            tables.access_key.select()
            .with_only_columns(tables.access_key.c.account_id)
            .where(tables.access_key.c.access_key == wire.key.access_key)
        )
        for day, mib in (("2023-11-14", 1024), ("2023-11-15", 1536)):
            row = {"account_id": account_id, "day": day, "peak_bytes": mib * 2**20}
            connection.execute(tables.storage_day.insert().values(row))
    assert wire.send(as_sent(call, request_)) == CALLS[call]["reply_success"]["body"] | DONE
    stranger = wire.send(as_sent(call, request_), key=wire.accounts.create_key("stranger"))
    assert stranger["data"]["peakValue"] == 0


def test_what_is_stored_today_counts(wire: Wire) -> None:
    stored_video(wire.database, wire.key, another_video(size_bytes=3 * 2**30))
    reply = wire.call("/vod/statisticalAnalysis/getStorageVolume")
    assert reply["data"] == {"peakValue": 3.0, "details": []}


@pytest.mark.parametrize("given", [{"dateFrom": "2023-11-14"}, {"dateTo": "2023-11-14"}, {"isDetails": 2}])
def test_half_a_period_is_refused(wire: Wire, given: dict[str, Any]) -> None:
    assert wire.call("/vod/statisticalAnalysis/getStorageVolume", given)["code"] == 1000


def test_basic_may_name_the_zone_of_times(wire: Wire) -> None:
    stored_video(wire.database, wire.key, another_video(VIDEO_ID))
    path = "/vod/videoManage/getVideoList"
    signer = SigningKey(access_key=wire.key.access_key, secret=wire.key.secret_key, scheme=BASIC)

    def listed(zone: str, **filters: object) -> dict[str, Any]:
        body = json.dumps(filters).encode()
        headers = sign("POST", f"{wire.browser.base_url}{path}", body, key=signer, now_s=now_s())
        return wire.send(Sent(target=path, body=body), headers=headers | {"X-Time-Zone": zone})

    [row] = listed("GMT+00:00")["data"]["videoListInfo"]
    assert row["createTime"] == "2023-11-14 22:13:20"
    assert listed("GMT-3", startTime="2023-11-14 19:13:20", endTime="2023-11-14 19:13:20")["data"]["videoTotal"] == 1
    assert listed("Mars")["code"] == 1000
    asked = Sent(target=path, body=b"{}")
    other = wire.send(asked, headers=wire.sign(asked) | {"X-Time-Zone": "GMT+00:00"})
    assert other["data"]["videoListInfo"][0]["createTime"] == "2023-11-15 06:13:20", (
        "of other schemes it counts for nothing"
    )


@pytest.mark.parametrize("path", ["/vod/videoManage/none", "/workflow/none", "/vod/"])
def test_a_path_that_is_not_there_has_the_envelope(wire: Wire, path: str) -> None:
    assert wire.call(path) == {"code": 404, "message": "Not Found", "http": 404}


def test_a_method_that_is_not_there_has_the_envelope(wire: Wire) -> None:
    reply = wire.browser.put(f"{CATEGORY}/createCategory")
    assert (reply.status_code, reply.json()) == (405, {"code": 405, "message": "Method Not Allowed"})
    assert reply.headers["allow"] == "GET, POST"


BUILT = list(CALLS)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_of_nobody_is_not_authenticated(wire: Wire, method: str) -> None:
    statuses = {name: wire.browser.request(method, CALLS[name]["path"]).status_code for name in BUILT}
    assert statuses == dict.fromkeys(BUILT, 401)
    assert len(BUILT) == 34
