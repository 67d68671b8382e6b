"""The vendor's own SDK, unchanged from the package index, over https with a certificate of a throw-away authority."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import imageio_ffmpeg
import pytest
import trustme

from tests.acceptance.vendor_sending import send
from tests.origin import Origin
from tests.services.preloaded import unmeasured
from tests.services.receiver import Receiver
from tests.services.vodpull import Tls, Vodpull
from tests.waiting import until
from vodpull.request_signing import SigningKey

CLIP = "flower_faststart.mp4"
FILM = "sample_h264_aac.flv"
CLIP_MD5 = "a2b96faeb02581770a4736f61bd3b6b7"

Sdk = Callable[..., dict[str, Any]]
SdkCalls = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    files = Tls(certificate=folder / "chain.pem", private_key=folder / "key.pem", authority=folder / "ca.pem")
    authority.cert_pem.write_to_path(str(files.authority))
    certificate.private_key_pem.write_to_path(str(files.private_key))
    files.certificate.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    return files


@pytest.fixture(scope="module")
def https_service(
    tmp_path_factory: pytest.TempPathFactory, origin: Origin, hook: Receiver, tls: Tls
) -> Iterator[Vodpull]:
    folder = tmp_path_factory.mktemp("https") / "data"
    service = Vodpull(folder, origin=f"{origin.origin},{hook.url}", VODPULL_COMPAT="category-data-list")
    service.serve_https(tls)
    service.encode_quickly()
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def sdk_calls(https_service: Vodpull, tls: Tls) -> SdkCalls:
    """Call through the SDK, in a process of its own."""

    def call(*calls: tuple[str, dict[str, Any]], key: SigningKey | None = None) -> list[dict[str, Any]]:
        used = key or https_service.own_key
        entries = [{"path": path, "request": request} for path, request in calls]
        order = {"calls": entries, "access_key": used.access_key, "secret": used.secret}
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("sdk_client.py")), f"127.0.0.1:{https_service.port}"],
            env=unmeasured(os.environ) | {"REQUESTS_CA_BUNDLE": str(tls.authority), "NO_PROXY": "127.0.0.1"},
            input=json.dumps(order),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answers: list[dict[str, Any]] = json.loads(done.stdout)
        return answers

    return call


@pytest.fixture(scope="module")
def sdk(sdk_calls: SdkCalls) -> Sdk:
    def call(path: str, *, key: SigningKey | None = None, **request: object) -> dict[str, Any]:
        [answer] = sdk_calls((path, request), key=key)
        return answer

    return call


def file_list(url: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([{"fetchUrl": url, "md5": CLIP_MD5}]).encode()).decode()


@pytest.fixture(scope="module")
def pulled(sdk: Sdk, origin: Origin) -> dict[str, Any]:
    return sdk("/vod/videoManage/pullVideo", file_list=file_list(origin.url(CLIP)), trans_no="sdk-1")


def test_the_sdk_pulls_a_video_and_reads_both_ids(pulled: dict[str, Any]) -> None:
    assert pulled["read"]["code"] == 200
    assert pulled["read"]["data"]["tranNo"] == "sdk-1"
    assert len(pulled["read"]["data"]["taskId"]) == 32
    assert pulled["complete"]


@pytest.fixture(scope="module")
def completed(sdk: Sdk, https_service: Vodpull, pulled: dict[str, Any]) -> dict[str, Any]:
    """Ask through the SDK once it is completed; each process that loads the SDK takes most of a second to start."""
    task_id = pulled["read"]["data"]["taskId"]
    https_service.wait(task_id)
    return sdk("/vod/videoManage/pullVideoQuery", task_id=task_id)


def test_the_sdk_reads_every_member_of_the_final_reply(completed: dict[str, Any]) -> None:
    reply = completed
    [item] = reply["read"]["data"]["items"]
    assert (item["pullStatus"], item["cmdStatus"]) == (2, 2)
    assert [row["clarity"] for row in item["videoInfo"]["videoFileList"]] == [1, 2, 3]
    assert reply["complete"]
    assert reply["read"] == reply["raw"], "the SDK knows every member"


def test_the_sdk_finds_the_task_by_its_business_id(sdk: Sdk, pulled: dict[str, Any]) -> None:
    reply = sdk("/vod/videoManage/pullVideoQuery", trans_no="sdk-1")
    assert reply["read"]["data"]["taskId"] == pulled["read"]["data"]["taskId"]


def test_a_wrong_secret_reaches_the_sdks_caller_as_a_reply(sdk: Sdk, https_service: Vodpull) -> None:
    wrong = SigningKey(access_key=https_service.own_key.access_key, secret="not-the-secret")
    reply = sdk("/vod/videoManage/pullVideoQuery", key=wrong, task_id="0" * 32)
    assert reply["raw"] == {"code": 401, "message": "signature mismatch"}


def test_a_parameter_error_reaches_the_sdks_caller(sdk: Sdk) -> None:
    reply = sdk("/vod/videoManage/pullVideo", file_list="not base64!")
    assert reply["read"]["code"] == 1000
    assert "fileList" in reply["read"]["message"]


MANAGE = "/vod/videoManage"
CATEGORY = "/vod/videoCategory"
NESTED_ELSEWHERE = {"/vod/statisticalAnalysis/getStorageVolume"}
"""The SDK expects the members of `data` beside it."""


@pytest.fixture(scope="module")
def video_id(completed: dict[str, Any]) -> str:
    found: str = completed["read"]["data"]["items"][0]["videoInfo"]["videoId"]
    return found


def test_the_sdk_reads_what_every_call_about_videos_and_categories_answers(
    sdk_calls: SdkCalls, https_service: Vodpull, video_id: str
) -> None:
    names = json.dumps([{"parentName": "课程", "childName": "第一季"}])
    echoed = {"publish_domain": f"127.0.0.1:{https_service.port}"}  # as getVideoList tells it
    calls: list[tuple[str, dict[str, Any]]] = [
        (f"{MANAGE}/getVideoList", {"video_id": video_id, "page_index": 1, "page_size": 10}),
        (f"{MANAGE}/videoEdit", {"video_id": video_id, "video_name": "新名字", "category_names": names} | echoed),
        (f"{MANAGE}/videoBlock", {"video_id": video_id}),
        (f"{MANAGE}/videoEnable", {"video_id": video_id}),
        (f"{MANAGE}/getPublishCode", {"video_id": video_id, "code_type": 0}),
        (f"{CATEGORY}/getCategoryList", {"parent_node_id": "", "page_size": 10, "page_index": 1}),
        (f"{CATEGORY}/createCategory", {"parent_node_id": 1001, "label_name": "第二季"}),
        (f"{CATEGORY}/deleteVideoByCategory", {"node_id": 1003}),
        (f"{CATEGORY}/deleteCategory", {"node_id": 1003}),
        ("/vod/statisticalAnalysis/getStorageVolume", {"is_details": 1}),
    ]
    answers = dict(zip([path for path, _ in calls], sdk_calls(*calls), strict=True))
    for path, answer in answers.items():
        assert answer["raw"]["code"] == 200, (path, answer)
        assert answer["complete"] is (path not in NESTED_ELSEWHERE), (path, answer)
    assert answers[f"{MANAGE}/getVideoList"]["read"] == answers[f"{MANAGE}/getVideoList"]["raw"]
    [row] = answers[f"{MANAGE}/getVideoList"]["read"]["data"]["videoListInfo"]
    assert (row["videoState"], row["transcodeState"], row["videoSourceCode"]) == (0, 1, 3)
    assert row["publishDomain"] == echoed["publish_domain"]
    assert answers[f"{CATEGORY}/createCategory"]["read"]["data"] == [{"nodeId": 1003}]
    urls = answers[f"{MANAGE}/getPublishCode"]["read"]["data"]["videoUrl"]
    assert [entry["urlType"] for entry in urls] == ["PC端", "移动端"]


def test_the_sdk_gets_the_documented_refusals(sdk_calls: SdkCalls, video_id: str) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        (f"{MANAGE}/videoEnable", {"video_id": video_id}),
        (f"{MANAGE}/videoBlock", {"video_id": "0" * 32}),
        (f"{MANAGE}/transCode", {"video_ids": "a/b"}),
        (f"{CATEGORY}/createCategory", {"label_name": "a/b"}),
        ("/vod/ai/createClearAdTask", {"video_id": video_id, "clear_video_ad": True}),
        ("/vod/ai/clearAdTaskQuery", {"task_id": "0" * 32}),
    ]
    answers = sdk_calls(*asked)
    assert [answer["read"]["code"] for answer in answers] == [1509, 1502, 1541, 1000, 401, 1000]


def edited(sdk: Sdk, query: str, trans_no: str) -> dict[str, Any]:
    """Wait for a clip or a join, and return what the SDK reads of it."""
    reply = until(
        lambda: sdk(f"{MANAGE}/{query}", trans_no=trans_no),
        holds=lambda reply: reply["read"]["data"]["status"] != 1,
        within_s=240,
        every_s=2,  # the calls of a key are counted
    )
    assert reply["complete"], reply
    assert reply["read"] == reply["raw"], "the SDK knows every member"
    found: dict[str, Any] = reply["read"]["data"]
    return found


def test_the_sdk_cuts_and_joins(sdk_calls: SdkCalls, sdk: Sdk, video_id: str) -> None:
    clip = {"trans_no": "clip-1", "video_id": video_id, "seek_start": 1, "duration": 2, "filename": "excerpt"}
    [began] = sdk_calls((f"{MANAGE}/videoClip", clip | {"suffix": "mp4", "resolution": "320x180"}))
    assert (began["read"], began["complete"]) == (began["raw"], True)
    made = edited(sdk, "videoClipQuery", "clip-1")["videoInfo"]
    assert (made["videoSourceCode"], made["videoDuration"], made["transcodeState"]) == (4, "2", 2)
    join = {"trans_no": "join-1", "video_ids": f"{made['videoId']},{video_id}", "filename": "joined"}
    assert sdk(f"{MANAGE}/videoConcat", **join, suffix="flv")["complete"]
    whole = edited(sdk, "videoConcatQuery", "join-1")["videoInfo"]
    assert (whole["videoSourceCode"], whole["videoName"]) == (5, "joined")
    [row] = whole["videoResolutions"]
    assert (row["width"], row["height"]) == (
        made["videoResolutions"][0]["width"],
        made["videoResolutions"][0]["height"],
    )


def test_the_sdk_lets_materials_and_sound_in(sdk_calls: SdkCalls, sdk: Sdk, https_service: Vodpull) -> None:
    subtitle = {"__class__": "GetMaterialUploadTokenFile", "name": "片头字幕", "suffix": "vtt"}
    sound = base64.urlsafe_b64encode(json.dumps([{"name": "片头曲", "suffix": "mp3"}]).encode()).decode()
    material, audio = sdk_calls(
        ("/vod/material/getMaterialUploadToken", {"file_list": [subtitle], "overwrite": False}),
        ("/vod/audioManage/getAudioUploadToken", {"file_list": sound}),
    )
    assert (material["complete"], audio["complete"]) == (True, True)
    for reply in (material, audio):
        [item] = reply["read"]["data"]["items"]
        parts = [("token", (None, item["uploadToken"])), ("file", ("x", b"WEBVTT"))]
        assert https_service._http.post(f"{https_service.url}/file/upload", files=parts).status_code == 200
    material_id = material["read"]["data"]["items"][0]["materialId"]
    audio_id = audio["read"]["data"]["items"][0]["audioId"]
    answers = sdk_calls(
        ("/vod/material/getMaterialList", {"material_name": "字幕", "page_index": "1", "page_size": "10"}),
        (
            "/vod/audioManage/getAudioList",
            {"audio_name": "曲", "list_order": "0", "page_index": "1", "page_size": "10"},
        ),
        ("/vod/material/materialEdit", {"id": material_id, "name": "新名字"}),
        ("/vod/audioManage/editAudio", {"audio_id": audio_id, "audio_name": "新曲名"}),
        ("/vod/material/deleteMaterial", {"id": material_id, "validate_occupy": "1"}),
        ("/vod/audioManage/deleteAudio", {"audio_id": audio_id, "validate_occupy": 1}),
    )
    assert [(answer["raw"]["code"], answer["complete"]) for answer in answers] == [(200, True)] * 6
    assert [answer["read"] for answer in answers] == [answer["raw"] for answer in answers]
    assert answers[0]["read"]["data"]["materialList"][0]["id"] == material_id
    assert answers[1]["read"]["data"]["audioGetListResponseList"][0]["audioId"] == audio_id


def test_sdk_and_uploader_bring_a_film_that_plays(
    sdk: Sdk, https_service: Vodpull, tls: Tls, hook: Receiver, clips: Path, tmp_path: Path
) -> None:
    for kind in ("videoUpload", "transcode"):
        assert https_service.api("PUT", f"/callbacks/{kind}", json={"url": hook.url}).status_code == 200
    token = sdk(f"{MANAGE}/getUploadToken", origin_file_name=FILM, trans_code_combine_name="abr")
    assert token["complete"], token
    given = token["read"]["data"]
    trusting = {"REQUESTS_CA_BUNDLE": str(tls.authority)}
    sent = send(https_service.url, clips / FILM, given["uploadToken"], tmp_path, **trusting)
    assert sent[0] == 200
    uploaded, encoded = hook.wait_for(2)
    [record] = json.loads(uploaded.body)["data"]["videoListInfo"]
    assert (record["videoId"], record["transcodeState"]) == (given["videoId"], 3)
    assert encoded.data["data"]["videoId"] == given["videoId"]
    [row] = sdk(f"{MANAGE}/getVideoList", video_id=given["videoId"])["read"]["data"]["videoListInfo"]
    assert (row["videoState"], row["transcodeState"]) == (0, 1)
    code = sdk(f"{MANAGE}/getPublishCode", video_id=given["videoId"])["read"]["data"]
    playlist = brought(https_service, code["autoCode"], tmp_path / "played")
    words = ["-v", "error", "-allowed_extensions", "ALL", "-i", str(playlist), "-map", "0:v:0", "-map", "0:a:0"]
    player = [imageio_ffmpeg.get_ffmpeg_exe(), *words, "-f", "framemd5", "-"]
    played = subprocess.run(player, capture_output=True, text=True, timeout=120, check=False)
    assert played.returncode == 0, played.stderr
    frames = [line.partition(",")[0] for line in played.stdout.splitlines() if not line.startswith("#")]
    assert frames.count("0") >= 25 * (int(row["videoDuration"]) - 1)
    assert frames.count("1") > 0


def brought(service: Vodpull, url: str, folder: Path) -> Path:
    """Return a local copy of a playlist, with all that it names: this FFmpeg speaks no TLS with the service."""
    reply = service.get(url.removeprefix(service.url))
    assert reply.status_code == 200, url
    copy = folder / urlsplit(url).path.removeprefix("/")
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(reply.content)
    if copy.suffix == ".m3u8":
        named = re.findall(r'^[^#\s].*$|(?<=URI=")[^"]+', reply.text, re.MULTILINE)
        for name in dict.fromkeys(named):
            if not (folder / urlsplit(urljoin(url, name)).path.removeprefix("/")).exists():
                brought(service, urljoin(url, name), folder)
    return copy


UPLOAD_TOOL = (
    "workflow/getWorkflowList",
    "vod/transcodeManage/getTranscodeCombineList",
    "vod/material/getSubtitleList",
    "vod/domainManage/getDomainList",
    "vod/watermarkManage/getWatermarkList",
    "vod/categoryManage/getCategoryList",
)


def test_calls_without_models_are_answered_as_well(sdk_calls: SdkCalls, video_id: str) -> None:
    start, again = (
        ("/workflow/startWorkflow", {"targetId": video_id, "transNo": "sdk-1", "workflowId": template})
        for template in ("original", "abr")
    )
    paths = [f"/{path}" for path in UPLOAD_TOOL]
    answers = sdk_calls(*((path, {}) for path in paths), start, again)
    for path, answer in zip(paths, answers, strict=False):
        data = answer["raw"]["data"]
        assert data["total"] == len(data["list"]), path
    assert set(answers[-2]["raw"]) == {"id"}
    assert answers[-1]["raw"]["code"] == 1630


def test_the_sdk_encodes_again_and_deletes(sdk: Sdk, https_service: Vodpull, video_id: str) -> None:
    https_service.wait_encoded(video_id)
    assert sdk(f"{MANAGE}/transCode", video_ids=video_id, trans_code_template_name="original")["complete"]
    https_service.wait_encoded(video_id)
    deleted = sdk(f"{MANAGE}/deleteVideo", video_id=video_id, is_async=1, validate_occupy=1)
    assert deleted["read"]["data"]["taskId"].isdecimal()
    assert sdk(f"{MANAGE}/getVideoList", video_id=video_id)["read"]["data"]["videoTotal"] == 0
