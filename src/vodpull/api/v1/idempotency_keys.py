"""
What the header `Idempotency-Key` stands for, and the first answer for whoever sends it again.

For how long it is known: `jobs/submission/remembered_requests.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Header

from vodpull.api.http.context import ApiContext
from vodpull.api.http.idempotent_calls import Once
from vodpull.api.v1.caller_and_query import Caller
from vodpull.api.v1.shapes import Shape
from vodpull.jobs.submission.remembered_requests import Fingerprint, fingerprint

IdempotencyKey = Annotated[
    str, Header(max_length=255, description="Of the client's own, new for each new thing that it wants made.")
]


Made = TypeVar("Made", bound=Shape)


def known_by_key(caller: Caller, key: str, *, asked: bytes) -> tuple[Fingerprint, ...]:
    """Return what tells a call that makes something from others: its signature, and its key if it has one."""
    chosen = (fingerprint("idempotency", caller.key.account_id, key, content=asked),) if key else ()
    return (*caller.known_by, *chosen)


class IdempotentCalls:
    """Carries out calls that make something: with the same signature or `Idempotency-Key` again, the first answer."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def make(self, shape: type[Made], act: Callable[[], Made], caller: Caller, *, key: str, asked: bytes) -> Made:
        """Return what `act` makes, or what it made at the first request; `asked`: what the same key must come with."""
        once, known_by = Once(self._context.store.engine), known_by_key(caller, key, asked=asked)
        made = once.carry_out(lambda: act().model_dump(mode="json"), *known_by)
        return shape.model_validate(made)


def asked_for(path: str, body: Shape) -> bytes:
    """Return what a call asks for, for `IdempotentCalls.make`."""
    return f"{path} {body.model_dump_json()}".encode()


def asked_of_batch(body: Shape) -> bytes:
    """Return what a new batch asks for, as older releases read it: one answered before an upgrade is known after it."""
    said = body.model_dump(mode="json")
    if not said["metadata"]:
        del said["metadata"]
    for item in said["items"]:
        if not item["captions"]:
            del item["captions"]
            continue
        for caption in item["captions"]:
            if not caption["material_id"]:
                del caption["material_id"]
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
