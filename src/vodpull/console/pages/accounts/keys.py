"""Access keys: create with a ready call in three languages, rotate, revoke."""

from __future__ import annotations

import re

from starlette.responses import Response
from starlette.routing import Route

from vodpull.accounts.access_keys import NewKey
from vodpull.accounts.scopes import Scope, read_scopes
from vodpull.clock import now_ms
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.accounts.account_choice import accounts_of
from vodpull.console.pages.snippets import snippets_for
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.days import DAY_MS
from vodpull.console.request.visit import Visit, leave_to
from vodpull.errors import NotFound, ParameterError
from vodpull.videos.callback_addresses import CallbackKind


def key_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""
    desk = _KeyDesk(pages, context)
    return [
        gate.page("/keys", desk.show),
        gate.action("/keys", desk.create),
        gate.action("/keys/{access_key}/rotate", desk.rotate),
        gate.action("/keys/{access_key}/finish", desk.finish),
        gate.action("/keys/{access_key}/revoke", desk.revoke),
    ]


class _KeyDesk:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context

    def show(self, visit: Visit) -> Response:
        keys = self._context.accounts.list_keys()
        return self._pages.page(
            visit,
            "keys.html",
            keys=keys,
            now_ms=now_ms(),
            scopes=[scope.value for scope in Scope],
            own_account=self._context.account,
            accounts=accounts_of(keys),
            callbacks=self._context.callbacks.of_all(),
            callback_kinds=list(CallbackKind),
        )

    def create(self, visit: Visit) -> Response:
        form = visit.form
        scopes = read_scopes(scope for scope in Scope if f"scope-{scope}" in form)
        days = form.get("days", "")
        if days and not re.fullmatch("[0-9]{1,4}", days):
            raise ParameterError("days is no whole number", field="days")
        until_ms = now_ms() + int(days) * DAY_MS if days else None
        made = self._context.accounts.create_key(form.get("name", ""), scopes=scopes, expires_at_ms=until_ms)
        return self._made(visit, made, is_rotation=False)

    def rotate(self, visit: Visit) -> Response:
        return self._made(visit, self._context.accounts.rotate_key(_named(visit)), is_rotation=True)

    def _made(self, visit: Visit, key: NewKey, *, is_rotation: bool) -> Response:
        """Show the secret, this once: the reply is never stored, and no page leads back to it."""
        snippets = snippets_for(key, base_url=visit.site(self._context.public_url), sign=self._context.sign)
        return self._pages.page(visit, "key_made.html", key=key, snippets=snippets, is_rotation=is_rotation)

    def finish(self, visit: Visit) -> Response:
        self._context.accounts.finish_rotation(_named(visit))
        return leave_to(visit, "keys")

    def revoke(self, visit: Visit) -> Response:
        if not self._context.accounts.revoke_key(_named(visit)):
            raise NotFound("there is no live key of this name")
        return leave_to(visit, "keys")


def _named(visit: Visit) -> str:
    return str(visit.request.path_params["access_key"])
