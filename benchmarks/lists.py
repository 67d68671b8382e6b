"""
How long pages of lists and searches take where much is stored: by default 100,000 batches of 10 jobs, and 100 imports
of 1,000 entries.

Rows are written straight into the database, as a service leaves them that has encoded all of them; then one service
starts, whose time until it answers `/healthz` is the first row, and answers a closed loop of one client. CPU is that of
the service, of the start or for one answer. The row of one batch is what every call of `/api/v1` costs.

    python -m benchmarks.lists [--batches 100000] [--calls 40] [--postgres]
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from tests.services.postgres import running_postgres

from benchmarks.query_load import Service, percentile
from benchmarks.query_rate import idle_service, started
from benchmarks.stopping import stoppable
from vodpull.database import tables
from vodpull.database.connection import open_database
from vodpull.imports.entries import Entry
from vodpull.imports.import_rows import insert_entries, insert_import
from vodpull.imports.import_states import EntryState, Import, ImportOptions, ImportState, ListedEntry
from vodpull.jobs.model import Asset, Job, SourceTrack, StoredFile
from vodpull.jobs.states_and_codes import Clarity, ServerType, Stage, WireStatus
from vodpull.jobs.store.rows import job_row

JOBS = 10
"""Of each batch."""
IMPORTS, ENTRIES = 100, 1000
"""Entries of each import."""
AT_ONCE = 500
"""Batches of one insert."""
GOAL_P99_MS = 50.0
GOAL_START_S = 5.0

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "batches, one": ("/api/v1/batches", {"limit": 1}),
    "batches": ("/api/v1/batches", {"limit": 100}),
    "batches, running": ("/api/v1/batches", {"limit": 100, "state": "running"}),
    "batches, completed": ("/api/v1/batches", {"limit": 100, "state": "completed"}),
    "batches, failed": ("/api/v1/batches", {"limit": 100, "state": "failed"}),
    "batches, by trans_no": ("/api/v1/batches", {"limit": 100, "trans_no": "t77"}),
    "videos": ("/api/v1/videos", {"limit": 100}),
    "videos, search": ("/api/v1/videos", {"limit": 100, "search": "影 77"}),
    "videos, none found": ("/api/v1/videos", {"limit": 100, "search": "nothing"}),
    "videos, by origin": ("/api/v1/videos", {"limit": 100, "origin": "uploaded"}),
    "imports": ("/api/v1/imports", {"limit": 100}),
    "entries": (f"/api/v1/imports/{0:032x}/entries", {"limit": 500}),
    "deliveries": ("/api/v1/deliveries", {"limit": 100}),
    "events": ("/api/v1/events", {"limit": 100}),
}


def main() -> None:
    """Fill a database, ask for every page, and print the table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        url = stack.enter_context(running_postgres()).url() if asked.postgres else ""
        with idle_service(Path(folder), database=url) as empty:
            sqlite = f"sqlite:///{Path(folder) / 'data' / 'vodpull.db'}"
            fill(url.replace("postgresql://", "postgresql+psycopg://") or sqlite, empty, batches=asked.batches)
        began_s = time.monotonic()
        service = stack.enter_context(started(Path(folder), empty.key, database=url))
        start = {"wall_s": round(time.monotonic() - began_s, 2), "cpu_s": service.cpu_s()}
        found = {name: measure(service, *page, calls=asked.calls) for name, page in PAGES.items()}
    show(start, found)


def fill(url: str, service: Service, *, batches: int) -> None:
    """Write batches of the service's own account."""
    database = open_database(url)
    with database.connect() as connection:
        mine = tables.access_key.c.access_key == service.key.access_key
        account_id = str(connection.scalar(sa.select(tables.access_key.c.account_id).where(mine)))
    now_ms = time.time_ns() // 1_000_000
    for first in range(0, batches, AT_ONCE):
        numbers = range(first, min(batches, first + AT_ONCE))
        owner = {"account_id": account_id, "access_key": service.key.access_key}
        rows = [batch_row(number, **owner, at_ms=now_ms - batches + number) for number in numbers]
        jobs = [
            job_row(job_of(number, place, now_ms - batches + number)) | {"archived_attempt": 1}
            for number in numbers
            for place in range(JOBS)
        ]
        videos = [video_row(job, account_id) for job in jobs]
        with database.begin() as connection:
            for table, values in ((tables.batch, rows), (tables.job, jobs), (tables.video, videos)):
                connection.execute(table.insert(), values)
    for number in range(IMPORTS):
        add_import(database, number, account_id)
    if database.dialect.name == "postgresql":  # as it does by itself after a while; SQLite does not
        with database.begin() as connection:
            connection.execute(sa.text("ANALYZE"))
    database.dispose()


def add_import(database: sa.Engine, number: int, account_id: str) -> None:
    """Write an import that has brought all of its entries."""
    made = Import(
        import_id=f"{number:032x}",
        account_id=account_id,
        access_key="",
        kind="list",
        source="0" * 64,
        place={},
        options=ImportOptions(),
        state=ImportState.DONE,
        is_listed=True,
        listed=ENTRIES,
        created_at_ms=number,
        finished_at_ms=number,
    )
    listed = [
        ListedEntry(
            number=each,
            origin_id=f"o{each}",
            revision="",
            state=EntryState.DONE,
            entry=Entry(
                f"o{each}", f"https://origin.example.test/{each}.mp4", name=f"影 {each}", description="-" * 200
            ),
            size_bytes=5_384_542,
            duration_ms=105_200,
            video_id=f"v{each:031x}",
            job_id=None,
            failure=None,
            at_ms=number,
            fetched_bytes=5_384_542,
        )
        for each in range(1, ENTRIES + 1)
    ]
    with database.begin() as connection:
        insert_import(connection, made)
        insert_entries(connection, made, listed)


