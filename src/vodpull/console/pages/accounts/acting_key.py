"""The access key in whose name the console submits, sends and signs; which accounts there are: `account_choice.py`."""

from __future__ import annotations

from vodpull.accounts.access_keys import LiveKey
from vodpull.console.context import ConsoleContext


def own_key(context: ConsoleContext) -> LiveKey:
    """Return the key that the console submits with."""
    return key_of(context, context.accounts.account_named(context.account))


def key_of(context: ConsoleContext, account_id: str) -> LiveKey:
    """Return an account's oldest live key, which signs notifications; without one nothing is signed."""
    for key in context.accounts.list_keys():
        live = context.accounts.find_live(key.access_key) if key.account_id == account_id else None
        if live is not None:
            return live
    return LiveKey(access_key="", account_id=account_id, secrets=())
