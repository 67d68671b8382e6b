"""How long and how many the ids, names, texts, categories and figures of an entry may be. Pure."""

from __future__ import annotations

MAX_ORIGIN_BYTES = 1024
"""Of an id: as long as keys of object stores are."""

MAX_NAME, MAX_DESCRIPTION, MAX_REVISION, MAX_CATEGORY, MAX_LABEL = 255, 5000, 500, 100, 100
"""Characters."""

MAX_CATEGORIES = 100
"""Of one video."""

LAST_MS = 10**13
"""The latest time that an entry can have."""

MAX_SIZE, MAX_DURATION_MS = 10**15, 10**12
