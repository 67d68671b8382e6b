"""Clips and joins over the wire contract: told of, played, encoded again, and whole whatever is killed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.clapper import Clapper, assert_in_step, read_pictures
from tests.origin import Origin
from tests.services.receiver import Receiver
from tests.services.vodpull import Vodpull
from tests.waiting import until
from vodpull.client import Client
from vodpull.errors import NotFound
from vodpull.request_signing import sign

pytestmark = pytest.mark.waits

TOTAL = 200


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory, origin: Origin, hook: Receiver) -> Iterator[Vodpull]:
    service = Vodpull(tmp_path_factory.mktemp("editor") / "data", origin=f"{origin.origin},{hook.url}")
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def videos(editor: Vodpull, origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two halves of one film, and one of another shape without sound."""
    folder, half = tmp_path_factory.mktemp("films"), Clapper(seconds=4, total=TOTAL)
    clips = [half, Clapper(seconds=4, total=TOTAL, first=100), Clapper(seconds=2, size=(180, 320), sound=())]
    for number, clip in enumerate(clips):
        origin.put(f"half-{number}.mp4", clip.make(folder / f"half-{number}.mp4").read_bytes())
    items = [{"fetchUrl": origin.url(f"half-{number}.mp4")} for number in range(len(clips))]
    data = editor.wait(editor.pull(items, workflowId="original"))
    return [item["videoInfo"]["videoId"] for item in data["items"]]


def wire(editor: Vodpull, path: str, given: dict[str, Any]) -> dict[str, Any]:
    """Call what is not about videos."""
    url, data = f"{editor.url}{path}", json.dumps(given).encode()
    headers = sign("POST", url, data, key=editor.own_key, now_s=time.time())
    reply: dict[str, Any] = editor._http.post(url, content=data, headers=headers).json()
    return reply


def ended(editor: Vodpull, query: str, trans_no: str) -> dict[str, Any]:
    data: dict[str, Any] = until(
        lambda: editor.call(query, {"transNo": trans_no})["data"],
        holds=lambda data: data["status"] != 1,
        within_s=240,
        told=lambda: editor.log()[-3000:],
    )
    assert data["status"] == 2, editor.log()[-3000:]
    return data


def original_of(editor: Vodpull, video_id: str, folder: Path) -> Path:
    video = editor.api("GET", f"/videos/{video_id}").json()
    path = folder / Path(video["files"][0]["url"]).name
    path.write_bytes(editor.get(video["files"][0]["url"].removeprefix(editor.url)).content)
    return path


def test_a_clip_is_a_new_video_that_is_told_of(
    editor: Vodpull, videos: list[str], hook: Receiver, tmp_path: Path
) -> None:
    asked = {"transNo": "clip-1", "videoId": videos[0], "seekStart": "1", "duration": 2, "filename": "摘录.mp4"}
    asked |= {"suffix": ".mp4", "enableVideoTranscode": "1", "notifyUrl": hook.url}
    assert editor.call("videoClip", asked) == {"code": 200, "data": "", "message": "Operation succeeded"}
    assert editor.call("videoClip", asked | {"duration": 3})["code"] == 1630
    data = ended(editor, "videoClipQuery", "clip-1")
    [notice] = hook.wait_for(1)
    info = data["videoInfo"]
    told = notice.data["videoInfo"] | {"publishDomain": info["publishDomain"]}  # nobody has set a public URL here
    assert notice.data | {"videoInfo": told} == data
    assert (info["videoName"], info["videoSourceCode"], info["transcodeState"]) == ("摘录", 4, 2)
    assert (info["videoDuration"], info["videoResolutions"][0]["width"]) == ("2", 320)
    made = original_of(editor, info["videoId"], tmp_path)
    assert read_pictures(made, TOTAL).wrong(range(25, 75), tolerance=0) == []
    listed = editor.call("getVideoList", {"videoId": info["videoId"]})["data"]["videoListInfo"]
    assert [row["createUser"] for row in listed] == ["tester"]
    assert editor.call("videoConcatQuery", {"transNo": "clip-1"})["code"] == 1000
    url = editor.call("getPublishCode", {"videoId": info["videoId"]})["data"]["videoUrl"][0]["originUrl"]
    assert url.partition("/media/")[2].startswith("video/")


