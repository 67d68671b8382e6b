"""How long finished workflows stay, for whoever looks into what happened; batches: `batch_retention.py`."""

from __future__ import annotations

from vodpull.clock import now_s
from vodpull.workflows.engine.engine import Engine

KEEP_WORKFLOWS_S = 7 * 86_400.0


def forget_workflows(engine: Engine) -> int:
    """Delete workflows that ended too long ago, and return how many."""
    return engine.collect_garbage(older_than_s=KEEP_WORKFLOWS_S, now_s=now_s())
