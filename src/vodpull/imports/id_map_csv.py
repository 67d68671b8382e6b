"""The map of an import as CSV: what each id of elsewhere is here, and where it plays; a single one: `old_ids.py`."""

from __future__ import annotations

from collections.abc import Iterator

from vodpull.csv_output import csv_line
from vodpull.imports.import_rows import ImportRows
from vodpull.imports.import_states import Import, ListedEntry
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.library import Library

COLUMNS = ("origin_id", "video_id", "state", "play_url", "error")

PER_PAGE = 500


def map_csv(found: Import, ledger: ImportRows, library: Library, *, urls: FileUrls) -> Iterator[str]:
    """Give the map as CSV, one line for each entry with an id, a page at a time."""
    yield csv_line(COLUMNS)
    after = 0
    while page := ledger.entries(found.import_id, after=after, limit=PER_PAGE):
        after = page[-1].number
        ids = [listed.video_id for listed in page if listed.video_id]
        videos = {video.video_id: video for video in library.remaining(ids, account_id=found.account_id)}
        plays = {}
        for video_id, video in videos.items():
            original = video.asset.original
            plays[video_id] = urls.file(video, video.asset.playlist_key or (original.key if original else ""))
        yield "".join(csv_line(_row(listed, plays)) for listed in page if listed.origin_id)


def _row(listed: ListedEntry, plays: dict[str, str]) -> tuple[str, ...]:
    video_id = listed.video_id or ""
    error = "" if listed.failure is None else f"{listed.failure.code}: {listed.failure.message}"
    return listed.origin_id, video_id, listed.state.value, plays.get(video_id, ""), error
