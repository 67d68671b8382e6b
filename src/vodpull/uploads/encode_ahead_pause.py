"""How long an upload that is encoded ahead may pause: then nobody follows it any more, until it goes on."""

from __future__ import annotations

QUIET_MS = 60_000
"""After so long without a byte."""
