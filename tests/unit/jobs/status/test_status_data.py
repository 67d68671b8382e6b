from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from tests.stored import ORIGINAL

from vodpull.jobs.model import Asset, Batch, BatchView, Job, StoredFile
from vodpull.jobs.states_and_codes import Clarity, ServerType, WireStatus
from vodpull.jobs.status.status_data import notification_body, query_data

FILE = replace(ORIGINAL, bitrate_bps=411_500, key="pullvideo/202311/d/a.mp4")
JOB = Job(
    job_id="j",
    batch_id="b",
    position=0,
    file_name="a.mp4",
    source_url="http://o.test/a.mp4?token=1",
    md5="D41D8CD98F00B204E9800998ECF8427E",
    video_id="v",
    directory="d",
)
BATCH = Batch(batch_id="b", account_id="acme", trans_no="t", template="abr")


def view(*jobs: Job) -> BatchView:
    return BatchView(batch=BATCH, jobs=jobs)


def with_asset(duration_s: float, *files: StoredFile) -> Job:
    return replace(JOB, pull_status=WireStatus.SUCCEEDED, asset=Asset(video_id="v", duration_s=duration_s, files=files))


@pytest.mark.parametrize(
    ("pull", "cmd", "status"),
    [
        (WireStatus.RUNNING, WireStatus.RUNNING, 1),
        (WireStatus.SUCCEEDED, WireStatus.RUNNING, 1),
        (WireStatus.SUCCEEDED, WireStatus.SUCCEEDED, 2),
        (WireStatus.SUCCEEDED, WireStatus.FAILED, 2),
        (WireStatus.FAILED, WireStatus.FAILED, 2),
    ],
)
def test_a_batch_runs_as_long_as_one_item_shows_a_1(pull: WireStatus, cmd: WireStatus, status: int) -> None:
    finished = replace(JOB, position=1, pull_status=WireStatus.FAILED, cmd_status=WireStatus.FAILED)
    job = replace(JOB, pull_status=pull, cmd_status=cmd)
    assert query_data(view(finished, job), now_ms=0)["status"] == status


def test_url_and_md5_are_told_as_requested() -> None:
    item = query_data(view(JOB), now_ms=0)["items"][0]
    assert (item["fetchUrl"], item["md5"]) == (JOB.source_url, JOB.md5)


def test_video_info_is_absent_until_the_asset_exists() -> None:
    assert "videoInfo" not in query_data(view(JOB), now_ms=0)["items"][0]


@pytest.mark.parametrize(("duration_s", "told"), [(0, 0), (0.17, 1), (0.5, 1), (2.49, 2), (2.5, 3), (3.5, 4)])
def test_a_duration_is_rounded_half_up_and_a_clip_is_never_0(duration_s: float, told: int) -> None:
    assert query_data(view(with_asset(duration_s)), now_ms=0)["items"][0]["videoInfo"]["duration"] == told


def test_files_come_source_first_then_by_clarity() -> None:
    hd, ld = (replace(FILE, clarity=clarity, server_type=ServerType.PC) for clarity in (Clarity.HD, Clarity.LD))
    rows = query_data(view(with_asset(1, hd, ld, FILE)), now_ms=0)["items"][0]["videoInfo"]["videoFileList"]
    assert [(row["clarity"], row["serverType"]) for row in rows] == [(1, -1), (2, 0), (4, 0)]


def test_a_file_is_told_in_the_units_of_the_wire() -> None:
    row = query_data(view(with_asset(1, replace(FILE, key="/pullvideo/a.mp4"))), now_ms=0)
    assert row["items"][0]["videoInfo"]["videoFileList"] == [
        {
            "bitrate": 412,
            "clarity": 1,
            "fileSize": 5_384_542,
            "fileUrl": "pullvideo/a.mp4",
            "resolution": "640:360",
            "serverType": -1,
        }
    ]


def test_the_timestamp_is_a_number_unless_text_is_asked_for() -> None:
    assert query_data(view(JOB), now_ms=7)["timestamp"] == 7
    assert query_data(view(JOB), now_ms=7, timestamp_as_string=True)["timestamp"] == "7"


def test_a_notification_per_video_holds_that_video_and_the_status_of_the_batch() -> None:
    done = replace(
        JOB, position=1, file_name="b.mp4", pull_status=WireStatus.SUCCEEDED, cmd_status=WireStatus.SUCCEEDED
    )
    data = json.loads(base64.urlsafe_b64decode(notification_body(view(JOB, done), now_ms=0, item=1)))
    assert [item["fileName"] for item in data["items"]] == ["b.mp4"]
    assert data["status"] == 1
