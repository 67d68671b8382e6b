"""A small version of `benchmarks.abuse`: crowds come all at once, and another account is answered all the time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from benchmarks import crowds
from benchmarks.abuse import Gauge, asking, attacked_service, query_of

from tests.services.preloaded import unmeasured

SECONDS = 4.0


def test_crowds_keep_nobody_from_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("IDLE", 300), ("SLOW", 60), ("STREAMS", 40), ("SENDERS", 4)):
        monkeypatch.setattr(crowds, name, few)
    for name in os.environ.keys() - unmeasured(os.environ).keys():
        monkeypatch.delenv(name)
    with attacked_service(tmp_path, descriptors=None, crowd=2) as target:
        gauge = Gauge(target.pid)
        with asking(target.port, query_of(target), rate=10, seconds=SECONDS) as answers, gauge:
            gauge.begin()
            done = crowds.siege(target, SECONDS)
            latencies_s, failed = answers()
    assert (len(latencies_s), failed) == (40, 0), done
    assert "401" in done
    assert "403" in done
    assert "429" in done
    assert gauge.memory_bytes < 250_000_000, done
