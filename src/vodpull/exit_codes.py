"""With which code a command or the service ends, and what it means."""

from __future__ import annotations

from vodpull.errors import VodpullError

EXIT_ERROR = 1
EXIT_AGAIN = 75
"""What failed may pass by itself, and a supervisor starts the service again (EX_TEMPFAIL of sysexits)."""

EXIT_CODES = {
    0: "Done; with `--wait` and `watch`: every item succeeded.",
    EXIT_ERROR: "Failed, was refused, or an item of the task did not succeed; `doctor` found something missing.",
    2: "The command line cannot be read.",
    EXIT_AGAIN: "Failed for a reason that may pass by itself (no answer, too many calls, storage full): try again. "
    "`serve` also ends with it when it was paused for so long that other processes took its work over.",
    130: "Interrupted with Ctrl-C. What was submitted goes on.",
}


def exit_code_of(error: VodpullError) -> int:
    """Return the code of a command that failed."""
    return EXIT_AGAIN if error.retryable else EXIT_ERROR
