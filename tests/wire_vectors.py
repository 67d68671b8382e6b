"""Requests and replies of the published vectors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vectors import load
from tests.wire import Sent

CALLS: dict[str, dict[str, Any]] = load("video-exchanges")["calls"]


def of_vector(call: str) -> list[Any]:
    """Return the requests of a call that mean the same, as parameters of a test."""
    requests = CALLS[call]["requests_with_the_same_meaning"]
    return [pytest.param(call, request, id=f"{call}-{number}") for number, request in enumerate(requests)]


def as_sent(call: str, request: dict[str, str]) -> Sent:
    """Return a request of a vector."""
    query = f"?{request['query']}" if "query" in request else ""
    return Sent(
        method=request["method"],
        target=CALLS[call]["path"] + query,
        body=request.get("body", "").encode(),
        content_type=request["content_type"],
    )
