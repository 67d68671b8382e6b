"""
Run one of the scripts beside it, alone in a confined child: find what it imports, load PyAV, print its JSON answer.

Called by launcher.py with SCRIPT ORDERS PYAV [SHARED…] -- [FILE…]. SCRIPT is the name of a script of this
folder or of a room in it, without its suffix; ORDERS is a JSON object, as the script's own words say; PYAV is the
folder of the PyAV package; SHARED are modules that the service itself reads as well, such as boxes.py; FILES are the
files or folders that the script looks into. It calls `answer(av, orders, *files)` of the script, on hostile bytes.
A script imports by name what lies in any of these folders, PyAV and the standard library, and nothing else.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
from pathlib import Path


def main(argv: list[str]) -> None:
    """Answer on stdout, and return when that is done."""
    script, orders, pyav, *paths = argv[1:]
    end = paths.index("--")
    shared, files = map(Path, paths[:end]), map(Path, paths[end + 1 :])
    here = Path(__file__).parent
    rooms = (each for each in here.iterdir() if each.is_dir())
    folders = dict.fromkeys((here, *rooms, *(each.parent for each in shared), Path(pyav).parent))
    sys.path[:0] = [str(each) for each in folders]
    # What is imported stays to the end, so nobody needs to look whether it is still wanted.
    gc.disable()
    av, module = importlib.import_module("av"), importlib.import_module(script)
    gc.freeze()
    gc.enable()
    # FFmpeg's own complaints are of no use to anyone here.
    av.logging.set_level(None)
    sys.stdout.write(json.dumps(module.answer(av, json.loads(orders), *files)))
