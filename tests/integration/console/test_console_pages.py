"""What the pages show and do."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from tests.integration.console.conftest import HOSTILE, Console
from tests.stored import ORIGINAL

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import EncodeFailed, Failure, Md5Mismatch
from vodpull.jobs.model import Asset, BatchView
from vodpull.jobs.notices.deliveries import Attempt, DeliveryState, new_delivery
from vodpull.jobs.states_and_codes import Clarity, ServerType, Stage
from vodpull.jobs.status.listing import Filter
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef, Progress
from vodpull.jobs.store.preview_rows import record_playable


def batches(console: Console) -> list[BatchView]:
    return console.context.listing.page(Filter(account_id=None), limit=100)[0]


def finish(console: Console, view: BatchView, outcome: Outcome) -> BatchView:
    for job in view.jobs:
        console.finish(JobRef.of(job), outcome)
    found = console.context.store.find_batch(view.batch.batch_id)
    assert found is not None
    return found


def asset(*, playlist: bool = True) -> Asset:
    file = replace(ORIGINAL, width_px=960, height_px=540, bitrate_bps=1_787_000, key="pullvideo/202611/0a/a.mp4")
    rendition = replace(file, clarity=Clarity.SD, server_type=ServerType.PC, key="pullvideo/202611/0a/v-02.m3u8")
    key = "pullvideo/202611/0a/v.m3u8" if playlist else ""
    return Asset(video_id="v", duration_s=5.0, files=(file, rendition), playlist_key=key)


FAILED = Outcome(failure=Failure.of(Md5Mismatch("expected a, got b"), stage="fetch"))


def test_urls_and_a_file_become_one_task(operator: Console) -> None:
    csv = ("more.csv", b"https://h.test/b.mp4,second.mp4\n", "text/csv")
    reply = operator.post("tasks", urls="https://h.test/a.mp4", template="original", file=csv)
    assert reply.status_code == 200
    [view] = batches(operator)
    assert [job.file_name for job in view.jobs] == ["a.mp4", "second.mp4"]
    assert view.batch.template == "original"
    assert view.batch.account_id == operator.context.accounts.account_named("local")


def test_a_second_click_makes_no_second_task(operator: Console) -> None:
    form: dict[str, Any] = {"urls": "https://h.test/a.mp4", "submission": "one-click"}
    assert [operator.post("tasks", **form).status_code for _ in range(2)] == [200, 200]
    assert len(batches(operator)) == 1


def test_a_bad_line_is_named_and_nothing_typed_is_lost(operator: Console) -> None:
    reply = operator.post("tasks", urls="https://h.test/a\nnonsense </textarea>", notify_url="https://r.test/x")
    assert reply.status_code == 400
    assert "line 2 is not a URL of the web or of a store" in reply.text
    assert "nonsense &lt;/textarea&gt;</textarea>" in reply.text
    assert 'value="https://r.test/x"' in reply.text
    assert batches(operator) == []


def test_an_empty_list_teaches(operator: Console) -> None:
    assert "No tasks yet." in operator.browser.get("/console/").text
    assert "No task fits." in operator.browser.get("/console/?q=nothing").text


def test_the_list_is_filtered_and_searched(operator: Console) -> None:
    running = operator.add_batch("running.mp4", stage=Stage.FETCH)
    failed = finish(operator, operator.add_batch("failed.mp4", url="https://h.test/SIGN%1"), FAILED)
    done = finish(operator, operator.add_batch("done_1.mp4"), Outcome(asset=asset()))

    def shown(query: str) -> set[str]:
        return set(re.findall(r'id="task-([0-9a-f]{32})"', operator.browser.get(f"/console/?{query}").text))

    ids = {view.batch.batch_id for view in (running, failed, done)}
    assert shown("") == shown("state=nonsense") == ids
    assert (
        shown("state=running") == shown("q=RUNNING") == shown(f"q={running.jobs[0].job_id}") == {running.batch.batch_id}
    )
    assert (
        shown("state=failed") == shown("q=sign%251") == shown(f"q={failed.batch.batch_id}") == {failed.batch.batch_id}
    )
    assert shown("state=completed") == {failed.batch.batch_id, done.batch.batch_id}
    assert shown("q=own-done_1") == {done.batch.batch_id}
    assert shown("q=done%25") == shown("q=%00x") == set()


def test_a_long_list_has_pages(operator: Console) -> None:
    for number in range(21):
        operator.add_batch(f"{number}.mp4")
    first = operator.browser.get("/console/").text
    [older] = re.findall(r'href="(/console/\?cursor=[^"]+)"', first)
    assert (first.count("<article"), operator.browser.get(older).text.count("<article")) == (20, 1)


def test_selected_tasks_are_cancelled_and_retried_together(operator: Console) -> None:
    views = [operator.add_batch("a.mp4"), finish(operator, operator.add_batch("b.mp4"), FAILED)]
    ids = [view.batch.batch_id for view in views]
    assert "1 of 2 tasks changed" in operator.post("tasks/bulk", part=True, batch=ids, do="cancel").text
    assert "2 of 2 tasks changed" in operator.post("tasks/bulk", part=True, batch=ids, do="retry").text
    assert [job.attempt for view in batches(operator) for job in view.jobs] == [2, 2]
    assert "tick the tasks first" in operator.post("tasks/bulk", part=True, do="retry").text


def test_hostile_names_and_addresses_stay_text(operator: Console) -> None:
    long_name = 300 * "x"
    view = operator.add_batch(HOSTILE, long_name, url="javascript:alert(1)//<script>")
    for path in ("", f"tasks/{view.batch.batch_id}", f"play/{view.batch.batch_id}/0"):
        page = operator.browser.get(f"/console/{path}").text
        assert "<img src=x" not in page
        assert "<script>" not in page
        assert "\u202e" not in page
        assert 'href="javascript' not in page
        assert "&lt;img src=x onerror=alert(1)&gt;\ufffdgpj.exe שלום" in page
    assert long_name in operator.browser.get(f"/console/tasks/{view.batch.batch_id}").text


def test_a_task_shows_progress_and_what_can_be_done(operator: Console) -> None:
    view = operator.add_batch("a.mp4")
    ref = JobRef.of(view.jobs[0])
    operator.context.store.enter_stage(ref, Stage.FETCH)
    operator.context.store.update_progress(ref, Progress(percent=25.0, bytes_done=2_000_000, bytes_total=8_000_000))
    page = operator.browser.get(f"/console/tasks/{view.batch.batch_id}").text
    assert '<progress max="100" value="25.0"' in page
    assert "2.0 MB / 8.0 MB" in page
    assert f"/tasks/{view.batch.batch_id}/jobs/0/cancel" in page
    assert f"/tasks/{view.batch.batch_id}/jobs/0/retry" not in page


def test_a_failure_shows_cause_and_remedy_in_both_languages(operator: Console) -> None:
    view = finish(operator, operator.add_batch("a.mp4"), FAILED)
    path = f"/console/tasks/{view.batch.batch_id}"
    page = operator.browser.get(path).text
    assert "The bytes are not those the client named." in page
    assert "Check which side is wrong" in page
    assert "expected a, got b" in page
    assert "文件内容与客户端声明的不一致" in operator.browser.get(path, headers={"Accept-Language": "zh"}).text


def test_a_finished_video_has_files_a_ladder_and_a_player(operator: Console) -> None:
    view = operator.add_batch("a.mp4")
    ref = JobRef.of(view.jobs[0])
    reason = "the source is 960x540: its short side reaches 480"
    decision = {"clarity": 3, "name": "SD", "chosen": True, "reason": reason}
    operator.context.store.record_decisions(ref, [decision])
    finish(operator, view, Outcome(asset=asset()))
    page = operator.browser.get(f"/console/tasks/{view.batch.batch_id}").text
    assert f"Made: {reason}" in page
    assert 'href="/console/files/pullvideo/202611/0a/a.mp4"' in page
    player = operator.browser.get(f"/console/play/{view.batch.batch_id}/0").text
    assert 'data-src="/media/pullvideo/202611/0a/v.m3u8"' in player
    assert "shaka-player.js" in player
    assert "shaka-player.js" not in page
    assert 'player.load("https://media.example.test/pullvideo/202611/0a/v.m3u8")' in unescape(player)


def test_what_has_no_renditions_has_no_player(operator: Console) -> None:
    view = finish(operator, operator.add_batch("a.mp4"), Outcome(asset=asset(playlist=False)))
    page = operator.browser.get(f"/console/play/{view.batch.batch_id}/0").text
    assert "There is nothing to play yet." in page
    assert "shaka" not in page


def test_a_video_is_cancelled_and_retried(operator: Console) -> None:
    view = operator.add_batch("a.mp4", "b.mp4")
    path = f"tasks/{view.batch.batch_id}/jobs/1"
    assert "Cancelled." in operator.post(f"{path}/cancel", part=True).text
    assert "nothing under way" in operator.post(f"{path}/cancel", part=True).text
    assert operator.post(f"{path}/retry").status_code == 200
    [now] = batches(operator)
    assert [(job.attempt, job.stage) for job in now.jobs] == [(1, Stage.WAITING), (2, Stage.WAITING)]


@pytest.mark.parametrize("path", ["tasks/0a", "tasks/0a/retry", "deliveries/0a/replay", "play/0a/0", "tasks/%00"])
def test_what_is_not_there_is_said_so(operator: Console, path: str) -> None:
    is_action = path.endswith(("retry", "replay"))
    reply = operator.post(path) if is_action else operator.browser.get(f"/console/{path}")
    assert reply.status_code == 404
    assert "there is no such" in reply.text


def test_a_job_that_a_task_has_not_is_said_so(operator: Console) -> None:
    view = operator.add_batch("a.mp4")
    assert operator.browser.get(f"/console/play/{view.batch.batch_id}/1").status_code == 404


def test_a_rebuilt_task_with_gaps_plays_the_video_that_was_asked_for(operator: Console) -> None:
    view = operator.add_batch("first.mp4", "second.mp4", "third.mp4")
    with operator.context.store.transaction() as connection:  # a manifest was lost, and with it this row
        connection.execute(tables.job.delete().where(tables.job.c.job_id == view.jobs[0].job_id))
    for position, name in ((1, "second"), (2, "third")):
        page = operator.browser.get(f"/console/play/{view.batch.batch_id}/{position}").text
        assert re.findall(r"(\w+)\.mp4", page.partition("<h1>")[2].partition("</h1>")[0]) == [name]
    assert operator.browser.get(f"/console/play/{view.batch.batch_id}/0").status_code == 404
    assert operator.post(f"tasks/{view.batch.batch_id}/jobs/0/cancel").status_code == 404
    operator.post(f"tasks/{view.batch.batch_id}/jobs/2/cancel")
    kept = operator.context.store.find_batch(view.batch.batch_id)
    assert kept is not None
    assert [(job.file_name, job.stage.value) for job in kept.jobs] == [
        ("second.mp4", "waiting"),
        ("third.mp4", "cancelled"),
    ]


def test_notifications_are_shown_and_sent_again(operator: Console) -> None:
    view = finish(operator, operator.add_batch("a.mp4"), FAILED)
    [(delivery, _)] = operator.context.deliveries.list_for(view.batch.batch_id)
    attempt = Attempt(
        number=0, at_ms=now_ms(), status=500, latency_ms=12, error="delivery_refused", response_head="<b>"
    )
    with operator.context.store.transaction() as connection:
        operator.context.deliveries.record(connection, delivery.delivery_id, attempt, state=DeliveryState.GIVEN_UP)
    page = operator.browser.get(f"/console/tasks/{view.batch.batch_id}").text
    assert "HTTP 500" in page
    assert "<bdi>&lt;b&gt;</bdi>" in page
    assert "&#34;taskId&#34;" in page
    assert "given up" in page
    assert "Sent again." in operator.post(f"deliveries/{delivery.delivery_id}/replay", part=True).text
    [(reopened, _)] = operator.context.deliveries.list_for(view.batch.batch_id)
    assert reopened.state is DeliveryState.PENDING


def test_a_body_that_is_no_json_is_shown_as_it_is(operator: Console) -> None:
    view = operator.add_batch("a.mp4")
    with operator.context.store.transaction() as connection:
        operator.context.deliveries.add(connection, new_delivery(view, job=None, body="<i>é"))
    assert "&lt;i&gt;é" in operator.browser.get(f"/console/tasks/{view.batch.batch_id}").text


def test_a_key_is_made_rotated_and_revoked(operator: Console) -> None:
    page = operator.post("keys", name="my-app").text
    [access_key] = set(re.findall(r"AK[0-9A-F]{28}", page))
    live = operator.context.accounts.find_live(access_key)
    assert live is not None
    assert live.secrets[0] in page
    assert "shown this once" in page
    second = operator.post(f"keys/{access_key}/rotate").text
    assert live.secrets[0] not in second
    assert "Finish rotation" in operator.browser.get("/console/keys").text
    assert "is under way" in operator.post(f"keys/{access_key}/rotate").text
    operator.post(f"keys/{access_key}/finish")
    finished = operator.context.accounts.find_live(access_key)
    assert finished is not None
    assert finished.secrets[0] in second
    assert operator.post(f"keys/{access_key}/revoke").status_code == 200
    assert operator.context.accounts.find_live(access_key) is None
    assert operator.post(f"keys/{access_key}/revoke").status_code == 404


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb"])
def test_a_bad_account_name_is_explained(operator: Console, name: str) -> None:
    reply = operator.post("keys", name=name)
    assert reply.status_code == 400
    assert "1 to 100 printable characters" in reply.text


def test_the_console_submits_without_a_key_of_its_own_too(operator: Console) -> None:
    [key] = operator.context.accounts.list_keys()
    operator.context.accounts.revoke_key(key.access_key)
    assert operator.post("tasks", urls="https://h.test/a.mp4").status_code == 200
    assert len(batches(operator)) == 1


def test_the_system_page_shows_facts_and_counts(operator: Console) -> None:
    operator.add_batch("a.mp4", "b.mp4", stage=Stage.ENCODE)
    page = operator.browser.get("/console/system").text
    assert "1.0 GB free of 100.0 GB" in page
    assert "Fetching waits" in page
    assert re.search(r">encode</span> 2</li>", page)
    assert operator.browser.get("/console/system/facts").text.count("<section") == 4


def test_the_charts_get_their_figures(operator: Console) -> None:
    operator.add_batch("a.mp4", "b.mp4")
    history = operator.browser.get("/console/system/history?range=6h").json()
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(history, 72)
    assert history["backlog"][-2:] == [0, 2]
    assert len(operator.browser.get("/console/system/history?range=<x>").json()["starts_s"]) == 60


def test_what_ffmpeg_said_is_shown_as_text(operator: Console) -> None:
    error = EncodeFailed("FFmpeg ended with code 1 while encoding")
    error.log_tail = "[h264] bad data\n<script>\u202e\n"
    view = finish(operator, operator.add_batch("a.mp4"), Outcome(failure=Failure.of(error)))
    page = operator.browser.get(f"/console/tasks/{view.batch.batch_id}").text
    assert "[h264] bad data\n&lt;script&gt;\ufffd</code>" in page


def test_a_task_is_deleted(operator: Console) -> None:
    view = operator.add_batch("a.mp4")
    path = f"tasks/{view.batch.batch_id}"
    assert "No tasks yet." in operator.post(f"{path}/delete").text
    assert operator.browser.get(f"/console/{path}").status_code == 404
    assert operator.post(f"{path}/delete").status_code == 404


def test_what_is_still_being_made_can_be_watched(operator: Console) -> None:
    view = operator.add_batch("a.mp4")
    ref = JobRef.of(view.jobs[0])
    operator.context.store.enter_stage(ref, Stage.ENCODE)
    record_playable(operator.context.store.engine, ref, asset())
    assert (
        f'href="/console/play/{view.batch.batch_id}/0"'
        in operator.browser.get(f"/console/tasks/{view.batch.batch_id}").text
    )
    player = operator.browser.get(f"/console/play/{view.batch.batch_id}/0").text
    assert "it grows as you watch" in player
