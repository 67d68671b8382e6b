"""How an attempt of a job ends, and what its row says from then on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import Cancelled, Failure
from vodpull.jobs.model import Asset
from vodpull.jobs.states_and_codes import Stage, WireStatus


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended: with its asset, or with a failure and as far as it came."""

    asset: Asset | None = None
    failure: Failure | None = None

    @property
    def stage(self) -> Stage:
        """Return the final stage that this outcome means."""
        if self.failure is None:
            return Stage.DONE
        return Stage.CANCELLED if self.failure.code == Cancelled.code else Stage.FAILED


def final_values(outcome: Outcome) -> dict[str, Any]:
    """Return what an attempt that ended so writes into its row."""
    now = now_ms()
    values: dict[str, Any] = {"finished_at_ms": now, "stage_at_ms": now, "stage": outcome.stage.value}
    values["next_try"] = None
    if outcome.failure is None:
        values |= {"cmd_status": WireStatus.SUCCEEDED.value, "percent": 100.0}
    else:
        pulled = tables.job.c.pull_status == WireStatus.SUCCEEDED.value
        values |= {
            "failure": asdict(outcome.failure),
            "cmd_status": WireStatus.FAILED.value,
            # A source that was stored stays pulled: only the command failed (spec cloud-vod-fetch §5.2).
            "pull_status": sa.case((pulled, WireStatus.SUCCEEDED.value), else_=WireStatus.FAILED.value),
        }
    if outcome.asset is not None:
        values["asset"] = asdict(outcome.asset)
    return values
