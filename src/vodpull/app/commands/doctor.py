"""
Is everything in order? One finding for each thing that vodpull needs, with what to do about it.

What start proves, too, is in `app/start_checks.py`; which encoders FFmpeg must have, in `media`.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from vodpull import media, storage
from vodpull.accounts.master_key_match import known_fingerprint, other_master_key
from vodpull.accounts.sealed_secrets import Vault
from vodpull.app.installation import MASTER_KEY_FILE, file_of, folder_of
from vodpull.app.outgoing import notify_guard, source_guard, source_stores
from vodpull.app.start_checks import (
    CONNECTIONS,
    check_default_template,
    check_postgresql,
    check_shared,
    free_connections,
    unusable_store,
)
from vodpull.app.telemetry.optional_tracing import FIX, can_trace
from vodpull.clock import now_s
from vodpull.database.connection import database_time_s, open_database
from vodpull.database.migrate import TablesState, tables_state
from vodpull.errors import ConfigurationError, StorageError, VodpullError
from vodpull.jobs.source_retries import SourceRetries
from vodpull.jobs.submission.template_registry import TEMPLATES, load_templates
from vodpull.settings import Settings, unknown_variables

SAFE_FFMPEG = (8, 1, 2)
"""First version without CVE-2026-8461, which has a public exploit against media servers."""

REVIEWED_FFMPEG = (9, 0, 2)
"""Memory-safety reports of 2026-11-09 name versions up to this one; only a newer release or the sandbox helps."""

OWN_FFMPEG = "unset VODPULL_FFMPEG_PATH to use the one that came along"

HTTPS_PORT = 443

MAX_CLOCK_SKEW_S = 60.0
"""Signed requests tolerate 300 s; a minute off is a clock that nobody sets."""

# A few letters of each script that most subtitles are written in.
SCRIPTS = {
    "Latin": "Aéß",
    "Cyrillic": "Жя",
    "Greek": "Ωλ",
    "Arabic": "\u0645\u0631",
    "Hebrew": "\u05d0\u05e9",
    "Thai": "\u0e01\u0e2a",
    "Chinese": "\u6c49\u8a9e",
    "Japanese": "\u304b\u30ca",
    "Korean": "\ud55c\uae00",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found of one thing."""

    subject: str
    ok: bool
    """False: something needed is missing."""
    text: str
    fix: str = ""
    """What to do; empty when there is nothing to do. An `ok` finding with a fix is a warning."""


def diagnose(settings: Settings) -> Iterator[Finding]:
    """Yield one finding after the other; never raises for what it finds."""
    yield from _tools(settings)
    yield _disk(settings)
    yield from _database(settings)
    yield _storage(settings)
    yield from _settings(settings)
    yield from _publish_domains(settings)
    yield from _traces(settings)
    yield from _unknown()


def _tools(settings: Settings) -> Iterator[Finding]:
    try:
        toolbox = media.find_toolbox(settings.ffmpeg_path, sandbox=settings.sandbox)
        report = media.describe(toolbox)
    except ConfigurationError as error:
        yield Finding(
            subject="ffmpeg", ok=False, text=str(error), fix="unset VODPULL_FFMPEG_PATH, or name a working FFmpeg"
        )
        return
    lacking = sorted(media.needed_tools(TEMPLATES["abr"]) - report.has)
    if lacking:
        text = f"FFmpeg {report.version} lacks {', '.join(lacking)}"
        yield Finding(subject="ffmpeg", ok=False, text=text, fix=OWN_FFMPEG)
    else:
        yield _version(report.version)
        yield from _lacking_for_templates(settings, report)
    if toolbox.sandbox == "bwrap":
        yield Finding(subject="sandbox", ok=True, text="bubblewrap works: no network, no other files")
    else:
        text = "only resource limits: decoders can see files and the network"
        yield Finding(subject="sandbox", ok=True, text=text, fix="apt install bubblewrap, and allow user namespaces")
    yield _taken(toolbox)
    yield _fonts(toolbox)


def _taken(toolbox: media.Toolbox) -> Finding:
    boxed = toolbox.sandbox == "bwrap"
    containers, video, sound, texts = (media.titles(kind, boxed=boxed) for kind in media.KINDS)
    text = f"containers: {containers}; video: {video}; sound: {sound}; text: {texts or 'none'}"
    fix = "" if boxed else "with the sandbox more are taken: docs/reference/formats.md lists them"
    return Finding(subject="formats", ok=True, text=text, fix=fix)


