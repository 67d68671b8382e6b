"""What a running process knows of itself, for people: versions, disk, database, storage. Without secrets."""

from __future__ import annotations

import platform
import shutil
from functools import cache
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import sqlalchemy as sa

from vodpull import __version__, media
from vodpull.console import SystemFacts
from vodpull.errors import VodpullError
from vodpull.settings import Settings


def describe_system(settings: Settings) -> SystemFacts:
    """Return the facts as they are now."""
    disk = shutil.disk_usage(settings.data_dir)
    ffmpeg, sandbox = _tools(settings.ffmpeg_path, settings.sandbox)
    return SystemFacts(
        version=__version__,
        python=platform.python_version(),
        ffmpeg=ffmpeg,
        sandbox=sandbox,
        database=_database(settings.database()),
        storage_url=without_user_and_query(settings.storage()),
        data_dir=str(settings.data_dir.resolve()),
        disk_free_bytes=disk.free,
        disk_total_bytes=disk.total,
        min_free_bytes=settings.min_free_bytes,
        fetch_slots=settings.fetch_slots,
        encode_slots=settings.encode_slots,
    )


def without_user_and_query(url: str) -> str:
    """Return a URL without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _database(url: str) -> str:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return f"SQLite {parsed.database}"
    port = f":{parsed.port}" if parsed.port else ""
    return f"PostgreSQL {parsed.host or ''}{port}/{parsed.database or ''}"


@cache
def _tools(ffmpeg_path: str, sandbox: Literal["auto", "require", "off"]) -> tuple[str, str]:
    """Return FFmpeg's version and the sandbox of this machine; what is wrong, where there is none."""
    try:
        toolbox = media.find_toolbox(ffmpeg_path, sandbox=sandbox)
        return media.describe(toolbox).version, toolbox.sandbox
    except VodpullError as error:
        return str(error), ""
