"""What one signature fits is one request, however it is spelt."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from vodpull.accounts.access_keys import LiveKey
from vodpull.api.http.keys.signatures import prove, read_claim
from vodpull.request_signing import BASIC, CNC, WS3, SignedRequest, SigningKey, sign

NOW_S = 1_700_000_000.0
KEY = LiveKey(access_key="AK1", account_id="acme", secrets=("secret",))
URL = "http://h.test/vod/videoManage/pullVideo"


def signed(scheme: str = CNC, body: bytes = b"{}", method: str = "POST", query: str = "") -> SignedRequest:
    url = URL + (f"?{query}" if query else "")
    key = SigningKey(access_key="AK1", secret="secret", scheme=scheme)
    headers = sign(method, url, body, key=key, now_s=NOW_S)
    named = {name.lower(): value for name, value in headers.items()}
    return SignedRequest(method=method, path="/vod/videoManage/pullVideo", query=query, headers=named, body=body)


def identity(request: SignedRequest) -> str:
    return prove(read_claim(request, now_s=NOW_S), request, key=KEY).identity


def spelt(change: Callable[[str], str]) -> Callable[[SignedRequest], SignedRequest]:
    def respell(request: SignedRequest) -> SignedRequest:
        headers = dict(request.headers)
        headers["authorization"] = change(headers["authorization"])
        return replace(request, headers=headers)

    return respell


HMAC_SPELLINGS: dict[str, Callable[[SignedRequest], SignedRequest]] = {
    "blanks": spelt(lambda text: text.replace(", ", " ,  ")),
    "no blanks": spelt(lambda text: text.replace(", ", ",")),
    "tabs": spelt(lambda text: text.replace(", ", ",\t")),
    "around": spelt(lambda text: f"  {text} "),
    "case of the scheme": spelt(lambda text: text.replace("HMAC", "hmac")),
    "case of the signature": spelt(lambda text: text[:-64] + text[-64:].upper()),
    "order of the names": spelt(lambda text: text.replace("content-type;host", "host;content-type")),
    "case of the names": spelt(lambda text: text.replace("content-type;host", "Content-Type;Host")),
    "scope of the credential": spelt(lambda text: text.replace("AK1,", "AK1/20231114/cn/vod/request,")),
    "case of a value": lambda request: replace(
        request, headers=dict(request.headers) | {"content-type": "Application/JSON"}
    ),
    "a header that is not signed": lambda request: replace(request, headers=dict(request.headers) | {"x": "y"}),
}


@pytest.mark.parametrize("scheme", [CNC, WS3])
@pytest.mark.parametrize("name", HMAC_SPELLINGS)
def test_a_signature_makes_one_request_in_any_spelling(scheme: str, name: str) -> None:
    assert identity(HMAC_SPELLINGS[name](signed(scheme))) == identity(signed(scheme))


def test_a_query_may_be_encoded_anew() -> None:
    request = signed(method="GET", query="taskId=a%20b")
    assert identity(replace(request, query="taskId=%61%20b")) == identity(request)


BASIC_SPELLINGS: dict[str, Callable[[SignedRequest], SignedRequest]] = {
    "blanks": spelt(lambda text: text.replace(" ", "   ")),
    "case of the scheme": spelt(lambda text: text.replace("Basic", "BASIC")),
    "a header that is not signed": lambda request: replace(request, headers=dict(request.headers) | {"x": "y"}),
}


@pytest.mark.parametrize("name", BASIC_SPELLINGS)
def test_the_date_alone_is_signed_by_basic_and_a_request_is_itself_all_the_same(name: str) -> None:
    assert identity(BASIC_SPELLINGS[name](signed(BASIC))) == identity(signed(BASIC))
    assert base64.b64decode(signed(BASIC).headers["authorization"].partition(" ")[2])


@pytest.mark.parametrize("scheme", [CNC, WS3, BASIC])
def test_other_requests_are_others(scheme: str) -> None:
    assert identity(signed(scheme, b'{"a":1}')) != identity(signed(scheme, b'{"a":2}'))
    assert identity(signed(scheme, method="GET", query="a=1")) != identity(signed(scheme, method="GET", query="a=2"))


@pytest.mark.parametrize("scheme", [CNC, WS3])
def test_a_nonce_makes_two_requests_of_one_second(scheme: str) -> None:
    identities = set()
    for nonce in ("", "A", "B"):
        key = SigningKey(access_key="AK1", secret="secret", scheme=scheme, nonce=nonce)
        headers = sign("POST", URL, b"{}", key=key, now_s=NOW_S)
        named = {name.lower(): value for name, value in headers.items()}
        identities.add(identity(replace(signed(scheme), headers=named)))
    assert len(identities) == 3
