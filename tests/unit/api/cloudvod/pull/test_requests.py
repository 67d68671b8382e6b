from __future__ import annotations

import base64
import contextlib
import json
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vodpull.api.cloudvod.parameters import read_parameters
from vodpull.api.cloudvod.pull.requests import parse_pull, parse_query
from vodpull.errors import ParameterError
from vodpull.jobs.submission.pull_request_limits import PullItem, PullRequest

URL = "http://o.test/a/clip.mp4"

# The machine may be busy: how long an example takes says nothing here.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(body: bytes, content_type: str = "application/json") -> dict[str, Any]:
    return read_parameters(method="POST", content_type=content_type, body=body, query="")


def pull(**parameters: object) -> PullRequest:
    return parse_pull({"fileList": [{"fetchUrl": URL}]} | parameters)


def item(**members: object) -> PullItem:
    return parse_pull({"fileList": [{"fetchUrl": URL} | members]}).items[0]


def field_at_fault(parameters: dict[str, Any]) -> str | None:
    with pytest.raises(ParameterError) as caught:
        parse_pull(parameters)
    assert str(caught.value).startswith(str(caught.value.field))
    return caught.value.field


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
nasty = st.sampled_from(['{a:"b", c:1}', '"', "\\", '\\"x:', "key :", "\u2028", "测试:视频"])
names = st.text(string.ascii_letters + "_$", min_size=1) | st.sampled_from(["true", "null", "e5", "NaN"])
values = st.recursive(
    leaves | nasty,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


def dump_with_bare_keys(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{key} :\n{dump_with_bare_keys(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dump_with_bare_keys, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


@unhurried
@given(st.dictionaries(names, values, max_size=5))
def test_bare_keys_read_as_quoted_ones(value: dict[str, Any]) -> None:
    assert read(dump_with_bare_keys(value).encode()) == value


@unhurried
@given(st.dictionaries(st.text(), values, max_size=5))
def test_strict_json_reads_as_json(value: dict[str, Any]) -> None:
    assert read(json.dumps(value).encode()) == value


@unhurried
@given(st.binary(max_size=200) | st.text('{}[]":,\\ab1e \n').map(str.encode))
def test_no_body_brings_anything_but_a_parameter_error(body: bytes) -> None:
    with contextlib.suppress(ParameterError):
        assert isinstance(read(body), dict)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"a": NaN}',
        b"{a: -Infinity}",
        b'{"a": 1e999}',
        b'{"a": 1' + b"0" * 5000 + b"}",
        b'{"a": "\\ud800"}',
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"[" * 100_000,
        b'{"a": 1',
        b'{a: b "',
        b"{'a': 1}",
        b'{"a": __import__("os")}',
    ],
)
def test_an_unreadable_body_is_a_parameter_error(body: bytes) -> None:
    with pytest.raises(ParameterError) as caught:
        read(body)
    assert caught.value.field == "body"


@pytest.mark.parametrize(
    "body", [b"a" * 2_000_000, b"{" + b'"' * 1_999_999, b"{a" + b" " * 2_000_000, b"\\" * 2_000_000]
)
@pytest.mark.timeout(60)
def test_a_hostile_body_is_read_in_one_pass(body: bytes) -> None:
    with pytest.raises(ParameterError):
        read(body)


def test_thirty_two_levels_are_read() -> None:
    assert read(b'{"a":' * 32 + b"1" + b"}" * 32)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json; charset=gbk", b'\xef\xbb\xbf{"taskId": "0", "taskId": "1"}'),
        ("Application/JSON", b'{taskId: "1", format: "json"}'),
        ("", b'{"taskId": "1"}'),
        ("application/x-www-form-urlencoded; charset=utf-8", b"taskId=0&taskId=1"),
        ("APPLICATION/X-WWW-FORM-URLENCODED", b"\xef\xbb\xbftaskId=%31&x="),
    ],
)
def test_a_body_is_read_by_its_media_type_alone(content_type: str, body: bytes) -> None:
    assert read(body, content_type)["taskId"] == "1"


def test_a_get_has_its_parameters_in_the_query() -> None:
    query = "transNo=%E6%B5%8B&format=json"
    found = read_parameters(method="GET", content_type="application/json", body=b"{}", query=query)
    assert found == {"transNo": "测", "format": "json"}


def test_an_empty_body_has_no_parameters() -> None:
    assert read(b"") == {}


@pytest.mark.parametrize("body", [b"a=%ff", b"&".join(b"a=1" for _ in range(300))])
def test_an_unreadable_form_is_a_parameter_error(body: bytes) -> None:
    with pytest.raises(ParameterError) as caught:
        read(body, "application/x-www-form-urlencoded")
    assert caught.value.field == "body"


def test_only_file_list_is_required() -> None:
    assert (pull().trans_no, pull().template, pull().notify_url) == (None, None, None)
    assert (pull().separate, pull().fetch_ts) == (False, True)


def test_an_empty_string_counts_as_not_given() -> None:
    names = ("transNo", "cmd", "workflowId", "notifyUrl", "separate", "fetchTs")
    assert pull(**dict.fromkeys(names, "")) == pull()
    assert field_at_fault({"fileList": ""}) == "fileList"


@pytest.mark.parametrize(
    ("value", "meaning"),
    [(0, False), (1, True), ("0", False), (" 1 ", True), (False, False), ("True", True), ("false", False)],
)
def test_a_flag_is_a_number_a_truth_value_or_their_text(value: object, meaning: bool) -> None:
    request = pull(separate=value, fetchTs=value)
    assert (request.separate, request.fetch_ts) == (meaning, meaning)