def _fonts(toolbox: media.Toolbox) -> Finding:
    lacking = asyncio.run(media.missing_letters("".join(SCRIPTS.values()), toolbox=toolbox))
    there = [name for name, letters in SCRIPTS.items() if not set(letters) & set(lacking)]
    missing = [name for name in SCRIPTS if name not in there]
    text = f"for text that is burnt in: {', '.join(there) or 'none'}"
    if not missing:
        return Finding(subject="fonts", ok=True, text=text)
    fix = "to burn in such text: apt install fonts-noto-core fonts-noto-cjk"
    return Finding(subject="fonts", ok=True, text=f"{text}; not {', '.join(missing)}", fix=fix)


def _lacking_for_templates(settings: Settings, report: media.ToolReport) -> Iterator[Finding]:
    try:
        templates = load_templates(settings.data_dir / "templates", settings.template_aliases)
    except ConfigurationError:
        return  # `settings` says it
    for template in templates.values():
        lacking = sorted(media.needed_tools(template) - report.has)
        if lacking:
            text = f"FFmpeg {report.version} lacks {', '.join(lacking)} for the template {template.name}"
            yield Finding(subject="template", ok=template.name != settings.default_template, text=text, fix=OWN_FFMPEG)
    lacking = sorted(media.WATERMARK_TOOLS - report.has) if templates.watermarks else []
    if lacking:
        text = f"FFmpeg {report.version} lacks {', '.join(lacking)} for watermarks"
        yield Finding(subject="template", ok=False, text=text, fix=OWN_FFMPEG)


def _version(version: str) -> Finding:
    found = re.match(r"n?(\d+)\.(\d+)(?:\.(\d+))?", version)  # builds from git call themselves n9.0.2
    numbers = tuple(int(part or 0) for part in found.groups()) if found else ()
    if not numbers or numbers < SAFE_FFMPEG:
        fix = "use FFmpeg 8.1.2 or newer: unset VODPULL_FFMPEG_PATH to use the one that came along"
        return Finding(subject="ffmpeg", ok=False, text=f"FFmpeg {version} has known holes (CVE-2026-8461)", fix=fix)
    text = f"FFmpeg {version} with x264, AAC and zscale"
    if numbers <= REVIEWED_FFMPEG:
        fix = (
            "keep the sandbox on: reports of 2026-11-09 concern this version; update vodpull when a newer build is out"
        )
        return Finding(subject="ffmpeg", ok=True, text=text, fix=fix)
    return Finding(subject="ffmpeg", ok=True, text=text)


def _disk(settings: Settings) -> Finding:
    folder = _nearest(settings.data_dir.resolve())
    free = shutil.disk_usage(folder).free
    text = f"{free / 1024**3:.1f} GiB free at {settings.data_dir}"
    fix = "" if free > settings.min_free_bytes else "free some space, or move VODPULL_DATA_DIR"
    return Finding(subject="disk", ok=not fix, text=text, fix=fix)


def _nearest(folder: Path) -> Path:
    """Return the folder, or the one above it in which it would be made."""
    while not folder.exists():
        folder = folder.parent
    return folder


def _database(settings: Settings) -> Iterator[Finding]:
    file = file_of(settings)
    if file is not None and not file.exists():
        yield Finding(subject="database", ok=True, text=f"SQLite {file}: made at the first start")
        return
    try:
        database = open_database(settings.database())
    except ConfigurationError as error:
        yield Finding(subject="database", ok=False, text=str(error), fix=error.remedy)
        return
    try:
        yield from _of_database(settings, database)
    except VodpullError as error:
        yield Finding(subject="database", ok=False, text=str(error), fix=error.remedy)
    finally:
        database.dispose()


def _of_database(settings: Settings, database: sa.Engine) -> Iterator[Finding]:
    state = tables_state(database)
    fix = "start the newer version, or restore a backup made before the upgrade" if state == "newer" else ""
    text = f"{database.dialect.name} answers, {_TABLES[state]}"
    yield Finding(subject="database", ok=not fix, text=text, fix=fix)
    if state == "current":
        yield _master_key(settings, database)
    skew_s = abs(database_time_s(database) - now_s())
    fix = "" if skew_s < MAX_CLOCK_SKEW_S else "switch on time synchronisation on this machine and the database's"
    yield Finding(subject="clock", ok=not fix, text=f"{skew_s:.1f} s off the database's clock", fix=fix)
    if database.dialect.name == "postgresql":
        yield _connections(database)
        check_postgresql(database)
        check_shared(settings, database)


