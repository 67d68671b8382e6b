"""How the interpreter of a service is set: what it collects as garbage, and how long one of its threads may compute."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_S = 0.001
"""After which a thread that computes lets another one go on; the interpreter's own is five times that, at each read."""


@contextmanager
def loading_for_good() -> Iterator[None]:
    """Load modules without a collector: looking through what stays, again and again, was a seventh of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def favour_replies() -> None:
    """Keep short what a reply may wait for inside this process."""
    # What a process is made of stays: a collector would look through all of it again and again.
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_S)
