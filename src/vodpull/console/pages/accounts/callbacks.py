"""Where an account is told of its videos: the form on the page of keys (`keys.py`) that sets an address."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.accounts.account_choice import accounts_of
from vodpull.console.request.visit import Visit, leave_to
from vodpull.errors import NotFound, ParameterError
from vodpull.url_limits import MAX_URL_CHARACTERS
from vodpull.videos.callback_addresses import CallbackKind
from vodpull.workflows.requests.notify_urls import judge_address


def callback_routes(gate: Gate, context: ConsoleContext) -> list[Route]:
    """Return the routes."""
    return [gate.action("/callbacks", _CallbackDesk(context).set)]


class _CallbackDesk:
    def __init__(self, context: ConsoleContext) -> None:
        self._context = context

    def set(self, visit: Visit) -> Response:
        account_id, url = visit.form.get("account", ""), visit.form.get("url", "").strip()
        if account_id not in dict(accounts_of(self._context.accounts.list_keys())):
            raise NotFound("there is no such account")
        if len(url) > MAX_URL_CHARACTERS:
            raise ParameterError(f"the URL is longer than {MAX_URL_CHARACTERS} characters", field="url")
        kind = visit.form.get("kind", CallbackKind.TRANSCODE)
        if kind not in set(CallbackKind):
            raise ParameterError("there is no callback of this kind", field="kind")
        judge_address(url, self._context.check_url, field="url")
        self._context.callbacks.set(account_id, CallbackKind(kind), url)
        return leave_to(visit, "keys")
