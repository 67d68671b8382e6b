"""`/r/<old id>`, on each kind of database: whose video it leads to, and that it opens nothing."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response
from tests.integration.api.conftest import DOMAIN, Served
from tests.stored import add_video

from vodpull.accounts.access_keys import NewKey
from vodpull.clock import now_ms
from vodpull.database.ids import new_id
from vodpull.imports.entries import Entry
from vodpull.imports.import_rows import insert_entries, insert_import
from vodpull.imports.import_states import EntryState, Import, ImportOptions, ImportState, ListedEntry
from vodpull.jobs.model import Job
from vodpull.jobs.store.store import Store


def brought(
    served: Served, old_id: str, *, key: NewKey | None = None, at_ms: int = 1, state: EntryState = EntryState.DONE,
    job: Job | None = None, **fields: Any,
) -> Job:  # fmt: skip
    """Put a video there that an import brought."""
    who = key or served.key
    job = job or served.video(key=who, **{"playlist_key": f"video/{new_id(now_ms())}/v.m3u8"} | fields)
    live = served.accounts.find_live(who.access_key)
    assert live is not None
    made = Import(
        import_id=new_id(now_ms()), account_id=live.account_id, access_key=who.access_key, kind="list",
        source="s" * 64, place={}, options=ImportOptions(), state=ImportState.DONE, created_at_ms=at_ms,
    )  # fmt: skip
    listed = ListedEntry(
        number=1, origin_id=old_id, revision="", state=state, entry=Entry(old_id, "http://o.test/x"),
        size_bytes=None, duration_ms=None, video_id=job.video_id, job_id=job.job_id, failure=None, at_ms=at_ms,
    )  # fmt: skip
    with served.database.begin() as connection:
        insert_import(connection, made)
        insert_entries(connection, made, [listed])
    return job


def follow(served: Served, path: str, method: str = "GET", **headers: str) -> Response:
    reply: Response = served.browser.request(method, f"/r/{path}", headers=headers, follow_redirects=False)
    return reply


@pytest.mark.parametrize(
    "behind", ["", "?x=https://evil.test", ".m3u8", "/playlist.m3u8", "/manifest/video.m3u8", "/play_720p.mp4"]
)
def test_an_old_id_leads_to_the_playlist_whatever_stood_behind_it(served: Served, behind: str) -> None:
    old = f"old-{new_id(now_ms())}"
    brought(served, old, playlist_key="video/a/v.m3u8")
    for method in ("GET", "HEAD"):
        reply = follow(served, old + behind, method, Host="evil.test")
        assert (reply.status_code, reply.headers["location"]) == (302, f"https://{DOMAIN}/video/a/v.m3u8")
        assert reply.headers["access-control-allow-origin"] == "*"


def test_a_name_of_a_store_and_a_kept_id_lead_there_too_and_pictures_to_the_poster(served: Served) -> None:
    folder = new_id(now_ms())
    job = brought(served, f"{folder}/影 1.mp4", playlist_key="video/b/v.m3u8", poster_key="video/b/p.jpg")
    for path in (f"{folder}/影 1.mp4", job.video_id, job.video_id.upper()):
        assert follow(served, path).headers["location"].endswith("/video/b/v.m3u8")
    assert follow(served, f"{job.video_id}/thumbnail.jpg").headers["location"].endswith("/video/b/p.jpg")


def test_of_two_accounts_the_first_keeps_its_links_and_each_can_be_named(served: Served) -> None:
    old = f"both-{new_id(now_ms())}"
    for at_ms, key in ((1, served.key), (2, served.stranger), (3, served.key)):
        brought(served, old, key=key, at_ms=at_ms, playlist_key=f"video/{at_ms}/v.m3u8")
    for asked, led in (("", 3), ("?account=acme", 3), ("?account=stranger", 2)):
        assert follow(served, old + asked).headers["location"].endswith(f"/video/{led}/v.m3u8")
    assert follow(served, f"{old}?account=nobody").status_code == 404


def test_an_entry_never_leads_to_the_video_of_another_account(served: Served) -> None:
    old, theirs = f"taken-{new_id(now_ms())}", served.video(playlist_key="video/c/v.m3u8")
    brought(served, old, key=served.stranger, job=theirs)
    brought(served, f"{old}-failed", job=theirs, state=EntryState.FAILED)
    for path in (old, f"{old}-failed", theirs.video_id):
        assert follow(served, path).status_code == 404


@pytest.mark.parametrize(
    "path", ["", "unknown", "x" * 1025, "%00", "a%00b", "x?account=%00", "//evil.test", "..%2f..%2fetc", "%ff"]
)
def test_what_no_import_brought_is_a_problem_and_leads_nowhere(served: Served, path: str) -> None:
    reply = follow(served, path)
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["code"] == "not_found"


def test_a_signed_video_is_pointed_to_without_a_token_and_stays_shut(served: Served) -> None:
    old = f"signed-{new_id(now_ms())}"
    view = served.batch()
    key = f"video/202611/{view.jobs[0].directory}/v.m3u8"
    job = brought(served, old, job=add_video(Store(served.database), view, playlist_key=key))
    edited = served.call("PATCH", f"/videos/{job.video_id}", json={"playback": "signed"})
    assert edited.status_code == 200, edited.text
    target = follow(served, old).headers["location"]
    assert target == f"https://{DOMAIN}/{key}"
    assert served.browser.get(target).status_code == 403


def test_a_deleted_video_is_gone_from_there_too(served: Served) -> None:
    old = f"gone-{new_id(now_ms())}"
    job = brought(served, old)
    assert served.call("DELETE", f"/videos/{job.video_id}").status_code in {200, 202, 204}
    assert follow(served, old).status_code == 404
