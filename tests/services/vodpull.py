"""The installed command as a client meets it: `vodpull serve` in a process group of its own, on a data folder."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

from tests.services.postgres import free_port
from vodpull.api.auth import SigningKey, sign

START_S = 60
"""Longest wait for a start on a busy machine."""


class Vodpull:
    """One installation; `start` and `kill` as often as wanted."""

    def __init__(self, data_dir: Path, *, origin: str, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("VODPULL_", "AWS_"))
        } | {"VODPULL_DATA_DIR": str(data_dir), "VODPULL_TRUSTED_ORIGINS": origin, "VODPULL_LANGUAGE": "en", "VODPULL_RATE_LIMIT": "0", **settings}
        self._log = data_dir.parent / f"{data_dir.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._key: SigningKey | None = None
        self._http = httpx2.Client(timeout=30, trust_env=False)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a vodpull command to its end."""
        program = [sys.executable, "-m", "vodpull", *words]
        return subprocess.run(program, env=self._environment, capture_output=True, text=True, timeout=600, check=False)

    def key(self, name: str = "tester") -> SigningKey:
        made = json.loads(self.run("keys", "create", name, "--json").stdout)
        return SigningKey(access_key=made["accessKey"], secret=made["secretKey"])

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vodpull", "serve", "--port", str(self.port)],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline_s = time.monotonic() + START_S
        while not self._answers():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline_s, self.log()
            time.sleep(0.05)

    def kill(self) -> None:
        """End the service and its whole session at once, as a power switch would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=10)

    def kill_worker_only(self) -> None:
        """End the service process alone: what it started must not outlive it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=10)

    def stop(self) -> None:
        self._http.close()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=30)

    def log(self) -> str:
        return self._log.read_text()

    def call(self, path: str, body: dict[str, Any], *, key: SigningKey | None = None) -> dict[str, Any]:
        """Post a signed JSON call of the wire contract and return the reply."""
        url, data = f"{self.url}/vod/videoManage/{path}", json.dumps(body).encode()
        headers = sign("POST", url, data, key=key or self._own_key(), now_s=time.time())
        reply: dict[str, Any] = self._http.post(url, content=data, headers=headers).json()
        return reply

    def pull(self, items: list[dict[str, str]], **fields: object) -> str:
        """Submit sources and return the task id."""
        reply = self.call("pullVideo", {"fileList": file_list(items), **fields})
        assert reply["code"] == 200, reply
        return str(reply["data"]["taskId"])

    def query(self, task_id: str) -> dict[str, Any]:
        data: dict[str, Any] = self.call("pullVideoQuery", {"taskId": task_id})["data"]
        return data

    def wait(self, task_id: str, *, within_s: float = 240) -> dict[str, Any]:
        """Query until the task is completed and return its data."""
        deadline_s = time.monotonic() + within_s
        while (data := self.query(task_id))["status"] != 2:
            assert time.monotonic() < deadline_s, (self.state(task_id), self.log()[-3000:])
            time.sleep(0.2)
        return data

    def state(self, task_id: str) -> dict[str, Any]:
        """Return the batch as `/api/v1` shows it."""
        key = self._own_key()
        headers = {"Authorization": f"Bearer {key.access_key}.{key.secret}"}
        state: dict[str, Any] = self._http.get(f"{self.url}/api/v1/batches/{task_id}", headers=headers).json()
        return state

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self._http.get(self.url + path, headers=headers)

    def _own_key(self) -> SigningKey:
        if self._key is None:
            self._key = self.key()
        return self._key

    def _answers(self) -> bool:
        try:
            return self._http.get(f"{self.url}/healthz").status_code == 200
        except httpx2.HTTPError:
            return False


def file_list(items: list[dict[str, str]]) -> str:
    return base64.urlsafe_b64encode(json.dumps(items).encode()).decode()
