from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from vodpull.api.http.error_replies import _MESSAGES, WireCode, message_of, problem_of, problem_reply
from vodpull.api.http.keys import signatures
from vodpull.api.http.translation import translate
from vodpull.errors import (
    AuthenticationError,
    DatabaseUnavailable,
    ParameterError,
    PermissionDenied,
    RateLimited,
    RequestTooLarge,
    StorageUnavailable,
    TransNoRepeated,
)


@pytest.mark.parametrize(
    ("error", "http_status", "code"),
    [
        (ParameterError("taskId is missing"), 200, 1000),
        (PermissionDenied("not yours"), 200, 1301),
        (AuthenticationError("signature mismatch"), 401, 401),
        (RequestTooLarge("body is larger than 1 MiB"), 413, 1000),
        (StorageUnavailable("no answer"), 503, 500),
        (DatabaseUnavailable("no answer"), 503, 500),
        (ZeroDivisionError("x"), 500, 500),
    ],
)
def test_an_error_has_one_http_status_and_wire_code(error: Exception, http_status: int, code: int) -> None:
    problem = problem_of(error)
    assert (problem.http_status, problem.code) == (http_status, code)


@pytest.mark.parametrize(
    ("language", "message"),
    [("zh", "参数错误: fileList[0].fetchUrl is missing"), ("en", "Parameter error: fileList[0].fetchUrl is missing")],
)
def test_a_parameter_error_says_what_is_wrong(language: str, message: str) -> None:
    error = ParameterError("fileList[0].fetchUrl is missing")
    assert problem_of(error, language=language).message == message  # type: ignore[arg-type]


def test_an_unexpected_error_keeps_its_words_inside() -> None:
    assert problem_of(KeyError("postgresql://u:secret@h/db"), language="en").message == "Internal error"


def test_a_refused_signature_is_told_in_both_languages() -> None:
    error = AuthenticationError("timestamp expired")
    assert problem_of(error, language="en").message == "timestamp expired"
    assert problem_of(error).message == "时间戳已过期"


def test_a_class_below_a_listed_one_follows_it() -> None:
    class Narrower(ParameterError):
        """A later addition to the catalogue."""

        code = "narrower"

    assert problem_of(Narrower("x")).code == 1000


def test_a_repeated_business_id_has_its_own_code() -> None:
    problem = problem_of(TransNoRepeated("this transNo was used before"), language="en")
    assert (problem.http_status, problem.code, problem.message) == (200, 1630, "transNo repeat")


def test_every_code_and_every_refusal_has_words_in_both_languages() -> None:
    source = "".join(path.read_text() for path in Path(signatures.__file__).parent.glob("*.py"))
    refusals = set(re.findall(r'AuthenticationError\("([^"]+)"\)', source))
    assert set(_MESSAGES) == set(WireCode)
    assert len(refusals) >= 5
    for text in {*_MESSAGES.values(), *refusals}:
        assert translate(text, "zh") != text, text
        assert translate(text, "en") == text
    assert message_of(WireCode.SUCCESS) == "操作成功"


def test_our_own_api_gets_problem_documents_with_the_field_and_what_to_do() -> None:
    error = ParameterError("must be at most 50", field="items")
    reply = problem_reply(error, path="/api/v1/batches", request_id="r", language="zh")
    body = json.loads(bytes(reply.body))
    assert (reply.status_code, reply.media_type) == (400, "application/problem+json")
    assert (body["code"], body["field"], body["request_id"]) == ("parameter_error", "items", "r")
    assert body["remedy"]


def test_a_limited_caller_is_told_when_to_come_back() -> None:
    error = RateLimited("too many", retry_after_s=7)
    for path in ("/vod/videoManage/pullVideo", "/api/v1/batches"):
        reply = problem_reply(error, path=path, request_id="r", language="en")
        assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize("path", ["/api/v1/videos", "/vod/videoManage/pullVideo"])
def test_an_outage_says_when_to_come_back_and_not_what_is_away(path: str) -> None:
    error = DatabaseUnavailable("the database postgresql://u@db.internal/x cannot be used")
    reply = problem_reply(error, path=path, request_id="r", language="en")
    assert (reply.status_code, int(reply.headers["retry-after"]) > 0) == (503, True)
    assert "db.internal" not in bytes(reply.body).decode()
