"""The Postman collection is current, and its calls are signed rightly."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from vodpull.accounts.access_keys import LiveKey
from vodpull.api.http.keys.signatures import authenticate
from vodpull.clock import now_s
from vodpull.request_signing import SignedRequest

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = ROOT / "examples" / "vodpull.postman_collection.json"
DOCUMENT = ROOT / "tests" / "data" / "openapi.json"

LIVE = LiveKey(access_key="AK1", account_id="a", secrets=("the secret",))

# What Postman gives a script, as far as ours needs it.
POSTMAN = """
const { createHash, createHmac } = require("node:crypto");
const [request, variables, script] = JSON.parse(require("node:fs").readFileSync(0));
const hex = (digest) => ({ toString: () => digest.digest("hex") });
const CryptoJS = {
  SHA256: (text) => hex(createHash("sha256").update(text)),
  HmacSHA256: (text, key) => hex(createHmac("sha256", key).update(text)),
};
const headers = {};
const replaceIn = (text) => text.replace(/{{(\\w+)}}/g, (_, name) => variables[name]);
const pm = {
  variables: { get: (name) => variables[name], replaceIn },
  request: {
    method: request.method,
    url: { toString: () => request.url.raw + request.query },
    body: request.body,
    headers: { upsert: ({ key, value }) => { headers[key.toLowerCase()] = value; } },
  },
};
new Function("pm", "CryptoJS", script)(pm, CryptoJS);
console.log(JSON.stringify({ headers, body: request.body ? replaceIn(request.body.raw) : "" }));
"""


@pytest.fixture(scope="module")
def collection() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(COLLECTION.read_text())
    return found


def requests(collection: dict[str, Any]) -> dict[str, Any]:
    return {item["name"]: item for folder in collection["item"] for item in folder["item"]}


def test_the_collection_is_current(collection: dict[str, Any]) -> None:
    make = runpy.run_path(str(ROOT / "scripts" / "collection.py"))["collection_of"]
    fix = "python scripts/collection.py tests/data/openapi.json examples/vodpull.postman_collection.json"
    assert make(json.loads(DOCUMENT.read_text())) == collection, f"after a change of the API: {fix}"


def test_a_call_has_what_it_needs(collection: dict[str, Any]) -> None:
    create = requests(collection)["createBatch"]["request"]
    assert json.loads(create["body"]["raw"]) == {"items": [{"url": "https://example.com/clip.mp4"}]}
    read = requests(collection)["readBatch"]["request"]
    assert read["url"]["raw"] == "{{baseUrl}}/api/v1/batches/{{batch_id}}"
    assert "batch_id" in {variable["key"] for variable in collection["variable"]}


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node here")
@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("pullVideo", ""),
        ("workflow_startWorkflow", ""),
        ("pullVideoQuery", ""),
        ("pullVideoQueryGet", "?taskId=1"),
        ("pullVideoGet", "?cmd=%7Ba%7D"),
    ],
)
def test_a_call_of_the_wire_contract_is_signed(collection: dict[str, Any], name: str, query: str) -> None:
    item = requests(collection)[name]
    [script] = ["\n".join(event["script"]["exec"]) for event in item["event"] if event["listen"] == "prerequest"]
    variables = {"baseUrl": "http://127.0.0.1:8080", "accessKey": "AK1", "secretKey": "the secret", "taskId": "t"}
    given = json.dumps([item["request"] | {"query": query}, variables, script])
    done = subprocess.run(["node", "-e", POSTMAN], input=given, capture_output=True, text=True, timeout=60, check=True)
    said = json.loads(done.stdout)
    request = SignedRequest(
        method=item["request"]["method"],
        path="/" + "/".join(item["request"]["url"]["path"]),
        query=query.removeprefix("?"),
        headers=said["headers"] | {"host": "127.0.0.1:8080"},
        body=said["body"].encode(),
    )
    assert authenticate(request, keys={"AK1": LIVE}.get, now_s=now_s()).key is LIVE
