"""Habits of origins in the field: redirects that expire, cookies, odd headers, names with blanks, long signed URLs."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from tests.integration.fetch.conftest import ignore
from tests.origin import Origin, ranged

from vodpull.errors import (
    BodyEncoded,
    BodyIncomplete,
    OriginFailed,
    OriginMissing,
    OriginRefused,
    TooManyRedirects,
    UrlForbidden,
    UrlInvalid,
    VodpullError,
)
from vodpull.fetch import AddressGuard, CookieJar, Downloaded, FetchedPlaylist, FetchLimits, download, fetch_playlist

pytestmark = pytest.mark.waits

BODY = bytes(range(256)) * 1024
BIG = bytes(range(256)) * (12 << 12)  # more than is worth a second connection
TS = (b"G" + bytes(187)) * 40

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Bench:
    def __init__(self, origin: Origin, folder: Path, limits: FetchLimits) -> None:
        self.origin = origin
        self.guard = AddressGuard(trusted_origins=[origin.origin], allow_networks=())
        self.limits = replace(limits, max_bytes=1 << 30)
        self.target = folder / "source"

    async def download(self, url: str, *, cookies: CookieJar | None = None) -> Downloaded:
        url = url if url.startswith("http") else self.origin.url(url)
        arrived = await download(
            url, self.target, guard=self.guard, limits=self.limits, on_progress=ignore, cookies=cookies
        )
        assert hashlib.sha256(self.target.read_bytes()).hexdigest() == arrived.sha256
        return arrived

    async def fetch_playlist(self, path: str) -> FetchedPlaylist:
        cookies = CookieJar()
        arrived = await self.download(path, cookies=cookies)
        folder = self.target.parent / "pieces"
        folder.mkdir(exist_ok=True)
        return await fetch_playlist(
            self.target,
            arrived.final_url,
            folder,
            guard=self.guard,
            limits=self.limits,
            on_progress=ignore,
            cookies=cookies,
        )


@pytest.fixture
def bench(origin: Origin, tmp_path: Path, limits: FetchLimits) -> Bench:
    return Bench(origin, tmp_path, limits)


def redirect(to: str, **headers: str) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": to, **headers})

    return answer


def playlist(*names: str) -> bytes:
    lines = [line for name in names for line in ("#EXTINF:2,", name)]
    return "\n".join(["#EXTM3U", "#EXT-X-TARGETDURATION:2", *lines, "#EXT-X-ENDLIST"]).encode()


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("variant", [False, True])
async def test_a_playlist_names_its_parts_from_where_it_lies(bench: Bench, *, variant: bool) -> None:
    bench.origin.put("cdn/v1/low/v.m3u8", playlist("s0.ts", "s1.ts"))
    bench.origin.put("cdn/v1/low/s0.ts", TS)
    bench.origin.put("cdn/v1/low/s1.ts", TS)
    bench.origin.put("cdn/v1/master.m3u8", b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/v.m3u8\n")
    bench.origin.answer("watch", redirect("/cdn/v1/master.m3u8" if variant else "/cdn/v1/low/v.m3u8"))
    assert (await bench.fetch_playlist("watch")).size_bytes == 2 * len(TS)


@pytest.mark.parametrize("name", ["my holiday0.ts", "Grüße0.ts", "100%.ts", "a%20b.ts", "sub\\s.ts", " s.ts "])
async def test_segments_are_found_by_the_names_that_browsers_would_ask_for(bench: Bench, name: str) -> None:
    bench.origin.put("v.m3u8", playlist(name))
    bench.origin.put(name.strip().replace("\\", "/").replace("%20", " "), TS)
    assert (await bench.fetch_playlist("v.m3u8")).size_bytes == len(TS)


@pytest.mark.parametrize("name", ["my clip.mp4", "Grüße.mp4"])
async def test_blanks_and_umlauts_in_a_url_and_in_location_are_sent_quoted(bench: Bench, name: str) -> None:
    bench.origin.put(name, BODY)
    location = bench.origin.put_raw(
        "there", f"HTTP/1.1 302 Found\r\nLocation: /{name}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    assert (await bench.download(name)).size_bytes == len(BODY)
    assert (await bench.download(location)).size_bytes == len(BODY)


@pytest.mark.parametrize("characters", [2300, 8000])
async def test_a_long_signed_url_is_asked_for_first_and_after_a_redirect(bench: Bench, characters: int) -> None:
    bench.origin.put("clip.mp4", BODY)
    signed = "clip.mp4?X-Amz-Security-Token=" + "A" * characters
    assert (await bench.download(signed)).size_bytes == len(BODY)
    assert (await bench.download(bench.origin.answer("long", redirect(f"/{signed}")))).size_bytes == len(BODY)


async def test_a_longer_one_is_refused_wherever_it_stands(bench: Bench) -> None:
    with pytest.raises(UrlInvalid, match="8192"):
        await bench.download("clip.mp4?" + "A" * 8192)
    with pytest.raises(UrlInvalid):
        await bench.download(bench.origin.answer("long", redirect("/clip.mp4?" + "A" * 8192)))


# ---------------------------------------------------------------- redirects and cookies


async def test_ten_redirects_are_followed_and_eleven_are_not(bench: Bench) -> None:
    bench.origin.put("hop0", BODY)
    for number in range(1, 12):
        bench.origin.answer(f"hop{number}", redirect(f"hop{number - 1}"))
    assert (await bench.download("hop10")).size_bytes == len(BODY)
    with pytest.raises(TooManyRedirects):
        await bench.download("hop11")


def wants_cookie(cookie: str, body: bytes, *, otherwise: Answer) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        if cookie in request.headers.get("Cookie", ""):
            return ranged(request, body)
        return await otherwise(request)

    return answer


async def refuse(_: web.Request) -> web.StreamResponse:
    return web.Response(status=403)


async def test_a_cookie_of_a_redirect_comes_back_as_it_was(bench: Bench) -> None:
    value = 'seen=exp=1~acl=/*~hmac="a b"'
    guarded = wants_cookie(
        "seen=exp=1~acl=/*~hmac=", BODY, otherwise=redirect("/v", **{"Set-Cookie": f"{value}; Path=/"})
    )
    assert (await bench.download(bench.origin.answer("v", guarded))).size_bytes == len(BODY)


async def test_segments_get_the_cookie_that_came_with_their_playlist(bench: Bench) -> None:
    async def listed(_: web.Request) -> web.StreamResponse:
        return web.Response(body=playlist("s.ts"), headers={"Set-Cookie": "hdntl=1; Path=/"})

    bench.origin.answer("v.m3u8", listed)
    bench.origin.answer("s.ts", wants_cookie("hdntl=1", TS, otherwise=refuse))
    assert (await bench.fetch_playlist("v.m3u8")).size_bytes == len(TS)


async def test_the_next_fetch_begins_without_cookies(bench: Bench) -> None:
    guarded = wants_cookie("seen=1", BODY, otherwise=redirect("/v", **{"Set-Cookie": "seen=1"}))
    await bench.download(bench.origin.answer("v", guarded))
    bench.origin.headers.clear()
    await bench.download("v")
    assert "cookie" not in bench.origin.headers[0]


@pytest.mark.parametrize(
    "attributes", ["", "; Domain=localhost", "; Domain=com", "; Domain=co.uk", "; Domain=example.com", "; Path=/other"]
)
async def test_a_cookie_never_reaches_another_host_or_path(bench: Bench, attributes: str) -> None:
    elsewhere = f"http://localhost:{bench.origin.port}"
    bench.guard = AddressGuard(trusted_origins=[bench.origin.origin, elsewhere], allow_networks=())
    bench.origin.put("clip.mp4", BODY)
    target = "/clip.mp4" if "Path" in attributes else f"{elsewhere}/clip.mp4"
    await bench.download(bench.origin.answer("v", redirect(target, **{"Set-Cookie": f"secret=1{attributes}"})))
    assert [headers["path"] for headers in bench.origin.headers] == ["/v", "/clip.mp4"]
    assert "cookie" not in bench.origin.headers[1]


async def test_a_cookie_flood_is_cut(bench: Bench) -> None:
    async def flood(_: web.Request) -> web.StreamResponse:
        response = web.Response(status=302, headers={"Location": "/clip.mp4"})
        for number in range(400):
            response.headers.add("Set-Cookie", f"c{number}={'x' * 6000}")
        return response

    bench.origin.put("clip.mp4", BODY)
    await bench.download(bench.origin.answer("v", flood))
    assert len(bench.origin.headers[1].get("cookie", "")) < 8000


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_redirect_that_has_expired_is_asked_for_anew(bench: Bench, status: int) -> None:
    tickets = itertools.count()

    async def signed(request: web.Request) -> web.StreamResponse:
        return ranged(request, BODY) if request.query["ticket"] == "1" else web.Response(status=status)

    async def lasting(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"/signed?ticket={next(tickets)}"})

    bench.origin.answer("signed", signed)
    assert (await bench.download(bench.origin.answer("lasting", lasting))).size_bytes == len(BODY)


async def test_an_url_that_is_refused_itself_is_asked_once(bench: Bench) -> None:
    with pytest.raises(OriginMissing):
        await bench.download("nowhere")
    assert bench.origin.requests["/nowhere"] == 1


async def test_where_a_fresh_redirect_is_refused_too_the_error_is_the_origins(bench: Bench) -> None:
    bench.origin.answer("signed", refuse)
    with pytest.raises(OriginRefused):
        await bench.download(bench.origin.answer("lasting", redirect("/signed")))
    assert bench.origin.requests["/lasting"] == 2


@pytest.mark.parametrize("to", ["http://127.0.0.1:1/x", "http://169.254.169.254/latest", "file:///etc/passwd"])
async def test_a_fresh_redirect_is_checked_like_the_first_one(bench: Bench, to: str) -> None:
    places = iter(["/signed", to])

    async def lasting(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": next(places)})

    bench.origin.answer("signed", refuse)
    with pytest.raises((UrlInvalid, UrlForbidden)):
        await bench.download(bench.origin.answer("lasting", lasting))


def throttled(allows: Callable[[web.Request], bool], body: bytes = BIG) -> Answer:
    """Give a big file slowly enough for several connections to be worth it, to whom `allows` lets."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if not allows(request):
            return web.Response(status=410)
        whole = ranged(request, body)
        response = web.StreamResponse(status=whole.status, headers=whole.headers)
        await response.prepare(request)
        assert isinstance(whole.body, bytes)
        for start in range(0, len(whole.body), 1 << 16):
            await response.write(whole.body[start : start + (1 << 16)])
            await asyncio.sleep(0.03)
        return response

    return answer


