"""Whatever a stranger writes is read in one pass: patterns tried from every letter of a long word take its square."""

from __future__ import annotations

import io

import pytest

from vodpull.app.telemetry.log_redaction import without_secrets
from vodpull.captions.markup import plain_cue
from vodpull.imports.listers.csv_and_jsonl import MAX_LINE, read_csv

LETTERS = 300_000
"""One pass takes a part of a second, the square an hour."""

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    "piece", ["a", "a.", "-", "token", "token.", "whsec_", "http://", "://", "?", "?a", "Bearer ", "token =\t"]
)
def test_redaction(piece: str) -> None:
    without_secrets(piece * (LETTERS // len(piece)))


@pytest.mark.parametrize("begin", ["<br", "<v", "<v.a", "<lang", "<", "</", "&"])
@pytest.mark.parametrize("piece", [" ", " x", "\t", "/", "."])
def test_markup_of_a_cue(begin: str, piece: str) -> None:
    plain_cue(begin + piece * (LETTERS // len(piece)) + "<x>")
    plain_cue(begin + piece * (LETTERS // len(piece)) + "x>")


def test_labels_of_a_spreadsheet() -> None:
    labels = f"a{' ' * (MAX_LINE - 100)}b"
    table = "url,categories\n" + 30 * f"https://h.test/a.mp4,{labels}\n"
    assert len(list(read_csv(io.BytesIO(table.encode())))) == 30
