from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.videos import ZONE, wire_ms

from vodpull.api.cloudvod.library.storage_volume import parse_volume
from vodpull.api.cloudvod.library.videos.list_requests import ListRequest, parse_list
from vodpull.errors import ParameterError
from vodpull.jobs.states_and_codes import EncodeState

TODAY = date(2023, 11, 15)


def asked(**parameters: Any) -> ListRequest:
    return parse_list(parameters, account_id="a", zone=ZONE, now_ms=wire_ms("2023-11-15 12:00:00"))


def test_nothing_asks_for_the_ten_newest() -> None:
    request = asked(videoName="", pageSize="", videoStatus=None)
    assert (request.page_index, request.page_size, request.wanted.oldest_first) == (1, 10, False)
    assert (request.wanted.state, request.wanted.encode_state, request.wanted.text) == (None, None, "")


def test_the_second_of_the_end_counts_whole() -> None:
    wanted = asked(startTime="2023-11-01 01:00:00", endTime="2023-11-01 01:00:00").wanted
    start = wire_ms("2023-11-01 01:00:00")
    assert (wanted.created_from_ms, wanted.created_until_ms) == (start, start + 999)


def test_not_encoded_is_another_number_of_encrypted_videos() -> None:
    clear, encrypted, failed = (asked(transcodeState=state).wanted for state in "254")
    assert (clear.encode_state, clear.is_encrypted) == (EncodeState.NOT_ENCODED, False)
    assert (encrypted.encode_state, encrypted.is_encrypted) == (EncodeState.NOT_ENCODED, True)
    assert (failed.encode_state, failed.is_encrypted) == (EncodeState.FAILED, None)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"pageIndex": 0}, "pageIndex"),
        ({"pageIndex": -1}, "pageIndex"),
        ({"pageIndex": "9" * 5000}, "pageIndex"),
        ({"pageIndex": 100_001, "pageSize": 1}, "pageIndex"),
        ({"pageSize": 1.5}, "pageSize"),
        ({"pageSize": True}, "pageSize"),
        ({"pageSize": [1]}, "pageSize"),
        ({"videoStatus": 2}, "videoStatus"),
        ({"videoStatus": False}, "videoStatus"),
        ({"transcodeState": 0}, "transcodeState"),
        ({"videoName": "a\0b"}, "videoName"),
        ({"videoName": {}}, "videoName"),
        ({"startTime": "yesterday"}, "startTime"),
        ({"startTime": "2023-11-15 12:00:01", "endTime": "2023-11-15 12:00:02"}, "startTime"),
        ({"endTime": "2023-02-30 00:00:00"}, "endTime"),
        ({"createUser": "a,"}, "createUser"),
        ({"videoClassification": "a,"}, "videoClassification"),
        ({"videoClassification": "x" * 33}, "videoClassification"),
    ],
)
def test_what_cannot_be_is_named(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(ParameterError) as caught:
        asked(**parameters)
    assert caught.value.field == field


def test_pages_reach_as_far_as_is_documented() -> None:
    assert asked(pageIndex=2000, pageSize=50).page_index == 2000
    assert asked(pageIndex=100_000, pageSize=1).page_index == 100_000


def test_no_day_is_today_and_a_later_one_counts_as_today() -> None:
    now = parse_volume({}, today=TODAY)
    assert (now.first, now.last, now.has_details) == (TODAY, TODAY, False)
    later = parse_volume({"dateFrom": "2023-11-14", "dateTo": "2023-12-24", "isDetails": "1"}, today=TODAY)
    assert (later.first, later.last, later.has_details) == (date(2023, 11, 14), TODAY, True)
    assert parse_volume({"dateFrom": "2023-09-15", "dateTo": "2023-12-24"}, today=TODAY).last == TODAY


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2023-11-14", "", "dateTo"),
        ("", "2023-11-14", "dateFrom"),
        ("2023-11-16", "2023-11-17", "dateFrom"),
        ("2023-11-14", "2023-11-13", "dateTo"),
        ("2023-09-01", "2023-11-02", "dateTo"),
        ("2023-11-31", "2023-11-14", "dateFrom"),
        ("20231114", "2023-11-14", "dateFrom"),
        ("2023-W46-2", "2023-11-14", "dateFrom"),
    ],
)
def test_days_that_are_no_period_are_refused(first: str, last: str, field: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_volume({"dateFrom": first, "dateTo": last}, today=TODAY)
    assert caught.value.field == field


def test_sixty_one_days_apart_are_allowed() -> None:
    assert parse_volume({"dateFrom": "2023-09-01", "dateTo": "2023-11-01"}, today=TODAY).first == date(2023, 9, 1)
