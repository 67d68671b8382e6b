"""A signed client of a running service, for the commands."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx2

from vodpull.api.auth import SigningKey, sign
from vodpull.clock import now_s
from vodpull.errors import CallFailed

PULL_PATH = "/vod/videoManage/pullVideo"
QUERY_PATH = "/vod/videoManage/pullVideoQuery"

JsonObject = dict[str, Any]


class Client:
    """Calls one service with one key."""

    def __init__(self, server: str, key: SigningKey) -> None:
        self._server = server.rstrip("/")
        self._key = key
        self._http = httpx2.Client(timeout=30, trust_env=False)

    def pull(self, items: list[JsonObject], **fields: object) -> JsonObject:
        """Submit sources (`fetchUrl`, `fileName`, `md5`) and return `data` of the reply."""
        file_list = base64.urlsafe_b64encode(json.dumps(items, ensure_ascii=False).encode()).decode()
        given = {name: value for name, value in fields.items() if value not in (None, "")}
        return self._data(PULL_PATH, {"fileList": file_list, **given})["data"]  # type: ignore[no-any-return]

    def query(self, **ids: str | None) -> JsonObject:
        """Return the whole reply of pullVideoQuery for `taskId` or `transNo`."""
        return self._data(QUERY_PATH, {name: value for name, value in ids.items() if value})

    def watch(self, batch_id: str) -> Iterator[JsonObject]:
        """Yield the state of a batch at every change until it is final, the final state last."""
        url = f"{self._server}/api/v1/batches/{batch_id}/progress"
        headers = sign("GET", url, b"", key=self._key, now_s=now_s())
        try:
            with self._http.stream("GET", url, headers=headers) as reply:
                for line in reply.iter_lines():
                    if line.startswith("data: "):
                        yield json.loads(line.removeprefix("data: "))
        except (httpx2.HTTPError, ValueError) as error:
            raise CallFailed(f"{self._server} broke off the progress: {type(error).__name__}") from error

    def replay(self, delivery_id: str) -> JsonObject:
        """Send a notification once more and return its id."""
        return self._call("POST", f"/api/v1/deliveries/{delivery_id}/replay", b"")

    def _data(self, path: str, body: JsonObject) -> JsonObject:
        return self._call("POST", path, json.dumps(body).encode())

    def _call(self, method: str, path: str, body: bytes) -> JsonObject:
        url = self._server + path
        headers = sign(method, url, body, key=self._key, now_s=now_s())
        try:
            reply = self._http.request(method, url, content=body, headers=headers)
            answer = reply.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise CallFailed(f"{self._server} does not answer as a vodpull service: {type(error).__name__}") from error
        if not isinstance(answer, dict) or answer.get("code", 200) != 200:  # noqa: PLR2004 - success of the contract
            said = answer.get("message") or answer.get("detail")
            raise CallFailed(f"{self._server} answered {answer.get('code')}: {said}")
        return answer
