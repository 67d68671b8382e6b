from __future__ import annotations

from dataclasses import replace

import pytest

from vodpull.errors import UploadMisplaced
from vodpull.uploads.blocks.block_ctx import BlockPlace
from vodpull.uploads.upload_token import UploadKey

KEY = UploadKey(secret="of a test")
PLACE = BlockPlace(upload_id="0a" * 16, series="batch-1", nonce="0b" * 8, number=2, size_bytes=4194304, at=1048576)


def test_a_place_comes_back_as_it_went_out() -> None:
    text = PLACE.text(KEY)
    assert len(text) <= 200
    assert BlockPlace.read(text, upload_id=PLACE.upload_id, series=PLACE.series, key=KEY) == PLACE


@pytest.mark.parametrize(
    "change", [{"upload_id": "0c" * 16}, {"series": "batch-2"}, {"series": ""}], ids=["upload", "series", "none"]
)
def test_a_place_fits_only_its_own_upload(change: dict[str, str]) -> None:
    asked = {"upload_id": PLACE.upload_id, "series": PLACE.series} | change
    with pytest.raises(UploadMisplaced):
        BlockPlace.read(PLACE.text(KEY), **asked, key=KEY)


def test_a_place_that_was_changed_is_none() -> None:
    text = PLACE.text(KEY)
    forged = replace(PLACE, at=0).text(UploadKey(secret="of somebody else"))
    changed = [text[:n] + ("A" if text[n] != "A" else "B") + text[n + 1 :] for n in range(0, len(text), 7)]
    for each in ("", "ü", "AAAA", text[:-4], text + "AAAA", forged, *changed):
        with pytest.raises(UploadMisplaced):
            BlockPlace.read(each, upload_id=PLACE.upload_id, series=PLACE.series, key=KEY)
