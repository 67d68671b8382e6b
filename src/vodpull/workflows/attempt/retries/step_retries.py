"""
Which steps of a job are done again by themselves: when a program was killed, a disk is full, or a store is away.

How often work is tried whose program was killed: `killed_programs.py`. A source that fails:
`jobs/source_retries.py`. A film that came out wrong: `once_more_after_failed_proof.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TypeVar

import structlog

from vodpull.errors import (
    EncodeInterrupted,
    Failure,
    FetchError,
    StorageFull,
    StorageUnavailable,
    VodpullError,
    error_of_disk,
)
from vodpull.jobs.model import Job
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.retries.killed_programs import tries_of_killed
from vodpull.workflows.attempt.workspace.descriptor_shortage import is_exhaustion
from vodpull.workflows.engine.engine import JsonObject

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
"""Waits for storage grow from the first to the longest, so work goes on within a minute of its return."""

_Result = TypeVar("_Result")

log = structlog.get_logger(__name__)


def failure_of(error: VodpullError) -> JsonObject:
    """Return an error as the outcome of a step."""
    outcome: JsonObject = {"failure": asdict(Failure.of(error))}
    asked_s = error.retry_after_s if isinstance(error, FetchError) else None
    return outcome if asked_s is None else outcome | {"retry_after_s": asked_s}


class RepeatedWork:
    """The patience of one process with its jobs; `when_cancelled` follows the end of a job's work by somebody else."""

    def __init__(self, context: Context, *, when_cancelled: Callable[[Job], Awaitable[None]]) -> None:
        self._context = context
        self._when_cancelled = when_cancelled

    async def work(self, job: Job, work: Callable[[], Awaitable[JsonObject]]) -> JsonObject:
        """
        Return what the work gives, or its failure; wait and work again for what passes by itself.

        A full disk, a store that is away or a lack of descriptors is nobody's failure: the work can be repeated, so it
        waits. An interrupted step leaves what it has for the next process, unless the attempt is over.
        """
        tries, made = 1, 0
        while True:
            try:
                return await self.outlast_storage(work)
            except asyncio.CancelledError:
                await asyncio.shield(self._when_cancelled(job))
                raise
            except EncodeInterrupted as error:
                before, made = made, self._context.workspace(job).count_results()
                tries = tries if made == before else 1
                if tries >= tries_of_killed(without_memory=error.starved):
                    return failure_of(error)
                log.warning("killed, trying again", code=error.code, tries=tries)
                tries += 1
            except VodpullError as error:
                self._context.watch.failed(error.code)
                return failure_of(error)

    async def outlast_storage(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Return what the work gives; while storage is away or full, wait and work again."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return await work()
            except FileNotFoundError:  # a program, or a file of ours that must be there
                raise
            except (VodpullError, OSError) as error:
                cause = _as_known(error)
                if not _passes(cause):
                    raise cause  # noqa: B904 - it has its cause
                log.warning("waiting for storage", code=cause.code, cause=str(cause), wait_s=wait_s)
                async with self._context.standing_aside():
                    await asyncio.sleep(wait_s)
                    await self._context.admission.wait_for_space()
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)


def _as_known(error: VodpullError | OSError) -> VodpullError:
    """Return an error of the catalogue, which knows what it was before."""
    if not isinstance(error, OSError):
        return error
    known = error_of_disk(error, "the work folder fails")
    known.__cause__ = error
    return known


def _passes(error: VodpullError) -> bool:
    """Tell whether an error is nobody's and ends by itself."""
    return isinstance(error, StorageFull | StorageUnavailable) or is_exhaustion(error)
