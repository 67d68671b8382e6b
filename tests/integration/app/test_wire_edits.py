"""The calls that cut and join, as the vectors have them, on a service with a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus

import pytest
import sqlalchemy as sa
from tests.videos import ASSET, VIDEO, VIDEO_ID, another_video, stored_file, stored_video
from tests.waiting import OFTEN_S, until
from tests.wire import Wire
from tests.wire_vectors import CALLS, as_sent, of_vector

from vodpull.database import tables
from vodpull.jobs.states_and_codes import Clarity, EncodeState, ServerType, Stage, VideoOrigin, VideoState
from vodpull.jobs.store.rows import IS_FINAL

MANAGE = "/vod/videoManage"
DONE = {"code": 200, "message": "Operation succeeded"}
OTHER_ID = "0123456789abcdef0123456700000002"
MADE_ID = "0123456789abcdef0123456700000003"
MADE_FOLDER = "0123456789abcdef0123456700000033"
QUERIES = {"videoClip": "videoClipQuery", "videoConcat": "videoConcatQuery"}


@pytest.fixture(autouse=True)
def _films(wire: Wire) -> Iterator[None]:
    """Give two videos whose files are nowhere, and wait for what fails for lack of them."""
    for video in (VIDEO, another_video(OTHER_ID)):
        stored_video(wire.database, wire.key, video)
    yield
    if wire.database.dialect.name == "sqlite":
        until(lambda: not _are_running(wire), every_s=OFTEN_S)


def _are_running(wire: Wire) -> bool:
    with wire.database.connect() as connection:
        return connection.execute(sa.select(tables.job.c.job_id).where(~IS_FINAL)).first() is not None


def begun(wire: Wire, call: str) -> dict[str, Any]:
    """Begin the work of a vector, and return its task as it is kept."""
    [request, *_] = CALLS[call]["requests_with_the_same_meaning"]
    assert wire.send(as_sent(call, without_url(call, request)))["code"] == 200
    with wire.database.connect() as connection:
        return dict(connection.execute(sa.select(tables.task)).mappings().one())


def without_url(call: str, request: dict[str, str]) -> dict[str, str]:
    """Return a request of a vector without an address that nobody may post to from here."""
    url = f"https://notify.example.test/{'clip' if call == 'videoClip' else 'join'}"
    return {name: text.replace(url, "").replace(quote_plus(url), "") for name, text in request.items()}


@pytest.mark.parametrize(("call", "request_"), [entry for call in QUERIES for entry in of_vector(call)])
def test_every_form_begins_the_same_work(wire: Wire, call: str, request_: dict[str, str]) -> None:
    assert wire.send(as_sent(call, without_url(call, request_))) == DONE | {"data": ""}
    with wire.database.connect() as connection:
        task = connection.execute(sa.select(tables.task)).mappings().one()
        job = connection.execute(sa.select(tables.job).where(tables.job.c.job_id == task["job_id"])).mappings().one()
    order = task["subject"]["order"]
    if call == "videoClip":
        assert (order["container"], order["start_s"], order["length_s"], order["exact"]) == ("mp4", 10, 20, True)
        assert (order["size"], order["frame_rate"], order["video_bps"]) == ([640, 360], 25, 1_250_000)
        assert (order["audio_bps"], order["sample_rate_hz"]) == (128_000, 44100)
        assert (job["file_name"], job["origin"]) == ("excerpt.mp4", VideoOrigin.CLIPPED)
    else:
        assert task["subject"]["video_ids"] == [VIDEO_ID, OTHER_ID]
        assert (order["container"], order["exact"], order["length_s"]) == ("m3u8", False, None)
        assert (job["file_name"], job["origin"]) == ("joined.m3u8", VideoOrigin.JOINED)
    running = wire.call(f"{MANAGE}/{QUERIES[call]}", {"transNo": task["trans_no"]})
    assert (running["data"]["status"] in {1, 3}, running["data"]["transNo"]) == (True, task["trans_no"])


@pytest.mark.parametrize("call", QUERIES)
def test_the_query_tells_what_the_vector_says(wire: Wire, call: str) -> None:
    task, standing = begun(wire, call), stored_video(wire.database, wire.key, another_video())
    query = QUERIES[call]

    def asked(stage: Stage) -> list[dict[str, Any]]:
        with wire.database.begin() as connection:
            subject = task["subject"] | {"batch_id": "0cc00000000000000000000000000001", "video_id": MADE_ID}
            connection.execute(tables.task.update().values(subject=subject, job_id=standing.job_id))
            # Another one than that which is carried out meanwhile.
            connection.execute(tables.job.update().where(tables.job.c.job_id == standing.job_id).values(stage=stage))
        return [wire.send(as_sent(query, each)) for each in CALLS[query]["requests_with_the_same_meaning"]]

    replies = CALLS[query]
    assert asked(Stage.FETCH) == [replies["reply_running"]["body"] | DONE] * 4
    assert asked(Stage.FAILED) == [replies["reply_failed"]["body"] | DONE] * 4
    deleted = replies["reply_running"]["body"]["data"] | {"status": 2}
    assert asked(Stage.DONE) == [DONE | {"data": deleted}] * 4, "its video was deleted since"
    original = replace(
        stored_file(Clarity.ORIGINAL, "x", 912_345, ServerType.SOURCE), key=f"video/202311/{MADE_FOLDER}/x.mp4"
    )
    poster = f"video/202311/{MADE_FOLDER}/{MADE_ID}.jpg"
    made = another_video(
        MADE_ID,
        name="excerpt" if call == "videoClip" else "joined",
        origin=VideoOrigin.CLIPPED if call == "videoClip" else VideoOrigin.JOINED,
        encode_state=EncodeState.NOT_ENCODED,
        size_bytes=912_345,
        duration_s=20.0,
        asset=replace(ASSET, video_id=MADE_ID, files=(original,), playlist_key="", poster_key=poster),
    )
    stored_video(wire.database, wire.key, made)
    assert asked(Stage.DONE) == [replies["reply_success"]["body"] | DONE] * 4
    other = QUERIES["videoConcat" if call == "videoClip" else "videoClip"]
    assert wire.call(f"{MANAGE}/{other}", {"transNo": task["trans_no"]})["code"] == 1000
    assert wire.call(f"{MANAGE}/{query}")["code"] == 1000


CLIP = {"transNo": "c", "videoId": VIDEO_ID, "seekStart": 0, "duration": 1, "filename": "f"}
JOIN = {"transNo": "j", "videoIds": f"{VIDEO_ID},{OTHER_ID}", "filename": "f"}
REFUSED = [
    (CLIP | {"frameRate": 0}, 1561, "The video frame rate parameter is incorrect"),
    (CLIP | {"frameRate": 121}, 1561, "The video frame rate parameter is incorrect"),
    (CLIP | {"samplingRate": 12345}, 1562, "The audio sampling frequency parameter is incorrect"),
    (CLIP | {"tassamplingRatekId": "48000"}, 1562, "The audio sampling frequency parameter is incorrect"),
    (CLIP | {"videoBitRate": -1}, 1563, "The video bit rate parameter is incorrect"),
    (CLIP | {"audioBitRate": -1}, 1564, "The audio bit rate parameter is incorrect"),
    (CLIP | {"audioBitRate": 7}, 1564, "The audio bit rate parameter is incorrect"),
    (CLIP | {"resolution": "640:360"}, 1565, "Resolution parameter error"),
    (CLIP | {"resolution": "641x360"}, 1565, "Resolution parameter error"),
    (CLIP | {"videoId": "0" * 32}, 1502, "The video doesn't exist!"),
    (CLIP | {"videoId": ""}, 1503, "The videoId cannot be empty"),
    (CLIP | {"videoId": "a/b"}, 1504, "videoId contains special characters"),
    (CLIP | {"transNo": ""}, 1602, "TRANSNO is not legal"),
    (CLIP | {"transNo": "x" * 33}, 1602, "TRANSNO is not legal"),
    (CLIP | {"seekStart": 106}, 1000, "Parameter error"),
    (CLIP | {"seekStart": -1}, 1000, "Parameter error"),
    (CLIP | {"seekStart": 1.5}, 1000, "Parameter error"),
    (CLIP | {"seekStart": ""}, 1000, "Parameter error"),
    (CLIP | {"duration": 0}, 1000, "Parameter error"),
    (CLIP | {"suffix": "avi"}, 1000, "Parameter error"),
    (CLIP | {"suffix": "m3u8"}, 1000, "Parameter error"),
    (CLIP | {"filename": ""}, 1000, "Parameter error"),
    (CLIP | {"filename": "x" * 41}, 1500, "Video name, more than 40 characters"),
    (CLIP | {"notifyUrl": "http://127.0.0.1/"}, 1000, "Parameter error"),
    (JOIN | {"filename": "x" * 41}, 1500, "Video name, more than 40 characters"),
    (JOIN | {"videoIds": ""}, 1575, "videoIds cannot be empty"),
    (JOIN | {"videoIds": "a/b,c"}, 1576, "videoIds cannot contain special characters"),
    (
        JOIN | {"videoIds": "x,,y"},
        1577,
        "The videoIds format is incorrect. Multiple videos should be separated by commas (,)",
    ),
    (
        JOIN | {"videoIds": ",".join(map(str, range(51)))},
        1578,
        "The number of videos in videoIds cannot exceed 50",
    ),
    (JOIN | {"videoIds": VIDEO_ID}, 1579, "videoIds have video input error, please input again"),
    (
        JOIN | {"videoIds": f"{VIDEO_ID},{VIDEO_ID.upper()}"},
        1580,
        "Video in videoIds cannot be repeated. Please retry",
    ),
    (
        JOIN | {"videoIds": f"{VIDEO_ID},{'0' * 32}"},
        1581,
        "Some videos in videoIds do not exist or have been deleted, or are not under your permissions",
    ),
    (JOIN | {"transNo": None}, 1602, "TRANSNO is not legal"),
    (JOIN | {"dirId": "7"}, 1628, "Directory does not exist"),
    (JOIN | {"suffix": "avi"}, 1000, "Parameter error"),
]


@pytest.mark.parametrize(("given", "code", "text"), REFUSED)
def test_what_is_refused_has_the_documented_answer(wire: Wire, given: dict[str, Any], code: int, text: str) -> None:
    call = "videoConcat" if "videoIds" in given else "videoClip"
    assert wire.call(f"{MANAGE}/{call}", given) == {"code": code, "message": text}
    with wire.database.connect() as connection:
        assert connection.execute(sa.select(tables.task)).all() == []


def test_a_video_that_cannot_be_joined_is_refused(wire: Wire) -> None:
    blocked = stored_video(wire.database, wire.key, another_video(state=VideoState.BLOCKED))
    no_picture = replace(ASSET, files=(replace(ASSET.files[0], height_px=0, width_px=0),))
    sound = stored_video(wire.database, wire.key, another_video(asset=no_picture))
    for unfit in (blocked, sound):
        reply = wire.call(f"{MANAGE}/videoConcat", JOIN | {"videoIds": f"{VIDEO_ID},{unfit.video_id}"})
        assert reply == {"code": 1558, "message": "Video cannot be spliced"}


def test_a_trans_no_begins_one_clip_and_one_join(wire: Wire) -> None:
    for call, given in (("videoClip", CLIP), ("videoConcat", JOIN | {"transNo": "c"})):
        assert wire.call(f"{MANAGE}/{call}", given)["code"] == 200
        again = wire.call(f"{MANAGE}/{call}", given | {"filename": "another"})
        assert again == {"code": 1630, "message": "transNo repeat"}


def test_what_is_being_cut_is_deleted_by_force_only(wire: Wire) -> None:
    # One that no other test has: what is left of it goes while they run.
    doomed = {"videoId": "0123456789abcdef0123456700000004"}
    stored_video(wire.database, wire.key, another_video(doomed["videoId"]))
    assert wire.call(f"{MANAGE}/videoClip", CLIP | doomed)["code"] == 200
    with wire.database.begin() as connection:  # whatever becomes of it meanwhile
        connection.execute(tables.task.update().values(finished_at_ms=None))
    refused = wire.call(f"{MANAGE}/deleteVideo", doomed)
    assert refused == {"code": 400, "message": "Resource occupied"}
    assert wire.call(f"{MANAGE}/deleteVideo", doomed | {"validateOccupy": 0})["code"] == 200


@pytest.mark.parametrize("call", QUERIES)
def test_a_stranger_begins_and_sees_nothing(wire: Wire, call: str) -> None:
    task, stranger = begun(wire, call), wire.accounts.create_key("stranger")
    given = CLIP if call == "videoClip" else JOIN
    assert wire.call(f"{MANAGE}/{call}", given, key=stranger)["code"] == (1301 if call == "videoClip" else 1581)
    assert wire.call(f"{MANAGE}/{QUERIES[call]}", {"transNo": task["trans_no"]}, key=stranger)["code"] == 1000


def own(wire: Wire, method: str, path: str, **body: object) -> tuple[int, dict[str, Any]]:
    """Call `/api/v1` and return status and answer."""
    headers = {"Authorization": f"Bearer {wire.key.access_key}.{wire.key.secret_key}"}
    reply = wire.browser.request(method, f"/api/v1{path}", headers=headers, json=body or None)
    return reply.status_code, reply.json() if reply.content else {}


def test_our_own_api_cuts_and_joins_to_the_very_frame(wire: Wire) -> None:
    status, clip = own(wire, "POST", f"/videos/{VIDEO_ID}/clips", name="a", start_s=1.25, length_s=0.5)
    ids = [VIDEO_ID, OTHER_ID]
    joined, join = own(wire, "POST", "/joins", name="b", video_ids=ids, container="m3u8", exact=False)
    assert (status, joined) == (202, 202)
    with wire.database.connect() as connection:
        rows = {row["job_id"]: row for row in connection.execute(sa.select(tables.task)).mappings()}
    assert rows[clip["job_id"]]["subject"]["order"]["start_s"] == 1.25
    assert [rows[each["job_id"]]["subject"]["order"]["exact"] for each in (clip, join)] == [True, False]
    assert {each["batch_id"] for each in (clip, join)} == {row["subject"]["batch_id"] for row in rows.values()}
    assert own(wire, "GET", f"/batches/{clip['batch_id']}")[1]["jobs"][0]["video_id"] == clip["video_id"]


OWN_REFUSED = [
    (f"/videos/{VIDEO_ID}/clips", {"start_s": 106, "length_s": 1}, 400, "start_s"),
    (f"/videos/{VIDEO_ID}/clips", {"start_s": 0, "length_s": 0}, 400, "length_s"),
    (f"/videos/{VIDEO_ID}/clips", {"start_s": 0, "length_s": 1, "width_px": 320}, 400, "width_px"),
    (f"/videos/{VIDEO_ID}/clips", {"start_s": 0, "length_s": 1, "container": "avi"}, 400, "container"),
    (f"/videos/{VIDEO_ID}/clips", {"start_s": 0, "length_s": 1, "notify_url": "http://127.0.0.1/"}, 400, "notify_url"),
    (f"/videos/{'0' * 32}/clips", {"start_s": 0, "length_s": 1}, 404, None),
    ("/joins", {"video_ids": [VIDEO_ID]}, 400, "video_ids"),
    ("/joins", {"video_ids": [VIDEO_ID, VIDEO_ID]}, 400, "video_ids"),
    ("/joins", {"video_ids": [VIDEO_ID, "0" * 32]}, 404, "video_ids"),
]


@pytest.mark.parametrize(("path", "given", "status", "field"), OWN_REFUSED)
def test_our_own_api_says_what_is_wrong(
    wire: Wire, path: str, given: dict[str, Any], status: int, field: str | None
) -> None:
    found, problem = own(wire, "POST", path, name="x", **given)
    assert (found, problem.get("field")) == (status, field)
