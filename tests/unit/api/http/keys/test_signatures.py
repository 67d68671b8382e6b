from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from typing import Any

import pytest

from vodpull.accounts.access_keys import LiveKey
from vodpull.api.http.keys.signatures import authenticate, authenticate_bearer
from vodpull.errors import AuthenticationError, ParameterError
from vodpull.request_signing import SignedRequest, SigningKey, sign

NOW_S = 1700000000
KEY = LiveKey(access_key="AK1", account_id="acme", secrets=("new-secret", "old-secret"))
KEYS = {"AK1": KEY}.get
NO_KEYS = dict[str, LiveKey]().get
PATH = "/vod/videoManage/pullVideo"


def signed(
    method: str = "POST",
    query: str = "",
    *,
    secret: str = KEY.secrets[0],
    scheme: str = "CNC-HMAC-SHA256",
    at_s: int = NOW_S,
) -> SignedRequest:
    key = SigningKey(access_key="AK1", secret=secret, scheme=scheme)
    body = b"{}" if method == "POST" else b""
    url = f"http://h.test:8080{PATH}" + (f"?{query}" if query else "")
    headers = {name.lower(): value for name, value in sign(method, url, body, key=key, now_s=at_s).items()}
    return SignedRequest(method=method, path=PATH, query=query, headers=headers, body=body)


def with_header(request: SignedRequest, name: str, value: str | None) -> SignedRequest:
    headers = {known: text for known, text in request.headers.items() if known != name}
    return replace(request, headers=headers if value is None else headers | {name: value})


def reason(request: SignedRequest, keys: Any = KEYS, now_s: float = NOW_S) -> str:
    with pytest.raises(AuthenticationError) as caught:
        authenticate(request, keys=keys, now_s=now_s)
    return str(caught.value)


@pytest.mark.parametrize("scheme", ["CNC-HMAC-SHA256", "WS3-HMAC-SHA256", "Basic"])
@pytest.mark.parametrize("secret", KEY.secrets)
def test_every_scheme_takes_every_live_secret(scheme: str, secret: str) -> None:
    assert authenticate(signed(secret=secret, scheme=scheme), keys=KEYS, now_s=NOW_S).key is KEY


@pytest.mark.parametrize("scheme", ["CNC-HMAC-SHA256", "WS3-HMAC-SHA256", "Basic"])
def test_the_letter_case_of_the_scheme_word_does_not_matter(scheme: str) -> None:
    request = signed(scheme=scheme)
    spelled = request.headers["authorization"].replace(scheme, scheme.swapcase())
    assert authenticate(with_header(request, "authorization", spelled), keys=KEYS, now_s=NOW_S).key is KEY


@pytest.mark.parametrize("scheme", ["CNC-HMAC-SHA256", "WS3-HMAC-SHA256", "Basic"])
@pytest.mark.parametrize(
    ("offset_s", "let_in"), [(300, True), (300.9, True), (301, False), (-300, True), (-301, False)]
)
def test_the_window_is_300_seconds_either_way(scheme: str, offset_s: float, let_in: bool) -> None:
    request = signed(scheme=scheme)
    if let_in:
        assert authenticate(request, keys=KEYS, now_s=NOW_S + offset_s).key is KEY
    else:
        assert reason(request, now_s=NOW_S + offset_s) == "timestamp expired"


@pytest.mark.parametrize("scheme", ["CNC-HMAC-SHA256", "WS3-HMAC-SHA256", "Basic"])
def test_unknown_key_and_wrong_secret_get_one_answer_for_the_same_work(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bytes] = []
    compare = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    one_secret = {"AK1": replace(KEY, secrets=("other",))}.get
    answers, work = set(), set()
    for keys in (NO_KEYS, one_secret, {"AK1": replace(KEY, secrets=("a", "b"))}.get):
        compared.clear()
        answers.add(reason(signed("GET", "a=%20+", scheme=scheme), keys))
        work.add(len(compared))
    assert answers == {"signature mismatch"}
    assert len(work) == 1


def test_a_key_without_a_secret_signs_nothing() -> None:
    assert reason(signed(), {"AK1": replace(KEY, secrets=())}.get) == "signature mismatch"


@pytest.mark.parametrize("value", [None, "", "Bearer AK1.new-secret", "AWS4-HMAC-SHA256 x", "CNC-HMAC-SHA256x"])
def test_no_known_scheme_is_missing_authorization(value: str | None) -> None:
    assert reason(with_header(signed(), "authorization", value)) == "missing authorization"


@pytest.mark.parametrize(
    "value",
    [
        "CNC-HMAC-SHA256",
        "CNC-HMAC-SHA256 Credential=AK1",
        "CNC-HMAC-SHA256 Credential=AK1, SignedHeaders=content-type;host, Signature=",
        "CNC-HMAC-SHA256 Credential=AK1, SignedHeaders=host, Signature=00",
        "CNC-HMAC-SHA256 Credential=AK1, SignedHeaders=content-type;host, Signature=00, Signature=01",
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xff").decode(),
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Basic " + base64.b64encode(b"AK1:").decode(),
    ],
)
def test_what_cannot_be_parsed_is_malformed(value: str) -> None:
    assert reason(with_header(signed(), "authorization", value)) == "malformed authorization"