_TABLES: dict[TablesState, str] = {
    "none": "tables are made at the first start",
    "older": "tables are brought to this version at the next start",
    "current": "tables are up to date",
    "newer": "tables are of a newer vodpull",
}


def _connections(database: sa.Engine) -> Finding:
    free = free_connections(database)
    fix = "" if free >= CONNECTIONS else "raise max_connections of PostgreSQL, or end processes that need none"
    text = f"{free} connections are free, a process takes up to {CONNECTIONS}"
    return Finding(subject="database", ok=not fix, text=text, fix=fix)


def _master_key(settings: Settings, database: sa.Engine) -> Finding:
    with database.connect() as connection:
        known = known_fingerprint(connection)
    given, file = settings.master_key.get_secret_value(), settings.data_dir / MASTER_KEY_FILE
    try:
        key = given or (file.read_text().strip() if file.exists() else "")
        fits = known is None or (bool(key) and Vault(key).fingerprint == known)
    except (ConfigurationError, OSError) as error:
        return Finding(subject="secrets", ok=False, text=str(error), fix="let this user read the master key")
    if fits:
        return Finding(subject="secrets", ok=True, text="the master key is that of the database")
    told = other_master_key()
    return Finding(subject="secrets", ok=False, text=str(told), fix=told.remedy)


def _storage(settings: Settings) -> Finding:
    url = settings.storage()
    folder = folder_of(url)
    if folder is not None and not folder.exists():
        parent = _nearest(folder.resolve())
        fix = "" if os.access(parent, os.W_OK) else f"let this user write to {parent}"
        return Finding(subject="storage", ok=not fix, text=f"{url} is made at the first start", fix=fix)
    try:
        asyncio.run(storage.prove_store(storage.open_store(url)))
    except StorageError as error:
        told = unusable_store(settings, error)
        return Finding(subject="storage", ok=False, text=str(told), fix=told.remedy)
    except ConfigurationError as error:
        return Finding(subject="storage", ok=False, text=str(error), fix=error.remedy)
    return Finding(subject="storage", ok=True, text=f"{url} keeps, shows, lists and deletes objects")


def _publish_domains(settings: Settings) -> Iterator[Finding]:
    for domain in settings.publish_domains:
        host, _, port = domain.partition(":")
        try:
            socket.getaddrinfo(host, int(port or HTTPS_PORT))
        except OSError:
            fix = "point it at this service, or take it out of VODPULL_PUBLISH_DOMAINS"
            yield Finding(subject="domain", ok=True, text=f"{domain} is not known to the DNS", fix=fix)
        else:
            yield Finding(subject="domain", ok=True, text=f"{domain} serves stored files")


def _traces(settings: Settings) -> Iterator[Finding]:
    if settings.otlp_endpoint and not can_trace():
        yield Finding(subject="traces", ok=True, text="traces are asked for, but the extra is not installed", fix=FIX)


def _unknown() -> Iterator[Finding]:
    for name in unknown_variables():
        yield Finding(subject="settings", ok=True, text=f"{name} is no setting", fix=f"unset {name}")


def _settings(settings: Settings) -> Iterator[Finding]:
    """Read what a start reads, and tell of each that cannot be used."""
    readers: tuple[Callable[[], object], ...] = (
        lambda: source_guard(settings),
        lambda: notify_guard(settings),
        lambda: source_stores(settings),
        lambda: SourceRetries.parse(settings.source_retries),
        lambda: _templates(settings),
    )
    refused: dict[str, Finding] = {}
    for read in readers:
        try:
            read()
        except ConfigurationError as error:
            refused.setdefault(str(error), Finding(subject="settings", ok=False, text=str(error), fix=error.remedy))
    yield from refused.values()
    if not refused:
        yield Finding(subject="settings", ok=True, text="every setting can be used")


def _templates(settings: Settings) -> None:
    check_default_template(settings, load_templates(settings.data_dir / "templates", settings.template_aliases))