def batch_row(number: int, *, account_id: str, access_key: str, at_ms: int) -> dict[str, Any]:
    """Return a batch that has ended."""
    return {
        "batch_id": f"b{number:031x}",
        "account_id": account_id,
        "access_key": access_key,
        "trans_no": f"t{number}",
        "template": "abr",
        "notify_url": "",
        "separate": False,
        "fetch_ts": True,
        "priority": 100,
        "metadata": {},
        "created_at_ms": at_ms,
        "finished_at_ms": at_ms,
    }


def job_of(number: int, place: int, at_ms: int) -> Job:
    """Return a job that was encoded; of some batches the last one failed."""
    name = f"{number * JOBS + place:031x}"
    failed = place == JOBS - 1 and number % 50 == 0
    return Job(
        job_id=f"j{name}",
        batch_id=f"b{number:031x}",
        position=place,
        file_name=f"影 {number} {place}.mp4",
        source_url=f"https://origin.example.test/{number}/{place}.mp4?token=abc",
        md5="",
        video_id=f"v{name}",
        directory=f"d{name}",
        stage=Stage.FAILED if failed else Stage.DONE,
        pull_status=WireStatus.SUCCEEDED,
        cmd_status=WireStatus.FAILED if failed else WireStatus.SUCCEEDED,
        asset=asset_of(f"v{name}"),
        created_at_ms=at_ms,
        finished_at_ms=at_ms,
    )


def asset_of(video_id: str) -> Asset:
    """Return what a film leaves that was encoded to four definitions."""
    folder = f"pullvideo/202611/{video_id}"
    files = [
        StoredFile(
            clarity=clarity,
            server_type=ServerType.SOURCE if clarity is Clarity.ORIGINAL else ServerType.PC,
            width_px=1280,
            height_px=720,
            bitrate_bps=1_412_000,
            size_bytes=5_384_542,
            key=f"{folder}/{video_id}-{clarity.name.lower()}.m3u8",
            media_bytes=5_384_542,
        )
        for clarity in Clarity
    ]
    tracks = [
        SourceTrack(index=index, kind=kind, codec=codec, language=None, used=True, reason="")
        for index, (kind, codec) in enumerate((("video", "h264"), ("audio", "aac")))
    ]
    return Asset(
        video_id=video_id,
        duration_s=105.2,
        files=tuple(files),
        md5="0" * 32,
        sha256="0" * 64,
        playlist_key=f"{folder}/{video_id}.m3u8",
        poster_key=f"{folder}/{video_id}.jpg",
        storyboard_key=f"{folder}/{video_id}.vtt",
        tracks=tuple(tracks),
        proof={"pictures": {"compared": 12, "worst": 0.98}, "sound": {"compared": 2}},
    )


def video_row(job: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Return the video of a job."""
    kept = {name: job[name] for name in ("video_id", "job_id", "directory", "created_at_ms")}
    return kept | {
        "account_id": account_id,
        "name": job["file_name"],
        "folded_name": job["file_name"].casefold(),
        "description": "",
        "origin": 3,
        "state": 0,
        "encode_state": 1,
        "publish_domain": "",
        "player_id": "",
        "duration_s": 105.2,
        "size_bytes": 5_384_542,
        "uploaded_at_ms": job["created_at_ms"],
        "updated_at_ms": job["created_at_ms"],
    }


def measure(service: Service, path: str, parameters: dict[str, Any], *, calls: int) -> dict[str, float]:
    """Ask for one page again and again."""
    bearer = {"Authorization": f"Bearer {service.key.access_key}.{service.key.secret}"}
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    took_ms, size_bytes, before_s = [], 0, 0.0
    for number in range(calls + 1):
        if number == 1:  # the first call fills what every later one finds
            before_s = service.cpu_s()
        started_s = time.monotonic()
        connection.request("GET", f"{path}?{urlencode(parameters)}", headers=bearer)
        reply = connection.getresponse()
        content = reply.read()
        if reply.status != http.HTTPStatus.OK:
            raise SystemExit(f"{path}: {reply.status} {content.decode()}")
        took_ms.append(1000 * (time.monotonic() - started_s))
        size_bytes = len(content)
    ordered = sorted(took_ms[1:])
    return {
        "p50_ms": percentile(ordered, 0.5),
        "p99_ms": percentile(ordered, 0.99),
        "cpu_ms": round(1000 * (service.cpu_s() - before_s) / calls, 1),
        "kilobytes": round(size_bytes / 1000),
    }


def show(start: dict[str, float], found: dict[str, dict[str, float]]) -> None:
    """Print the table and the JSON."""
    print(f"{'start':>22}  {start['wall_s']:8.2f} s, of the processor {start['cpu_s']:.2f} s")
    print(f"{'':>22}  {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>8} {'kB':>8}")
    for name, figures in found.items():
        print(f"{name:>22}  {' '.join(f'{value:8.1f}' for value in figures.values())}")
    print(f"{'load':>22}  {os.getloadavg()[0]:8.1f}")
    met = all(figures["p99_ms"] <= GOAL_P99_MS for figures in found.values()) and start["wall_s"] <= GOAL_START_S
    goal = f"p99 <= {GOAL_P99_MS:.0f} ms for every page, start <= {GOAL_START_S:.0f} s"
    print(f"{'goal':>22}  {goal}: {'met' if met else 'missed'}")
    print(json.dumps(found | {"start": start}))


if __name__ == "__main__":
    stoppable(main)
