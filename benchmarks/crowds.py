"""Floods of many clients at once, from many addresses; each stays until the end and comes back when it is sent away."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import jwt

from benchmarks.floods import Flood, Target, send_logins, told
from vodpull.request_signing import SigningKey, sign

IDLE, SLOW, STREAMS, SENDERS = 2000, 500, 200, 32
ADDRESSES = 100
"""That a crowd comes from, so that limits of one address are not what saves anybody."""

BACK_AFTER_S = 0.2
SLOW_BYTES_PER_S = 1024
SMALL_BUFFER = 4096

QUERY = "/vod/videoManage/pullVideoQuery"

Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Counter[str]], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A signed video of the attacker's neighbour, and a key of its tokens."""

    path: str
    key_id: str


def idle(target: Target, seconds: float) -> str:
    """Open 2,000 connections that send nothing."""

    async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter, seen: Counter[str]) -> None:
        await reader.read()
        seen["sent away"] += 1

    return gather(target, wait, IDLE, seconds=seconds)


def slow_readers(target: Target, seconds: float) -> str:
    """Let 500 clients read a file of 64 MB at 1 KiB/s."""
    request = f"GET /media/{target.media_key} HTTP/1.1\r\nHost: x\r\n\r\n".encode()

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Counter[str]) -> None:
        writer.write(request)
        block = b"first"
        while block:
            await asyncio.sleep(1)
            block = await reader.read(SLOW_BYTES_PER_S)
        seen["sent away"] += 1

    return gather(target, read, SLOW, seconds=seconds)


def streams(target: Target, seconds: float) -> str:
    """Follow 50 tasks on 200 event streams, 25 of each of eight keys."""
    tasks = [(key, target.pull(key, target.never_url)) for key in target.crowd for _ in range(6)]
    turn = iter(range(10**9))

    async def follow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Counter[str]) -> None:
        key, task = tasks[next(turn) % len(tasks)]
        lines = (
            f"GET /api/v1/batches/{task}/progress HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {key.access_key}.{key.secret}",
        )
        writer.write("\r\n".join((*lines, "", "")).encode())
        seen[(await reader.readline())[9:12].decode()] += 1
        await reader.read()

    return gather(target, follow, STREAMS, seconds=seconds)


def bad_signatures(target: Target, seconds: float) -> str:
    """Send status queries on 32 kept connections, half signed with a wrong secret, half of keys that nobody has."""
    body = json.dumps({"taskId": "0" * 32}).encode()

    def request() -> bytes:
        known = SigningKey(access_key=target.neighbour.access_key, secret="0" * 40)
        key = secrets.choice([known, SigningKey(access_key=f"AK{secrets.token_hex(10)}", secret="0" * 40)])
        headers = sign("POST", f"{target.url}{QUERY}", body, key=key, now_s=time.time())
        lines = [f"{name}: {value}" for name, value in (headers | {"Content-Length": str(len(body))}).items()]
        return "\r\n".join([f"POST {QUERY} HTTP/1.1", *lines, "", ""]).encode() + body

    return gather(target, _sender(request), SENDERS, seconds=seconds)


def bad_tokens(target: Target, seconds: float) -> str:
    """Ask for a file of a signed video on 32 kept connections, with forged tokens, some of keys that nobody has."""
    signed = signed_video(target)
    claims = {"sub": "0" * 32, "exp": int(time.time()) + 3600}

    def request() -> bytes:
        unknown = f"PK{secrets.token_hex(10).upper()}"
        key_id = secrets.choice([signed.key_id, unknown])
        token = jwt.encode(claims, secrets.token_hex(32), headers={"kid": key_id})
        place = secrets.choice([signed.path, f"keys/{secrets.token_hex(16)}"])
        return f"GET /play/{secrets.choice([token, token[:-1], 'x'])}/{place} HTTP/1.1\r\nHost: x\r\n\r\n".encode()

    return gather(target, _sender(request), SENDERS, seconds=seconds)


def siege(target: Target, seconds: float) -> str:
    """Let all of these come at the same time."""
    crowds: tuple[Flood, ...] = (idle, slow_readers, streams, send_logins, bad_signatures, bad_tokens)
    said: dict[str, str] = {}

    def come(crowd: Flood) -> None:
        said[crowd.__name__] = crowd(target, seconds)

    threads = [threading.Thread(target=come, args=(crowd,)) for crowd in crowds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "; ".join(f"{name}: {said.get(name, 'failed')}" for name in (crowd.__name__ for crowd in crowds))


def signed_video(target: Target) -> Signed:
    """Return a signed video, made of the sample clip."""
    batch_id = target.pull(target.neighbour, target.sample_url)
    while target.stage(target.neighbour, batch_id) != "done":
        time.sleep(0.2)
    [video] = target.api(target.neighbour, "GET", "/videos")["videos"]
    video_id = video["video_id"]
    target.api(target.neighbour, "PATCH", f"/videos/{video_id}", body={"playback": "signed"})
    key = target.api(target.neighbour, "POST", "/playback-keys", body={})
    file = target.api(target.neighbour, "GET", f"/videos/{video_id}")["files"][0]["path"]
    return Signed(path=file, key_id=key["key_id"])


def gather(target: Target, client: Client, count: int, *, seconds: float) -> str:
    """Have so many clients until the end; return what came of them."""
    return asyncio.run(_gather(target, client, count, deadline_s=time.monotonic() + seconds))


async def _gather(target: Target, client: Client, count: int, *, deadline_s: float) -> str:
    seen: Counter[str] = Counter()
    open_now: set[int] = set()
    most = 0

    async def stay(number: int) -> None:
        nonlocal most
        address = f"127.3.{number % ADDRESSES}.1"
        while time.monotonic() < deadline_s:
            try:
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", target.port, local_addr=(address, 0), limit=SMALL_BUFFER
                )
            except OSError:
                seen["refused"] += 1
                await asyncio.sleep(BACK_AFTER_S)
                continue
            open_now.add(number)
            most = max(most, len(open_now))
            try:
                await client(reader, writer, seen)
            except (OSError, asyncio.IncompleteReadError):
                seen["cut off"] += 1
            finally:
                open_now.discard(number)
                writer.transport.abort()
            await asyncio.sleep(BACK_AFTER_S)

    tasks = [asyncio.create_task(stay(number)) for number in range(count)]
    await asyncio.wait(tasks, timeout=max(0.0, deadline_s - time.monotonic()))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return f"{most} at once, {told(list(seen.elements()))}"


def _sender(request: Callable[[], bytes]) -> Client:
    """Return a client that sends one request after the other on a kept connection."""

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Counter[str]) -> None:
        while True:
            writer.write(request())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(line for line in head.lower().splitlines() if line.startswith("content-length:"))
            await reader.readexactly(int(length.partition(":")[2]))
            seen[head.split(" ", 2)[1]] += 1

    return send


CROWDS: dict[str, Flood] = {
    "idle": idle,
    "slow": slow_readers,
    "follow": streams,
    "signatures": bad_signatures,
    "tokens": bad_tokens,
    "siege": siege,
}
