"""The installed command as a client meets it: `vodpull serve` in a process group of its own, on a data folder."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx2

from tests.services import preloaded
from tests.services.postgres import free_port
from tests.services.tables import copy_of_tables
from tests.waiting import until
from vodpull.accounts.access_keys import Accounts
from vodpull.app.data_folder import make_data_dir
from vodpull.app.installation import open_vault
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate
from vodpull.request_signing import SigningKey, sign
from vodpull.settings import load_settings

START_S = 60
"""Longest wait for a start on a busy machine."""


DEFAULTS = {
    "VODPULL_LANGUAGE": "en",
    "VODPULL_SOURCE_RETRIES": "",  # a source that fails is final; the tests of outages set their schedule
    "VODPULL_RATE_LIMIT": "0",  # tests ask as often as they like; the test of the limit sets it
}

QUICK = "quick"
"""The template that `encode_quickly` writes."""


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Files to serve HTTPS with, and to trust it."""

    certificate: Path
    private_key: Path
    authority: Path


class Vodpull:
    """One installation; `start` and `kill` as often as wanted."""

    def __init__(self, data_dir: Path, *, origin: str, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("VODPULL_", "AWS_"))}
        own = {"VODPULL_DATA_DIR": str(data_dir), "VODPULL_TRUSTED_ORIGINS": origin}
        self._environment = {**inherited, **DEFAULTS, **own, **settings}
        self._log = data_dir.parent / f"{data_dir.name}.log"
        self._process: subprocess.Popen[bytes] | preloaded.Forked | None = None
        self._key: SigningKey | None = None
        self._tls: Tls | None = None
        self.role = "all"
        self.is_measured = False
        """For coverage, which costs its Python a third: where it runs what no other test does, and is not killed."""
        self.loads_anew = False
        """Started as the installed command, not as a fork of a process that has loaded it."""
        self.makes_tables = False
        """Started in an empty folder, without a copy of the tables, which is a fourth faster."""
        self.wrapper: tuple[str, ...] = ()
        """Words before the command: `taskset`, `ip netns exec`."""
        self._http = httpx2.Client(timeout=30, trust_env=False)

    def encode_quickly(self) -> None:
        """Make the default template `abr` with the fastest preset, for tests whose subject is not the encoder."""
        installed = (files("vodpull.media") / "templates" / "abr.toml").read_text()
        quick = installed.replace('"veryfast"', '"ultrafast"')
        assert quick != installed
        (self.data_dir / "templates").mkdir(parents=True, exist_ok=True)
        (self.data_dir / "templates" / f"{QUICK}.toml").write_text(quick)
        self._environment["VODPULL_DEFAULT_TEMPLATE"] = QUICK

    def serve_https(self, tls: Tls) -> None:
        """Serve HTTPS alone, from the next start."""
        self.url = f"https://127.0.0.1:{self.port}"
        self._tls = tls
        self._http.close()
        trusted = ssl.create_default_context(cafile=tls.authority)
        self._http = httpx2.Client(timeout=30, trust_env=False, verify=trusted)

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a vodpull command to its end."""
        return self._ran(words, self._environment | settings)

    def _ran(self, words: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            said = {"output": output.fileno(), "errors": errors.fileno()}
            code = preloaded.start("vodpull", words, environment=environment, **said).wait(600)
            output.seek(0)
            errors.seek(0)
            return subprocess.CompletedProcess(("vodpull", *words), code, output.read(), errors.read())

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """Begin a vodpull command; the caller ends it."""
        return subprocess.Popen(
            [sys.executable, "-m", "vodpull", *words],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def key(self, name: str = "tester") -> SigningKey:
        """Make a key as the command does, without its start, which is ten times as much."""
        self._give_tables()
        given = {name: self._environment.get(f"VODPULL_{name.upper()}", "") for name in ("database_url", "master_key")}
        settings = load_settings(data_dir=self.data_dir, **given)
        database = open_database(settings.database())
        migrate(database)
        made = Accounts(database, open_vault(settings, database)).create_key(name)
        database.dispose()
        return SigningKey(access_key=made.access_key, secret=made.secret_key)

    def start(self) -> None:
        environment = self._environment if self.is_measured else preloaded.unmeasured(self._environment)
        self._give_tables()
        words = ["serve", "--port", str(self.port), "--role", self.role, *self._tls_options()]
        with self._log.open("ab") as log:
            if self.loads_anew or self.wrapper:
                program = [*self.wrapper, sys.executable, "-m", "vodpull", *words]
                self._process = subprocess.Popen(
                    program, env=environment, stdout=log, stderr=log, start_new_session=True
                )
            else:
                self._process = preloaded.start("vodpull", words, environment=environment, output=log.fileno())
        process = self._process
        until(lambda: self._answers() or process.poll() is not None, within_s=START_S, every_s=0.05, told=self.log)
        assert process.poll() is None, self.log()

    def _give_tables(self) -> None:
        file = self.data_dir / "vodpull.db"
        if not (self.makes_tables or self._environment.get("VODPULL_DATABASE_URL") or file.exists()):
            make_data_dir(self.data_dir)
            copy_of_tables(file)

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

    def wait_end(self, *, within_s: float) -> int:
        """Wait until the service ends by itself and return its exit code."""
        assert self._process is not None
        return self._process.wait(timeout=within_s)

    def log(self) -> str:
        return self._log.read_text()

    @property
    def pid(self) -> int:
        """Return the id of the service's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def memory_bytes(self) -> int:
        """Return the most memory that the service's process ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return 1024 * int(found[1])

    def family(self) -> set[int]:
        """Return the ids of the live processes that the service started, and of what those started."""
        family: set[int] = set()
        parents = [self.pid]
        while parents:
            for task in Path(f"/proc/{parents.pop()}/task").glob("*/children"):
                with contextlib.suppress(OSError):  # it ended meanwhile
                    children = set(map(int, task.read_text().split())) - family
                    family |= children
                    parents += children
        return family

    def descendants(self) -> list[str]:
        """Return the command lines of those processes."""
        return [line for pid in self.family() if (line := command_line(pid))]

    def api(
        self,
        method: str,
        path: str,
        *,
        key: SigningKey | None = None,
        headers: dict[str, str] | None = None,
        **given: Any,
    ) -> httpx2.Response:
        """Call `/api/v1` with the bearer form of a key."""
        own = bearer(key or self.own_key) | (headers or {})
        return self._http.request(method, f"{self.url}/api/v1{path}", headers=own, **given)

    def create(self, *urls: str, key: SigningKey | None = None, **fields: object) -> dict[str, Any]:
        """Create a batch by `/api/v1` and return it."""
        reply = self.api("POST", "/batches", key=key, json={"items": [{"url": url} for url in urls], **fields})
        assert reply.status_code == 201, reply.text
        batch: dict[str, Any] = reply.json()
        return batch

    def wait_final(self, batch_id: str, *, within_s: float = 600) -> dict[str, Any]:
        """Read a batch until it is final and return it."""
        return until(
            lambda: self.state(batch_id),
            holds=lambda state: state["is_final"],
            within_s=within_s,
            told=lambda: self.log()[-3000:],
        )

    def webhook_secret(self, name: str = "tester") -> str:
        """Return the secret that an account's notifications are signed with."""
        return self.run("keys", "webhook-secret", name).stdout.strip()

    def call(self, path: str, body: dict[str, Any], *, key: SigningKey | None = None) -> dict[str, Any]:
        """Post a signed JSON call of the wire contract and return the reply."""
        url, data = f"{self.url}/vod/videoManage/{path}", json.dumps(body).encode()
        headers = sign("POST", url, data, key=key or self.own_key, now_s=time.time())
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

    def wait(self, task_id: str, *, within_s: float = 600) -> dict[str, Any]:
        """Query until the task is completed and return its data."""
        return until(
            lambda: self.query(task_id),
            holds=lambda data: data["status"] == 2,
            within_s=within_s,
            told=lambda: (self.state(task_id), self.log()[-3000:]),
        )

    def wait_encoded(self, video_id: str) -> dict[str, Any]:
        """Return the record of a video, as the wire contract lists it, once its encode has ended."""

        def record() -> dict[str, Any]:
            [video] = self.call("getVideoList", {"videoId": video_id})["data"]["videoListInfo"]
            found: dict[str, Any] = video
            return found

        return until(
            record, holds=lambda video: video["transcodeState"] != 3, within_s=240, told=lambda: self.log()[-3000:]
        )

    def state(self, task_id: str) -> dict[str, Any]:
        """Return the batch as `/api/v1` shows it."""
        state: dict[str, Any] = self.api("GET", f"/batches/{task_id}").json()
        return state

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self._http.get(self.url + path, headers=headers)

    @property
    def own_key(self) -> SigningKey:
        """Return the key that calls are made with when a test names none."""
        if self._key is None:
            self._key = self.key()
        return self._key

    def _own_key(self) -> SigningKey:
        return self.own_key

    def _tls_options(self) -> list[str]:
        if self._tls is None:
            return []
        return ["--tls-cert", str(self._tls.certificate), "--tls-key", str(self._tls.private_key)]

    def _answers(self) -> bool:
        try:
            return self._http.get(f"{self.url}/healthz").status_code == 200
        except httpx2.HTTPError:
            return False


def command_line(pid: int) -> str:
    """Return the words of a live process; empty when it is none any more."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def processes_on(folder: Path) -> list[str]:
    """Return the command lines of live processes that work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            place = (process / "cwd").resolve()
        except OSError:
            continue
        command = command_line(int(process.name))
        if str(folder) in f"{command} {place}":
            found.append(command)
    return found


def bearer(key: SigningKey) -> dict[str, str]:
    return {"Authorization": f"Bearer {key.access_key}.{key.secret}"}


def file_list(items: list[dict[str, str]]) -> str:
    return base64.urlsafe_b64encode(json.dumps(items).encode()).decode()
