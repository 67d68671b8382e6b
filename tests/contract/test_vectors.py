"""Every published vector of the wire contract, as a test. One is left out: `replay` describes a switch that is off."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.stored import ORIGINAL
from tests.vectors import load
from vodpull.accounts.access_keys import LiveKey
from vodpull.api.cloudvod.parameters import read_parameters
from vodpull.api.cloudvod.pull.replies import QueryReplies, pull_reply
from vodpull.api.cloudvod.pull.requests import parse_pull, parse_query
from vodpull.api.http.error_replies import error_body, problem_of
from vodpull.api.http.keys.signatures import authenticate
from vodpull.errors import AuthenticationError, ParameterError, PermissionDenied
from vodpull.jobs.model import Asset, Batch, BatchView, Job
from vodpull.jobs.states_and_codes import Clarity, ServerType, Stage, WireStatus
from vodpull.jobs.status.status_data import notification_body, query_data, status_of
from vodpull.request_signing import SignedRequest, SigningKey, sign

NOW_S = 1700000000
NOW_MS = NOW_S * 1000

CNC = load("cnc-hmac-sha256")
WS3 = load("ws3-hmac-sha256")
NEGATIVE = load("auth-negative")
BASIC = load("basic-hmac-sha1")
FILE_LIST = load("filelist-encoding")
EXCHANGES = load("fetch-exchanges")
NOTIFICATION = load("notification")
SIGNED = [pytest.param(group, vector, id=vector["name"]) for group in (CNC, WS3) for vector in group["vectors"]]


def request_of(vector: dict[str, Any]) -> SignedRequest:
    sent = vector["request"]
    path, _, query = sent["request_target"].partition("?")
    headers = {name.lower(): value for name, value in sent["headers_sent"].items()}
    body = (sent["body"] or "").encode()
    return SignedRequest(method=sent["method"], path=path, query=query, headers=headers, body=body)


def one_key(access_key: str, *secrets: str) -> Any:
    key = LiveKey(access_key=access_key, account_id="acme", secrets=secrets)
    return {access_key: key}.get


KEYS = one_key(CNC["access_key"], CNC["secret_key"])


@pytest.mark.parametrize(("group", "vector"), SIGNED)
def test_a_request_signed_by_an_existing_client_is_let_in(group: dict[str, Any], vector: dict[str, Any]) -> None:
    request = request_of(vector)
    keys = one_key(group["access_key"], group["secret_key"])
    if request.method == "POST" and request.query:
        with pytest.raises(ParameterError) as caught:  # only after the signature was found good
            authenticate(request, keys=keys, now_s=NOW_S)
        assert caught.value.field == "query"
    else:
        assert authenticate(request, keys=keys, now_s=NOW_S).key.account_id == "acme"


@pytest.mark.parametrize(("group", "vector"), SIGNED)
def test_a_request_signed_with_another_secret_is_refused(group: dict[str, Any], vector: dict[str, Any]) -> None:
    with pytest.raises(AuthenticationError, match=r"^signature mismatch$"):
        authenticate(request_of(vector), keys=one_key(group["access_key"], "another"), now_s=NOW_S)


# Our signer makes what the Python SDK makes; these are signed by other rules or with more headers.
OTHER_SIGNERS = {
    "signed_headers_custom",
    "get_query_with_plus_go_decoding",
    "ws3_get_form_encoded_query_signed_as_sent",
}


@pytest.mark.parametrize(("group", "vector"), [case for case in SIGNED if case.id not in OTHER_SIGNERS])
def test_our_own_signer_sends_what_the_official_one_sends(group: dict[str, Any], vector: dict[str, Any]) -> None:
    expected = vector["request"]["headers_sent"]
    headers = sign(
        vector["request"]["method"],
        f"https://{expected['Host']}{vector['request']['request_target']}",
        (vector["request"]["body"] or "").encode(),
        key=SigningKey(access_key=group["access_key"], secret=group["secret_key"], scheme=vector["algorithm"]),
        now_s=NOW_S,
        content_type=expected["Content-Type"],
    )
    assert headers == {"Accept": "application/json"} | expected


BASE = request_of(CNC["vectors"][0])


def changed(**headers: str) -> SignedRequest:
    return replace(BASE, headers=dict(BASE.headers) | {name.replace("_", "-"): text for name, text in headers.items()})


def edited(old: str, new: str) -> SignedRequest:
    return changed(authorization=BASE.headers["authorization"].replace(old, new))


UNKNOWN = "AKUNKNOWN"
SIGNATURE = CNC["vectors"][0]["expect"]["signature"]
# vector name -> (request, keys, clock, reason of a refusal)
CHANGES: dict[str, tuple[SignedRequest, Any, int, str]] = {
    "wrong_secret": (BASE, one_key(CNC["access_key"], "other"), NOW_S, "signature mismatch"),
    "unknown_access_key": (
        replace(
            edited(CNC["access_key"], UNKNOWN),
            headers=dict(edited(CNC["access_key"], UNKNOWN).headers) | {"x-cnc-accesskey": UNKNOWN},
        ),
        KEYS,
        NOW_S,
        "signature mismatch",
    ),
    "credential_differs_from_header": (edited(CNC["access_key"], UNKNOWN), KEYS, NOW_S, "access key mismatch"),
    "body_changed": (replace(BASE, body=BASE.body.replace(b"1", b"2", 1)), KEYS, NOW_S, "signature mismatch"),
    "path_changed": (replace(BASE, path="/vod/videoManage/pullVideo"), KEYS, NOW_S, "signature mismatch"),
    "host_changed": (changed(host="api.cdnetworks.com"), KEYS, NOW_S, "signature mismatch"),
    "content_type_changed": (changed(content_type="text/plain"), KEYS, NOW_S, "signature mismatch"),
    "content_type_case_only": (changed(content_type="Application/JSON"), KEYS, NOW_S, ""),
    "timestamp_301s_old": (BASE, KEYS, NOW_S + 301, "timestamp expired"),
    "timestamp_299s_old": (BASE, KEYS, NOW_S + 299, ""),
    "timestamp_301s_ahead": (BASE, KEYS, NOW_S - 301, "timestamp expired"),
    "timestamp_not_a_number": (changed(x_cnc_timestamp="abc"), KEYS, NOW_S, "invalid timestamp"),
    "timestamp_header_not_the_signed_one": (
        changed(x_cnc_timestamp=str(NOW_S + 1)),
        KEYS,
        NOW_S,
        "signature mismatch",
    ),
    "signed_headers_without_host": (edited(";host", ""), KEYS, NOW_S, "malformed authorization"),
    "signature_upper_case": (edited(SIGNATURE, SIGNATURE.upper()), KEYS, NOW_S, ""),
    "date_header_also_present": (changed(date="Thu, 17 May 2012 19:37:58 GMT"), KEYS, NOW_S, ""),
}


VERDICTS = [vector for vector in NEGATIVE["vectors"] if vector["name"] != "replay"]


@pytest.mark.parametrize("vector", VERDICTS, ids=lambda vector: vector["name"])
def test_a_changed_request_gets_the_verdict_of_the_vector(vector: dict[str, Any]) -> None:
    request, keys, now_s, reason = CHANGES[vector["name"]]
    assert bool(reason) == (vector["expect"] == "reject")
    if reason:
        with pytest.raises(AuthenticationError, match=f"^{reason}$"):
            authenticate(request, keys=keys, now_s=now_s)
    else:
        assert authenticate(request, keys=keys, now_s=now_s).key.access_key == CNC["access_key"]


BASIC_TIMES_S = {"Thu, 17 May 2012 19:37:58 GMT": 1337283478, "Tue, 14 Nov 2023 22:13:20 GMT": NOW_S}


@pytest.mark.parametrize("vector", BASIC["vectors"], ids=lambda vector: vector["user"])
@pytest.mark.parametrize("date_header", ["date", "x-cnc-date"])
def test_an_api_key_is_let_in_by_either_date_header(vector: dict[str, Any], date_header: str) -> None:
    headers = {"authorization": vector["headers"]["Authorization"], date_header: vector["date"]}
    request = SignedRequest(method="POST", path="/any", query="", headers=headers, body=b"{}")
    keys = one_key(vector["user"], vector["api_key"])
    assert authenticate(request, keys=keys, now_s=BASIC_TIMES_S[vector["date"]]).key.access_key == vector["user"]


@pytest.mark.parametrize("vector", BASIC["vectors"], ids=lambda vector: vector["user"])
def test_our_own_signer_makes_the_headers_of_an_api_key(vector: dict[str, Any]) -> None:
    key = SigningKey(access_key=vector["user"], secret=vector["api_key"], scheme="Basic")
    headers = sign("POST", "https://host.test/any", b"", key=key, now_s=BASIC_TIMES_S[vector["date"]])
    assert headers.items() >= vector["headers"].items()


GOOD_LISTS = {
    **FILE_LIST["accept"],
    **FILE_LIST["accept_inferred"],
    "blank_for_plus": FILE_LIST["form_trap"]["standard_after_form_decoding"],
}


@pytest.mark.parametrize("name", GOOD_LISTS)
def test_every_form_of_file_list_means_the_same(name: str) -> None:
    items = parse_pull({"fileList": GOOD_LISTS[name]}).items
    told = [{"fileName": item.file_name, "fetchUrl": item.fetch_url, "md5": item.md5} for item in items]
    assert told == [{"md5": ""} | value for value in FILE_LIST["value"]]


@pytest.mark.parametrize("name", FILE_LIST["reject"])
def test_a_bad_file_list_is_a_parameter_error(name: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_pull({"fileList": FILE_LIST["reject"][name]})
    expected = "fileList[0].fetchUrl" if name == "item_without_fetchUrl" else "fileList"
    assert caught.value.field == expected


def parameters_of(request: dict[str, Any]) -> dict[str, Any]:
    return read_parameters(
        method=request["method"],
        content_type=request["content_type"],
        body=request.get("body", "").encode(),
        query=request.get("query", ""),
    )


PULLS = EXCHANGES["pullVideo"]["requests_with_the_same_meaning"]
QUERIES = EXCHANGES["pullVideoQuery"]["requests_with_the_same_meaning"]


@pytest.mark.parametrize("request_sent", PULLS)
def test_every_form_of_pull_request_means_the_same(request_sent: dict[str, Any]) -> None:
    pull = parse_pull(parameters_of(request_sent))
    assert pull == parse_pull(parameters_of(PULLS[0]))
    assert (pull.trans_no, pull.separate, len(pull.items)) == ("0123456789abcdef0123456789abcdef", True, 2)


@pytest.mark.parametrize("request_sent", QUERIES)
def test_every_form_of_query_names_one_batch(request_sent: dict[str, Any]) -> None:
    query = parse_query(parameters_of(request_sent))
    if "taskId" in request_sent.get("body", "") + request_sent.get("query", ""):
        assert (query.task_id, query.trans_no) == ("983af870015e10001885297a00000001", None)
    else:
        assert (query.task_id, query.trans_no) == (None, "0123456789abcdef0123456789abcdef")


BATCH = Batch(
    batch_id="983af870015e10001885297a00000001",
    account_id="acme",
    trans_no="0123456789abcdef0123456789abcdef",
    template="abr",
)
DIRECTORY = "0123456789abcdef0123456700000000"
VIDEO = "0123456789abcdef0123456700000001"
SOURCE_ROW = replace(ORIGINAL, key=f"pullvideo/202311/{DIRECTORY}/b.mp4")
LD_ROW = replace(
    SOURCE_ROW,
    clarity=Clarity.LD,
    server_type=ServerType.PC,
    bitrate_bps=398_000,
    size_bytes=929,
    key=f"pullvideo/202311/{DIRECTORY}/{VIDEO}-01.m3u8",
)
RUNNING = Job(
    job_id="j",
    batch_id=BATCH.batch_id,
    position=0,
    file_name="c.mp4",
    source_url="http://origin.example.test/a/c.mp4",
    md5="",
    video_id=VIDEO,
    directory=DIRECTORY,
)
DONE = replace(
    RUNNING,
    file_name="b.mp4",
    source_url="http://origin.example.test/a/b.mp4",
    stage=Stage.DONE,
    pull_status=WireStatus.SUCCEEDED,
    cmd_status=WireStatus.SUCCEEDED,
    asset=Asset(video_id=VIDEO, duration_s=105.2, files=(LD_ROW, SOURCE_ROW)),
)
FAILED = replace(
    RUNNING,
    position=1,
    file_name="404.mp4",
    source_url="http://origin.example.test/a/404.mp4",
    stage=Stage.FAILED,
    pull_status=WireStatus.FAILED,
    cmd_status=WireStatus.FAILED,
)
VIEWS = {
    "all_running": (RUNNING,),
    "mixed": (DONE, replace(RUNNING, position=1)),
    "all_done": (DONE,),
    "done_with_failure": (DONE, FAILED),
}


def test_the_reply_to_a_pull_is_the_one_of_the_vector() -> None:
    assert json.dumps(pull_reply(BATCH)) == json.dumps(EXCHANGES["pullVideo"]["reply_success"]["body"])


@pytest.mark.parametrize("name", VIEWS)
def test_the_reply_to_a_query_is_the_one_of_the_vector(name: str) -> None:
    view = BatchView(batch=BATCH, jobs=VIEWS[name])
    reply = json.loads(QueryReplies().reply(status_of(view), now_ms=NOW_MS))
    # As text, so that member order and number types are compared too.
    assert json.dumps(reply) == json.dumps(EXCHANGES["pullVideoQuery"]["replies"][name]["body"])


@pytest.mark.parametrize("name", ["neither_id", "task_of_another_account"])
def test_an_error_reply_is_the_one_of_the_vector(name: str) -> None:
    expected = EXCHANGES["pullVideoQuery"]["replies"][name]
    error = ParameterError("") if name == "neither_id" else PermissionDenied("task of another account")
    problem = problem_of(error, language="en")
    assert (problem.http_status, error_body(problem)) == (expected["http_status"], expected["body"])


def test_the_notification_is_the_one_of_the_vector_to_the_byte() -> None:
    assert DONE.asset is not None
    job = replace(DONE, file_name="测试视频.mp4", asset=replace(DONE.asset, files=(SOURCE_ROW,)))
    view = BatchView(batch=BATCH, jobs=(job,))
    assert query_data(view, now_ms=NOW_MS) == NOTIFICATION["decoded_json"]
    body = notification_body(view, now_ms=NOW_MS)
    assert base64.urlsafe_b64decode(body).decode() == NOTIFICATION["decoded_text"]
    assert body == NOTIFICATION["body_url_safe_base64"]
