"""Which calls a file takes: what is sent is the file as it was when its upload began, whole, or nothing counts."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from vodpull.client.exchange import Flow, HttpCall, HttpReply
from vodpull.client.operations.uploads import PIECE_BYTES, upload
from vodpull.errors import ParameterError, UploadDamaged

MADE = {"location": "http://x/api/v1/uploads/1", "upload-offset": "0", "vodpull-video-id": "v"}


def at(offset: int, **more: str) -> HttpReply:
    return HttpReply(status=200, headers=MADE | {"upload-offset": str(offset)} | more, body=b"")


DAMAGED = HttpReply(status=460, headers={}, body=b'{"code": "upload_damaged", "detail": "another one"}')


def begun(path: Path) -> tuple[Flow[str], HttpCall]:
    flow = upload(path)
    assert next(flow).method == "POST"
    return flow, flow.send(at(0))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(PIECE_BYTES + 10))
    return path


def test_a_file_goes_piece_by_piece(film: Path) -> None:
    flow, first = begun(film)
    assert (first.method, len(first.content)) == ("PATCH", PIECE_BYTES)
    rest = flow.send(at(PIECE_BYTES))
    assert (rest.headers["Upload-Offset"], len(rest.content)) == (str(PIECE_BYTES), 10)
    with pytest.raises(StopIteration) as end:
        flow.send(at(PIECE_BYTES + 10))
    assert end.value.value == "v"


@pytest.mark.parametrize("change", [b"", b"longer" * PIECE_BYTES])
def test_a_file_that_changes_meanwhile_is_given_up_and_forgotten(film: Path, change: bytes) -> None:
    flow, _ = begun(film)
    film.write_bytes(change)
    assert flow.send(at(PIECE_BYTES)).method == "DELETE"
    with pytest.raises(ParameterError, match="has changed"):
        flow.send(HttpReply(status=204, headers={}, body=b""))


def test_a_piece_that_was_damaged_on_its_way_is_sent_again_a_few_times(film: Path) -> None:
    flow, piece = begun(film)
    assert flow.send(DAMAGED).method == "HEAD"
    assert flow.send(at(0)).content == piece.content
    with pytest.raises(UploadDamaged):
        for _ in range(9):
            flow.send(DAMAGED)
            flow.send(at(0))


def test_what_is_no_file_with_bytes_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    empty, pipe = tmp_path / "empty.mp4", tmp_path / "pipe.mp4"
    empty.touch()
    os.mkfifo(pipe)
    for path, why in ((empty, "empty"), (pipe, "no regular file")):
        with pytest.raises(ParameterError, match=why):
            next(upload(path))


def test_a_name_that_is_no_text_is_sent_as_far_as_it_is_one(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp4"))
    try:
        path.write_bytes(b"x")
    except OSError:
        pytest.skip("the file system takes text alone")
    pairs = dict(pair.split(" ") for pair in next(upload(path)).headers["Upload-Metadata"].split(","))
    assert base64.b64decode(pairs["filename"]) == b"?.mp4"
