"""Why a call got no answer, and whose certificates count: real sockets on the loopback."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from tests.services.postgres import free_port

from vodpull.client import Client
from vodpull.errors import NotFound, ParameterError, ServiceUnreachable


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"code": "not_found", "detail": "no such batch", "remedy": "Look twice."}'
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of the base class
        """Say nothing."""


@pytest.fixture
def https(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}", tmp_path / "ca.pem"
    server.shutdown()
    server.server_close()
    thread.join()


def ask(server: str, ca_file: Path | None = None) -> None:
    with Client(server, "AK", "secret", patience_s=0, ca_file=ca_file) as client:
        client.query("0" * 32)


def test_a_private_authority_is_trusted_when_it_is_named(https: tuple[str, Path]) -> None:
    server, ca_file = https
    with pytest.raises(NotFound, match="no such batch") as caught:
        ask(server, ca_file)
    assert caught.value.remedy == "Look twice."


def test_a_private_authority_is_trusted_by_the_usual_variable(
    https: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, ca_file = https
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    with pytest.raises(NotFound):
        ask(server)


def test_a_certificate_that_is_not_trusted_is_told_and_not_tried_again(https: tuple[str, Path]) -> None:
    with (
        Client(https[0], "AK", "secret", patience_s=60) as client,
        pytest.raises(ServiceUnreachable, match="certificate is not trusted") as caught,
    ):
        client.query("0" * 32)
    assert (caught.value.retryable, "--cacert" in caught.value.remedy) == (False, True)


def test_https_to_a_service_without_it_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=_speak_http, args=(listener,))
        thread.start()
        with pytest.raises(ServiceUnreachable, match="does not speak TLS") as caught:
            ask(f"https://127.0.0.1:{port}")
        thread.join()
    assert "http:// or https://" in caught.value.remedy


def _speak_http(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize(
    ("server", "why"),
    [("http://127.0.0.1:{port}", "connection refused"), ("http://nosuch.invalid", "cannot be resolved")],
)
def test_a_service_that_is_not_there_is_told_with_its_address(server: str, why: str) -> None:
    server = server.format(port=free_port())
    with pytest.raises(ServiceUnreachable, match=why) as caught:
        ask(server)
    assert server.rpartition("/")[2] in str(caught.value)
    assert caught.value.retryable


@pytest.mark.parametrize("content", [None, "nothing"])
def test_a_file_without_certificates_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ParameterError, match="no file of certificates"):
        ask("https://127.0.0.1:9", path)
