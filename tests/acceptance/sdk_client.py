"""
A program that calls the service with the vendor's own SDK, unchanged: `sdk_client.py ENDPOINT`, work order on stdin.

Runs alone, because the SDK takes its trusted authorities from the environment of the process. Prints each reply as it
came and as the SDK's own models read it; calls for which the SDK has no models are sent as they are.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from Tea.exceptions import RequiredArgumentException  # type: ignore[import-untyped]
from Tea.model import TeaModel  # type: ignore[import-untyped]
from wangsu.common.auth.AkSkAuth import AkSkAuth  # type: ignore[import-untyped]
from wangsu.common.auth.AkSkConfig import AkSkConfig  # type: ignore[import-untyped]

VECTORS = Path(__file__).resolve().parent.parent / "data" / "vectors" / "sdk-calls.json"

PULL = {
    f"/vod/videoManage/{name}": {
        "module": "wangsu.uploadassets.models",
        "request": f"{name[0].upper()}{name[1:]}Request",
        "response": f"{name[0].upper()}{name[1:]}Response",
    }
    for name in ("pullVideo", "pullVideoQuery")
}
CALLS = PULL | {call["path"]: call for call in json.loads(VECTORS.read_text(encoding="utf-8"))["calls"].values()}


def main() -> None:
    """Make the calls of the work order, one after the other."""
    order = json.load(sys.stdin)
    config = AkSkConfig()
    config.access_key, config.secret_key = order["access_key"], order["secret"]
    config.end_point, config.method = sys.argv[1], "POST"
    json.dump([call(config, **entry) for entry in order["calls"]], sys.stdout)


def call(config: AkSkConfig, *, path: str, request: dict[str, Any]) -> dict[str, Any]:
    """Make one call."""
    config.uri = path
    names = CALLS.get(path)
    if names is None:
        return {"raw": json.loads(AkSkAuth.invoke(config, json.dumps(request)))}
    models = importlib.import_module(names["module"])
    asked = getattr(models, names["request"])(**{name: built(models, value) for name, value in request.items()})
    raw = json.loads(AkSkAuth.invoke(config, json.dumps(asked.to_map())))
    reply = getattr(models, names["response"])().from_map(raw)
    return {"raw": raw, "read": reply.to_map(), "complete": is_complete(reply)}


def built(models: Any, value: Any) -> Any:
    """Return a value of a request, with the SDK's own models for the objects in it."""
    if isinstance(value, list):
        return [built(models, entry) for entry in value]
    if isinstance(value, dict):
        return getattr(models, value["__class__"])(**{name: value[name] for name in value if name != "__class__"})
    return value


def is_complete(reply: TeaModel) -> bool:
    """Return True when every member is there that the SDK calls required; it does not check that by itself."""
    try:
        reply.validate()
    except RequiredArgumentException:
        return False
    return True


main()
