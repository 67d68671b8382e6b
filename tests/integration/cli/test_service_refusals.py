"""What `serve` refuses at once."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

PEM = "-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n"


def serve(folder: Path, *words: str, **settings: str) -> str:
    """Run `serve`, which must fail in two lines, and return them."""
    environment = {"VODPULL_DATA_DIR": str(folder / "data"), **settings}
    program = [sys.executable, "-m", "vodpull", "serve", *words]
    done = subprocess.run(program, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    error, fix = done.stderr.splitlines()
    assert (done.returncode, error[:5], fix[:4]) == (1, "Error", "Fix:"), done.stderr
    assert not (folder / "data").exists(), "nothing was begun"
    return done.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = serve(tmp_path, "--port", port)
    assert f"127.0.0.1:{port}" in said
    assert "another --port" in said


@pytest.mark.parametrize("host", ["203.0.113.9", "nosuch.invalid", "a..b"])
def test_a_host_that_is_not_of_this_machine_is_named(tmp_path: Path, host: str) -> None:
    said = serve(tmp_path, "--host", host, "--port", "0")
    assert f"--host: cannot listen on {host}:0: " in said
    assert "Give --host an address of this machine" in said


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--tls-cert", "a.pem"), "--tls-key"),
        (("--tls-cert", "no.pem", "--tls-key", "a.pem"), "--tls-cert: no.pem cannot be read"),
        (("--tls-cert", "a.pem", "--tls-key", "no.pem"), "--tls-key: no.pem cannot be read"),
        (("--tls-cert", "a.pem", "--tls-key", "a.pem"), "cannot be used together"),
        (("--tls-cert", ".", "--tls-key", "a.pem"), "--tls-cert: . cannot be read"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path, words: tuple[str, ...], named: str) -> None:
    (tmp_path / "a.pem").write_text(PEM)
    assert named in serve(tmp_path, *words, "--port", "0")


def test_a_port_out_of_range_is_a_word_on_the_command_line(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "vodpull", "serve", "--port", "65536"]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "--port" in done.stderr, "65535" in done.stderr) == (2, True, True)


def test_a_database_that_is_away_is_told_with_its_cause(tmp_path: Path) -> None:
    url = "postgresql://u:hunter2@127.0.0.1:1/db"
    program = [sys.executable, "-m", "vodpull", "keys", "list"]
    environment = {"VODPULL_DATA_DIR": str(tmp_path), "VODPULL_DATABASE_URL": url}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "Connection refused" in done.stderr, "hunter2" in done.stderr) == (75, True, False)
