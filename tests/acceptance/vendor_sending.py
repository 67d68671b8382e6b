"""Files sent by the vendor's own uploader."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.services.preloaded import unmeasured


def send(url: str, path: Path, token: str, folder: Path, **settings: str) -> list[Any]:
    program = [sys.executable, str(Path(__file__).with_name("vendor_uploader.py")), url, str(path), str(folder)]
    environment = unmeasured(os.environ) | {"NO_PROXY": "127.0.0.1", "HOME": str(folder)} | settings
    done = subprocess.run(
        program, input=token, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
