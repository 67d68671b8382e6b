"""Is everything in order? One finding for each thing that vodpull needs, with what to do about it."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from vodpull import fetch, media, storage
from vodpull.app.service import database_answers, store_answers
from vodpull.clock import now_s
from vodpull.database.connection import database_time_s, migrate, open_database
from vodpull.errors import ConfigurationError, ParameterError
from vodpull.jobs.templates import TEMPLATES, load_templates
from vodpull.settings import Settings

SAFE_FFMPEG = (8, 1, 2)
"""First version without CVE-2026-8461, which has a public exploit against media servers."""

REVIEWED_FFMPEG = (9, 0, 2)
"""Memory-safety reports of 2026-11-09 name versions up to this one; only a newer release or the sandbox helps."""

MAX_CLOCK_SKEW_S = 60.0
"""Signed requests tolerate 300 s; a minute off is a clock that nobody sets."""


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
    yield _addresses(settings)


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
        yield Finding(
            subject="ffmpeg", ok=False, text=text, fix="unset VODPULL_FFMPEG_PATH to use the one that came along"
        )
    else:
        yield _version(report.version)
        yield from _lacking_for_templates(settings, report)
    if toolbox.sandbox == "bwrap":
        yield Finding(subject="sandbox", ok=True, text="bubblewrap works: no network, no other files")
    else:
        text = "only resource limits: decoders can see files and the network"
        yield Finding(subject="sandbox", ok=True, text=text, fix="apt install bubblewrap, and allow user namespaces")
    yield _taken(toolbox)


def _taken(toolbox: media.Toolbox) -> Finding:
    boxed = toolbox.sandbox == "bwrap"
    containers, video, sound = (media.titles(kind, boxed=boxed) for kind in media.KINDS)
    text = f"containers: {containers}; video: {video}; sound: {sound}"
    fix = "" if boxed else "with the sandbox more are taken: docs/reference/formats.md lists them"
    return Finding(subject="formats", ok=True, text=text, fix=fix)


def _lacking_for_templates(settings: Settings, report: media.ToolReport) -> Iterator[Finding]:
    try:
        templates = load_templates(settings.data_dir / "templates")
    except ConfigurationError:
        return  # `settings` says it
    for template in templates.values():
        lacking = sorted(media.needed_tools(template) - report.has)
        if lacking:
            text = f"FFmpeg {report.version} lacks {', '.join(lacking)} for the template {template.name}"
            fix = "unset VODPULL_FFMPEG_PATH to use the one that came along"
            yield Finding(subject="template", ok=template.name != settings.default_template, text=text, fix=fix)


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
    folder = settings.data_dir.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    text = f"{free / 1024**3:.1f} GiB free at {settings.data_dir}"
    fix = "" if free > settings.min_free_bytes else "free some space, or move VODPULL_DATA_DIR"
    return Finding(subject="disk", ok=not fix, text=text, fix=fix)


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        database = open_database(settings.database())
        if not database_answers(database):
            fix = "check VODPULL_DATABASE_URL, and that the server runs and lets this user in"
            yield Finding(subject="database", ok=False, text=f"{database.dialect.name} does not answer", fix=fix)
            return
        migrate(database)
        skew_s = abs(database_time_s(database) - now_s())
    except ConfigurationError as error:
        yield Finding(subject="database", ok=False, text=str(error), fix=error.remedy)
        return
    yield Finding(subject="database", ok=True, text=f"{database.dialect.name} answers, tables are up to date")
    fix = "" if skew_s < MAX_CLOCK_SKEW_S else "switch on time synchronisation on this machine and the database's"
    yield Finding(subject="clock", ok=not fix, text=f"{skew_s:.1f} s off the database's clock", fix=fix)
    database.dispose()


def _storage(settings: Settings) -> Finding:
    url = settings.storage()
    try:
        works = asyncio.run(store_answers(storage.open_store(url)))
    except ConfigurationError as error:
        return Finding(subject="storage", ok=False, text=str(error), fix=error.remedy)
    if works:
        return Finding(subject="storage", ok=True, text=f"{url} answers")
    fix = "check VODPULL_STORAGE_URL, and the store's own variables: its address and keys"
    return Finding(subject="storage", ok=False, text=f"{url} does not answer", fix=fix)


def _addresses(settings: Settings) -> Finding:
    try:
        fetch.AddressGuard(trusted_origins=settings.trusted_origins, allow_networks=settings.allow_networks)
        load_templates(settings.data_dir / "templates").find(settings.default_template)
    except (ConfigurationError, ParameterError) as error:
        return Finding(subject="settings", ok=False, text=str(error), fix="correct the named variable")
    return Finding(subject="settings", ok=True, text="every setting can be used")
