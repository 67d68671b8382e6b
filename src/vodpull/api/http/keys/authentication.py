"""
Who is calling, and how often: the door of every endpoint that needs a key.

How a signature is verified: `signatures.py`; what a key may do: `needed_scopes.py`; the counting:
`accounts/rate_limits.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Annotated, TypeVar
from urllib.parse import unquote

from fastapi import Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from vodpull.accounts.access_keys import LiveKey
from vodpull.accounts.rate_limits import RateLimit
from vodpull.api.http.keys.audit_lines import CallNote, note_of
from vodpull.api.http.keys.needed_scopes import own_scope, wire_scope
from vodpull.api.http.keys.signature_coverage import read_signed_request, read_wire_request
from vodpull.api.http.keys.signatures import SignatureProof, authenticate, authenticate_bearer
from vodpull.clock import now_s
from vodpull.errors import AuthenticationError, RequestRepeated
from vodpull.jobs.submission.remembered_requests import Fingerprint, signed_fingerprint
from vodpull.request_signing import SignedRequest

THREADS = 4
"""
Answer the wire contract. Few: more of them mostly wait for each other (with forty a busy machine gives about a third
fewer answers), and together they never hold all of the database's connections.
"""

OWN_REMEDY = (
    "Send `Authorization: Bearer <accessKey>.<secretKey>`: both halves of one live key, joined by a dot, as "
    "`vodpull keys create NAME --json` prints them; or sign the request, as `vodpull sign` does."
)
"""What a caller of `/api/v1` that is refused can do."""

Answer = TypeVar("Answer")

BEARER = HTTPBearer(
    scheme_name="accessKey",
    bearerFormat="<accessKey>.<secretKey>",
    description="An access key and its secret; a request signed as for the wire contract is as good.",
    auto_error=False,
)
"""Only for the description of the API: the check is `Access.caller`."""


ONCE = frozenset({"POST", "PUT", "PATCH"})
"""Methods that may change something more when they come again; what a DELETE removed does not come back."""


@dataclass(frozen=True, kw_only=True)
class Creator:
    """A caller whose call makes something."""

    key: LiveKey
    known_by: tuple[Fingerprint, ...] = ()
    """Of a signed call; a bearer's secret says nothing of the call."""


class Access:
    """Authenticates callers and counts their calls, by access key."""

    def __init__(
        self,
        find_key: Callable[[str], LiveKey | None],
        *,
        limit: RateLimit,
        is_first: Callable[[Fingerprint], bool],
    ) -> None:
        """
        Take what the door needs to know.

        `limit` counts calls by access key. `is_first` says whether a signed request is carried out for the first time.
        """
        self._is_first = is_first
        self._find_key = find_key
        self._limit = limit
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="wire")

    async def answer(self, request: Request, act: Callable[[SignedRequest, SignatureProof], Answer]) -> Answer:
        """
        Return what `act` makes of a call of the wire contract and the proof of who signed it, in one visit to a thread.

        Raises:
            AuthenticationError: no live key signed it.
            PermissionDenied: the key has not the scope that the call needs.
            RateLimited: this key has made too many calls.
        """
        signed, note = await read_wire_request(request), note_of(request)
        admit = partial(self._admit_and, signed, note, act=act)
        return await asyncio.get_running_loop().run_in_executor(self._threads, admit)

    async def caller(
        self,
        request: Request,
        _: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)] = None,
    ) -> LiveKey:
        """
        Return the key of a call, admitted as in `answer`; a dependency for endpoints that need nothing else.

        A signed call that changes something is carried out once (`RequestRepeated`).
        """
        return await run_in_threadpool(self._admit_once, await read_signed_request(request), note_of(request))

    async def sender(
        self,
        request: Request,
        _: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)] = None,
    ) -> LiveKey:
        """
        Return the key of a call that may bring a file: of a bearer nothing is read yet, a signed one was held whole.

        It is not counted as a call. Signed again it is carried out again, since such a call says where it goes on.

        Raises:
            PermissionDenied: the key has not the scope that the call needs.
        """
        authorization = request.headers.get("authorization", "")
        if authorization.partition(" ")[0].lower() == "bearer":
            key = await run_in_threadpool(self._bearer, authorization)
        else:
            key = (await run_in_threadpool(self._known, await read_signed_request(request))).key
        note_of(request).key = key
        key.require(own_scope(request.method, request.url.path))
        return key

    def _bearer(self, authorization: str) -> LiveKey:
        try:
            return authenticate_bearer(authorization, keys=self._find_key)
        except AuthenticationError as error:
            error.remedy = OWN_REMEDY
            raise

    async def check(self, request: Request) -> None:
        """Raise AuthenticationError for a call of nobody that is known; it does not count yet."""
        await run_in_threadpool(self._known, await read_signed_request(request))

    def is_live(self, access_key: str) -> bool:
        """Tell whether a key that was admitted may still be used."""
        return self._find_key(access_key) is not None

    async def creator(
        self,
        request: Request,
        _: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)] = None,
    ) -> Creator:
        """Return the caller that makes something: the same signed call gets the first answer."""
        return await run_in_threadpool(self._admit_creator, await read_signed_request(request), note_of(request))

    def _admit_and(
        self, signed: SignedRequest, note: CallNote, *, act: Callable[[SignedRequest, SignatureProof], Answer]
    ) -> Answer:
        proof = authenticate(signed, keys=self._find_key, now_s=now_s())
        self.count(proof.key)
        note.key = proof.key
        proof.key.require(wire_scope(unquote(signed.path)))
        return act(signed, proof)

    def _admit_once(self, signed: SignedRequest, note: CallNote) -> LiveKey:
        creator = self._admit_creator(signed, note)
        if signed.method in ONCE and not all(map(self._is_first, creator.known_by)):
            raise RequestRepeated("this signed request was carried out before")
        return creator.key

    def _admit_creator(self, signed: SignedRequest, note: CallNote) -> Creator:
        creator = self._known(signed)
        self.count(creator.key)
        note.key = creator.key
        creator.key.require(own_scope(signed.method, unquote(signed.path)))
        return creator

    def _known(self, signed: SignedRequest) -> Creator:
        try:
            return self._creator(signed)
        except AuthenticationError as error:
            error.remedy = OWN_REMEDY
            raise

    def _creator(self, signed: SignedRequest) -> Creator:
        authorization = signed.headers.get("authorization", "").strip()
        if authorization.partition(" ")[0].lower() == "bearer":
            return Creator(key=authenticate_bearer(authorization, keys=self._find_key))
        proof = authenticate(signed, keys=self._find_key, now_s=now_s())
        return Creator(key=proof.key, known_by=(signed_fingerprint(proof.identity),))

    def count(self, key: LiveKey) -> None:
        """
        Count one call of a key; may ask the database.

        Raises:
            RateLimited: it has made too many.
        """
        self._limit.count(key.access_key)

    async def count_from_loop(self, key: LiveKey) -> None:
        """Count one call of a key as `count` does, from the event loop."""
        await self._limit.count_from_loop(key.access_key)

    def count_here(self, key: LiveKey) -> bool:
        """Count one call of a key without asking the database, and return whether that could be done."""
        return self._limit.count_here(key.access_key)
