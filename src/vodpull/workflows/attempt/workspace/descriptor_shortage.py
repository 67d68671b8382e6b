"""Whether a process is out of file descriptors, whatever error that was turned into; who waits: `step_retries.py`."""

from __future__ import annotations

import errno
import os

EXHAUSTED = {errno.EMFILE, errno.ENFILE}


def is_exhaustion(error: BaseException) -> bool:
    """
    Tell whether an error goes back to a lack of descriptors.

    Some libraries hide it: the name service calls it a name that is not there. So if none is left now, it counts.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in EXHAUSTED:
            return True
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return not has_descriptors()


def has_descriptors() -> bool:
    """Tell whether a file can be opened."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno not in EXHAUSTED
    return True
