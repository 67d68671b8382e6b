"""What calls do to a video one after the other, and what a call does that is sent twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.contract.test_vectors import load
from tests.videos import ASSET, VIDEO_ID, another_video, stored_video
from tests.wire import Sent, Wire

from vodpull.jobs.model import EncodeState, Stage, VideoState
from vodpull.videos.library import Library
from vodpull.videos.model import Video

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


CHANGES: list[tuple[str, dict[str, Any], Callable[[Wire], object]]] = [
    (f"{MANAGE}/videoBlock", {"videoId": VIDEO_ID}, lambda wire: found(wire).state),
    (
        f"{MANAGE}/deleteVideo",
        {"videoId": VIDEO_ID},
        lambda wire: Library(wire.database).remaining([VIDEO_ID], account_id=""),
    ),
    ("/workflow/startWorkflow", {"targetId": VIDEO_ID, "transNo": "again", "workflowId": "abr"}, lambda _: None),
    ("/vod/videoCategory/createCategory", {"labelName": "once"}, lambda _: None),
]


@pytest.mark.parametrize(("path", "parameters", "seen"), CHANGES, ids=[path for path, _, _ in CHANGES])
def test_a_repeated_signed_call_gets_the_first_answer(
    wire: Wire, video: Video, path: str, parameters: dict[str, Any], seen: Callable[[Wire], object]
) -> None:
    once = Sent(target=path, body=json.dumps(parameters).encode())
    headers = wire.sign(once)
    first = wire.send(once, headers=headers)
    assert first.get("code", 200) == 200
    state = seen(wire)
    assert wire.send(once, headers=headers) == first
    assert seen(wire) == state


def test_a_repeated_signature_undoes_nothing_and_a_refusal_is_not_remembered(wire: Wire, video: Video) -> None:
    enable = Sent(target=f"{MANAGE}/videoEnable", body=json.dumps({"videoId": VIDEO_ID}).encode())
    headers = wire.sign(enable)
    assert wire.send(enable, headers=headers)["code"] == 1509
    assert wire.send(enable, headers=headers)["code"] == 1509
    assert wire.call(f"{MANAGE}/videoBlock", {"videoId": VIDEO_ID})["code"] == 200
    assert wire.send(enable, headers=headers)["code"] == 200
    assert wire.call(f"{MANAGE}/videoBlock", {"videoId": VIDEO_ID})["code"] == 200
    assert wire.send(enable, headers=headers)["code"] == 200, "the first answer, and nothing done"
    assert found(wire).is_blocked
