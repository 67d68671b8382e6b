from __future__ import annotations

import hashlib
from typing import Any

import pytest
from tests.upload_file import vector_file
from tests.vectors import load

from vodpull.uploads.blocks.vendor_hash import SPAN_BYTES, file_hash

HASHES = load("upload-protocol")["hashes"]


@pytest.mark.parametrize("vector", HASHES, ids=lambda vector: vector["name"])
def test_a_file_has_the_hash_of_the_vendors_clients(vector: dict[str, Any]) -> None:
    data = vector_file(vector["size"])
    spans = [data[start : start + SPAN_BYTES] for start in range(0, max(1, len(data)), SPAN_BYTES)]
    assert file_hash([hashlib.sha1(span, usedforsecurity=False).digest() for span in spans]) == vector["hash"]
