from __future__ import annotations

import json
from pathlib import Path

from vodpull.notify import sign_delivery

VECTORS = Path(__file__).resolve().parents[2] / "data" / "vectors"


def test_the_documented_vector_is_met() -> None:
    vector = json.loads((VECTORS / "notification.json").read_text())
    signed = sign_delivery(
        url=vector["notify_url"],
        body=vector["body_url_safe_base64"],
        access_key=vector["access_key"],
        secret_key=vector["secret_key"],
    )
    assert signed == vector["authorization"]
