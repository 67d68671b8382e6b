"""What stands around the application takes only what can be read safely."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from vodpull.api.http.every_request import Exchange


async def echo(request: Request) -> JSONResponse:
    return JSONResponse({"bytes": len(await request.body())})


def client() -> TestClient:
    around = [Middleware(Exchange, language="en")]
    return TestClient(Starlette(routes=[Route("/api/v1/echo", echo, methods=["POST"])], middleware=around))


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_json_in_another_codec_is_refused(codec: str) -> None:
    body = '{"items": []}'.encode(codec)
    reply = client().post("/api/v1/echo", content=body, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.json()["code"], reply.json()["field"]) == (400, "parameter_error", "body")


@pytest.mark.parametrize("body", [b"", b"{}", b'\xef\xbb\xbf{"a": 1}', b"\xff"])
def test_other_json_goes_on_to_who_reads_it(body: bytes) -> None:
    reply = client().post("/api/v1/echo", content=body, headers={"Content-Type": "application/json"})
    assert reply.json() == {"bytes": len(body)}


def test_bytes_that_are_no_json_may_be_anything() -> None:
    reply = client().post("/api/v1/echo", content=b"\0\0\0\0", headers={"Content-Type": "video/mp4"})
    assert reply.json() == {"bytes": 4}
