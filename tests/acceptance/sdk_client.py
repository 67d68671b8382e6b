"""
A program that calls the service with the vendor's own SDK, unchanged: `sdk_client.py ENDPOINT`, work order on stdin.

Runs alone, because the SDK takes its trusted authorities from the environment of the process. Prints the reply as it
came and as the SDK's own models read it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from Tea.exceptions import RequiredArgumentException  # type: ignore[import-untyped]
from Tea.model import TeaModel  # type: ignore[import-untyped]
from wangsu.common.auth.AkSkAuth import AkSkAuth  # type: ignore[import-untyped]
from wangsu.common.auth.AkSkConfig import AkSkConfig  # type: ignore[import-untyped]
from wangsu.uploadassets import models  # type: ignore[import-untyped]

CALLS: dict[str, tuple[Any, Any]] = {
    "/vod/videoManage/pullVideo": (models.PullVideoRequest, models.PullVideoResponse),
    "/vod/videoManage/pullVideoQuery": (models.PullVideoQueryRequest, models.PullVideoQueryResponse),
}


def main() -> None:
    """Make the one call of the work order."""
    order = json.load(sys.stdin)
    request_model, reply_model = CALLS[order["path"]]
    request = request_model(**order["request"])
    config = AkSkConfig()
    config.access_key, config.secret_key = order["access_key"], order["secret"]
    config.end_point, config.uri, config.method = sys.argv[1], order["path"], "POST"
    text = AkSkAuth.invoke(config, json.dumps(request.to_map()))
    raw = json.loads(text)
    reply = reply_model().from_map(raw)
    json.dump({"raw": raw, "read": reply.to_map(), "complete": is_complete(reply)}, sys.stdout)


def is_complete(reply: TeaModel) -> bool:
    """Return True when every member is there that the SDK calls required; it does not check that by itself."""
    try:
        reply.validate()
    except RequiredArgumentException:
        return False
    return True


main()
