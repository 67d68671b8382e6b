"""Where the console is, and the one-time links that let somebody choose a password."""

from __future__ import annotations

from urllib.parse import urlencode

from vodpull.accounts.people.operators import Operators

CONSOLE_PATH = "/console"
"""Where the application must be mounted, for the links below."""


def console_link(operators: Operators, base_url: str) -> str:
    """Return where the console is: a one-time set-up link as long as nobody can get in."""
    name = operators.only_owner()
    if operators.can_enter() or not name:
        return f"{base_url.rstrip('/')}{CONSOLE_PATH}/"
    return setup_link(operators, base_url, name=name)


def setup_link(operators: Operators, base_url: str, *, name: str) -> str:
    """Return a one-time link, good for 30 minutes, to choose an operator's password, be it the first or a new one."""
    return link_of(operators.new_setup_token(name), base_url)


def link_of(token: str, base_url: str) -> str:
    """Return the link of a set-up token."""
    return f"{base_url.rstrip('/')}{CONSOLE_PATH}/setup?{urlencode({'token': token})}"
