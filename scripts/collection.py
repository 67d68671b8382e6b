"""Make the Postman collection (2.1; Bruno and Insomnia import it) from the OpenAPI document: `collection.py IN OUT`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

WIRE_PREFIXES = ("/vod/", "/workflow/")

SOURCE = "https://example.com/clip.mp4"

SAMPLES: dict[str, Any] = {
    "url": SOURCE,
    "fetchUrl": SOURCE,
    "taskId": "{{taskId}}",
    "videoId": "{{video_id}}",
    "videoIds": "{{video_id}}",
    "targetId": "{{video_id}}",
    "nodeId": "{{node_id}}",
    "event_ids": ["{{event_id}}"],
}
"""What goes into bodies, by the member's name; other optional members stay out."""

REMEMBER = {
    "createBatch": 'pm.collectionVariables.set("batch_id", pm.response.json().batch_id);',
    "pullVideo": 'pm.collectionVariables.set("taskId", pm.response.json().data.taskId);',
}
"""What is run after a call, so that the next one knows the id."""

# CNC-HMAC-SHA256, as docs/api.md and the quick starts of the console do it. A POST signs no query.
SIGN = """\
const target = pm.variables.replaceIn(pm.request.url.toString());
const [, host, path, query] = target.match(/^https?:\\/\\/([^\\/?]+)([^?]*)\\??(.*)$/);
const body = pm.request.body && pm.request.body.raw ? pm.variables.replaceIn(pm.request.body.raw) : "";
const accessKey = pm.variables.get("accessKey");
const now = String(Math.floor(Date.now() / 1000));
const headers = "content-type:application/json\\nhost:" + host.toLowerCase() + "\\n";
const payload = CryptoJS.SHA256(pm.request.method === "GET" ? "" : body).toString();
const signedQuery = pm.request.method === "POST" ? "" : decodeURIComponent(query);
const canonical = [pm.request.method, path, signedQuery, headers, "content-type;host", payload].join("\\n");
const text = ["CNC-HMAC-SHA256", now, CryptoJS.SHA256(canonical).toString()].join("\\n");
const signature = CryptoJS.HmacSHA256(text, pm.variables.get("secretKey")).toString();
const authorization = "CNC-HMAC-SHA256 Credential=" + accessKey +
  ", SignedHeaders=content-type;host, Signature=" + signature;
for (const [key, value] of Object.entries({
  "Content-Type": "application/json",
  "x-cnc-auth-method": "AKSK",
  "x-cnc-accessKey": accessKey,
  "x-cnc-timestamp": now,
  "Authorization": authorization,
})) pm.request.headers.upsert({ key, value });
"""


def collection_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the collection of an OpenAPI document: a folder for each tag, a request for each operation."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            request = _Request(document, path, method=method.upper())
            folders.setdefault(operation.get("tags", ["service"])[0], []).append(request.item(operation))
    names = {"baseUrl": "http://127.0.0.1:8080", "accessKey": "", "secretKey": "", "taskId": "", "event_id": ""}
    names |= {name: "" for path in document["paths"] for name in _placeholders(path)}
    return {
        "info": {"name": "vodpull", "schema": SCHEMA, "description": "Made from the OpenAPI document; do not edit."},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{accessKey}}.{{secretKey}}"}]},
        "variable": [{"key": name, "value": value} for name, value in names.items()],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }


class _Request:
    """One operation on its way into the collection."""

    def __init__(self, document: dict[str, Any], path: str, *, method: str) -> None:
        self._document = document
        self._path = path
        self._method = method

    def item(self, operation: dict[str, Any]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "method": self._method,
            "description": operation.get("description", ""),
            "header": [],
            "url": self._url(operation),
        }
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if schema is not None:
            request["header"] = [{"key": "Content-Type", "value": "application/json"}]
            raw = json.dumps(self._sample(schema), indent=2)
            request["body"] = {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}
        events = []
        if self._path.startswith(WIRE_PREFIXES):
            request["auth"] = {"type": "noauth"}
            events.append(_event("prerequest", SIGN))
        if operation["operationId"] in REMEMBER:
            events.append(_event("test", REMEMBER[operation["operationId"]]))
        return {"name": operation["operationId"], "request": request, "event": events}

    def _url(self, operation: dict[str, Any]) -> dict[str, Any]:
        path = self._path
        for name in _placeholders(path):
            path = path.replace(f"{{{name}}}", f"{{{{{name}}}}}")
        query = [
            {"key": parameter["name"], "value": SAMPLES.get(parameter["name"], ""), "disabled": True}
            for parameter in operation.get("parameters", [])
            if parameter["in"] == "query"
        ]
        url = {"raw": "{{baseUrl}}" + path, "host": ["{{baseUrl}}"], "path": path.strip("/").split("/")}
        return url | ({"query": query} if query else {})

    def _sample(self, schema: dict[str, Any]) -> Any:
        """Return a value that a schema allows, as short as it may be."""
        if "$ref" in schema:
            return self._sample(self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return self._sample(schema["anyOf"][-1])
        if schema.get("type") == "array":
            return [self._sample(schema["items"])]
        if schema.get("type") == "string":
            return ""
        required = schema.get("required", [])
        return {
            name: SAMPLES[name] if name in SAMPLES else self._sample(member)
            for name, member in schema.get("properties", {}).items()
            if name in required or name in SAMPLES
        }


def _event(listen: str, script: str) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": script.splitlines()}}


def _placeholders(path: str) -> list[str]:
    return [part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")]


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    made = collection_of(json.loads(source.read_text()))
    target.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")