async def test_a_link_for_one_answer_gives_the_whole_file(bench: Bench) -> None:
    answers = itertools.count()
    bench.origin.answer("once", throttled(lambda _: next(answers) == 0))
    assert (await bench.download("once")).sha256 == hashlib.sha256(BIG).hexdigest()
    assert bench.origin.requests["/once"] > 1, "a second connection was tried"


async def test_ranges_go_on_with_a_fresh_redirect_when_the_first_expires(bench: Bench) -> None:
    tickets = itertools.count()
    uses: dict[str, int] = {}

    def allows(request: web.Request) -> bool:
        ticket = request.query["ticket"]
        uses[ticket] = uses.get(ticket, 0) + 1
        return uses[ticket] <= 2

    async def lasting(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"/signed?ticket={next(tickets)}"})

    bench.origin.answer("signed", throttled(allows))
    arrived = await bench.download(bench.origin.answer("lasting", lasting))
    assert arrived.sha256 == hashlib.sha256(BIG).hexdigest()
    assert len(uses) > 1


def breaking(otherwise: Answer) -> Answer:
    """Break off in the middle of the first answer."""
    answers = itertools.count()

    async def answer(request: web.Request) -> web.StreamResponse:
        if next(answers):
            return await otherwise(request)
        response = web.StreamResponse(headers=ranged(request, BIG).headers)
        response.content_length = len(BIG)
        await response.prepare(request)
        await response.write(BIG[: len(BIG) // 2])
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


async def test_a_broken_fetch_goes_on_behind_a_fresh_redirect_to_another_place(bench: Bench) -> None:
    async def whole(request: web.Request) -> web.StreamResponse:
        return ranged(request, BIG)

    tickets, file = itertools.count(), breaking(whole)
    for number in range(2):
        bench.origin.answer(f"t{number}/clip.mp4", file)

    async def lasting(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"/t{next(tickets)}/clip.mp4"})

    bench.limits = replace(bench.limits, attempts=1, max_connections=1)
    url = bench.origin.answer("lasting", lasting)
    with pytest.raises(BodyIncomplete):
        await bench.download(url)
    assert (await bench.download(url)).received_bytes < 0.6 * len(BIG)


@pytest.mark.parametrize("status", [400, 401, 403, 501])
async def test_a_url_that_is_signed_for_plain_requests_alone_is_fetched_again_whole(bench: Bench, status: int) -> None:
    async def plain_only(request: web.Request) -> web.StreamResponse:
        refused = "Range" in request.headers or request.method != "GET"
        return web.Response(status=status) if refused else ranged(request, BIG)

    assert (await bench.download(bench.origin.answer("presigned", breaking(plain_only)))).size_bytes == len(BIG)


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize(
    "encoding", ["identity", "", "aws-chunked", "none", "binary", "utf-8", "aws-chunked, identity"]
)
async def test_a_content_encoding_that_means_nothing_is_passed_over(bench: Bench, encoding: str) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=BODY, headers={"Content-Encoding": encoding})

    assert (await bench.download(bench.origin.answer("v", answer))).size_bytes == len(BODY)


