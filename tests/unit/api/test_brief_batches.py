from __future__ import annotations

from tests.stored import ASSET

from vodpull.api.v1.views import batch_reply
from vodpull.jobs.model import Batch, BatchView, Job

BATCH = Batch(batch_id="b", account_id="a", trans_no="t", template="abr", created_at_ms=1)
JOB = Job(
    job_id="j",
    batch_id="b",
    position=0,
    file_name="a",
    source_url="u",
    md5="",
    video_id="v",
    directory="d",
    asset=ASSET,
)


def test_lists_leave_out_what_is_told_of_every_file_and_nothing_else() -> None:
    view = BatchView(batch=BATCH, jobs=(JOB,))
    [whole], [brief] = (
        batch_reply(view, {}, now_ms=2, files_url="/media/", brief=brief).model_dump()["jobs"]
        for brief in (False, True)
    )
    assert len(whole["files"]) == 1
    assert brief == whole | {"files": [], "tracks": [], "proof": None}
