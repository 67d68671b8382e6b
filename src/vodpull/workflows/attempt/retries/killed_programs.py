"""How often work is tried whose program was killed: fewer times while the machine runs out of memory. Pure."""

from __future__ import annotations

TRIES_OF_KILLED = 20
"""Of work whose program was killed, without a new result."""

TRIES_WITHOUT_MEMORY = 4
"""The same while the machine runs out of memory: what eats all of it is ended."""


def tries_of_killed(*, without_memory: bool) -> int:
    """Return how many tries that make nothing new are enough for the work to have failed."""
    return TRIES_WITHOUT_MEMORY if without_memory else TRIES_OF_KILLED
