"""Which limits `/metrics` tells of, and how high they are."""

from __future__ import annotations

from limits import parse

from vodpull.accounts.people.hashing_queue import WAITING
from vodpull.api.http.keys.open_stream_limit import MAX_OF_KEY
from vodpull.api.http.request_body_limits import MAX_BODY_BYTES, MAX_HELD_BYTES, MAX_OF_ADDRESS_BYTES
from vodpull.console.pages.people.sign_in_limits import ATTEMPTS, ATTEMPTS_OF_ALL
from vodpull.settings import Settings

LIMITS = {
    "body_bytes": MAX_BODY_BYTES,
    "held_body_bytes": MAX_HELD_BYTES,
    "held_body_bytes_of_address": MAX_OF_ADDRESS_BYTES,
    "streams_of_key": MAX_OF_KEY,
    "sign_ins_of_address": parse(ATTEMPTS).amount,
    "sign_ins": parse(ATTEMPTS_OF_ALL).amount,
    "passwords_at_once": 1 + WAITING,
}
"""What is allowed above the connection, for `/metrics`."""


def rate_limits(settings: Settings) -> dict[str, int]:
    """Return what is allowed in the period of each rate limit that is in force."""
    rates = {"calls_of_key": settings.rate_limit, "upload_requests_of_account": settings.upload_rate_limit}
    return {name: parse(rate).amount for name, rate in rates.items() if rate}
