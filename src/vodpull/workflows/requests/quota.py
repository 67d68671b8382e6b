"""How much an account may store, and what counts."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.accounts.stored_bytes import used_bytes
from vodpull.errors import QuotaExceeded
from vodpull.uploads.blocks.arrived_parts import arrived_bytes


def check_quota(connection: sa.Connection, account_id: str, *, more_bytes: int, quota_bytes: int) -> None:
    """
    Make sure that an account may store something, so many bytes more where that is known; a quota of 0 is none.

    Raises:
        QuotaExceeded: it may not.
    """
    if not quota_bytes:
        return
    used = used_bytes(connection, account_id) + arrived_bytes(connection, account_id)
    if used >= quota_bytes:
        raise QuotaExceeded(f"the account has used its storage quota of {quota_bytes} bytes")
    if used + more_bytes >= quota_bytes:
        what = f"the account has used {used} bytes of its storage quota of {quota_bytes} bytes"
        raise QuotaExceeded(f"{more_bytes} bytes do not fit: {what}")
