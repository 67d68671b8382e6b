"""How many bytes a second transfers may take together: a brake on our own bandwidth."""

from __future__ import annotations

import asyncio
import time


class Throttle:
    """Keeps all transfers that share it below a rate; of one event loop."""

    def __init__(self, bytes_per_s: int) -> None:
        self._bytes_per_s = bytes_per_s
        self._free_s = 0.0

    async def spend(self, size_bytes: int) -> None:
        """Wait until these bytes, and all before them, have had their time."""
        now_s = time.monotonic()
        self._free_s = max(self._free_s, now_s) + size_bytes / self._bytes_per_s
        await asyncio.sleep(self._free_s - now_s)
