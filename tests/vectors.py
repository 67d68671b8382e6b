"""The published vectors of the wire contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parent / "data" / "vectors"


def load(name: str) -> dict[str, Any]:
    """Return a file of them."""
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return found
