"""
A program that sends a file with the vendor's own uploader: `vendor_uploader.py URL PATH FOLDER`, token on stdin.

Runs alone, because the uploader keeps its settings in its module. `FOLDER` keeps its progress. Prints what it answers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from wcs.commons.config import Config  # type: ignore[import-untyped]
from wcs.services.multipartupload import MultipartUpload  # type: ignore[import-untyped]
from wcs.services.simpleupload import SimpleUpload  # type: ignore[import-untyped]

CHUNK_BYTES = 256 * 1024
TRIES = 30


def main() -> None:
    """Send the file in blocks, going on after each time the uploader gives up; small ones as a form."""
    url, path, folder = sys.argv[1:]
    token = sys.stdin.read().strip()
    Config.tmp_record_folder, Config.bput_size = f"{folder}/", CHUNK_BYTES
    if Path(path).stat().st_size <= CHUNK_BYTES:
        json.dump(SimpleUpload(url).upload(path, token, Path(path).name)[:2], sys.stdout)
        return
    upload_id = None
    for _ in range(TRIES):
        uploader = MultipartUpload(url)
        answer = uploader.upload(path, token, upload_id)
        if isinstance(answer, tuple):
            json.dump(answer[:2], sys.stdout)
            return
        upload_id = uploader.uploadBatch
    sys.exit("the uploader never came to an end")


if __name__ == "__main__":
    main()
