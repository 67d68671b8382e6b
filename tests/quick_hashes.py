"""Passwords that cost nothing; what they cost is for `tests/unit/accounts/people/test_passwords.py`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from argon2 import PasswordHasher

from vodpull.accounts.people import passwords


@contextmanager
def quick_hashes() -> Iterator[None]:
    """Hash passwords at no cost inside the block; what was hashed there is checked at no cost for ever."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1))
        yield
