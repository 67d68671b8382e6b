"""What each call needs: every operation is on this list, so that a new one is thought about."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from vodpull.accounts.scopes import EVERY_SCOPE, Scope, read_scopes, write_scopes
from vodpull.api.http.keys.needed_scopes import own_scope, wire_scope
from vodpull.errors import ParameterError

GOLDEN = Path(__file__).resolve().parents[4] / "data" / "openapi.json"
OPERATIONS = [
    (method.upper(), path)
    for path, item in json.loads(GOLDEN.read_text())["paths"].items()
    for method in item
    if method in {"get", "head", "post", "put", "patch", "delete"} and path.startswith("/api/v1/")
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_call_of_our_own_api_that_changes_something_is_not_only_reading(method: str, path: str) -> None:
    scope = own_scope(method, re.sub(r"\{.*?\}", "x", path))
    if "playback" in path:
        assert scope is Scope.PLAYBACK
    elif path.startswith("/api/v1/uploads"):
        assert scope is Scope.SUBMIT
    elif method in {"GET", "HEAD"} and path != "/api/v1/audit":
        assert scope is Scope.READ
    elif re.search(r"/(batches|clips|joins|imports|start|entries)$", path):
        assert scope is Scope.SUBMIT
    else:
        assert scope is Scope.MANAGE


NEEDS = {
    Scope.SUBMIT: "pullVideo getUploadToken getMaterialUploadToken getAudioUploadToken videoClip videoConcat",
    Scope.READ: "pullVideoQuery getVideoList getPublishCode getCategoryList getWorkflowList videoClipQuery",
    Scope.MANAGE: "videoEdit videoBlock videoEnable deleteVideo transCode startWorkflow createCategory deleteMaterial",
}


@pytest.mark.parametrize(("scope", "name"), [(scope, name) for scope, names in NEEDS.items() for name in names.split()])
def test_a_call_of_the_wire_contract_needs_what_its_name_says(scope: Scope, name: str) -> None:
    assert wire_scope(f"/vod/videoManage/{name}") is scope
    assert wire_scope(f"/vod/videoManage/{name}/") is scope


def test_no_scope_named_is_every_scope_and_is_kept_as_nothing() -> None:
    assert read_scopes([]) == EVERY_SCOPE
    assert write_scopes(EVERY_SCOPE) == ""
    some = frozenset({Scope.READ, Scope.PLAYBACK})
    assert read_scopes(write_scopes(some).split()) == some
    with pytest.raises(ParameterError, match="write"):
        read_scopes(["write"])
