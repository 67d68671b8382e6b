"""Which sources a command line may name."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from vodpull.cli.sources import read_sources
from vodpull.errors import ConfigurationError, UrlInvalid

A, B = "https://a.example/1.mp4", "http://b.example/2.mp4?x=1"


def test_urls_come_from_words_files_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list").write_text(f"# a remark\n{A}\n\n  {B}\r\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{B}\n"))
    assert read_sources([A, f"@{tmp_path}/list", "-"]) == [A, A, B, B]


@pytest.mark.parametrize(
    ("word", "remedy"),
    [
        ("ftp://a.example/1.mp4", "http or https URL"),
        ("sftp://host/1.mp4", "s3://name/key"),
        ("rtmp://a.example/live", "http or https URL"),
        ("example.com/clip.mp4", "Write https://example.com/clip.mp4."),
        ("clip", "Write https://host/path."),
        ("", "Write https://host/path."),
        ("https://", "Write https://host/path."),
        ("http://[::1/x", "Write http://host/path."),
        ("./clip.mp4", "VODPULL_TRUSTED_ORIGINS"),
        ("/videos/clip.mp4", "VODPULL_TRUSTED_ORIGINS"),
        ("file:///videos/clip.mp4", "VODPULL_TRUSTED_ORIGINS"),
    ],
)
def test_what_can_never_be_fetched_is_refused_at_once_with_what_to_do(word: str, remedy: str) -> None:
    with pytest.raises(UrlInvalid) as caught:
        read_sources([A, word])
    assert remedy in caught.value.remedy
    assert word in str(caught.value)


def test_a_file_of_this_folder_is_known_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clip.mp4").touch()
    with pytest.raises(UrlInvalid, match="a file on this machine"):
        read_sources(["clip.mp4"])


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"# nothing\n"])
def test_a_list_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "list"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"cannot be read|no URL"):
        read_sources([f"@{path}"])
