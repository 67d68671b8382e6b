"""With which key the console submits."""

from __future__ import annotations

from vodpull.accounts.keys import LiveKey
from vodpull.console.context import ConsoleContext


def submitter(context: ConsoleContext, account_id: str) -> LiveKey:
    """Return the key that the console submits with: the account's oldest live one, which signs notifications."""
    for key in context.accounts.list_keys():
        live = context.accounts.find_live(key.access_key) if key.account_id == account_id else None
        if live is not None:
            return live
    return LiveKey(access_key="", account_id=account_id, secrets=())
