"""The library in the console: what it shows, leaves out, and changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.integration.console.conftest import HOSTILE, Console
from tests.materials import another_material
from tests.stored import ASSET

from vodpull.jobs.model import AssetWarning, SourceTrack
from vodpull.jobs.states_and_codes import VideoState
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef
from vodpull.materials.materials import keep_material
from vodpull.videos.blocking import block
from vodpull.videos.video_search import VideoFilter


def shown(console: Console, query: str = "") -> list[str]:
    page = console.browser.get(f"/console/library?{query}").text
    videos, _ = console.context.library.page(VideoFilter(account_id=None), limit=100)
    return sorted(video.name for video in videos if f'id="video-{video.video_id}"' in page)


def test_filters_narrow_the_grid_and_nonsense_is_left_away(operator: Console) -> None:
    first, second = operator.add_videos("Lesson one.mp4", "other.mp4")
    block(operator.context.library, operator.video(second))
    account = operator.video(first).account_id
    operator.post(f"library/{first.video_id}/edit", name="Lesson one", labels="A/B")
    label = operator.video(first).categories[0].node_id
    for query, expected in (
        ("", ["Lesson one", "other"]),
        ("q=LESSON", ["Lesson one"]),
        ("state=blocked", ["other"]),
        ("encode=not_encoded&state=enabled", ["Lesson one"]),
        ("encode=failed", []),
        (f"account={account}&category={label}", ["Lesson one"]),
        ("account=" + "0" * 32, []),
        ("since=2000-01-01&until=2000-01-02", []),
        ("since=2000-01-01&until=2999-01-01&sort=oldest", ["Lesson one", "other"]),
        ("state=x&encode=y&since=z&until=2026-02-30&category=%E0%A5%A7&sort=up", ["Lesson one", "other"]),
    ):
        assert shown(operator, query) == expected, query


def test_a_page_without_a_video_says_that_the_next_one_goes_on(
    operator: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.add_videos("a.mp4", "b.mp4")
    monkeypatch.setattr("vodpull.videos.library.LOOKED_THROUGH", 1)
    page = operator.browser.get("/console/library?q=nothing").text
    assert "No video fits among those looked through so far" in page
    assert "q=nothing&amp;cursor=" in page


def test_many_are_changed_at_once_and_those_that_are_so_do_not_keep_the_others(operator: Console) -> None:
    jobs = operator.add_videos("a.mp4", "b.mp4")
    block(operator.context.library, operator.video(jobs[0]))
    ids = [*(job.video_id for job in jobs), "0" * 32]

    def bulk(**form: Any) -> str:
        return str(operator.post("library/bulk", part=True, video=ids, **form).text)

    assert "1 of 3 videos changed" in bulk(do="block")
    assert "2 of 3 videos changed" in bulk(do="enable")
    assert {operator.video(job).state for job in jobs} == {VideoState.ENABLED}
    assert "2 of 3 videos changed" in bulk(do="label", label="Courses/History, Talks")
    assert "2 of 3 videos changed" in bulk(do="label", label="Talks")
    assert [category.name for category in operator.video(jobs[1]).categories] == ["History", "Talks"]
    assert "name the label to add" in bulk(do="label")
    assert "there is no template of that name" in bulk(do="encode", template="nope")
    assert "2 of 3 videos changed" in bulk(do="encode", template="original")
    assert "0 of 3 videos changed" in bulk(do="encode", template="original")
    assert "2 of 3 videos changed" in bulk(do="delete")
    assert shown(operator) == []
    assert "nothing is selected" in operator.post("library/bulk", part=True, do="block").text


def test_an_edit_keeps_what_it_cannot_take(operator: Console) -> None:
    [job] = operator.add_videos("a.mp4")
    path = f"library/{job.video_id}/edit"
    domain = operator.context.publish_domains[0]
    form = {"name": "N", "description": "D", "labels": "X/Y", "publish_domain": domain, "player_id": "p"}
    assert "Saved." in operator.post(path, part=True, **form).text
    before = operator.video(job)
    assert (before.name, before.description, before.publish_domain, before.player_id) == ("N", "D", domain, "p")
    for wrong in (
        {"name": " "},
        {"name": "x" * 41},
        {"description": "x" * 201},
        {"labels": "a/b/c"},
        {"labels": "/b"},
        {"labels": "a?"},
        {"publish_domain": "evil.test"},
    ):
        assert "box bad" in operator.post(path, part=True, **form | wrong).text, wrong
        assert operator.video(job) == before


def test_a_video_and_its_item_show_what_was_compared_with_the_source_and_left_out(operator: Console) -> None:
    view, store = operator.add_batch("a.mp4"), operator.context.store
    [job] = view.jobs
    track = SourceTrack(index=2, kind="audio", codec="eac3", language=None, used=False, reason="not_decodable")
    sounds = [{"published": 480000, "dropped": {"at the same time": 1024}}, {"published": 0, "dropped": {}}]
    proof = {
        "pictures": 12, "instants_s": [0.1, 9.9], "renditions": ["v-02.m3u8", "v-01.m3u8"], "levels": 2.31,
        "marked": 2, "written": 1,
        "listened_s": [1.5], "sounds": 2, "late_ms": 5, "careful": "the picture is cropped",
        "account": {"published": 250, "dropped": {"before the start": 3}, "sounds": sounds},
    }  # fmt: skip
    lost = AssetWarning(code="sound_left_out", message="sound 2 is left out: <b>")
    asset = replace(ASSET, tracks=(track,), proof=proof, warnings=(lost,))
    store.record_pulled(JobRef.of(job), asset, encodes=False)
    with store.transaction() as connection:
        store.finish_job(connection, JobRef.of(job), Outcome(asset=asset))
    for path in (f"library/{job.video_id}", f"tasks/{job.batch_id}"):
        page = operator.browser.get(f"/console/{path}").text
        for told in (
            "12 pictures at 2 instants", "brightness within 2.3 of 255 levels", "watermark seen at 2 of them",
            "drawn text seen at 1 of them",
            "sound of 2 tracks at 1 instants", "sound within 5 ms", "480,000", "1,024 at the same time",
            "3 before the start", "v-02.m3u8, v-01.m3u8", "the picture is cropped", "eac3", "left out: &lt;b&gt;",
        ):  # fmt: skip
            assert told in page, (path, told)


def test_a_video_shows_its_history_urls_and_state(operator: Console) -> None:
    [job] = operator.add_videos(f"{HOSTILE}.mp4")
    operator.post(f"library/{job.video_id}/block")
    page = operator.browser.get(f"/console/library/{job.video_id}").text
    assert HOSTILE not in page
    assert "&lt;img src=x onerror=alert(1)&gt;\ufffdgpj.exe" in page
    assert "https://media.example.test/pullvideo/202611/x/a.mp4" in page
    assert "nobody can play it" in page
    for told in ("video created", "video blocked", "done"):
        assert f"<td>{told}" in page
    assert operator.browser.get("/console/library/" + "0" * 32).status_code == 404
    assert operator.browser.get("/console/library/a%2Fb").status_code == 404


@pytest.mark.parametrize("path", ["library", "library/live", "library/x", "library/x/live"])
def test_nobody_sees_it_without_a_session(console: Console, path: str) -> None:
    reply = console.browser.get(f"/console/{path}", follow_redirects=False)
    assert (reply.status_code, reply.headers["location"].split("?")[0]) == (303, "/console/login")


@pytest.mark.parametrize("action", ["edit", "block", "enable", "encode", "delete"])
def test_a_form_of_another_site_changes_nothing(operator: Console, action: str) -> None:
    [job] = operator.add_videos("a.mp4")
    before = operator.video(job)
    reply = operator.browser.post(f"/console/library/{job.video_id}/{action}", data={"csrf": "0" * 64, "name": "x"})
    assert reply.status_code == 403
    assert operator.video(job) == before


def test_a_callback_of_an_account_is_set_judged_and_taken_back(operator: Console) -> None:
    callbacks, account = operator.context.callbacks, operator.context.accounts.account_named("local")
    assert operator.post("callbacks", account=account, url="https://receiver.test/hook").status_code == 200
    assert "https://receiver.test/hook" in operator.browser.get("/console/keys").text
    assert operator.post("callbacks", account=account, url="http://127.0.0.1/hook").status_code == 400
    assert operator.post("callbacks", account="nobody", url="https://receiver.test/x").status_code == 404
    assert [each.url for each in callbacks.of_all()] == ["https://receiver.test/hook"]
    operator.post("callbacks", account=account, url="")
    assert callbacks.of_all() == []


def test_subtitles_and_pictures_among_the_materials_of_its_account_are_drawn_into_a_video(operator: Console) -> None:
    [job] = operator.add_videos("a.mp4")
    context, path = operator.context, f"library/{job.video_id}"
    assert "Text in the picture" not in operator.browser.get(f"/console/{path}").text
    mine = operator.video(job).account_id
    words = another_material(account_id=mine, name="<b>words</b>", suffix="srt")
    picture = another_material(account_id=mine, name="logo", suffix="png")
    with context.store.engine.begin() as connection:
        for material in (words, picture):
            keep_material(connection, material)
    shown_page = operator.browser.get(f"/console/{path}").text
    assert f'<option value="{words.material_id}">&lt;b&gt;words&lt;/b&gt;.srt</option>' in shown_page
    assert f'<option value="{picture.material_id}" >logo.png</option>' in shown_page
    for watermark in (words.material_id, "0" * 32, "none"):
        assert operator.post(f"{path}/encode", template="abr", watermark=watermark).status_code == 400
    for template, burn_in in (("abr", picture.material_id), ("abr", "0" * 32), ("original", words.material_id)):
        assert operator.post(f"{path}/encode", template=template, burn_in=burn_in).status_code == 400
    asked = operator.post(f"{path}/encode", template="abr", burn_in=words.material_id, watermark=picture.material_id)
    assert asked.status_code == 200
    started = context.store.find_job(job.job_id)[1]
    assert (started.burn_in, started.watermark) == (words.material_id, picture.material_id)
    assert context.materials.used([words.material_id]) == {words.material_id}


def test_captions_are_put_listed_and_removed(operator: Console) -> None:
    [job] = operator.add_videos("a.mp4")
    path = f"/console/library/{job.video_id}"
    csrf = operator.csrf(path)
    film = {"file": ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n你好\n".encode("gb18030"))}
    form = {"csrf": csrf, "language": "zh-cn", "label": "<b>中文</b>", "default": "on"}
    page = operator.browser.post(f"{path}/captions", data=form, files=film)
    assert page.status_code == 200, page.text
    assert "zh-CN" in page.text
    assert "&lt;b&gt;中文&lt;/b&gt;" in page.text
    broken = {"file": ("a.srt", b"1\n00:00:01,000 --> soon\nx\n")}
    refused = operator.browser.post(f"{path}/captions", data=form, files=broken)
    assert (refused.status_code, "line 2: the times of a cue cannot be read" in refused.text) == (400, True)
    page = operator.browser.post(f"{path}/captions/delete", data={"csrf": csrf, "language": "zh-CN"})
    assert "zh-CN</a>" not in page.text
