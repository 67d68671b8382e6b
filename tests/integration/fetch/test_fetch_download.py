"""Downloads from an origin that misbehaves: whole and verified, or a clear error and nothing left behind."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import ssl
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.integration.fetch.conftest import ignore, md5_of
from tests.origin import Canary, Origin

from vodpull.errors import (
    BodyEmpty,
    BodyEncoded,
    BodyIncomplete,
    BodyTooLarge,
    ConnectFailed,
    Md5Mismatch,
    NameNotResolved,
    OriginBusy,
    OriginFailed,
    OriginMissing,
    OriginRefused,
    OriginTimeout,
    OriginTooSlow,
    StorageFull,
    StorageUnavailable,
    TlsFailed,
    TooManyRedirects,
    UrlForbidden,
    UrlInvalid,
    VodpullError,
)
from vodpull.fetch import AddressGuard, Downloaded, FetchLimits, download


class Bench:
    """One target folder, and `download` with everything but the path filled in."""

    def __init__(self, origin: Origin, folder: Path, limits: FetchLimits) -> None:
        self.origin = origin
        self.target = folder / "source"
        self.guard = AddressGuard(trusted_origins=[origin.origin], allow_networks=())
        self.limits = limits

    async def download(self, path: str, expected_md5: str = "") -> Downloaded:
        return await download(
            self.origin.url(path),
            self.target,
            guard=self.guard,
            limits=self.limits,
            on_progress=ignore,
            expected_md5=expected_md5,
        )

    def left(self) -> list[str]:
        return sorted(path.name for path in self.target.parent.iterdir())


@pytest.fixture
def bench(origin: Origin, tmp_path: Path, limits: FetchLimits) -> Bench:
    return Bench(origin, tmp_path, limits)


async def test_a_file_arrives_whole_with_its_md5_and_facts(bench: Bench) -> None:
    content = os.urandom(5_000_001)
    bench.origin.put("v.mp4", content)
    arrived = await bench.download("v.mp4?token=secret", md5_of(content))
    assert bench.target.read_bytes() == content
    assert (arrived.size_bytes, arrived.md5) == (len(content), md5_of(content))
    assert arrived.final_url == bench.origin.url("v.mp4")
    assert (arrived.content_type, arrived.etag) == ("video/mp4", '"origin"')
    assert bench.left() == ["source"]


@pytest.mark.parametrize("spell", [str.upper, str.title, " {}\n".format])
async def test_an_md5_fits_in_whatever_spelling_it_was_accepted(bench: Bench, spell: Callable[[str], str]) -> None:
    content = b"letters of either case mean the same digits"
    bench.origin.put("v.mp4", content)
    assert (await bench.download("v.mp4", spell(md5_of(content)))).md5 == md5_of(content)


async def test_a_body_without_length_arrives(bench: Bench) -> None:
    assert (await bench.download("chunked")).size_bytes == len(bench.origin.body)


async def test_a_body_without_length_and_without_bytes_is_empty(bench: Bench) -> None:
    bench.origin.put("nothing", b"")
    with pytest.raises(BodyEmpty):
        await bench.download("chunked?file=nothing")


@pytest.mark.parametrize("location", ["/v\xff", "/视频", "/my clip", " /v\t"])
async def test_a_redirect_may_name_its_target_in_whatever_bytes(bench: Bench, location: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        target = location.encode("latin-1" if "\xff" in location else "utf-8")
        first = asked.startswith(b"GET / ")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: " + target if first else b"HTTP/1.1 404 Not Found")
        writer.write(b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        bench.origin.port = server.sockets[0].getsockname()[1]
        bench.guard = AddressGuard(trusted_origins=[bench.origin.origin], allow_networks=())
        with pytest.raises(OriginMissing):
            await bench.download("")


async def test_progress_starts_at_zero_and_ends_with_the_size(bench: Bench) -> None:
    told: list[tuple[int, int | None]] = []
    size = len(bench.origin.body)
    await download(
        bench.origin.url("flaky?fails=0"),
        bench.target,
        guard=bench.guard,
        limits=bench.limits,
        on_progress=lambda received, announced: told.append((received, announced)),
    )
    assert told[0] == (0, size)
    assert told[-1] == (size, size)


async def test_progress_is_told_on_the_way(bench: Bench) -> None:
    told: list[int] = []
    await download(
        bench.origin.url("slow?pause=0.05&piece=30000"),
        bench.target,
        guard=bench.guard,
        limits=bench.limits,
        on_progress=lambda received, _: told.append(received),
    )
    assert told == sorted(told)
    assert len(told) > 2


async def test_nothing_personal_is_sent(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    await bench.download("chunked")
    sent = bench.origin.headers[0]
    assert sent["accept-encoding"] == "identity"
    assert not {"authorization", "cookie", "referer", "proxy-authorization"} & set(sent)


@pytest.mark.parametrize(
    ("path", "error", "tries"),
    [
        ("status/404", OriginMissing, 1),
        ("status/410", OriginMissing, 1),
        ("status/401", OriginRefused, 1),
        ("status/403", OriginRefused, 1),
        ("status/416", OriginRefused, 1),
        ("status/429", OriginBusy, 3),
        ("status/503?retry_after=0", OriginBusy, 3),
        ("status/503?retry_after=99999", OriginBusy, 1),
        ("status/500", OriginFailed, 3),
        ("status/502", OriginFailed, 3),
        ("status/206", OriginFailed, 3),
        ("status/304", OriginFailed, 3),
        ("status/301", OriginFailed, 3),
        ("status/204", BodyEmpty, 1),
        ("empty", BodyEmpty, 1),
        ("gzip", BodyEncoded, 1),
        ("short", BodyIncomplete, 3),
        ("reset?after=2000", BodyIncomplete, 3),
        ("reset?after=260000", BodyIncomplete, 3),
        ("endless", BodyTooLarge, 1),
        ("headers", OriginFailed, 3),
        ("redirect?to=/redirect?to=x&times=11", TooManyRedirects, 11),
        ("redirect?to=file:///etc/passwd", UrlInvalid, 1),
        ("redirect?to=ftp://example.com/", UrlInvalid, 1),
        ("redirect?to=gopher://example.com/", UrlInvalid, 1),
        ("redirect?to=data:,x", UrlInvalid, 1),
        ("redirect?to=http://user:pw@example.com/", UrlInvalid, 1),
        ("redirect?to=http://example.com:22/", UrlInvalid, 1),
    ],
)
async def test_every_way_to_misbehave_has_its_error_and_leaves_nothing(
    bench: Bench, path: str, *, error: type[VodpullError], tries: int
) -> None:
    with pytest.raises(error) as caught:
        await bench.download(path)
    assert type(caught.value) is error
    assert bench.origin.requests[f"/{path.partition('?')[0]}"] == tries
    assert bench.left() == []
    assert "?" not in str(caught.value)


@pytest.mark.parametrize("code", [500, 503, 429, 502])
async def test_an_origin_that_recovers_is_tried_again(bench: Bench, code: int) -> None:
    arrived = await bench.download(f"flaky?fails=2&code={code}")
    assert arrived.md5 == md5_of(bench.origin.body)
    assert bench.origin.requests["/flaky"] == 3


@pytest.mark.parametrize("percent", [1, 50, 99])
async def test_a_connection_reset_halfway_ends_in_the_right_bytes(bench: Bench, percent: int) -> None:
    content = os.urandom(3_000_000)
    bench.origin.put("v.mp4", content)
    await bench.download(f"reset?file=v.mp4&fails=2&after={len(content) * percent // 100}", md5_of(content))
    assert bench.target.read_bytes() == content


async def test_the_announced_size_is_enough_to_refuse(bench: Bench) -> None:
    bench.limits = replace(bench.limits, max_bytes=len(bench.origin.body) - 1)
    with pytest.raises(BodyTooLarge, match="announced"):
        await bench.download("slow?pause=60")


async def test_a_body_of_exactly_the_limit_is_accepted(bench: Bench) -> None:
    bench.limits = replace(bench.limits, max_bytes=len(bench.origin.body))
    assert (await bench.download("chunked")).size_bytes == len(bench.origin.body)


async def test_a_wrong_md5_ends_it_at_once_and_names_both(bench: Bench) -> None:
    with pytest.raises(Md5Mismatch) as caught:
        await bench.download("chunked", "0" * 32)
    assert "0" * 32 in str(caught.value)
    assert md5_of(bench.origin.body) in str(caught.value)
    assert bench.origin.requests["/chunked"] == 1
    assert bench.left() == []


@pytest.mark.parametrize(
    "limit",
    [
        {"path": "never", "connect_timeout_s": 0.1, "first_byte_timeout_s": 0.1},
        {"path": "stall?after=2000", "stall_timeout_s": 0.2},
        {"path": "slow?pause=0.02&piece=10", "min_rate_window_s": 0.2, "min_rate_bytes_per_s": 10_000},
    ],
)
async def test_an_origin_that_wastes_time_is_left(bench: Bench, limit: dict[str, str | float]) -> None:
    changes = {name: value for name, value in limit.items() if name != "path"}
    bench.limits = replace(bench.limits, attempts=1, **changes)  # type: ignore[arg-type]
    with pytest.raises(OriginTooSlow if "min_rate_window_s" in limit else OriginTimeout):
        await bench.download(str(limit["path"]))
    await asyncio.wait_for(bench.origin.left_early.wait(), 60)
    assert bench.left() == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_to_the_file(bench: Bench, code: int) -> None:
    bench.origin.put("v.mp4", b"x" * 1000)
    arrived = await bench.download(f"redirect?to=v.mp4%3Fsig=1&times=4&code={code}")
    assert arrived.final_url == bench.origin.url("v.mp4")
    assert bench.target.read_bytes() == b"x" * 1000


async def test_cancelling_closes_the_connection_and_leaves_nothing_that_cannot_be_continued(bench: Bench) -> None:
    running = asyncio.create_task(bench.download("stall?after=200000"))
    async with asyncio.timeout(60):
        while bench.origin.requests["/stall"] == 0 or bench.left() != ["source.part"]:
            await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 60)
    assert bench.left() == []
    await asyncio.wait_for(bench.origin.left_early.wait(), 60)


async def test_cancelling_between_two_tries_ends_the_waiting(bench: Bench) -> None:
    bench.limits = replace(bench.limits, retry_initial_s=600, retry_max_s=600)
    running = asyncio.create_task(bench.download("status/500"))
    async with asyncio.timeout(60):
        while not bench.origin.requests["/status/500"]:
            await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 60)


async def test_an_older_file_is_replaced_only_by_a_whole_one(bench: Bench) -> None:
    bench.target.write_bytes(b"older")
    with pytest.raises(BodyIncomplete):
        await bench.download("short")
    assert bench.target.read_bytes() == b"older"
    await bench.download("chunked")
    assert bench.target.read_bytes() == bench.origin.body


async def test_a_missing_folder_is_a_storage_error_without_retries(bench: Bench) -> None:
    bench.target = bench.target.parent / "gone" / "source"
    with pytest.raises(StorageUnavailable):
        await bench.download("chunked")
    assert bench.origin.requests["/chunked"] == 0


async def test_a_full_disk_is_named_as_such(bench: Bench) -> None:
    bench.target.with_name("source.part").symlink_to("/dev/full")
    with pytest.raises(StorageFull):
        await bench.download("chunked")
    assert bench.left() == []


async def test_a_source_larger_than_the_free_space_is_refused_before_its_body(bench: Bench) -> None:
    bench.limits = replace(bench.limits, max_bytes=1 << 62)
    with pytest.raises(StorageFull):
        await bench.download(f"short?more={1 << 61}")


async def test_a_port_without_listener_and_a_listener_that_hangs_up_are_connect_errors(bench: Bench) -> None:
    async with Canary() as canary:
        url = f"http://127.0.0.1:{canary.port}"
        bench.guard = AddressGuard(trusted_origins=[url], allow_networks=())
        bench.origin.port = canary.port
        with pytest.raises(ConnectFailed):
            await bench.download("v.mp4")
        assert canary.connects >= 3
    with pytest.raises(ConnectFailed):
        await bench.download("v.mp4")


async def test_an_unknown_name_is_a_name_error(tmp_path: Path, limits: FetchLimits) -> None:
    async def no_answer(_host: str, _port: int) -> list[str]:
        return []

    guard = AddressGuard(trusted_origins=(), allow_networks=(), lookup=no_answer)
    with pytest.raises(NameNotResolved):
        await download("https://media.example/v", tmp_path / "v", guard=guard, limits=limits, on_progress=ignore)


@pytest.mark.parametrize(
    ("host", "years", "trusted"), [("127.0.0.1", 100, False), ("localhost", 100, True), ("127.0.0.1", 1, True)]
)
async def test_a_certificate_of_nobody_of_another_name_or_expired_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, *, host: str, years: int, trusted: bool
) -> None:
    tls, authority = certificates(bench.target.parent, years)
    if trusted:
        monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", authority)
    async with Origin(tls=tls) as secure:
        url = f"https://{host}:{secure.port}"
        guard = AddressGuard(trusted_origins=[url], allow_networks=())
        with pytest.raises(TlsFailed):
            await download(f"{url}/chunked", bench.target, guard=guard, limits=bench.limits, on_progress=ignore)
        assert secure.connections == 0


async def test_a_tls_handshake_that_never_ends_is_left(bench: Bench) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        guard = AddressGuard(trusted_origins=[url], allow_networks=())
        limits = replace(bench.limits, attempts=1, connect_timeout_s=0.2)
        with pytest.raises(OriginTimeout):
            await download(url, bench.target, guard=guard, limits=limits, on_progress=ignore)


async def test_a_redirect_may_lead_to_https_but_not_back(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, authority = certificates(bench.target.parent, 100)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", authority)
    async with Origin(tls=tls) as secure:
        bench.guard = AddressGuard(trusted_origins=[secure.origin, bench.origin.origin], allow_networks=())
        arrived = await bench.download(f"redirect?to={secure.url('chunked')}")
        assert arrived.final_url == secure.url("chunked")
        plain, bench.origin = bench.origin.url("chunked"), secure
        with pytest.raises(UrlForbidden, match="from https to http"):
            await bench.download(f"redirect?to={plain}")


def certificates(folder: Path, years: int) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's side with a certificate for 127.0.0.1, and a client's side that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=365 * years))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())