@pytest.mark.parametrize("blanks", ["", " ", "   "])
def test_blanks_after_commas_are_optional(blanks: str) -> None:
    request = signed()
    value = request.headers["authorization"].replace(", ", f",{blanks}")
    assert authenticate(with_header(request, "authorization", value), keys=KEYS, now_s=NOW_S).key is KEY


def test_the_long_form_of_a_credential_is_cut() -> None:
    request = signed(scheme="WS3-HMAC-SHA256")
    value = request.headers["authorization"].replace("=AK1,", "=AK1/20231114/region/vod/wos_request,")
    assert authenticate(with_header(request, "authorization", value), keys=KEYS, now_s=NOW_S).key is KEY


def test_a_missing_key_header_is_a_mismatch() -> None:
    assert reason(with_header(signed(), "x-cnc-accesskey", None)) == "access key mismatch"


@pytest.mark.parametrize("value", [None, "", "-1", "1.7e9", "\u0661", "1" * 5000, " 1700000000"])
def test_a_timestamp_is_plain_digits(value: str | None) -> None:
    assert reason(with_header(signed(), "x-cnc-timestamp", value)) == "invalid timestamp"


@pytest.mark.parametrize(
    "value", [None, "", "2023-11-14", "Tue, 99 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 22:13:20 +0800"]
)
def test_a_date_is_rfc_1123(value: str | None) -> None:
    assert reason(with_header(signed(scheme="Basic"), "date", value)) == "invalid timestamp"


def test_the_date_that_fits_counts_when_there_are_two() -> None:
    request = with_header(signed(scheme="Basic"), "x-cnc-date", "Tue, 14 Nov 2023 22:13:19 GMT")
    assert authenticate(request, keys=KEYS, now_s=NOW_S).key is KEY


@pytest.mark.parametrize("signature", ["0" * 64, "é" * 64, "\ud800", "00"])
def test_any_other_signature_is_a_mismatch(signature: str) -> None:
    value = f"CNC-HMAC-SHA256 Credential=AK1, SignedHeaders=content-type;host, Signature={signature}"
    assert reason(with_header(signed(), "authorization", value)) == "signature mismatch"


def test_a_signed_header_that_was_not_sent_counts_as_empty() -> None:
    request = signed()
    value = request.headers["authorization"].replace("content-type;host", "content-type;host;x-none")
    assert reason(with_header(request, "authorization", value)) == "signature mismatch"


@pytest.mark.parametrize("scheme", ["CNC-HMAC-SHA256", "WS3-HMAC-SHA256", "Basic"])
def test_a_post_with_a_query_is_refused_once_its_signature_is_good(scheme: str) -> None:
    with pytest.raises(ParameterError) as caught:
        authenticate(replace(signed(scheme=scheme), query="taskId=x"), keys=KEYS, now_s=NOW_S)
    assert caught.value.field == "query"
    assert reason(replace(signed(scheme=scheme), query="taskId=x"), NO_KEYS) == "signature mismatch"


def test_a_get_is_bound_to_its_query() -> None:
    request = signed("GET", "taskId=a&x=%20")
    assert authenticate(request, keys=KEYS, now_s=NOW_S).key is KEY
    assert reason(replace(request, query="taskId=b&x=%20")) == "signature mismatch"


def test_an_encoded_separator_is_refused_when_only_the_decoded_query_is_signed() -> None:
    with pytest.raises(ParameterError) as caught:
        authenticate(signed("GET", "a=1%26b=2"), keys=KEYS, now_s=NOW_S)
    assert caught.value.field == "query"


def test_the_body_of_a_get_is_not_signed() -> None:
    assert authenticate(replace(signed("GET", "taskId=a"), body=b"unread"), keys=KEYS, now_s=NOW_S).key is KEY


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://h.test/p", "h.test"),
        ("http://h.test:80/p", "h.test"),
        ("https://h.test:443/p", "h.test"),
        ("https://h.test:80/p", "h.test:80"),
        ("http://[::1]:8080/p", "[::1]:8080"),
    ],
)
def test_the_signed_host_is_the_one_that_clients_send(url: str, host: str) -> None:
    assert sign("POST", url, b"", key=SigningKey(access_key="a", secret="s"), now_s=NOW_S)["Host"] == host


def test_nobody_signs_by_an_unknown_scheme() -> None:
    with pytest.raises(ParameterError) as caught:
        signed(scheme="HMAC")
    assert caught.value.field == "scheme"


@pytest.mark.parametrize("secret", KEY.secrets)
def test_a_bearer_key_is_let_in(secret: str) -> None:
    assert authenticate_bearer(f"bearer AK1.{secret}", keys=KEYS) is KEY


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("", "missing authorization"),
        ("Basic x", "missing authorization"),
        ("Bearer", "malformed authorization"),
        ("Bearer AK1", "malformed authorization"),
        ("Bearer .s", "malformed authorization"),
        ("Bearer AK1.wrong", "signature mismatch"),
        ("Bearer AK2.new-secret", "signature mismatch"),
        ("Bearer AK1.é", "signature mismatch"),
    ],
)
def test_any_other_bearer_is_refused(authorization: str, message: str) -> None:
    with pytest.raises(AuthenticationError) as caught:
        authenticate_bearer(authorization, keys=KEYS)
    assert str(caught.value) == message


def test_secrets_do_not_show() -> None:
    shown = repr((KEY, SigningKey(access_key="AK1", secret="new-secret"), signed()))
    assert "new-secret" not in shown
    assert "Signature=" not in shown
