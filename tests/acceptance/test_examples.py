"""The programs in `examples/` do what they say, where their runtime is here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.origin import Origin
from tests.services.postgres import free_port
from tests.services.preloaded import unmeasured
from tests.services.programs import find_program
from tests.services.receiver import Receiver, running_receiver
from tests.services.vodpull import Vodpull
from vodpull.request_signing import SigningKey

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CLIP = "very_short_0.17s_1080p.mp4"

PROGRAMS = {
    "python": [sys.executable, "python/ingest.py"],
    "node": ["node", "node/ingest.mjs"],
    "go": ["go", "run", "go/ingest.go"],
    "java": ["java", "java/Ingest.java"],
}
RECEIVERLESS = {"client": [sys.executable, "python/with_client.py"], "curl": ["sh", "curl/ingest.sh"]}


@dataclass(frozen=True)
class Place:
    """A service, and where each program may listen."""

    service: Vodpull
    key: SigningKey
    listen: dict[str, str]
    webhook_secret: str
    receiver: Receiver

    def run(self, program: list[str], *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **unmeasured(os.environ),
            "CGO_ENABLED": "0",  # Go needs no compiler of C then
            "VODPULL_SERVER": self.service.url,
            "VODPULL_ACCESS_KEY": self.key.access_key,
            "VODPULL_SECRET_KEY": self.key.secret,
            **variables,
        }
        return subprocess.run(
            [find_program(program[0]), *program[1:], *words],
            cwd=EXAMPLES,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[Place]:
    listen = {name: f"http://127.0.0.1:{free_port()}" for name in PROGRAMS}
    with running_receiver() as receiver:
        trusted = ",".join([origin.origin, receiver.url, *listen.values()])
        service = Vodpull(tmp_path_factory.mktemp("examples") / "data", origin=trusted)
        service.start()
        yield Place(service, service.own_key, listen, service.webhook_secret(), receiver)
        service.stop()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_submits_waits_and_believes_the_notification(place: Place, origin: Origin, name: str) -> None:
    variables = {"VODPULL_WEBHOOK_SECRET": place.webhook_secret, "VODPULL_LISTEN": place.listen[name]}
    done = place.run(PROGRAMS[name], origin.url(CLIP), **variables)
    assert done.returncode == 0, done.stderr
    batch_id, *said = done.stdout.splitlines()
    [job] = place.service.state(batch_id)["jobs"]
    played, notified = sorted(said)
    assert played == f"done {place.service.url}/media/{job['playlist']}"
    assert notified.endswith(f"about {batch_id}")


@pytest.mark.parametrize("name", RECEIVERLESS)
def test_a_program_submits_and_waits(place: Place, origin: Origin, name: str) -> None:
    done = place.run(RECEIVERLESS[name], origin.url(CLIP))
    assert done.returncode == 0, done.stderr
    batch_id, played = done.stdout.splitlines()
    [job] = place.service.state(batch_id)["jobs"]
    assert played == f"done {place.service.url}/media/{job['playlist']}"


@pytest.mark.parametrize("name", [*PROGRAMS, *RECEIVERLESS])
def test_a_failed_source_is_a_failed_program(place: Place, origin: Origin, name: str) -> None:
    done = place.run((PROGRAMS | RECEIVERLESS)[name], origin.url("status/404"))
    assert done.returncode != 0
    assert "origin_missing" in done.stderr


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_the_shell_checks_a_notification(place: Place) -> None:
    place.service.create("http://127.0.0.1/x", notify_url=place.receiver.url)
    [notice] = place.receiver.wait_for(1)
    words = [notice.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")]
    environment = {**unmeasured(os.environ), "VODPULL_WEBHOOK_SECRET": place.webhook_secret}
    for body, good in ((notice.body, True), (notice.body + "x", False)):
        done = subprocess.run(
            ["sh", EXAMPLES / "curl/verify.sh", *words], input=body, env=environment, text=True, timeout=30, check=False
        )
        assert (done.returncode == 0) is good
