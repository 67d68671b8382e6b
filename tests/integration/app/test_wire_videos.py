"""Every call about videos and categories, as the vectors have it, on a service with a real database."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus

import pytest
import sqlalchemy as sa
from tests.materials import another_material, stored_material
from tests.vectors import load
from tests.videos import ASSET, VIDEO, VIDEO_ID, another_video, stored_video, wire_ms
from tests.wire import Wire
from tests.wire_vectors import CALLS, as_sent, of_vector

from vodpull.accounts.access_keys import NewKey
from vodpull.database import tables
from vodpull.jobs.states_and_codes import EncodeState, Stage, VideoOrigin, VideoState
from vodpull.jobs.store.caption_rows import CaptionRows
from vodpull.jobs.store.store import Store
from vodpull.videos.library import Library
from vodpull.videos.video import Video

LIST = load("video-list")
ENCODINGS = load("encodings")["categoryNames"]

MANAGE = "/vod/videoManage"
DONE = {"code": 200, "message": "Operation succeeded"}


@pytest.fixture
def video(wire: Wire) -> Video:
    return stored_video(wire.database, wire.key)


def expected(call: str) -> dict[str, Any]:
    body: dict[str, Any] = CALLS[call]["reply_success"]["body"]
    return body | ({"message": "Operation succeeded"} if body.get("message") == "操作成功" else {})


def found(wire: Wire, video_id: str = VIDEO_ID) -> Video:
    return Library(wire.database).find(video_id, account_id=None)


READS = ("getVideoList", "getPublishCode")


@pytest.mark.parametrize(("call", "request_"), [entry for call in READS for entry in of_vector(call)])
def test_every_form_of_a_question_gets_the_answer_of_the_vector(
    wire: Wire, video: Video, call: str, request_: dict[str, str]
) -> None:
    assert wire.send(as_sent(call, request_)) == expected(call)


AI = ("createClearAdTask", "clearAdTaskQuery")


@pytest.mark.parametrize(("call", "request_"), [entry for call in AI for entry in of_vector(call)])
def test_calls_of_other_products_are_refused_as_documented(wire: Wire, call: str, request_: dict[str, str]) -> None:
    assert wire.send(as_sent(call, request_)) == expected(call)


@pytest.mark.parametrize(("call", "request_"), of_vector("videoEdit"))
def test_a_video_is_edited(wire: Wire, video: Video, call: str, request_: dict[str, str]) -> None:
    assert wire.send(as_sent(call, request_)) == DONE
    edited = found(wire)
    assert (edited.name, edited.description, edited.player_id) == ("新名字", "说明", "42")
    assert edited.publish_domain == "media.example.test"
    assert [label.name for label in edited.categories] == ["第一季", "第二季"]
    assert len({label.parent_id for label in edited.categories}) == 1
    assert edited.updated_at_ms > video.updated_at_ms


def test_an_edit_of_nothing_changes_nothing(wire: Wire, video: Video) -> None:
    nothing = dict.fromkeys(("videoName", "videoDescription", "categoryNames", "publishDomain", "playerId"), "")
    assert wire.call(f"{MANAGE}/videoEdit", {"videoId": VIDEO_ID.upper()} | nothing) == DONE
    assert found(wire) == video


@pytest.mark.parametrize("form", ENCODINGS["accepted"], ids=lambda form: form["form"])
def test_categories_come_in_every_form(wire: Wire, video: Video, form: dict[str, Any]) -> None:
    names = form.get("text") or form["json"]
    assert wire.call(f"{MANAGE}/videoEdit", {"videoId": VIDEO_ID, "categoryNames": names}) == DONE
    assert [label.name for label in found(wire).categories] == ["第一季", "第二季"]


def test_categories_are_replaced_cleared_and_named_by_children(wire: Wire, video: Video) -> None:
    def edit(**given: object) -> list[str]:
        reply = wire.call(f"{MANAGE}/videoEdit", {"videoId": VIDEO_ID} | given)
        assert reply == DONE, reply
        return [label.name for label in found(wire).categories]

    assert edit(categoryNames=[{"parentName": "课程", "childName": "第一季"}, {"parentName": "归档"}]) == [
        "第一季",
        "归档",
    ]
    assert edit(categoryNames=[{"parentName": "归档", "childName": "第一季"}]) == ["第一季"]
    assert edit(videoClassification="第一季") == ["第一季", "第一季"], "every child of that name"
    for clearing in ENCODINGS["clears"]:
        edit(videoClassification="第一季")
        assert edit(categoryNames=clearing) == []


def edit_refusals() -> list[Any]:
    names = [{"categoryNames": text} for text in ENCODINGS["refused_1000"]]
    cases = [
        ({"videoName": "x" * 41}, 1500),
        ({"videoDescription": "x" * 201}, 1000),
        ({"publishDomain": "a/b"}, 1527),
        ({"publishDomain": "other.example.test"}, 1531),
        ({"playerId": "x" * 65}, 1000),
        ({"videoClassification": "没有"}, 1000),
        ({"categoryNames": [{"childName": "没有"}]}, 1000),
        ({"categoryNames": [{}]}, 1000),
        ({"categoryNames": [{"parentName": " x"}]}, 1000),
        *((given, 1000) for given in names),
    ]
    return [pytest.param(given, code, id=json.dumps(given)[:30]) for given, code in cases]


@pytest.mark.parametrize(("given", "code"), edit_refusals())
def test_an_edit_that_cannot_be_changes_nothing(wire: Wire, video: Video, given: dict[str, Any], code: int) -> None:
    reply = wire.call(f"{MANAGE}/videoEdit", {"videoId": VIDEO_ID, "videoName": "other"} | given)
    assert (reply["code"], "data" in reply) == (code, False)
    assert found(wire) == video


ONE_VIDEO = ("videoEdit", "videoBlock", "videoEnable", "deleteVideo", "getPublishCode")
FOREIGN = {"videoEdit": 1301, "videoBlock": 1505, "videoEnable": 1525, "deleteVideo": 1522, "getPublishCode": 1535}


@pytest.mark.parametrize("call", ONE_VIDEO)
def test_a_video_must_be_named_be_there_and_be_the_callers(wire: Wire, video: Video, call: str) -> None:
    stranger = wire.accounts.create_key("stranger")
    path = f"{MANAGE}/{call}"
    assert {wire.call(path, given)["code"] for given in ({}, {"videoId": ""}, {"videoId": " "})} == {1503}
    malformed = ("a/b", "a b", "x" * 65, "é", True, [VIDEO_ID], {"a": 1}, "a\0", 1.5)
    assert {wire.call(path, {"videoId": value})["code"] for value in malformed} == {1504}
    assert wire.call(path, {"videoId": "0" * 32, "publishDomain": "other.example.test"})["code"] == 1502
    assert wire.call(path, {"videoId": VIDEO_ID}, key=stranger)["code"] == FOREIGN[call]
    assert found(wire) == video


def test_the_first_fault_answers(wire: Wire, video: Video) -> None:
    def code(video_id: str, name: str, key: NewKey | None = None) -> int:
        given = {"videoId": video_id, "videoName": name}
        found_code: int = wire.call(f"{MANAGE}/videoEdit", given, key=key)["code"]
        return found_code

    stranger, long = wire.accounts.create_key("stranger"), "x" * 41
    assert [code("", long), code("a/b", long), code("0" * 32, long), code("0" * 32, "x")] == [1503, 1504, 1500, 1502]
    assert [code(VIDEO_ID, long, stranger), code(VIDEO_ID, "x", stranger)] == [1500, 1301]


@pytest.mark.parametrize("call", ["videoBlock", "videoEnable"])
def test_blocking_is_done_once_and_told(wire: Wire, video: Video, call: str) -> None:
    blocked = call == "videoBlock"
    start = VideoState.ENABLED if blocked else VideoState.BLOCKED
    with wire.database.begin() as connection:
        connection.execute(tables.video.update().values(state=int(start)))
    requests = CALLS[call]["requests_with_the_same_meaning"]
    replies = [wire.send(as_sent(call, request)) for request in requests]
    assert replies[0] == expected(call)
    assert {reply["code"] for reply in replies[1:]} == {1506 if blocked else 1509}
    assert found(wire).is_blocked is blocked
    with wire.database.connect() as connection:
        kinds = list(connection.scalars(sa.select(tables.event.c.kind)))
    assert kinds == ["video.blocked" if blocked else "video.enabled"]


@pytest.mark.parametrize(("call", "request_"), of_vector("deleteVideo"))
def test_a_video_is_deleted_as_a_task(wire: Wire, video: Video, call: str, request_: dict[str, str]) -> None:
    reply = wire.send(as_sent(call, replaced(request_, "notify.example.test", "192.0.2.1")))
    assert reply["code"] == 1000, "its notifyUrl is judged"
    reply = wire.send(as_sent(call, replaced(request_, "https://notify.example.test/deleted", "")))
    assert set(reply) == {"code", "data", "message"}
    assert reply["data"]["taskId"].isdecimal()
    assert int(reply["data"]["taskId"]) < 2**53
    assert wire.call(f"{MANAGE}/deleteVideo", {"videoId": VIDEO_ID})["code"] == 1502
    assert wire.call(f"{MANAGE}/videoBlock", {"videoId": VIDEO_ID})["code"] == 1502


def replaced(request: dict[str, str], old: str, new: str) -> dict[str, str]:
    changed = {name: text.replace(old, new).replace(quote_plus(old), quote_plus(new)) for name, text in request.items()}
    return changed | {"content_type": request["content_type"]}


def test_a_deletion_that_is_waited_for_has_no_task(wire: Wire, video: Video) -> None:
    reply = wire.call(f"{MANAGE}/deleteVideo", {"videoId": VIDEO_ID, "isAsync": "0"})
    assert reply == DONE | {"data": ""}


def test_a_video_in_use_is_deleted_only_on_demand(wire: Wire) -> None:
    stored_video(wire.database, wire.key, replace(VIDEO, encode_state=EncodeState.ENCODING), stage=Stage.ENCODE)
    refused = wire.call(f"{MANAGE}/deleteVideo", {"videoId": VIDEO_ID})
    assert refused == {"code": 400, "message": "Resource occupied"}
    assert wire.call(f"{MANAGE}/deleteVideo", {"videoId": VIDEO_ID, "validateOccupy": "false"})["code"] == 200


def test_the_original_alone_goes_where_something_else_plays(wire: Wire, video: Video) -> None:
    bare = stored_video(
        wire.database,
        wire.key,
        another_video(
            encode_state=EncodeState.NOT_ENCODED, asset=replace(ASSET, files=ASSET.files[:1], playlist_key="")
        ),
    )
    asked = {"onlyDeleteSource": True, "isAsync": 1}
    refused = wire.call(f"{MANAGE}/deleteVideo", {"videoId": bare.video_id} | asked)
    assert refused == {"code": 1569, "message": "Video disable operation"}
    assert wire.call(f"{MANAGE}/deleteVideo", {"videoId": VIDEO_ID} | asked)["code"] == 200
    code = wire.call(f"{MANAGE}/getPublishCode", {"videoId": VIDEO_ID})["data"]
    assert [entry["originUrl"] for entry in code["videoUrl"]] == ["", ""]
    assert wire.call(f"{MANAGE}/transCode", {"videoIds": VIDEO_ID})["code"] == 300


@pytest.mark.parametrize("code_type", ["0", "2", "4", "5", "6", "7", "8"])
@pytest.mark.parametrize("spelling", ["codeType", "CodeType"])
def test_the_publish_code_of_every_type(wire: Wire, video: Video, code_type: str, spelling: str) -> None:
    reply = wire.call(f"{MANAGE}/getPublishCode", {"videoId": VIDEO_ID, spelling: int(code_type)})
    assert reply["data"] == CALLS["getPublishCode"]["replies_by_codeType"][code_type]


@pytest.mark.parametrize("code_type", [1, 3, 9, -1, "x", 2**70])
def test_another_type_of_publish_code_is_refused(wire: Wire, video: Video, code_type: object) -> None:
    reply = wire.call(f"{MANAGE}/getPublishCode", {"videoId": VIDEO_ID, "codeType": code_type})
    assert reply == {"code": 1532, "message": "codeType is invalid"}


@pytest.fixture
def listed(wire: Wire) -> None:
    for entry in LIST["videos"]:
        stored_video(
            wire.database,
            wire.key,
            another_video(
                entry["videoId"],
                name=entry["videoName"],
                created_at_ms=wire_ms(entry["createTime"]),
                state=VideoState(entry["videoState"]),
                encode_state=EncodeState(entry["transcodeState"]),
                origin=VideoOrigin(entry["videoSourceCode"]),
            ),
        )
        names = [{"parentName": parent, "childName": child} for parent, child in entry["categories"]]
        assert wire.call(f"{MANAGE}/videoEdit", {"videoId": entry["videoId"], "categoryNames": names}) == DONE


def test_every_query_of_the_vectors_finds_its_page(wire: Wire, listed: None) -> None:
    stored_video(wire.database, wire.accounts.create_key("stranger"), another_video())
    for query in LIST["queries"]:
        data = wire.call(f"{MANAGE}/getVideoList", query["params"])["data"]
        assert [row["videoId"] for row in data["videoListInfo"]] == query["videoIds"], query["params"]
        assert data["videoTotal"] == query["videoTotal"]
    for query in LIST["refused"]:
        reply = wire.call(f"{MANAGE}/getVideoList", query["params"])
        assert (reply["code"], "data" in reply) == (query["code"], False), query["params"]


def test_the_vectors_have_the_queries_that_were_counted() -> None:
    assert len(LIST["queries"]) + len(LIST["refused"]) >= 26


def test_a_page_ends_with_the_second_that_was_named(wire: Wire, listed: None) -> None:
    asked = {"startTime": "2023-11-01 02:00:00", "endTime": "2023-11-01 03:00:00", "createUser": "demo-account"}
    data = wire.call(f"{MANAGE}/getVideoList", asked)["data"]
    assert [row["videoName"] for row in data["videoListInfo"]] == ["第一课 入门", "spring_song"]


ENCODE_REFUSALS = [
    ({}, 1540),
    ({"videoIds": " "}, 1540),
    ({"videoIds": "a/b"}, 1541),
    ({"videoIds": "a\0"}, 1541),
    ({"videoIds": [VIDEO_ID]}, 1541),
    ({"videoIds": f'["{VIDEO_ID}"]'}, 1541),
    ({"videoIds": True}, 1541),
    ({"videoIds": " , ,"}, 1542),
    ({"videoIds": VIDEO_ID, "waterMarkTemplateName": "x" * 101}, 1543),
    ({"videoIds": VIDEO_ID, "transCodeTemplateName": "x" * 101}, 1544),
    ({"videoIds": f"{VIDEO_ID},{'0' * 32}"}, 1545),
    ({"videoIds": VIDEO_ID, "waterMarkTemplateName": "logo"}, 1546),
    ({"videoIds": VIDEO_ID, "waterMarkTemplateName": "角标", "watermarkTemplateId": "logo"}, 1546),
    ({"videoIds": VIDEO_ID, "waterMarkTemplateName": "素材"}, 1546),
    ({"videoIds": VIDEO_ID, "waterMarkTemplateName": "0c" * 16}, 1546),
    ({"videoIds": VIDEO_ID, "waterMarkTemplateName": "角标", "transCodeTemplateName": "original"}, 1000),
    ({"videoIds": VIDEO_ID, "transCodeTemplateName": "none"}, 1000),
    ({"videoIds": VIDEO_ID, "subtitleId": "0" * 32}, 1000),
    ({"videoIds": VIDEO_ID, "subtitle": "W10="}, 1000),
    ({"videoIds": ",".join(f"{number:032x}" for number in range(51))}, 1000),
]


@pytest.mark.parametrize(("given", "code"), ENCODE_REFUSALS, ids=[str(code) for _, code in ENCODE_REFUSALS])
def test_an_encode_that_cannot_be_starts_nothing(wire: Wire, video: Video, given: dict[str, Any], code: int) -> None:
    reply = wire.call(f"{MANAGE}/transCode", given)
    assert reply["code"] == code
    assert code != 1000 or reply["message"] == "Parameter error"
    assert found(wire) == video


def test_an_encode_of_a_strangers_video_starts_nothing(wire: Wire, video: Video) -> None:
    stranger = wire.accounts.create_key("stranger")
    own = stored_video(wire.database, stranger, another_video())
    reply = wire.call(f"{MANAGE}/transCode", {"videoIds": f"{own.video_id},{VIDEO_ID}"}, key=stranger)
    assert reply["code"] == 1545
    assert found(wire, own.video_id) == own


@pytest.mark.parametrize(("template", "watermark"), [("旧模板", ""), ("mp4", "角标"), ("", "")])
def test_videos_are_encoded_again_together(wire: Wire, video: Video, template: str, watermark: str) -> None:
    other = stored_video(wire.database, wire.key, another_video())
    ids = f" {VIDEO_ID.upper()} ,, {other.video_id},{VIDEO_ID}"
    asked = {"videoIds": ids, "transCodeTemplateName": template, "waterMarkTemplateName": watermark}
    reply = wire.call(f"{MANAGE}/transCode", asked)
    assert reply == DONE | {"data": ""}
    for again in (found(wire), found(wire, other.video_id)):
        assert (again.template, again.watermark) == ("mp4" if template else "abr", watermark)
        assert again.asset == (ASSET if again.video_id == VIDEO_ID else other.asset), "the old outputs play on"


def test_a_watermark_that_is_a_material_is_for_its_account_and_occupied(wire: Wire, video: Video) -> None:
    picture = replace(another_material(suffix="png"), material_id="0c" * 16)
    stored_material(wire.database, wire.accounts.create_key("owner of a logo"), picture)
    asked = {"videoIds": VIDEO_ID, "waterMarkTemplateName": "素材"}
    upload = {"originFileName": "a.mp4", "fileSize": 1, "waterMarkName": "素材"}
    assert wire.call(f"{MANAGE}/transCode", asked)["code"] == 1546
    assert wire.call(f"{MANAGE}/getUploadToken", upload)["code"] == 1546
    with wire.database.begin() as connection:
        connection.execute(tables.material.delete())
    stored_material(wire.database, wire.key, picture)
    assert wire.call(f"{MANAGE}/getUploadToken", upload)["code"] == 200
    assert wire.call(f"{MANAGE}/transCode", asked) == DONE | {"data": ""}
    assert found(wire).watermark == "素材"
    deletion = "/vod/material/deleteMaterial", {"id": picture.material_id}
    assert wire.call(*deletion) == {"code": 400, "message": "Resource occupied"}


async def test_subtitles_of_a_transcode_are_captions_until_one_without_them(wire: Wire, video: Video) -> None:
    cue = b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n"
    chinese = stored_material(wire.database, wire.key)
    free = stored_material(wire.database, wire.key, another_material())
    burnt = stored_material(wire.database, wire.key, another_material(suffix="srt"))
    late = stored_material(wire.database, wire.key, another_material())
    for material in (chinese, free):
        await wire.objects.put_bytes(material.key, cue)
    await wire.objects.put_bytes(burnt.key, cue.removeprefix(b"WEBVTT\n\n"))
    await wire.objects.put_bytes(late.key, cue.replace(b"00:0", b"99:00:0"))
    rows = CaptionRows(wire.database)

    def encode(*subtitles: tuple[str, str], **more: str) -> int:
        named = json.dumps([{"lang": lang, "subtitleId": material_id} for lang, material_id in subtitles])
        given = {"videoIds": VIDEO_ID, **({"subtitle": named} if subtitles else {}), **more}
        return int(wire.call(f"{MANAGE}/transCode", given)["code"])

    for refused in (
        [("cn", "0" * 32)],
        [("cn", burnt.material_id)],
        [("cn", late.material_id)],
        [("cn", chinese.material_id), ("zh-CN", free.material_id)],
        [("cn", "")],
        [(f"x{number}", free.material_id) for number in range(14)],
    ):
        assert encode(*refused) == 1000
    assert encode(("cn", chinese.material_id), transCodeTemplateName="original") == 1000
    for refused_id in ("0" * 32, chinese.material_id):
        assert encode(subtitleId=refused_id) == 1000
    assert encode(subtitleId=burnt.material_id, transCodeTemplateName="original") == 1000
    assert rows.of_video(VIDEO_ID) == []
    assert found(wire) == video

    beside = (("cn", chinese.material_id), ("vt", free.material_id), ("字幕", free.material_id))
    assert encode(*beside, subtitleId=burnt.material_id) == 200
    assert Store(wire.database).find_job(video.job_id)[1].burn_in == burnt.material_id
    captions = rows.of_video(VIDEO_ID)
    assert [(each.language, each.label, each.is_default, each.origin.value) for each in captions] == [
        ("zh-CN", "中文", True, "material"),
        ("und-x-2", "字幕", False, "material"),
        ("vi", "Tiếng Việt", False, "material"),
    ]
    for used in (free, burnt):
        assert wire.call("/vod/material/deleteMaterial", {"id": used.material_id})["code"] == 400, "it is in use"


def test_a_video_is_encoded_once_at_a_time(wire: Wire) -> None:
    stored_video(wire.database, wire.key, replace(VIDEO, encode_state=EncodeState.ENCODING), stage=Stage.ENCODE)
    assert wire.call(f"{MANAGE}/transCode", {"videoIds": VIDEO_ID}) == {"code": 300, "message": "Operation failed"}
    start = {"targetId": VIDEO_ID, "transNo": "busy", "workflowId": "abr"}
    assert wire.call("/workflow/startWorkflow", start)["code"] == 300
    assert wire.call("/workflow/startWorkflow", start)["code"] == 300, "a transNo that started nothing is not used"


def test_a_workflow_is_started_once_for_each_business_id(wire: Wire, video: Video) -> None:
    first = wire.send(as_sent("startWorkflow", CALLS["startWorkflow"]["requests_with_the_same_meaning"][0]))
    assert set(first) == {"id"}
    assert first["id"].isdecimal()
    for request in CALLS["startWorkflow"]["requests_with_the_same_meaning"][1:]:
        assert wire.send(as_sent("startWorkflow", request)) == {"code": 1630, "message": "transNo repeat"}
    stranger = wire.accounts.create_key("stranger")
    own = stored_video(wire.database, stranger, another_video())
    start = {"targetId": own.video_id, "transNo": "wf-0001", "workflowId": "0123456789abcdef0123456789abcdef"}
    assert set(wire.call("/workflow/startWorkflow", start, key=stranger)) == {"id"}, "of another account"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"targetId": ""}, 1000),
        ({"transNo": ""}, 1000),
        ({"workflowId": ""}, 1000),
        ({"transNo": "x" * 33}, 1000),
        ({"targetId": "a/b"}, 1000),
        ({"targetId": "0" * 32}, 1000),
        ({"workflowId": "none"}, 1000),
    ],
)
def test_a_workflow_that_cannot_be_is_refused(wire: Wire, video: Video, change: dict[str, str], code: int) -> None:
    start = {"targetId": VIDEO_ID, "transNo": "wf-1", "workflowId": "abr"} | change
    assert wire.call("/workflow/startWorkflow", start)["code"] == code


def test_a_strangers_video_starts_no_workflow(wire: Wire, video: Video) -> None:
    start = {"targetId": VIDEO_ID, "transNo": "wf-1", "workflowId": "abr"}
    reply = wire.call("/workflow/startWorkflow", start, key=wire.accounts.create_key("stranger"))
    assert reply == {"code": 1301, "message": "User has no permission"}
