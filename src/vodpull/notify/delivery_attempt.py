"""One attempt to post a notification to its receiver."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

import aiohttp
import yarl

from vodpull.errors import DeliveryForbidden, DeliveryRefused, DeliveryTimeout, FetchError
from vodpull.http_dates import read_retry_after_s

CONNECT_TIMEOUT_S = 20.0
REQUEST_TIMEOUT_S = 60.0
"""Both from spec cloud-vod-fetch §6."""

MAX_RESPONSE_BYTES = 1024
"""As much of the answer as is kept; the rest is never read."""

INSPECTOR_URL = "https://inspector.invalid/"
"""Where the built-in receiver is, for trying out. The name never resolves (RFC 6761 §6.4): it leads nowhere else."""


class Guard(Protocol):
    """What is needed of the address guard: the same one that sources pass through."""

    def check_url(self, url: str) -> yarl.URL:
        """Return the URL parsed, or raise a `FetchError`."""

    def session(self, url: yarl.URL, *, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
        """Return a session whose sockets reach only addresses that this URL may use."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of one attempt."""

    status: int | None
    """HTTP status; None when the receiver gave none."""
    latency_ms: int
    error: str
    """Code of the error catalogue; empty when the receiver took it."""
    response_head: str
    """First 1 kB of the answer, as text."""
    retry_after_s: float = 0.0
    """How long the receiver asked to be left alone."""

    @property
    def is_gone(self) -> bool:
        """Return True when the receiver wants nothing more (Standard Webhooks: 410)."""
        return self.status == HTTPStatus.GONE


async def post(url: str, body: str, headers: dict[str, str], *, guard: Guard, only_200: bool = False) -> Reply:
    """
    Post a notification once and return what came of it; never raises for what a receiver does.

    Received is any 2xx (Standard Webhooks), or 200 alone (spec cloud-vod-fetch §6) with `only_200`.
    Redirects are not followed: a receiver that moved is a failed attempt, and the guard judged this URL only.
    Below `INSPECTOR_URL` nothing leaves this process: the built-in receiver answers with the headers that it got.
    """
    if url.startswith(INSPECTOR_URL):
        return Reply(status=HTTPStatus.OK, latency_ms=0, error="", response_head=json.dumps(headers))
    started_s = time.monotonic()
    status: int | None = None
    head = error = ""
    retry_after_s = 0.0
    try:
        target = guard.check_url(url)
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        async with (
            guard.session(target, timeout=timeout) as session,
            session.post(target, data=body.encode(), headers=headers, allow_redirects=False) as response,
        ):
            status = response.status
            head = (await response.content.read(MAX_RESPONSE_BYTES)).decode("utf-8", "replace").replace("\x00", "")
            error = "" if _is_received(status, only_200=only_200) else DeliveryRefused.code
            retry_after_s = read_retry_after_s(response.headers.get("Retry-After", "")) or 0.0
    except FetchError:
        error = DeliveryForbidden.code
    except TimeoutError:
        error = DeliveryTimeout.code
    except (aiohttp.ClientError, OSError, ValueError):  # the last for an answer that the client cannot read
        error = DeliveryRefused.code
    return Reply(
        status=status,
        latency_ms=round((time.monotonic() - started_s) * 1000),
        error=error,
        response_head=head,
        retry_after_s=retry_after_s,
    )


def _is_received(status: int, *, only_200: bool) -> bool:
    return status == HTTPStatus.OK if only_200 else HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
