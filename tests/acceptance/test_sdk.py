"""The vendor's own SDK, unchanged from the package index, over https with a certificate of a throw-away authority."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.origin import Origin
from tests.services.vodpull import Tls, Vodpull
from vodpull.api.http.auth import SigningKey

CLIP = "flower_faststart.mp4"
CLIP_MD5 = "a2b96faeb02581770a4736f61bd3b6b7"

Sdk = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    files = Tls(certificate=folder / "chain.pem", private_key=folder / "key.pem", authority=folder / "ca.pem")
    authority.cert_pem.write_to_path(str(files.authority))
    certificate.private_key_pem.write_to_path(str(files.private_key))
    files.certificate.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    return files


@pytest.fixture(scope="module")
def https_service(tmp_path_factory: pytest.TempPathFactory, origin: Origin, tls: Tls) -> Iterator[Vodpull]:
    service = Vodpull(tmp_path_factory.mktemp("https") / "data", origin=origin.origin)
    service.serve_https(tls)
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def sdk(https_service: Vodpull, tls: Tls) -> Sdk:
    """Call through the SDK, in a process of its own."""

    def call(path: str, *, key: SigningKey | None = None, **request: object) -> dict[str, Any]:
        used = key or https_service.own_key
        order = {"path": path, "request": request, "access_key": used.access_key, "secret": used.secret}
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("sdk_client.py")), f"127.0.0.1:{https_service.port}"],
            env=os.environ | {"REQUESTS_CA_BUNDLE": str(tls.authority), "NO_PROXY": "127.0.0.1"},
            input=json.dumps(order),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return call


def file_list(url: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([{"fetchUrl": url, "md5": CLIP_MD5}]).encode()).decode()


def query_until_completed(sdk: Sdk, **ids: str) -> dict[str, Any]:
    deadline_s = time.monotonic() + 120
    while True:
        reply = sdk("/vod/videoManage/pullVideoQuery", **ids)
        if reply["read"]["data"]["status"] == 2:
            return reply
        assert time.monotonic() < deadline_s, reply


@pytest.fixture(scope="module")
def pulled(sdk: Sdk, origin: Origin) -> dict[str, Any]:
    return sdk("/vod/videoManage/pullVideo", file_list=file_list(origin.url(CLIP)), trans_no="sdk-1")


def test_the_sdk_pulls_a_video_and_reads_both_ids(pulled: dict[str, Any]) -> None:
    assert pulled["read"]["code"] == 200
    assert pulled["read"]["data"]["tranNo"] == "sdk-1"
    assert len(pulled["read"]["data"]["taskId"]) == 32
    assert pulled["complete"]


def test_the_sdk_reads_every_member_of_the_final_reply(sdk: Sdk, pulled: dict[str, Any]) -> None:
    reply = query_until_completed(sdk, task_id=pulled["read"]["data"]["taskId"])
    [item] = reply["read"]["data"]["items"]
    assert (item["pullStatus"], item["cmdStatus"]) == (2, 2)
    assert [row["clarity"] for row in item["videoInfo"]["videoFileList"]] == [1, 2, 3]
    assert reply["complete"]
    assert reply["read"] == reply["raw"], "the SDK knows every member"


def test_the_sdk_finds_the_task_by_its_business_id(sdk: Sdk, pulled: dict[str, Any]) -> None:
    reply = query_until_completed(sdk, trans_no="sdk-1")
    assert reply["read"]["data"]["taskId"] == pulled["read"]["data"]["taskId"]


def test_a_wrong_secret_reaches_the_sdks_caller_as_a_reply(sdk: Sdk, https_service: Vodpull) -> None:
    wrong = SigningKey(access_key=https_service.own_key.access_key, secret="not-the-secret")
    reply = sdk("/vod/videoManage/pullVideoQuery", key=wrong, task_id="0" * 32)
    assert reply["raw"] == {"code": 401, "message": "signature mismatch"}


def test_a_parameter_error_reaches_the_sdks_caller(sdk: Sdk) -> None:
    reply = sdk("/vod/videoManage/pullVideo", file_list="not base64!")
    assert reply["read"]["code"] == 1000
    assert "fileList" in reply["read"]["message"]
