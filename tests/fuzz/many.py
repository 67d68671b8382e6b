"""
Look into many files in one confined child, and say of each how it ended, so that a crash or a hang has a name.

Run by run_script.py, with the orders of a script, `script`, its name, and `files`, names below the folder. A line of
JSON for each file, as soon as it is done: `name`, and `answer` of the script or `raised`.
"""

from __future__ import annotations

import importlib
import json
import signal
import sys
from pathlib import Path
from typing import Any


def answer(av: Any, orders: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Print the lines, and answer nothing more; a file that takes too long ends all by SIGALRM."""
    script = importlib.import_module(orders["script"])
    for name in orders["files"]:
        signal.alarm(orders["seconds"])
        line = {"name": name}
        try:
            line["answer"] = script.answer(av, orders, folder / name)
        except Exception as error:
            line["raised"] = repr(error)
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    return {}
