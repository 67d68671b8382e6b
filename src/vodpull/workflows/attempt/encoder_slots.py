"""
How many encoders run at once in a process: as many as the setting `encode_slots` allows, whatever they work for.

Sound is encoded beside them (`produce.py`): it is little work, and nothing plays without it.
"""

from __future__ import annotations

import asyncio


class Encoders(asyncio.Semaphore):
    """The encoders of one process; whoever starts one holds a slot until it has ended."""

    def __init__(self, slots: int) -> None:
        super().__init__(slots)
        self.slots = slots
