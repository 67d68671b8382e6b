"""What the endpoints work with, handed over by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vodpull.api.media import ObjectReader
from vodpull.api.problems import Language
from vodpull.jobs.accounts import LiveKey
from vodpull.jobs.store import Store
from vodpull.workflows.intake import Intake


@dataclass(frozen=True, kw_only=True)
class ApiContext:
    """The parts behind the endpoints, and how replies are worded."""

    intake: Intake
    store: Store
    find_key: Callable[[str], LiveKey | None]
    objects: ObjectReader
    is_ready: Callable[[], Awaitable[dict[str, bool]]]
    """Answers which parts work: database, storage, engine."""
    language: Language
    compat: tuple[str, ...]
