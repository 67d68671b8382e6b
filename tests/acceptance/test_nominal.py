"""The whole way of one video, over HTTP, as a client sees it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import urlencode, urljoin

import httpx2
import imageio_ffmpeg
import m3u8
import pytest

from tests.origin import Origin
from tests.services.vodpull import Vodpull, file_list
from vodpull.clock import now_s
from vodpull.media.mp4.boxes import box_spans
from vodpull.request_signing import WS3, SigningKey, sign

CLIP = "flower_faststart.mp4"
CLIP_MD5 = "a2b96faeb02581770a4736f61bd3b6b7"
QUERY = "/vod/videoManage/pullVideoQuery"


@pytest.fixture(scope="module")
def task(service: Vodpull, origin: Origin) -> str:
    """Return the id of a completed task of one clip, encoded as an installation does that has set nothing."""
    task_id = service.pull([{"fetchUrl": origin.url(CLIP), "md5": CLIP_MD5}], transNo="my-own-id", workflowId="abr")
    service.wait(task_id)
    return task_id


def test_the_final_reply_has_the_documented_shape(service: Vodpull, origin: Origin, task: str) -> None:
    data = service.query(task)
    [item] = data["items"]
    assert (data["taskId"], data["transNo"], data["status"]) == (task, "my-own-id", 2)
    assert isinstance(data["timestamp"], int)
    assert (item["fetchUrl"], item["fileName"], item["md5"]) == (origin.url(CLIP), CLIP, CLIP_MD5)
    assert (item["pullStatus"], item["cmdStatus"]) == (2, 2)
    assert item["videoInfo"]["duration"] == 5
    rows = item["videoInfo"]["videoFileList"]
    assert [(row["clarity"], row["serverType"], row["resolution"]) for row in rows] == [
        (1, -1, "960:540"),
        (2, 0, "640:360"),
        (3, 0, "854:480"),
    ]
    assert re.fullmatch(rf"pullvideo/\d{{6}}/[0-9a-f]{{32}}/{CLIP}", rows[0]["fileUrl"])
    assert rows[0]["fileSize"] == 1_128_375
    assert rows[1]["fileUrl"].endswith(f"/{item['videoInfo']['videoId']}-01.m3u8")
    assert all(100 < row["bitrate"] < 3000 for row in rows)


def test_the_published_ladder_is_complete_over_http(service: Vodpull, task: str) -> None:
    [job] = service.state(task)["jobs"]
    multivariant = m3u8.loads(service.get(f"/media/{job['playlist']}").text)
    *pictures, sound = multivariant.playlists
    assert (len(pictures), sound.stream_info.codecs) == (2, "mp4a.40.2")
    for variant in pictures:
        info = variant.stream_info
        assert info.codecs.startswith("avc1.")
        assert info.codecs.endswith("mp4a.40.2")
        assert info.resolution in {(854, 480), (640, 360)}
        assert info.frame_rate == pytest.approx(29.97, abs=0.01)
        path = urljoin(f"/media/{job['playlist']}", variant.uri)
        media = m3u8.loads(service.get(path).text)
        assert media.is_endlist
        assert sum(segment.duration for segment in media.segments) == pytest.approx(5.055, rel=0.01)
        uris = [media.segment_map[0].uri, *(segment.uri for segment in media.segments)]
        assert all(service.get(urljoin(path, uri)).status_code == 200 for uri in uris)
    assert service.get(f"/media/{job['poster']}").headers["content-type"] == "image/jpeg"


def test_the_original_is_served_byte_for_byte_and_by_range(service: Vodpull, clips: Path, task: str) -> None:
    source = (clips / CLIP).read_bytes()
    path = "/media/" + service.query(task)["items"][0]["videoInfo"]["videoFileList"][0]["fileUrl"]
    assert service.get(path).content == source
    part = service.get(path, Range="bytes=1000-1999")
    assert (part.status_code, part.content) == (206, source[1000:2000])


def test_a_business_id_finds_the_task(service: Vodpull, task: str) -> None:
    assert service.call("pullVideoQuery", {"transNo": "my-own-id"})["data"]["taskId"] == task


def test_a_form_signed_with_the_old_scheme_is_answered_alike(service: Vodpull, task: str) -> None:
    key = service.key()
    key = SigningKey(access_key=key.access_key, secret=key.secret, scheme=WS3)
    body = urlencode({"taskId": task}).encode()
    content_type = "application/x-www-form-urlencoded; charset=utf-8"
    headers = sign("POST", service.url + QUERY, body, key=key, now_s=now_s(), content_type=content_type)
    reply = httpx2.post(service.url + QUERY, content=body, headers=headers)
    assert reply.json()["data"]["status"] == 2


def test_every_reply_has_one_request_id_under_both_names(service: Vodpull) -> None:
    for reply in (service.get(QUERY), service.get("/nowhere"), service.get("/healthz")):
        assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["X-WS-RequestId"])
        assert reply.headers["X-WS-RequestId"] == reply.headers["x-cnc-request-id"]


def test_a_request_that_nobody_signed_is_refused(service: Vodpull) -> None:
    reply = httpx2.post(service.url + QUERY, json={"taskId": "x"})
    assert (reply.status_code, reply.json()["code"]) == (401, 401)


def test_a_task_of_another_account_is_not_shown(service: Vodpull, task: str) -> None:
    stranger = service.key("stranger")
    assert service.call("pullVideoQuery", {"taskId": task}, key=stranger)["code"] == 1301
    assert service.call("pullVideoQuery", {"transNo": "my-own-id"}, key=stranger)["code"] == 1000


def test_a_revoked_key_is_refused_at_once(service: Vodpull, task: str) -> None:
    key = service.key("leaving")
    assert service.run("keys", "revoke", key.access_key).returncode == 0
    assert service.call("pullVideoQuery", {"taskId": task}, key=key)["code"] == 401


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "fileList"),
        ({"fileList": file_list([])}, "fileList"),
        ({"fileList": file_list([{"fetchUrl": "http://a/b"}] * 51)}, "fileList"),
        ({"fileList": file_list([{"fileName": "a"}])}, "fetchUrl"),
        ({"fileList": file_list([{"fetchUrl": "http://a/b", "md5": "xyz"}])}, "md5"),
        ({"fileList": file_list([{"fetchUrl": "http://a/b"}]), "transNo": "x" * 33}, "transNo"),
        ({"fileList": file_list([{"fetchUrl": "http://a/b"}]), "cmd": "{tcTemplateName:nope}"}, "tcTemplateName"),
        ({"fileList": file_list([{"fetchUrl": "http://a/b"}]), "notifyUrl": "http://127.0.0.1/x"}, "notifyUrl"),
    ],
)
def test_a_malformed_request_is_refused_whole_and_the_field_named(
    service: Vodpull, fields: dict[str, str], named: str
) -> None:
    reply = service.call("pullVideo", fields)
    assert reply["code"] == 1000
    assert named in reply["message"]
    assert "data" not in reply


def test_a_wrong_md5_fails_the_item_and_starts_nothing(service: Vodpull, origin: Origin) -> None:
    task_id = service.pull([{"fetchUrl": origin.url(CLIP), "md5": "0" * 32}])
    [item] = service.wait(task_id)["items"]
    assert (item["pullStatus"], item["cmdStatus"]) == (3, 3)
    assert "videoInfo" not in item
    [job] = service.state(task_id)["jobs"]
    assert job["error"]["code"] == "md5_mismatch"
    assert job["decisions"] == []


def test_bad_sources_fail_their_own_items_only(service: Vodpull, origin: Origin) -> None:
    task_id = service.pull(
        [
            {"fetchUrl": origin.url(CLIP)},
            {"fetchUrl": origin.url("status/404")},
            {"fetchUrl": "http://127.0.0.1/x.mp4"},
            {"fetchUrl": "ftp://example.com/x.mp4"},
            {"fetchUrl": "http://169.254.169.254/latest/meta-data/"},
        ],
        cmd="{tcTemplateName:original}",
    )
    data = service.wait(task_id)
    assert [item["pullStatus"] for item in data["items"]] == [2, 3, 3, 3, 3]
    codes = [job["error"] and job["error"]["code"] for job in service.state(task_id)["jobs"]]
    assert codes == [None, "origin_missing", "url_forbidden", "url_invalid", "url_forbidden"]


def test_the_template_original_stores_the_source_only(service: Vodpull, origin: Origin) -> None:
    task_id = service.pull([{"fetchUrl": origin.url("audio_only_10s.mp4")}], workflowId="original")
    [item] = service.wait(task_id)["items"]
    assert (item["pullStatus"], item["cmdStatus"]) == (2, 2)
    assert [row["clarity"] for row in item["videoInfo"]["videoFileList"]] == [1]


def test_the_template_original_refuses_a_film_that_was_cut_between_two_fragments(
    service: Vodpull, origin: Origin, clips: Path, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    flags = ("-frag_duration", "1000000", "-movflags", "+empty_moov+default_base_moof+global_sidx")
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(clips / CLIP), "-c", "copy", *flags, str(film)]
    subprocess.run(words, check=True, timeout=120)
    *_, last = [at for name, at, _ in box_spans(film) or () if name == "moof"]
    whole, cut = origin.put("film.mp4", film.read_bytes()), origin.put("cut.mp4", film.read_bytes()[:last])
    task_id = service.pull([{"fetchUrl": whole}, {"fetchUrl": cut}], workflowId="original")
    service.wait(task_id)
    codes = [job["error"] and job["error"]["code"] for job in service.state(task_id)["jobs"]]
    assert codes == [None, "media_truncated"]


def test_hostile_file_names_are_labels_only(service: Vodpull, origin: Origin) -> None:
    names = ["../../etc/passwd", "<img src=x onerror=alert(1)>.mp4", "测试视频.mp4", "a%2f..%2fb.mp4"]
    items = [{"fetchUrl": origin.url("video_only_640x360_40s.mp4"), "fileName": name} for name in names]
    data = service.wait(service.pull(items, workflowId="original"))
    for item, name in zip(data["items"], names, strict=True):
        url = item["videoInfo"]["videoFileList"][0]["fileUrl"]
        assert item["fileName"] == name
        assert re.fullmatch(r"pullvideo/\d{6}/[0-9a-f]{32}/[0-9a-f]{32}-source(\.mp4)?", url)
        assert service.get(f"/media/{url}").status_code == 200


def test_the_commands_submit_wait_and_query(service: Vodpull, origin: Origin) -> None:
    done = service.run("pull", origin.url(CLIP), "--wait", "--template", "original", "--server", service.url)
    reply = json.loads(done.stdout)
    assert (done.returncode, reply["data"]["status"]) == (0, 2)
    assert "done" in done.stderr
    asked = service.run("query", "--task-id", reply["data"]["taskId"], "--server", service.url)
    assert json.loads(asked.stdout)["data"]["items"] == reply["data"]["items"]


def test_a_failed_pull_has_exit_code_1_and_says_why(service: Vodpull, origin: Origin) -> None:
    done = service.run("pull", origin.url("status/404"), "--wait", "--server", service.url)
    assert done.returncode == 1
    assert "origin_missing" in done.stderr


def test_a_signed_curl_command_works(service: Vodpull, task: str) -> None:
    printed = service.run("sign", service.url + QUERY, "--body", json.dumps({"taskId": task}))
    assert printed.stdout.startswith("curl ")
    assert "--data-binary" in printed.stdout


def test_doctor_finds_everything_in_order(service: Vodpull) -> None:
    done = service.run("doctor")
    assert done.returncode == 0, done.stdout
    assert {"ffmpeg", "sandbox", "disk", "database", "storage", "clock"} <= {
        line[6:].split()[0] for line in done.stdout.splitlines() if not line.startswith(" " * 6)
    }


def test_the_service_is_ready(service: Vodpull) -> None:
    assert service.get("/readyz").json() == {"database": True, "storage": True, "disk": True}


def test_a_second_service_on_the_same_data_folder_is_refused(service: Vodpull) -> None:
    done = service.run("serve", "--port", "0")
    assert done.returncode == 1
    assert "already_running" in done.stderr
