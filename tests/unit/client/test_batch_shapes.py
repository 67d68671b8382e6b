"""What the client knows of a reply is what the API's description says of it."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
from tests.batches import batch_json

from vodpull.client import (
    Attempt,
    Batch,
    Delivery,
    Event,
    File,
    Job,
    JobError,
    NextTry,
    Options,
    Page,
    Source,
    StageTime,
    Task,
)
from vodpull.client.json_reading import read
from vodpull.client.wire_shapes import PullReply, QueryReply, TaskIds, TaskItem, VideoFile, VideoInfo, WireItem
from vodpull.errors import CallFailed

SCHEMAS = json.loads((Path(__file__).resolve().parents[2] / "data" / "openapi.json").read_text())["components"][
    "schemas"
]


def members(schema: str) -> set[str]:
    return set(SCHEMAS[schema]["properties"])


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (Batch, "BatchReply"),
        (Page, "BatchPage"),
        (Job, "JobReply"),
        (JobError, "ErrorReply"),
        (NextTry, "NextTryReply"),
        (StageTime, "StageReply"),
        (File, "FileReply"),
        (Event, "EventReply"),
        (Delivery, "DeliveryReply"),
        (Attempt, "AttemptReply"),
        (Source, "NewItem"),
    ],
)
def test_every_field_is_a_member_of_the_reply(kind: Any, schema: str) -> None:
    assert {field.name for field in fields(kind)} <= members(schema)


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (Task, "TaskState"),
        (TaskItem, "PullItemState"),
        (VideoInfo, "VideoInfo"),
        (VideoFile, "VideoFile"),
        (TaskIds, "TaskIds"),
        (PullReply, "PullReply"),
        (QueryReply, "QueryReply"),
    ],
)
def test_the_wire_shapes_are_the_described_ones(kind: Any, schema: str) -> None:
    assert set(kind.__annotations__) == members(schema)


def test_every_option_is_one_of_the_api() -> None:
    assert set(Options.__annotations__) == members("NewBatch") - {"items"}
    assert set(WireItem.__annotations__) == {"fetchUrl", "fileName", "md5"}


def test_a_batch_is_read_and_newer_members_are_ignored() -> None:
    said = batch_json("done", of_next_year=1)
    batch = read(Batch, said)
    assert batch.succeeded
    assert json.loads(json.dumps(asdict(batch))) == {
        **batch_json("done"),
        "jobs": [said["jobs"][0] | {"decisions": [], "timeline": [], "files": [], "tracks": [], "warnings": []}],
    }


@pytest.mark.parametrize("said", [None, [], {}, {"jobs": 1}, batch_json() | {"jobs": [{}]}, batch_json() | {"jobs": 1}])
def test_what_is_no_batch_is_an_error_of_ours(said: object) -> None:
    with pytest.raises(CallFailed, match="not a Batch"):
        read(Batch, said)


def test_a_service_that_lacks_newer_members_is_understood() -> None:
    said = batch_json("done")
    del said["metadata"]
    for name in ("playlist_url", "poster_url", "storyboard_url", "batch_id", "proof"):
        del said["jobs"][0][name]
    batch = read(Batch, said)
    assert (batch.metadata, batch.jobs[0].playlist_url) == ({}, "")
