"""What depends on the kind of database is tested elsewhere: here it is the embedded one."""

from __future__ import annotations

import pytest


@pytest.fixture
def database_kind() -> str:
    """Return the embedded kind."""
    return "sqlite"
