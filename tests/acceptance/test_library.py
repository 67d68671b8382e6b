"""A video plays on while it is encoded again, and stops for everybody when it is blocked."""

from __future__ import annotations

import httpx2
import pytest

from tests.acceptance.playback_calls import wait_for_status
from tests.origin import Origin
from tests.services.vodpull import Vodpull
from tests.waiting import until

pytestmark = pytest.mark.waits

CLIP = "flower_faststart.mp4"


def played(service: Vodpull, key: str) -> list[str]:
    """Read every playlist and every segment that a playlist leads to, as players do; return what was named."""
    folder = key.rpartition("/")[0]
    reply = service.get(f"/media/{key}")
    assert reply.status_code == 200, (key, reply.status_code)
    named = [line for line in reply.text.splitlines() if line and not line.startswith("#")]
    for name in named:
        part = f"{folder}/{name}"
        if part.endswith(".m3u8"):
            played(service, part)
        else:
            segment = service.get(f"/media/{part}")
            assert segment.status_code == 200, (part, segment.status_code)
    return named


def encode_state(service: Vodpull, video_id: str) -> str:
    state: str = service.api("GET", f"/videos/{video_id}").json()["encode_state"]
    return state


def test_a_video_plays_on_while_it_is_encoded_again(service: Vodpull, origin: Origin) -> None:
    [item] = service.wait(service.pull([{"fetchUrl": origin.url(CLIP)}]))["items"]
    video_id = item["videoInfo"]["videoId"]
    rendition = item["videoInfo"]["videoFileList"][1]["fileUrl"]
    playlist = f"{rendition.rpartition('/')[0]}/{video_id}.m3u8"
    before = played(service, playlist)
    assert service.call("transCode", {"videoIds": video_id, "transCodeTemplateName": "mp4"})["code"] == 200
    assert service.call("transCode", {"videoIds": video_id, "transCodeTemplateName": "abr"})["code"] == 300

    def ended() -> bool:
        played(service, playlist)  # a player looks now and then; without pauses it takes the encoder's processor
        return encode_state(service, video_id) != "encoding"

    until(ended, within_s=240)
    assert encode_state(service, video_id) == "encoded"
    # The playlists follow the state at once, but after it.
    after = until(lambda: played(service, playlist), holds=lambda shown: shown != before)
    played(service, f"{playlist.rpartition('/')[0]}/{before[0]}")
    played(service, rendition)
    assert set(after).isdisjoint(before)
    code = service.call("getPublishCode", {"videoId": video_id})["data"]
    for url in (code["autoCode"], *(row["fluentUrl"] for row in code["videoUrl"])):
        assert httpx2.get(url, trust_env=False).status_code == 200, url


def test_a_blocked_video_is_served_to_nobody_within_ten_seconds(service: Vodpull, origin: Origin) -> None:
    task_id = service.pull([{"fetchUrl": origin.url(CLIP)}], workflowId="original")
    [item] = service.wait(task_id)["items"]
    video_id, key = item["videoInfo"]["videoId"], item["videoInfo"]["videoFileList"][0]["fileUrl"]
    assert service.get(f"/media/{key}").status_code == 200
    for call, status in (("videoBlock", 403), ("videoEnable", 200)):
        assert service.call(call, {"videoId": video_id})["code"] == 200
        wait_for_status(service, f"/media/{key}", status)
    assert service.call("deleteVideo", {"videoId": video_id, "isAsync": 0}) | {"message": ""} == {
        "code": 200,
        "data": "",
        "message": "",
    }
    assert service.get(f"/media/{key}").status_code == 404
    assert service.call("getPublishCode", {"videoId": video_id})["code"] == 1502
