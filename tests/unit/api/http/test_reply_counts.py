from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from vodpull.api.http.metrics_endpoint import MetricsDoor, metrics_router
from vodpull.api.http.reply_counts import Answered, Watched, note_wire_code

SEEN: list[Answered] = []


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()

    @app.get("/items/{name}")
    async def item(name: str) -> str:
        if name == "broken":
            raise RuntimeError
        return name

    @app.get("/vod/refused")
    async def refused(request: Request) -> str:
        note_wire_code(request, 1000)
        return "refused"

    @app.get("/api/v1/refused")
    async def refused_by_ours(request: Request) -> Response:
        note_wire_code(request, 1000)
        return PlainTextResponse("", 422)

    async def page(_: Request) -> Response:
        return PlainTextResponse("page")

    app.mount("/console", Starlette(routes=[Route("/tasks/{batch_id}", page)]))
    SEEN.clear()
    app.add_middleware(Watched, on_reply=SEEN.append)
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("path", "route", "code"),
    [
        ("/items/secret-name", "/items/{name}", 200),
        ("/items/broken", "/items/{name}", 500),
        ("/vod/refused", "/vod/refused", 1000),
        ("/api/v1/refused", "/api/v1/refused", 422),
        ("/console/tasks/abc", "/console/tasks/{batch_id}", 200),
        ("/made/up", "none", 404),
    ],
)
def test_a_reply_is_told_by_the_template_of_its_path(client: TestClient, path: str, route: str, code: int) -> None:
    client.get(path)
    [answered] = SEEN
    assert (answered.route, answered.code) == (route, code)
    assert answered.seconds > 0


def test_a_method_that_is_made_up_does_not_make_a_series(client: TestClient) -> None:
    client.request("BREW", "/items/a")
    [answered] = SEEN
    assert (answered.route, answered.code) == ("/items/{name}", 405)


async def test_a_client_that_left_is_no_error_of_ours() -> None:
    async def silent(*_: object) -> None:
        pass

    SEEN.clear()
    await Watched(silent, on_reply=SEEN.append)({"type": "http"}, silent, silent)  # type: ignore[arg-type]
    assert [answered.code for answered in SEEN] == [499]


def scrape(token: str, authorization: bytes = b"") -> Any:
    app = FastAPI()
    app.include_router(metrics_router(MetricsDoor(render=lambda: b"up 1\n", token=token)))
    return TestClient(app).get("/metrics", headers={b"authorization": authorization})


def test_the_page_is_open_unless_there_is_a_token() -> None:
    reply = scrape("")
    assert (reply.status_code, reply.text) == (200, "up 1\n")
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_with_a_token_only_who_sends_it_is_told() -> None:
    assert scrape("s3cret", b"Bearer s3cret").status_code == 200
    for wrong in (b"", b"Bearer other", b"s3cret", b"Bearer \xe9"):
        refused = scrape("s3cret", wrong)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert "up" not in refused.text
