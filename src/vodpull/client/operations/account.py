"""The operations on what holds for a whole account: playback and its keys, callbacks, deliveries. No network."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote, urlencode

from vodpull.client.account_shapes import Account, PlaybackKey, PlaybackKeyMade
from vodpull.client.batch_shapes import DeliveryPage
from vodpull.client.exchange import OWN_PREFIX, Flow, HttpCall
from vodpull.client.json_reading import read
from vodpull.client.operations.calls import ask, get, member, post


def account() -> Flow[Account]:
    """Return the account of the key that calls."""
    return read(Account, (yield from ask(get("/account"))))


def edit_account(*, playback: Literal["", "public", "signed"]) -> Flow[Account]:
    """Say who may watch the account's videos, unless a video or its template says otherwise."""
    call = HttpCall(method="PATCH", target=f"{OWN_PREFIX}/account", body={"playback": playback}, may_repeat=True)
    return read(Account, (yield from ask(call)))


def playback_keys() -> Flow[tuple[PlaybackKey, ...]]:
    """Return the keys that sign playback tokens, newest first, the revoked ones too."""
    said = yield from ask(get("/playback-keys"))
    return tuple(read(PlaybackKey, each) for each in member(said, "keys"))


def create_playback_key(*, public_key: str = "") -> Flow[PlaybackKeyMade]:
    """Make a key with a secret that is returned this once, or believe the owner of an Ed25519 public key in PEM."""
    return read(PlaybackKeyMade, (yield from ask(post("/playback-keys", {"public_key": public_key}))))


def revoke_playback_key(key_id: str) -> Flow[None]:
    """Believe no token of a key any more."""
    yield from ask(HttpCall(method="DELETE", target=f"{OWN_PREFIX}/playback-keys/{quote(key_id, safe='')}"))


def callbacks() -> Flow[dict[str, str]]:
    """Return the addresses that the account is told at, by what it is told."""
    said = yield from ask(get("/callbacks"))
    return {str(member(each, "kind")): str(member(each, "url")) for each in member(said, "callbacks")}


def set_callback(kind: str, url: str) -> Flow[None]:
    """Tell the account at this address from now on; `transcode`: that an encode has ended, whoever asked for it."""
    call = HttpCall(method="PUT", target=OWN_PREFIX + _callback(kind), body={"url": url}, may_repeat=True)
    yield from ask(call)


def delete_callback(kind: str) -> Flow[None]:
    """Tell the account nothing of this kind any more."""
    yield from ask(HttpCall(method="DELETE", target=OWN_PREFIX + _callback(kind)))


def list_deliveries(*, batch_id: str = "", state: str = "", limit: int = 20, cursor: str = "") -> Flow[DeliveryPage]:
    """Return a page of the account's notifications, newest first; `next_cursor` leads on."""
    asked: dict[str, Any] = {"batch_id": batch_id, "state": state, "limit": limit, "cursor": cursor}
    given = {name: value for name, value in asked.items() if value != ""}
    return read(DeliveryPage, (yield from ask(get(f"/deliveries?{urlencode(given)}"))))


def _callback(kind: str) -> str:
    return f"/callbacks/{quote(kind, safe='')}"
