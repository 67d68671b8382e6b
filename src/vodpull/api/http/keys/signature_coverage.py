"""What of a request a signature covers: the raw target, headers and body; of a POST of the wire contract no query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from starlette.requests import Request

from vodpull.request_signing import SignedRequest


class RawRequest(NamedTuple):
    """A whole request as it came over the wire."""

    method: bytes
    target: bytes
    headers: Sequence[tuple[bytes, bytes]]
    """Names in lower case."""
    body: bytes


def signed_request(arrived: RawRequest, *, with_query: bool = True) -> SignedRequest:
    """Return a request as its signature sees it."""
    path, _, query = arrived.target.decode("latin-1").partition("?")
    return SignedRequest(
        method=arrived.method.decode("latin-1"),
        path=path,
        query=query if with_query else "",
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in arrived.headers},
        body=arrived.body,
    )


def wire_request(arrived: RawRequest) -> SignedRequest:
    """Return a call of the wire contract: what a POST has behind its path is not signed, and says nothing."""
    return signed_request(arrived, with_query=arrived.method != b"POST")


async def read_signed_request(request: Request) -> SignedRequest:
    """Return a request as its signature sees it: the raw target and the raw body."""
    return signed_request(await _arrived(request))


async def read_wire_request(request: Request) -> SignedRequest:
    """Return a call of the wire contract as its signature sees it."""
    return wire_request(await _arrived(request))


async def _arrived(request: Request) -> RawRequest:
    scope = request.scope
    raw_path: bytes = scope.get("raw_path") or request.url.path.encode()
    target = raw_path + b"?" + scope["query_string"]
    return RawRequest(request.method.encode("latin-1"), target, scope["headers"], await request.body())
