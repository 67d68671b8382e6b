"""The captions of videos over HTTP, on real databases and a real store: put, exchanged, removed, refused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import m3u8
import pytest
import sqlalchemy as sa
import webvtt
from tests.integration.api.conftest import Served
from tests.stored import add_video, finish

from vodpull import captions
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.jobs.job_folders import folder_of
from vodpull.jobs.model import Job
from vodpull.jobs.owned_files import Holdings
from vodpull.jobs.states_and_codes import VideoOrigin
from vodpull.jobs.store.caption_count_limit import MAX_CAPTIONS
from vodpull.jobs.store.caption_rows import CaptionRows
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.store import Store
from vodpull.media import TextStream
from vodpull.workflows.attempt.captions.hls_source_texts import PlaylistText, keep_texts
from vodpull.workflows.attempt.captions.stored_caption_files import CaptionFiles
from vodpull.workflows.upkeep.replaced_output_removal import Leftovers

SUBRIP = b"1\n00:00:01,000 --> 00:00:02,500\n<i>Hi</i> <script>x</script>\n\n2\n00:00:03,000 --> 00:01:04,000\nBye\n"
MULTIVARIANT = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nv-01.m3u8\n"


@dataclass(frozen=True, kw_only=True)
class Film:
    """A finished video with a playlist that names its renditions."""

    served: Served
    job: Job

    def call(self, method: str, rest: str = "", **fields: Any) -> Any:
        return self.served.call(method, f"/videos/{self.job.video_id}/captions{rest}", **fields)

    @property
    def folder(self) -> str:
        return folder_of(directory=self.job.directory, created_at_ms=self.job.created_at_ms, origin=self.job.origin)

    def served_text(self, key: str) -> str:
        reply = self.served.browser.get(f"/media/{key}")
        assert reply.status_code == 200, key
        return str(reply.text)

    def texts(self) -> list[m3u8.Media]:
        playlist = m3u8.loads(self.served_text(f"{self.folder}/{self.job.video_id}.m3u8"))
        assert len(playlist.playlists) == 1
        return list(playlist.media)

    def stored(self) -> list[str]:
        return asyncio.run(self.served.objects.list_keys(f"{self.folder}/"))


@pytest.fixture
def film(served: Served) -> Film:
    view, store = served.batch(), Store(served.database)
    mine = tables.job.c.job_id == view.jobs[0].job_id
    with served.database.begin() as connection:  # what was not pulled lies below another root
        connection.execute(tables.job.update().where(mine).values(origin=VideoOrigin.UPLOADED.value))
    job = store.find_job(view.jobs[0].job_id)[1]
    made = Film(served=served, job=job)
    key = f"{made.folder}/{job.video_id}.m3u8"
    asyncio.run(served.objects.put_bytes(key, MULTIVARIANT.encode()))
    add_video(store, view, playlist_key=key, outputs=(key,), duration_s=70.0)
    finish(store, job, Outcome(asset=store.find_job(job.job_id)[1].asset))
    return made


def test_a_caption_is_put_played_exchanged_and_removed(film: Film) -> None:
    made = film.call("PUT", "/ENG", params={"default": True}, content=SUBRIP)
    assert made.status_code == 200, made.text
    caption = made.json()
    assert {name: caption[name] for name in ("language", "label", "default", "forced", "origin", "cues")} == {
        "language": "en",
        "label": "English",
        "default": True,
        "forced": False,
        "origin": "added",
        "cues": 2,
    }
    [text] = film.texts()
    assert (text.type, text.language, text.name, text.default, text.autoselect) == (
        "SUBTITLES",
        "en",
        "English",
        "YES",
        "YES",
    )
    playlist = m3u8.loads(film.served_text(f"{film.folder}/{text.uri}"))
    folder = text.uri.rpartition("/")[0]
    parts = [film.served_text(f"{film.folder}/{folder}/{segment.uri}") for segment in playlist.segments]
    assert [len(webvtt.from_string(part, strict=True)) for part in parts] == [2, 1]
    assert "<i>Hi</i> x" in film.served_text(
        caption["url"].partition("/media/")[2] or f"{film.folder}/{folder}/captions.vtt"
    )

    again = film.call("PUT", "/en", content=b"WEBVTT\n\n00:01.000 --> 00:02.000\nother\n", params={"label": "My <b>"})
    assert again.json()["cues"] == 1
    [text] = film.texts()
    assert (text.name, text.default) == ("My <b>", "NO")
    assert folder not in text.uri
    assert film.call("PUT", "/de", content=SUBRIP, params={"default": True}).json()["label"] == "Deutsch"
    assert [each["language"] for each in film.call("GET").json()["captions"]] == ["de", "en"]
    assert film.call("GET", "/de").json()["default"] is True
    video = film.served.call("GET", f"/videos/{film.job.video_id}").json()
    assert [each["language"] for each in video["captions"]] == ["de", "en"]

    assert film.call("DELETE", "/de").status_code == 204
    assert film.call("DELETE", "/en").status_code == 204
    assert film.texts() == []
    assert film.call("DELETE", "/en").status_code == 404
    assert film.call("GET", "/en").json()["code"] == "not_found"


def test_subtitles_of_a_playlist_take_neither_default_nor_language_from_what_somebody_added(film: Film) -> None:
    def offered(index: int, language: str) -> PlaylistText:
        text = TextStream(
            index=index,
            codec="webvtt",
            language=language,
            title="",
            is_default=True,
            is_forced=False,
            is_for_deaf=False,
        )
        return PlaylistText(text=text, track=captions.read_track(SUBRIP))

    film.call("PUT", "/en", content=SUBRIP, params={"default": True, "label": "Mine"})
    files = CaptionFiles(film.served.database, film.served.objects)
    asyncio.run(keep_texts(files, film.job, [offered(1, "de"), offered(2, "en")]))
    kept = {each["language"]: each for each in film.call("GET").json()["captions"]}
    assert {language: (each["default"], each["origin"]) for language, each in kept.items()} == {
        "de": (False, "source"),
        "en": (True, "added"),
    }
    assert kept["en"]["label"] == "Mine"


def test_a_playlist_that_is_about_to_be_published_is_whole_at_any_moment(film: Film, tmp_path: Path) -> None:
    film.call("PUT", "/en", content=SUBRIP)
    folder = tmp_path / "package"
    folder.mkdir()
    plain = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv01.m3u8\n"
    (folder / "a.m3u8").write_text(plain)
    (tmp_path / "as it was").hardlink_to(folder / "a.m3u8")
    CaptionFiles(film.served.database, film.served.objects).show_early(film.job, folder)
    assert "TYPE=SUBTITLES" in (folder / "a.m3u8").read_text()
    assert (tmp_path / "as it was").read_text() == plain, "exchanged, not written over"
    assert [path.name for path in folder.iterdir()] == ["a.m3u8"]


def test_what_was_exchanged_goes_after_an_hour_and_what_plays_stays(film: Film) -> None:
    first = film.call("PUT", "/en", content=SUBRIP).json()
    film.call("PUT", "/en", content=SUBRIP.replace(b"Bye", b"So long"))
    before = film.stored()
    directory = tables.superseded.c.directory == film.job.directory
    with film.served.database.begin() as connection:
        connection.execute(tables.superseded.update().where(directory).values(due_at_ms=now_ms() - 1))
    asyncio.run(Leftovers(Holdings(film.served.database), film.served.objects).remove_superseded())
    gone = {key.split("/")[-2] for key in before} - {key.split("/")[-2] for key in film.stored()}
    assert gone == {first["playlist_url"].split("/")[-2]}
    assert len(film.texts()) == 1
    assert [key for key in before if "-captions/" not in key] == [
        key for key in film.stored() if "-captions/" not in key
    ]


def test_files_on_their_way_are_nobodys_to_remove(film: Film) -> None:
    rows = CaptionRows(film.served.database)
    rows.begin(film.job.video_id, "fr", "fr-0123456789abcdef")
    [holding] = Holdings(film.served.database).of([film.job.directory], settled_before_ms=0).values()
    assert holding.captions == {"fr-0123456789abcdef"}
    assert film.call("GET").json()["captions"] == []


@pytest.mark.parametrize(
    ("language", "content", "status", "code", "says"),
    [
        ("en", SUBRIP.replace(b"00:00:03", b"00:0x:03"), 400, "caption_invalid", "line 6: the times"),
        ("en", b"\x89PNG\r\n\x1a\n\x00", 400, "caption_invalid", "neither UTF-8"),
        ("en", b"1\n00:02:01,000 --> 00:02:02,000\nlate\n", 400, "caption_invalid", "within the 70 s"),
        ("en", b"", 400, "parameter_error", "empty"),
        ("en", b" " * 3_000_000, 413, "request_too_large", "larger"),
        ("english-please", SUBRIP, 400, "parameter_error", "BCP 47"),
    ],
)
def test_what_is_refused_changes_nothing(
    film: Film, language: str, content: bytes, status: int, code: str, says: str
) -> None:
    refused = film.call("PUT", f"/{language}", content=content)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert says in refused.json()["detail"]
    assert film.texts() == []
    assert not [key for key in film.stored() if "-captions/" in key]


def test_a_url_is_judged_as_that_of_a_source(film: Film) -> None:
    refused = film.call("PUT", "/en", json={"url": "http://127.0.0.1:1/secret.srt"})
    assert (refused.status_code, refused.json()["field"]) == (400, "url"), refused.text
    assert "port 1 is not allowed" in refused.json()["detail"]
    assert film.call("PUT", "/en", json={"url": 7}).json()["field"] == "url"


def test_a_video_has_no_more_captions_than_anybody_reads(film: Film) -> None:
    rows = CaptionRows(film.served.database)
    for number in range(MAX_CAPTIONS):
        rows.begin(film.job.video_id, f"en-x-{number}", "x")
    refused = film.call("PUT", "/de", content=SUBRIP)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_allowed_now")


def test_strangers_see_and_change_nothing(film: Film) -> None:
    key = film.served.stranger
    for method, rest in (("GET", ""), ("GET", "/en"), ("PUT", "/en"), ("DELETE", "/en")):
        assert film.call(method, rest, key=key, content=SUBRIP).status_code == 404


def test_a_deleted_video_leaves_no_row_behind(film: Film) -> None:
    film.call("PUT", "/en", content=SUBRIP)
    assert film.served.call("DELETE", f"/videos/{film.job.video_id}").status_code == 204
    query = sa.select(tables.caption).where(tables.caption.c.video_id == film.job.video_id)
    with film.served.database.connect() as connection:
        assert connection.execute(query).all() == []
    assert film.stored() == []
