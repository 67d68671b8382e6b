"""`/api/v1/account` and `/api/v1/playback-keys`: who may watch an account's videos, and what signs for them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response
from pydantic import Field

from vodpull.accounts.playback_keys import Algorithm
from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller, Callers
from vodpull.api.v1.shapes import RequestShape, Shape
from vodpull.wire_values import TEXT_PATTERN

KeyId = Annotated[str, Path(pattern=r"^[0-9A-Za-z]{1,32}$", description="`key_id` of a playback key.")]


class AccountReply(Shape):
    """The account of the caller's key."""

    name: str
    """As it was created."""
    playback: Literal["", "public", "signed"]
    """Who may watch its videos, unless a video or its template says otherwise; empty: as the installation says."""


class AccountChange(RequestShape):
    """What is to be changed; a member that is left out stays as it is."""

    playback: Literal["", "public", "signed"] | None = None
    """Empty: as the installation says."""


class PlaybackKeyReply(Shape):
    """A playback key; its secret was returned when it was made."""

    key_id: str
    """`kid` of the tokens that it signs."""
    algorithm: Algorithm
    """HS256: a secret that signs and verifies; EdDSA: the public half of a key that is yours."""
    created_at_ms: int
    """When it was made; the newest live one of HS256 signs what replies hand out."""
    revoked_at_ms: int | None
    """When it ceased to be believed; None: it is live."""


class PlaybackKeyList(Shape):
    """The playback keys of an account."""

    keys: list[PlaybackKeyReply]
    """Newest first."""


class NewPlaybackKey(RequestShape):
    """A playback key to be made."""

    public_key: Annotated[str, Field(max_length=2000, pattern=TEXT_PATTERN)] = ""
    """Ed25519, in PEM: your back end signs with the other half; empty: a secret is made."""


class PlaybackKeyMade(Shape):
    """A playback key, with its secret this once."""

    key_id: str
    """`kid` of the tokens that it signs."""
    algorithm: Algorithm
    """As in lists."""
    secret: str
    """Signs tokens (HS256), its characters as they stand here; empty for EdDSA."""


def account_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    router = APIRouter(prefix="/api/v1", tags=["playback"], responses=PROBLEMS, route_class=known_first(context.access))
    caller_of = Callers(context).caller
    accounts, keys = context.accounts, context.playback_keys

    def shown(account_id: str) -> AccountReply:
        return AccountReply(name=accounts.name_of(account_id), playback=accounts.playback_of(account_id))

    @router.get("/account", operation_id="readAccount")
    def read_account(caller: Caller = Depends(caller_of)) -> AccountReply:
        """Tell of the account of the key that calls."""
        return shown(caller.key.account_id)

    @router.patch("/account", operation_id="editAccount")
    def edit_account(body: AccountChange, caller: Caller = Depends(caller_of)) -> AccountReply:
        """Change what the body names and nothing else; playback follows within seconds."""
        if body.playback is not None:
            accounts.set_playback(caller.key.account_id, body.playback)
        return shown(caller.key.account_id)

    @router.get("/playback-keys", operation_id="listPlaybackKeys")
    def list_keys(caller: Caller = Depends(caller_of)) -> PlaybackKeyList:
        """List the keys that sign playback tokens, the revoked ones too."""
        found = keys.listed(caller.key.account_id)
        return PlaybackKeyList(keys=[PlaybackKeyReply(**vars(key)) for key in found])

    @router.post("/playback-keys", status_code=201, operation_id="createPlaybackKey")
    def create_key(body: NewPlaybackKey, caller: Caller = Depends(caller_of)) -> PlaybackKeyMade:
        """Make a key that signs from now on, or believe one of yours; those before it stay until they are revoked."""
        account_id = caller.key.account_id
        made = keys.add_public(account_id, body.public_key) if body.public_key else keys.create(account_id)
        return PlaybackKeyMade(key_id=made.key_id, algorithm=made.algorithm, secret=made.secret)

    @router.delete("/playback-keys/{key_id}", status_code=204, operation_id="revokePlaybackKey")
    def revoke_key(key_id: KeyId, caller: Caller = Depends(caller_of)) -> Response:
        """Believe no token of a key any more: within seconds, on every process."""
        keys.revoke(caller.key.account_id, key_id)
        return Response(status_code=204)

    return router
