"""Stored files for an operator who is logged in, and the keys that sign for everybody else."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from vodpull.accounts.account_records import Playback
from vodpull.accounts.playback_keys import PlaybackKey
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.accounts.account_choice import accounts_of
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.visit import Visit, leave_to
from vodpull.errors import NotFound, ParameterError


def playback_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""
    desk = _PlaybackDesk(pages, context)
    return [
        gate.page("/files/{key:path}", desk.file),
        gate.page("/playback", desk.show),
        gate.action("/playback", desk.set_playback),
        gate.action("/playback/keys", desk.create),
        gate.action("/playback/keys/{key_id}/revoke", desk.revoke),
    ]


@dataclass(frozen=True, kw_only=True)
class _Account:
    account_id: str
    name: str
    playback: str
    keys: list[PlaybackKey]


class _PlaybackDesk:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context

    def file(self, visit: Visit) -> Response:
        """Lead to a file by a token of the operator's where it wants one."""
        key = visit.request.path_params["key"]
        rule = self._context.library.rule_of(_directory(key), self._context.signer.policy)
        if rule is None:
            return RedirectResponse(f"/media/{key}", status_code=303)
        video = self._context.library.find(rule.video_id, account_id=None)
        return RedirectResponse(self._context.own_urls.path(video, key), status_code=303)

    def show(self, visit: Visit) -> Response:
        accounts = self._context.accounts
        return self._pages.page(
            visit,
            "playback.html",
            default=self._context.signer.policy.default,
            accounts=[
                _Account(
                    account_id=account_id,
                    name=name,
                    playback=accounts.playback_of(account_id),
                    keys=self._context.playback_keys.listed(account_id),
                )
                for account_id, name in accounts_of(accounts.list_keys())
            ],
        )

    def set_playback(self, visit: Visit) -> Response:
        self._context.accounts.set_playback(self._account(visit), read_playback(visit))
        return leave_to(visit, "playback")

    def create(self, visit: Visit) -> Response:
        """Show the secret, this once: the reply is never stored, and no page leads back to it."""
        account_id, pem = self._account(visit), visit.form.get("public_key", "").strip()
        keys = self._context.playback_keys
        made = keys.add_public(account_id, pem) if pem else keys.create(account_id)
        return self._pages.page(visit, "playback_key_made.html", key=made)

    def revoke(self, visit: Visit) -> Response:
        self._context.playback_keys.revoke(self._account(visit), visit.request.path_params["key_id"])
        return leave_to(visit, "playback")

    def _account(self, visit: Visit) -> str:
        account_id = visit.form.get("account", "")
        if account_id not in dict(accounts_of(self._context.accounts.list_keys())):
            raise NotFound("there is no such account")
        return account_id


def read_playback(visit: Visit) -> Playback:
    """Return who may watch, as a form says it; empty: as others say."""
    match visit.form.get("playback", ""):
        case "" | "public" | "signed" as said:
            return said
    raise ParameterError("playback is public or signed", field="playback")


def _directory(key: str) -> str:
    """Return the folder of a file, the third part of its key; empty when it has none."""
    return [*key.split("/"), "", "", ""][2]
