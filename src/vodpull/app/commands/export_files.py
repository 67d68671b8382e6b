"""
A library on its way out with its files: each copied into another store, and a line for each video (`export_lines.py`).

Without the files, `cli/library/export.py` writes a line of what the service answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from vodpull import storage
from vodpull.accounts.access_keys import Accounts
from vodpull.app.commands.export_lines import line_of_copies
from vodpull.app.installation import folder_of, open_vault, require_installation
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate
from vodpull.errors import ConfigurationError, NotFound, ObjectMissing, StorageError, StorageUnavailable
from vodpull.jobs.submission.template_registry import load_templates
from vodpull.settings import Settings
from vodpull.videos.library import Library
from vodpull.videos.playback.public_or_signed import PlaybackPolicy
from vodpull.videos.video import Video
from vodpull.videos.video_search import VideoFilter
from vodpull.workflows.upkeep.export_copies import Copied, Copies

PAGE = 100

TRIES = 5
"""Of a video whose files change meanwhile, or whose stores do not answer."""

FIRST_WAIT_S = 1.0
"""After the first try; doubled each time."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where files go, and whose."""

    url: str
    """As VODPULL_STORAGE_URL is written."""
    name: str
    """What whoever reads the lines calls the store."""
    account: str = ""
    """Name of the account; empty: all."""


@dataclass(kw_only=True)
class Exported:
    """What came of an export."""

    videos: int = 0
    copied: int = 0
    copied_bytes: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    """By id of a video: why it is not whole there."""
    encrypted: list[str] = field(default_factory=list)
    """Videos that have nothing to play in clear."""


def copy_library(
    settings: Settings, destination: Destination, *, known: frozenset[str], write: Callable[[dict[str, Any]], None]
) -> Exported:
    """
    Copy the files of a library, and write a line for each video whose files are whole there, the oldest first.

    `known`: videos whose lines are written already. Safe while the service runs.

    Raises:
        ConfigurationError: the destination cannot be used, or there is no such account.
    """
    require_installation(settings)
    _check_apart(settings, destination.url)
    target = storage.open_destination(destination.url, destination.name)
    database = open_database(settings.database())
    try:
        migrate(database)
        export = _Export(settings, database, destination, target=target)
        return asyncio.run(export.run(known, write))
    finally:
        database.dispose()


class _Export:
    def __init__(
        self, settings: Settings, database: sa.Engine, destination: Destination, *, target: storage.ObjectStore
    ) -> None:
        self._library = Library(database)
        self._copies = Copies(database, storage.open_store(settings.storage()), target)
        self._name = destination.name
        templates = load_templates(settings.data_dir / "templates", settings.template_aliases)
        self._policy = PlaybackPolicy(settings.playback, templates)
        accounts = Accounts(database, open_vault(settings, database))
        self._account_id = accounts.account_named(destination.account) if destination.account else None

    async def run(self, known: frozenset[str], write: Callable[[dict[str, Any]], None]) -> Exported:
        exported, cursor = Exported(videos=len(known)), ""
        wanted = VideoFilter(account_id=self._account_id, oldest_first=True)
        while True:
            page, cursor = await asyncio.to_thread(self._library.page, wanted, limit=PAGE, cursor=cursor)
            for video in page:
                if video.video_id not in known:
                    await self._take(video, exported, write)
            if not cursor:
                return exported

    async def _take(self, video: Video, exported: Exported, write: Callable[[dict[str, Any]], None]) -> None:
        try:
            now, copied = await self._copy(video.video_id)
        except NotFound:  # deleted meanwhile
            return
        except StorageError as error:
            exported.failed[video.video_id] = str(error)
            return
        is_signed = self._policy.is_signed(
            own=now.playback, template=now.template, account=now.account_playback, is_encrypted=now.is_encrypted
        )
        line = line_of_copies(now, copied, name=self._name) | {"playback": "signed" if is_signed else now.playback}
        await asyncio.to_thread(write, line)
        exported.videos += 1
        exported.copied += copied.copied
        exported.copied_bytes += copied.copied_bytes
        if not line["url"]:
            exported.encrypted.append(now.video_id)

    async def _copy(self, video_id: str) -> tuple[Video, Copied]:
        """Copy a video as it is now; once more when its files are others meanwhile, or a store does not answer."""
        wait_s = FIRST_WAIT_S
        for _ in range(TRIES - 1):
            try:
                return await self._copy_once(video_id)
            except (ObjectMissing, StorageUnavailable):
                await asyncio.sleep(wait_s)
                wait_s *= 2
        return await self._copy_once(video_id)

    async def _copy_once(self, video_id: str) -> tuple[Video, Copied]:
        video = await asyncio.to_thread(self._library.find, video_id, account_id=None)
        return video, await self._copies.copy(video)


def _check_apart(settings: Settings, url: str) -> None:
    """
    Make sure that copies do not land in what they are made of, nor among the service's own secrets.

    Raises:
        ConfigurationError: they would.
    """
    folder, own = folder_of(url), folder_of(settings.storage())
    if folder is not None:
        for other in filter(None, (own, settings.data_dir)):
            if storage.folders_overlap(folder, other):
                raise ConfigurationError(f"{folder} overlaps {other}, which is the service's own", field="--files")
    elif storage.stores_overlap(url, settings.storage()):
        raise ConfigurationError("this is where the service keeps its files", field="--files")