def test_commands_and_client_cut_and_see_materials(editor: Vodpull, videos: list[str], tmp_path: Path) -> None:
    key = editor.own_key
    settings = {"VODPULL_SERVER": editor.url, "VODPULL_ACCESS_KEY": key.access_key, "VODPULL_SECRET_KEY": key.secret}
    words = ("--name", "by command", "--start", "1.48", "--length", "0.2", "--wait", "--json")
    done = editor.run("videos", "clip", videos[0], *words, **settings)
    assert done.returncode == 0, done.stderr
    made = original_of(editor, json.loads(done.stdout)["video_id"], tmp_path)
    assert read_pictures(made, TOTAL).wrong(range(37, 42), tolerance=0) == []
    video = editor.api("GET", f"/videos/{json.loads(done.stdout)['video_id']}").json()
    assert [entry["stage"] for entry in video["jobs"][0]["timeline"]][:2] == ["fetch", "probe"], (
        "it does not wait while it is made"
    )
    refused = editor.run("videos", "join", videos[0], "--name", "x", **settings)
    assert (refused.returncode, "video_ids" in refused.stderr) == (1, True)
    token = wire(editor, "/vod/material/getMaterialUploadToken", {"fileList": [{"name": "logo", "suffix": "png"}]})
    with Client(editor.url, key.access_key, key.secret) as client:
        assert client.list_materials().materials == ()
        item = token["data"]["items"][0]
        parts: list[tuple[str, Any]] = [("token", (None, item["uploadToken"])), ("file", ("x", b"png"))]
        assert editor._http.post(f"{editor.url}/file/upload", files=parts).status_code == 200
        [kept] = client.list_materials(search="LOGO", suffix="png").materials
        assert client.edit_material(kept.material_id, name="mark").name == client.material(kept.material_id).name
        listed = editor.run("materials", "list", "--json", **settings)
        assert [row["name"] for row in json.loads(listed.stdout)] == ["mark"]
        client.delete_material(kept.material_id)
        with pytest.raises(NotFound):
            client.material(kept.material_id)


def test_what_is_joined_plays_survives_a_kill_and_is_encoded_again(
    editor: Vodpull, videos: list[str], tmp_path: Path
) -> None:
    asked = {"videoIds": ",".join(videos[:2]), "filename": "whole", "suffix": "m3u8", "transNo": "join-1"}
    assert editor.call("videoConcat", asked)["code"] == 200
    mixed = asked | {"videoIds": ",".join(videos), "suffix": "mp4", "transNo": "join-2"}
    assert editor.call("videoConcat", mixed)["code"] == 200
    editor.kill()
    editor.start()
    info = ended(editor, "videoConcatQuery", "join-1")["videoInfo"]
    assert (info["videoSourceCode"], info["videoDuration"], info["encrypt"]) == (5, "8", 0)
    playlist = original_of(editor, info["videoId"], tmp_path)
    assert playlist.name == "whole.m3u8"
    names = [line for line in playlist.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    folder = editor.api("GET", f"/videos/{info['videoId']}").json()["files"][0]["url"].rpartition("/")[0]
    init = names[0].replace("00001.m4s", "init.mp4")
    pieces = [editor.get(f"{folder}/{name}".removeprefix(editor.url)).content for name in (init, *names)]
    whole = tmp_path / "whole.mp4"
    whole.write_bytes(b"".join(pieces))
    assert read_pictures(whole, TOTAL).wrong(range(TOTAL), tolerance=0) == [], "copied, without a seam"
    assert_in_step(whole, TOTAL, within_s=0.04)
    fitted = ended(editor, "videoConcatQuery", "join-2")["videoInfo"]
    assert read_pictures(original_of(editor, fitted["videoId"], tmp_path), TOTAL).numbers[:TOTAL] == list(range(TOTAL))
    assert fitted["videoDuration"] == "10"
    again = {"videoIds": info["videoId"], "transCodeTemplateName": "abr"}
    assert editor.call("transCode", again)["code"] == 200
    video = partial(editor.api, "GET", f"/videos/{info['videoId']}")
    row = until(lambda: video().json(), holds=lambda row: row["encode_state"] != "encoding")
    assert (row["encode_state"], row["is_playable"]) == ("encoded", True)
    assert editor.call("deleteVideo", {"videoId": info["videoId"], "onlyDeleteSource": 1})["code"] == 200
    clip = {"transNo": "clip-2", "videoId": info["videoId"], "seekStart": 2, "duration": 2, "filename": "from outputs"}
    assert editor.call("videoClip", clip | {"suffix": "mp4", "enableVideoTranscode": 1})["code"] == 200
    cut = ended(editor, "videoClipQuery", "clip-2")["videoInfo"]
    assert read_pictures(original_of(editor, cut["videoId"], tmp_path), TOTAL).wrong(range(50, 100)) == []
