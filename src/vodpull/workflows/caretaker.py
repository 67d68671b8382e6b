"""Housekeeping in the background: work files that nobody needs any more, requests and engine rows of long ago."""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa
import structlog

from vodpull.clock import now_s
from vodpull.errors import VodpullError
from vodpull.jobs.memory import forget_old
from vodpull.jobs.store import Store
from vodpull.workflows.engine import Engine
from vodpull.workflows.workplace import sweep

SWEEP_S = 60.0
"""Between two looks at the work folder: a cancelled job's files are gone within about a minute."""

ROUNDS_OF_AN_HOUR = 60

KEEP_WORKFLOWS_S = 7 * 24 * 3600.0
"""Finished workflows stay this long, for whoever looks into what happened."""

log = structlog.get_logger(__name__)


class Caretaker:
    """Cleans up after this process, and after everybody in the database."""

    def __init__(self, store: Store, engine: Engine, *, work_folder: Path) -> None:
        self._store = store
        self._engine = engine
        self._work_folder = work_folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="caretaker", daemon=True)

    def start(self) -> None:
        """Clean up what the last process left, then now and again on a thread of its own."""
        sweep(self._work_folder, is_over=self._store.work_is_over)
        self._thread.start()

    def stop(self) -> None:
        """Stop cleaning."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=SWEEP_S)

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(SWEEP_S):
            number += 1
            try:
                sweep(self._work_folder, is_over=self._store.work_is_over)
                if number % ROUNDS_OF_AN_HOUR == 0:
                    self._forget()
            except (sa.exc.SQLAlchemyError, VodpullError, OSError) as error:
                log.warning("cleaning up failed", error=type(error).__name__)

    def _forget(self) -> None:
        requests = forget_old(self._store.engine)
        workflows = self._engine.collect_garbage(older_than_s=KEEP_WORKFLOWS_S, now_s=now_s())
        log.info("cleaned up", requests=requests, workflows=workflows)
