"""Multipart uploads to S3 that were begun and never ended: obstore cannot list them. Needs the extra `s3`."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

from vodpull.errors import StorageError
from vodpull.storage.object_keys import MANIFESTS, UPLOADS, VIDEO_ROOTS, WORK

_TRIES = 5
"""Of one request; the sweep comes again tomorrow."""


def can_drop_uploads() -> bool:
    """Return True when the extra is installed."""
    return find_spec("botocore") is not None


def drop_uploads(bucket: str, prefix: str, *, before_s: float) -> int:
    """
    Abort uploads below our own folders that were begun before a Unix time, and return how many. Blocks.

    Takes address and credentials from the same variables as the store itself.

    Raises:
        StorageError: the bucket does not let us, or does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - an extra

    dropped = 0
    try:
        client = _client()
        pages = client.get_paginator("list_multipart_uploads")
        for root in (*VIDEO_ROOTS, MANIFESTS, WORK, UPLOADS):
            for page in pages.paginate(Bucket=bucket, Prefix="/".join([*filter(None, [prefix]), root, ""])):
                old = [upload for upload in page.get("Uploads", []) if upload["Initiated"].timestamp() < before_s]
                for upload in old:
                    client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
                dropped += len(old)
    except (BotoCoreError, ClientError) as error:  # not chained: its text may show a request with its signature
        raise StorageError(f"unfinished uploads cannot be listed or aborted: {type(error).__name__}") from None
    return dropped


def _client() -> Any:
    from botocore.config import Config  # noqa: PLC0415 - an extra
    from botocore.session import get_session  # noqa: PLC0415 - an extra

    read = os.environ.get  # noqa: TID251 - the store's own variables
    hosted = read("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "").lower() in {"1", "true"}
    return get_session().create_client(
        "s3",
        region_name=read("AWS_REGION") or read("AWS_DEFAULT_REGION") or "us-east-1",
        config=Config(
            s3={"addressing_style": "virtual" if hosted else "path"},
            retries={"total_max_attempts": _TRIES, "mode": "standard"},
        ),
    )
