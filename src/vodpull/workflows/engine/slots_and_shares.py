"""
How many calls of a queue one process runs at once, and how many of them may be one account's.

Whose turn is next: `account_turns.py`; encoders: `attempt/encoder_slots.py`.
"""

from __future__ import annotations

WAITING_PARENTS = 200
"""Jobs that one process carries at once; they mostly wait for a slot of a child."""

Shares = dict[str, tuple[int, int | None]]
"""Slots of a queue, and of those, what one account may fill; None: a lone account fills all of them."""


def slots_and_shares(*, fetch_slots: int, encode_slots: int) -> Shares:
    """Return the slots of every queue of a process."""
    return {
        # Starting the jobs of a batch is short work for the database: a few at a time are as fast as many.
        "batches": (4, 2),
        # Who fills all slots with what takes hours makes others wait for hours: a quarter is kept for them.
        "jobs": (WAITING_PARENTS, WAITING_PARENTS * 3 // 4),
        # They work with what others leave; whoever gets no slot is encoded once it is complete.
        "arrivals": (fetch_slots, None),
        "fetch": (fetch_slots, fetch_slots - fetch_slots // 4),
        # What runs at once is bounded by the slots of `attempt/encoder_slots.py` as well, which early chunks share.
        "encode": (encode_slots, None),
        # Many, because a hung receiver holds its slot for up to a minute, and must delay nobody else's.
        "notify": (50, 40),
        # A turn of an import waits for another cloud to answer, and is short.
        "imports": (8, 4),
    }
