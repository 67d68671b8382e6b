from __future__ import annotations

import json
from typing import Any

import pytest
from tests.vectors import load

from vodpull.errors import UploadBucketUnknown, UploadTokenInvalid
from vodpull.uploads.upload_token import Policy, UploadKey, read_token, sign_token

VECTORS = load("upload-token")
KEY = UploadKey(key_id=VECTORS["access_key"], secret=VECTORS["secret_key"])
NOW_MS = 1_700_000_000_000
STATUSES = {UploadTokenInvalid: 401, UploadBucketUnknown: 631}


@pytest.mark.parametrize("vector", VECTORS["valid"], ids=lambda vector: vector["name"])
def test_a_token_is_read_and_made_as_the_vendors_clients_do(vector: dict[str, Any]) -> None:
    policy = read_token(vector["token"], key=KEY, now_ms=NOW_MS)
    members = json.loads(vector["policy_text"])
    assert members["scope"] == f"vodpull:{policy.key}"
    assert policy.overwrite == bool(members["overwrite"])
    assert policy.max_bytes == members.get("fsizeLimit", 0)
    if vector["name"] in {"video", "material", "audio"}:  # the others are spelt as others spell them
        assert sign_token(policy, key=KEY) == vector["token"]


@pytest.mark.parametrize("text", VECTORS["authorization_forms"])
def test_a_token_may_stand_behind_its_scheme(text: str) -> None:
    assert read_token(text, key=KEY, now_ms=NOW_MS).key.startswith("video/")


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_a_token_that_is_not_good_gets_the_answer_of_the_vector(vector: dict[str, Any]) -> None:
    if vector["http_status"] == 200:
        assert read_token(vector["token"], key=KEY, now_ms=NOW_MS).key
        return
    with pytest.raises((UploadTokenInvalid, UploadBucketUnknown)) as caught:
        read_token(vector["token"], key=KEY, now_ms=NOW_MS)
    assert STATUSES[caught.type] == vector["http_status"]
    assert str(caught.value) == vector["body"]["message"]


@pytest.mark.parametrize("text", ["", ":::", "a:b", "a:b:c:d", "ü:ü:ü", "\ud800:\ud800:\ud800"])
def test_hostile_text_is_no_token(text: str) -> None:
    with pytest.raises(UploadTokenInvalid):
        read_token(text, key=KEY, now_ms=NOW_MS)


def test_a_token_holds_until_its_deadline() -> None:
    token = sign_token(Policy(key="video/x", deadline_ms=NOW_MS), key=KEY)
    assert read_token(token, key=KEY, now_ms=NOW_MS - 1).deadline_ms == NOW_MS
    with pytest.raises(UploadTokenInvalid):
        read_token(token, key=KEY, now_ms=NOW_MS)
