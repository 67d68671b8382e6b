"""The calls that a new key comes with are right: they are run against a listener, and checked as a service would."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from vodpull.accounts.access_keys import LiveKey, NewKey
from vodpull.api.http.keys.signatures import authenticate, authenticate_bearer
from vodpull.console.pages.snippets import snippets_for
from vodpull.request_signing import SignedRequest, SigningKey, sign

KEY = NewKey(access_key="AK" + 28 * "0", secret_key="the secret'\"$`")
LIVE = LiveKey(access_key=KEY.access_key, account_id="a", secrets=(KEY.secret_key,))


class Listener:
    def __init__(self) -> None:
        self.url = ""
        self.heard: list[SignedRequest] = []


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            listener.heard.append(SignedRequest(method="POST", path=self.path, query="", headers=headers, body=body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    listener.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield listener
    server.shutdown()
    server.server_close()
    thread.join()


def snippet(name: str, listener: Listener) -> str:
    def signed(url: str, body: bytes, key: NewKey) -> dict[str, str]:
        signing = SigningKey(access_key=key.access_key, secret=key.secret_key)
        return sign("POST", url, body, key=signing, now_s=time.time())

    made = snippets_for(KEY, base_url=listener.url, sign=signed)
    return next(snippet.text for snippet in made if snippet.name == name)


def run(listener: Listener, *words: str, text: str | None = None) -> SignedRequest:
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return listener.heard[0]


def check_signature(request: SignedRequest) -> None:
    assert request.path == "/vod/videoManage/pullVideo"
    assert set(json.loads(request.body)) == {"fileList"}
    assert authenticate(request, keys={LIVE.access_key: LIVE}.get, now_s=time.time()).key is LIVE


def test_the_python_program_signs_rightly(listener: Listener) -> None:
    check_signature(run(listener, sys.executable, "-", text=snippet("Python", listener)))


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node here")
def test_the_node_program_signs_rightly(listener: Listener, tmp_path: Path) -> None:
    program = tmp_path / "call.mjs"
    program.write_text(snippet("Node", listener))
    check_signature(run(listener, "node", str(program)))


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_signed_curl_command_is_accepted(listener: Listener) -> None:
    check_signature(run(listener, "sh", "-c", snippet("curl", listener)))


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_bearer_curl_command_is_accepted(listener: Listener) -> None:
    request = run(listener, "sh", "-c", snippet("curl (/api/v1)", listener))
    assert authenticate_bearer(request.headers["authorization"], keys={LIVE.access_key: LIVE}.get) is LIVE
    assert json.loads(request.body) == {"items": [{"url": "https://example.com/clip.mp4"}]}
