"""The accounts that a page lets people choose from; whose key the console acts with: `acting_key.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vodpull.accounts.access_keys import AccessKey
from vodpull.console.context import ConsoleContext


def accounts_of(keys: Sequence[AccessKey]) -> list[tuple[str, str]]:
    """Return id and name of the accounts that keys belong to, by name."""
    return sorted({(key.account_id, key.name) for key in keys}, key=lambda account: account[1])


def accounts_to_choose(context: ConsoleContext) -> dict[str, Any]:
    """Return what a page that sends files knows of accounts."""
    return {"accounts_to_choose": accounts_of(context.accounts.list_keys()), "own_account": context.account}
