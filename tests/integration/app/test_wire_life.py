"""What calls do to a video one after the other, and what a call does that is sent twice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.vectors import load
from tests.videos import ASSET, VIDEO_ID, another_video, stored_video
from tests.wire import Sent, Wire

from vodpull.jobs.states_and_codes import EncodeState, Stage, VideoState
from vodpull.videos.library import Library
from vodpull.videos.video import Video

MANAGE = "/vod/videoManage"
STATES = {"enabled": VideoState.ENABLED, "blocked": VideoState.BLOCKED}


@pytest.fixture
def video(wire: Wire) -> Video:
    return stored_video(wire.database, wire.key, another_video(VIDEO_ID))


def found(wire: Wire) -> Video:
    return Library(wire.database).find(VIDEO_ID, account_id=None)


TRANSITIONS = [
    entry
    for entry in load("video-lifecycle")["transitions"]
    if "code" in entry and entry["from"]["video"] in {*STATES, "deleted"}
]


@pytest.mark.parametrize("entry", TRANSITIONS, ids=lambda entry: f"{entry['call']}-{entry['code']}")
def test_every_transition_of_the_vectors(wire: Wire, entry: dict[str, Any]) -> None:
    before, after = entry["from"], entry["to"]
    encode_state = EncodeState(before.get("transcodeState", 1))
    made = another_video(
        state=STATES.get(before["video"], VideoState.ENABLED),
        encode_state=encode_state,
        asset=replace(ASSET, playlist_key=ASSET.playlist_key if encode_state is EncodeState.ENCODED else ""),
    )
    stage = Stage.ENCODE if encode_state is EncodeState.ENCODING else Stage.DONE
    video_id = stored_video(wire.database, wire.key, made, stage=stage).video_id
    if before["video"] == "deleted":
        assert wire.call(f"{MANAGE}/deleteVideo", {"videoId": video_id})["code"] == 200
    given = {"videoId": video_id, "videoIds": video_id} | entry.get("params", {})
    assert wire.call(f"{MANAGE}/{entry['call']}", given).get("code") == entry["code"]
    rows = wire.call(f"{MANAGE}/getVideoList", {"videoId": video_id})["data"]["videoListInfo"]
    assert [row["videoState"] for row in rows] == [STATES[after["video"]] for _ in rows]
    assert bool(rows) is (after["video"] != "deleted")
    if "transcodeState" in after:
        # There is no file behind these rows: a service that works ends the encode at once.
        failed = {EncodeState.FAILED} if entry["call"] == "transCode" and entry["code"] == 200 else set()
        assert rows[0]["transcodeState"] in {after["transcodeState"], *failed}


CHANGES: list[tuple[str, dict[str, Any], int]] = [
    (f"{MANAGE}/videoEdit", {"videoId": VIDEO_ID, "videoName": "again"}, 200),
    (f"{MANAGE}/videoBlock", {"videoId": VIDEO_ID}, 1506),
    (f"{MANAGE}/deleteVideo", {"videoId": VIDEO_ID}, 1502),
    (f"{MANAGE}/deleteVideo", {"videoId": VIDEO_ID, "isAsync": 0}, 1502),
    ("/workflow/startWorkflow", {"targetId": VIDEO_ID, "transNo": "again", "workflowId": "abr"}, 1630),
    ("/vod/videoCategory/createCategory", {"labelName": "again"}, 1000),
    ("/vod/videoCategory/deleteCategory", {"nodeId": 1001}, 1000),
]


@pytest.mark.parametrize(("path", "parameters", "code"), CHANGES, ids=[path for path, _, _ in CHANGES])
def test_a_repeated_signed_call_is_judged_by_the_state(
    wire: Wire, video: Video, path: str, parameters: dict[str, Any], code: int
) -> None:
    if "nodeId" in parameters:
        wire.call("/vod/videoCategory/createCategory", {"labelName": "there"})
    repeated = Sent(target=path, body=json.dumps(parameters).encode())
    headers = wire.sign(repeated)
    assert [wire.send(repeated, headers=headers).get("code", 200) for _ in range(2)] == [200, code]


def test_one_signature_starts_one_encode(wire: Wire, video: Video) -> None:
    encode = Sent(target=f"{MANAGE}/transCode", body=json.dumps({"videoIds": VIDEO_ID}).encode())
    headers = wire.sign(encode)
    assert wire.send(encode, headers=headers)["code"] == 200
    for state, code in ((EncodeState.ENCODING, 300), (EncodeState.FAILED, 200)):
        wire.forget_videos()  # of a job that no service works on
        later = stored_video(wire.database, wire.key, another_video(VIDEO_ID, encode_state=state))
        assert wire.send(encode, headers=headers)["code"] == code
        assert found(wire) == later, "nothing is done"


def test_one_signature_empties_a_category_once(wire: Wire) -> None:
    node_id = wire.call("/vod/videoCategory/createCategory", {"labelName": "empty"})["data"]["nodeId"]
    empty = Sent(target="/vod/videoCategory/deleteVideoByCategory", body=json.dumps({"nodeId": node_id}).encode())
    headers = wire.sign(empty)
    first = wire.send(empty, headers=headers)
    assert wire.send(empty, headers=headers) == first
    assert wire.call("/vod/videoCategory/deleteCategory", {"nodeId": node_id})["code"] == 200
    assert wire.send(empty, headers=headers)["code"] == 1000
