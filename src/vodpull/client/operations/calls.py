"""What operations are put together from: calls of our own API and what they are answered with. No network."""

from __future__ import annotations

import secrets
from typing import Any

from vodpull.client.error_answers import error_of
from vodpull.client.exchange import OWN_PREFIX, Flow, HttpCall, HttpReply
from vodpull.errors import (
    CallFailed,
)


def get(path: str) -> HttpCall:
    """Return a call that reads."""
    return HttpCall(method="GET", target=OWN_PREFIX + path, may_repeat=True)


def post(path: str, body: Any = None) -> HttpCall:
    """Return a call that changes something, once."""
    return HttpCall(method="POST", target=OWN_PREFIX + path, body=body)


def make(path: str, body: Any) -> HttpCall:
    """Return a call that makes something: sent twice, by its key, it makes one."""
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    return HttpCall(method="POST", target=OWN_PREFIX + path, body=body, headers=headers, may_repeat=True)


def member(value: Any, name: str) -> Any:
    """
    Return a member of an answer.

    Raises:
        CallFailed: it has none of this name.
    """
    if not isinstance(value, dict) or name not in value:
        raise CallFailed(f"the answer has no {name}")
    return value[name]


def ask(call: HttpCall) -> Flow[Any]:
    """
    Return the JSON value that a call is answered with; None when the answer has no body.

    Raises:
        VodpullError: the class of the catalogue that the service names, or that the silence is.
    """
    outcome = yield call
    error = error_of(outcome)
    if error is not None:
        raise error
    return outcome.json() if isinstance(outcome, HttpReply) and outcome.body else None


def ask_file(call: HttpCall, content_type: str) -> Flow[bytes]:
    """
    Return the file of this type that a call is answered with.

    Raises:
        VodpullError: as `ask`.
    """
    outcome = yield call
    if isinstance(outcome, HttpReply) and outcome.is_success:
        told = outcome.headers.get("content-type", "")
        if told.partition(";")[0] == content_type:
            return outcome.body
    raise error_of(outcome) or CallFailed(f"the service answered with something else than {content_type}")
