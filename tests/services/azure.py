"""An Azure blob server of the test run's own (Azurite, which `scripts/test-services` installs), in memory."""

from __future__ import annotations

import base64
import hmac
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.services.missing import missing
from tests.services.postgres import free_port
from tests.waiting import until

CONTAINER = "videos"

_PROGRAM = Path(__file__).resolve().parents[2] / ".cache" / "azurite" / "node_modules" / ".bin" / "azurite-blob"
_ACCOUNT = "devstoreaccount1"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Not a secret: every Azurite has this one."""

_START_S = 60


@contextmanager
def running_azure() -> Iterator[dict[str, str]]:
    """Run a server with one container until the block ends; gives the environment that points there."""
    if shutil.which("npm") is None:  # Debian's is too old for it, so nothing can be asked of this machine
        pytest.skip("npm, which brings Azure's emulator, is missing")
    if not _PROGRAM.exists():
        missing("Azure's emulator (scripts/test-services)")
    port = free_port()
    server = subprocess.Popen(
        [
            _PROGRAM,
            "--inMemoryPersistence",
            "--skipApiVersionCheck",
            "--blobHost",
            "127.0.0.1",
            "--blobPort",
            str(port),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _make_container(f"http://127.0.0.1:{port}/{_ACCOUNT}")
        yield {
            "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{port}/{_ACCOUNT}",
            "AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": _KEY,
        }
    finally:
        server.terminate()
        server.wait(timeout=30)


def _make_container(endpoint: str) -> None:
    """Make the container as soon as the server answers; signed by hand, since the library makes none."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    words = ["PUT", *[""] * 11, *(f"{name}:{value}" for name, value in headers.items())]
    text = "\n".join([*words, f"/{_ACCOUNT}/{_ACCOUNT}/{CONTAINER}", "restype:container"])
    signature = base64.b64encode(hmac.digest(base64.b64decode(_KEY), text.encode(), "sha256")).decode()
    headers["Authorization"] = f"SharedKey {_ACCOUNT}:{signature}"
    request = urllib.request.Request(f"{endpoint}/{CONTAINER}?restype=container", method="PUT", headers=headers)

    def made() -> bool:
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except OSError:
            return False
        return True

    until(made, within_s=_START_S, every_s=0.1)
