"""A list says of every job what the job's own page says, but for what lists leave out."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa
from tests.stored import ASSET, FAILURE, accepted

from vodpull.accounts.access_keys import NewKey
from vodpull.api.v1.batches.shapes import BatchPage
from vodpull.api.v1.batches.views import batch_page_json, batch_reply
from vodpull.database import tables
from vodpull.jobs.model import AssetWarning, NextTry, SourceTrack
from vodpull.jobs.states_and_codes import Stage, WireStatus
from vodpull.jobs.status.listing import Filter, Listing
from vodpull.jobs.store.rows import job_row
from vodpull.jobs.store.store import Store

NOT_LISTED: dict[str, Any] = {"decisions": [], "timeline": [], "files": [], "tracks": [], "proof": None}

TRACK = SourceTrack(index=0, kind="video", codec="h264", language=None, used=True, reason="")
WHOLE = replace(
    ASSET,
    md5="m" * 32,
    sha256="s" * 64,
    playlist_key="a/b.m3u8",
    poster_key="a/b.jpg",
    storyboard_key="a/b.vtt",
    tracks=(TRACK,),
    warnings=(AssetWarning(code="sound_missing", message="there is no sound"),),
    proof={"pictures": 3},
)
OF_OPERATORS = replace(FAILURE, log_tail="what only operators see")
WAITS = NextTry(at_ms=5, tries=2, bytes_done=7, failure=OF_OPERATORS)
DECISION = {"clarity": 2, "name": "LD", "chosen": False, "reason": "too small"}

STATES: tuple[dict[str, Any], ...] = (
    {},
    {"stage": Stage.FETCH, "percent": 25.0, "bytes_done": 500, "bytes_total": 2000, "stage_at_ms": 1_000},
    {"next_try": WAITS, "attempt": 3},
    {"stage": Stage.ENCODE, "percent": 50.0, "next_try": WAITS, "asset": ASSET, "stage_at_ms": 1_000},
    {"stage": Stage.FAILED, "failure": OF_OPERATORS, "pull_status": WireStatus.FAILED, "cmd_status": WireStatus.FAILED},
    {"stage": Stage.DONE, "pull_status": WireStatus.SUCCEEDED, "asset": WHOLE, "decisions": (DECISION,)},
    {"stage": Stage.DONE, "deleted_at_ms": 9},
    {"stage": Stage.CANCELLED, "failure": FAILURE},
    {"stage": Stage.DONE, "asset": ASSET},  # of a release that kept less: see below
)


def test_a_list_tells_of_every_job_what_its_own_page_tells(database: sa.Engine, key: NewKey) -> None:
    view = accepted(database, key, jobs=len(STATES), metadata={"影": "x"})
    oldest = {name: value for name, value in asdict(ASSET).items() if name in {"video_id", "duration_s", "files"}}
    with database.begin() as connection:
        for job, state in zip(view.jobs, STATES, strict=True):
            changed = tables.job.update().where(tables.job.c.job_id == job.job_id)
            connection.execute(changed.values(job_row(replace(job, **state))))
        changed = tables.job.update().where(tables.job.c.job_id == view.jobs[-1].job_id)
        connection.execute(changed.values(asset=oldest))

    found, following = Listing(database).briefs(Filter(account_id=view.batch.account_id), limit=100)
    page = json.loads(batch_page_json(found, following, now_ms=10_000, files_url="https://a.test/media/"))

    whole = Store(database).find_batch(view.batch.batch_id)
    assert whole is not None
    expected = batch_reply(whole, {}, now_ms=10_000, files_url="https://a.test/media/").model_dump(mode="json")
    jobs = [job | NOT_LISTED for job in expected["jobs"]]
    assert page["batches"] == [expected | {"jobs": jobs}]
    assert BatchPage.model_validate(page).model_dump(mode="json") == page
    assert OF_OPERATORS.log_tail not in json.dumps(page)
