"""
Look into many files in one confined child, and say of each how it ended, so that a crash or a hang has a name.

Called as `python -I -S many.py ORDERS PYAV FOLDER SCRIPT…`, with the orders of the first script, probe.py or
mp4_texts.py, and `files`, names below FOLDER. A line of JSON for each file, as soon as it is done: `name`, and
`answer` of the script or `raised`.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import signal
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    """Answer on stdout; a file that takes too long ends all by SIGALRM."""
    orders = json.loads(argv[1])
    sys.path[:0] = [str(Path(each).parent) for each in (argv[2], *argv[4:])]
    script = importlib.import_module(Path(argv[4]).stem)
    for name in orders["files"]:
        signal.alarm(orders["seconds"])
        said, line = io.StringIO(), {"name": name}
        try:
            with contextlib.redirect_stdout(said):
                script.main([argv[0], argv[1], argv[2], f"{argv[3]}/{name}", *argv[4:]])
            line["answer"] = json.loads(said.getvalue())
        except Exception as error:
            line["raised"] = repr(error)
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