@pytest.mark.parametrize("value", [2, "yes", 1.5, "-1", [1], "\u0661"])
def test_a_flag_of_another_value_is_named(value: object) -> None:
    assert field_at_fault({"fileList": [{"fetchUrl": URL}], "separate": value}) == "separate"


@pytest.mark.parametrize(
    "cmd",
    [
        "{tcTemplateName:abr,workflowCode:xx}",
        " { tcTemplateName : abr } ",
        "{workflowCode:abr}",
        "{tcTemplateName:,workflowCode:abr}",
        '{"tcTemplateName": "abr", "workflowCode": "xx"}',
        '{tcTemplateName: "abr"}',
        {"tcTemplateName": "abr"},
    ],
)
def test_cmd_names_a_template_in_every_form(cmd: object) -> None:
    assert pull(cmd=cmd).template == "abr"


@pytest.mark.parametrize("cmd", ["{}", {}, "{other:x}", {"tcTemplateName": None}])
def test_cmd_may_name_no_template(cmd: object) -> None:
    assert pull(cmd=cmd).template is None


@pytest.mark.parametrize("cmd", ["abr", "{abr}", '["abr"]', ["abr"], '{"a', 1.5, "{tcTemplateName:abr"])
def test_a_malformed_cmd_is_named(cmd: object) -> None:
    assert field_at_fault({"fileList": [{"fetchUrl": URL}], "cmd": cmd}) == "cmd"


def test_an_explicit_workflow_wins_over_cmd() -> None:
    assert pull(cmd="{tcTemplateName:abr}", workflowId="original").template == "original"
    assert pull(workflowId=17).template == "17"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "fileList"),
        ({"fileList": {"fetchUrl": URL}}, "fileList"),
        ({"fileList": []}, "fileList"),
        ({"fileList": "[{fetchUrl:1"}, "fileList"),
        ({"fileList": base64.b64encode(b"\xff\xff").decode()}, "fileList"),
        ({"fileList": [URL]}, "fileList[0]"),
        ({"fileList": [{"fetchUrl": URL}, {"fetchUrl": ""}]}, "fileList[1].fetchUrl"),
        ({"fileList": [{"fetchUrl": URL, "md5": "12"}]}, "fileList[0].md5"),
        ({"fileList": [{"fetchUrl": URL, "md5": "g" * 32}]}, "fileList[0].md5"),
        ({"fileList": [{"fetchUrl": URL, "fileName": "n" * 256}]}, "fileList[0].fileName"),
        ({"fileList": [{"fetchUrl": URL, "fileName": "a\0b"}]}, "fileList[0].fileName"),
        ({"fileList": [{"fetchUrl": URL}], "transNo": "x" * 33}, "transNo"),
        ({"fileList": [{"fetchUrl": URL}], "notifyUrl": ["x"]}, "notifyUrl"),
    ],
)
def test_the_field_at_fault_is_named(parameters: dict[str, Any], field: str) -> None:
    assert field_at_fault(parameters) == field


def test_fifty_items_are_taken() -> None:
    assert len(pull(fileList=[{"fetchUrl": URL}] * 50).items) == 50


def test_a_file_list_may_have_bare_keys_inside_base64() -> None:
    encoded = base64.urlsafe_b64encode(b'[{fetchUrl:"http://o.test/a.mp4"}]').decode().rstrip("=")
    assert pull(fileList=encoded).items[0].fetch_url == "http://o.test/a.mp4"


def test_file_url_stands_in_for_fetch_url() -> None:
    assert pull(fileList=[{"fileUrl": "http://o.test/b.mp4"}]).items[0].fetch_url == "http://o.test/b.mp4"


@pytest.mark.parametrize("url", ["ftp://x", "not a url", "http://[::1", "x" * 5000, " http://o.test/ "])
def test_a_bad_url_fails_its_own_item_later(url: str) -> None:
    assert item(fetchUrl=url).fetch_url == url


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://o.test/a/clip.mp4?sig=1#t", "clip.mp4"),
        ("http://o.test/%E6%B5%8B%20a.mp4", "测 a.mp4"),
        ("http://o.test/a%2Fb.mp4", "b.mp4"),
        ("http://o.test/a%0A%00b.mp4", "ab.mp4"),
        ("http://o.test/", "video"),
        ("http://o.test", "video"),
        ("http://o.test/a/%2e%2e", "video"),
        ("http://[::1", "video"),
        ("http://o.test/" + "n" * 300 + ".mp4", "n" * 251 + ".mp4"),
    ],
)
def test_a_missing_name_is_the_last_part_of_the_path(url: str, name: str) -> None:
    assert item(fetchUrl=url).file_name == name


def test_an_md5_keeps_the_letter_case_of_the_client() -> None:
    assert item(md5=" D41d8cd98f00b204e9800998ecf8427E\n").md5 == "D41d8cd98f00b204e9800998ecf8427E"
    assert item(md5="").md5 == ""


def test_a_query_names_a_task_or_a_business_id() -> None:
    assert parse_query({"taskId": "a", "transNo": "b"}).trans_no is None
    assert parse_query({"taskId": "", "transNo": 12}).trans_no == "12"
    with pytest.raises(ParameterError) as caught:
        parse_query({})
    assert caught.value.field == "taskId"