@pytest.mark.parametrize("encoding", ["gzip", "aws-chunked,gzip", "BR", "zstd"])
async def test_a_compressed_body_is_refused(bench: Bench, encoding: str) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=BODY, headers={"Content-Encoding": encoding})

    with pytest.raises(BodyEncoded):
        await bench.download(bench.origin.answer("v", answer))


async def test_fields_of_16_kib_and_500_of_them_are_read(bench: Bench) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        many = {f"X-{number}": "a" for number in range(490)}
        return web.Response(body=BODY, headers={"Content-Security-Policy": "a" * (16 << 10), **many})

    assert (await bench.download(bench.origin.answer("v", answer))).size_bytes == len(BODY)


def said(*fields: str, body: bytes = BODY) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *fields, "", ""]).encode() + body


SAME = f"Content-Length: {len(BODY)}"


@pytest.mark.parametrize(
    "answer",
    [
        said(SAME, SAME),
        said(SAME, "X-Between: 1", SAME.lower()),
        said(f"{SAME}, {len(BODY)}"),
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + said(SAME, SAME),
    ],
)
async def test_a_length_that_is_said_twice_alike_counts_once(bench: Bench, answer: bytes) -> None:
    assert (await bench.download(bench.origin.put_raw("v", answer))).size_bytes == len(BODY)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said(SAME, "Content-Length: 7"), OriginFailed),
        (said(f"{SAME}, 7"), OriginFailed),
        (said("Content-Length: 7", "Transfer-Encoding: chunked", "Content-Length: 7"), OriginFailed),
        (b"SSH-2.0-OpenSSH_9.6\r\n", OriginFailed),
    ],
)
async def test_lengths_that_differ_and_other_protocols_stay_an_error(
    bench: Bench, answer: bytes, error: type[VodpullError]
) -> None:
    with pytest.raises(error):
        await bench.download(bench.origin.put_raw("v", answer))
