"""Files by the console's own way, materials, clips and joins: who may, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.integration.console.conftest import PASSWORD, Console
from tests.materials import another_material

from vodpull.accounts.people.roles import Role
from vodpull.accounts.people.sessions import Place
from vodpull.console.request.visit import COOKIE
from vodpull.jobs.states_and_codes import VideoOrigin
from vodpull.materials.materials import keep_material, use_materials
from vodpull.uploads.key_reservations import reserve
from vodpull.uploads.upload_and_ticket import UploadKind, Wanted

FILES = "/console/uploads/files"


def csrf_of(console: Console) -> str:
    found = re.search(r'data-csrf="([0-9a-f]{64})"', console.browser.get("/console/uploads").text)
    assert found is not None
    return found[1]


def test_only_a_page_of_the_session_sends_files(operator: Console) -> None:
    proof = {"X-CSRF-Token": csrf_of(operator)}
    for method, path in (("POST", FILES), ("PATCH", f"{FILES}/a"), ("DELETE", f"{FILES}/a"), ("HEAD", f"{FILES}/a")):
        assert operator.browser.request(method, path, headers=proof, content=b"abc").status_code == 200
        assert operator.browser.request(method, path, content=b"abc").status_code == 403
        other = proof | {"Sec-Fetch-Site": "cross-site"}
        assert operator.browser.request(method, path, headers=other, content=b"abc").status_code == 403
    sent = operator.browser.patch(f"{FILES}/a", headers=proof, content=b"abc")
    own = next(key for key in operator.context.accounts.list_keys() if key.name == "local")
    assert sent.text == f"PATCH 3 {own.access_key}"
    operator.post("logout")
    assert operator.browser.post(FILES, headers=proof).status_code == 401


def test_a_viewer_sees_materials_and_sends_nothing(operator: Console) -> None:
    context = operator.context
    context.operators.choose_password(context.operators.invite("guest", Role.VIEWER), PASSWORD)
    operator.browser.cookies.clear()
    operator.browser.cookies.set(COOKIE, context.sessions.open("guest", Place()), path="/console")
    page = operator.browser.get("/console/materials")
    assert (page.status_code, "data-csrf" in page.text) == (200, False)
    csrf = operator.csrf("/console/system")
    assert operator.browser.get("/console/uploads").status_code == 403
    refused = operator.browser.post(FILES, headers={"X-CSRF-Token": csrf}, content=b"abc")
    assert (refused.status_code, refused.json()["code"]) == (403, "no_permission")
    assert operator.browser.post("/console/join", data={"csrf": csrf}).status_code == 403


def test_a_refusal_is_told_in_the_visitors_language(operator: Console) -> None:
    proof = {"X-CSRF-Token": csrf_of(operator), "Accept-Language": "zh"}
    refused = operator.browser.post(FILES, headers=proof, content=b"x" * 101)
    assert (refused.status_code, refused.json()["code"]) == (413, "upload_too_large")
    assert refused.json()["problem"] == "文件超过 100 字节"


def test_a_page_is_told_how_far_its_video_is(operator: Console) -> None:
    [job] = operator.add_videos("a.mp4")
    told = operator.browser.get(f"/console/uploads/videos/{job.video_id}").json()
    assert told == {"stage": "done", "word": "done", "percent": 100.0, "is_final": True, "problem": None}
    assert operator.browser.get("/console/uploads/videos/nobody").status_code == 404


def test_materials_are_listed_renamed_and_deleted(operator: Console) -> None:
    account_id = operator.context.accounts.account_named("local")
    database = operator.context.store.engine
    free, used = (another_material(account_id=account_id, name=f"<b>{name}") for name in ("free", "used"))
    [job] = operator.add_videos("a.mp4")
    with database.begin() as connection:
        for material in (free, used):
            keep_material(connection, material)
        use_materials(connection, job.job_id, [used.material_id], account_id=account_id)
    page = operator.browser.get("/console/materials?q=FREE&kind=material&page=x").text
    assert ("&lt;b&gt;free" in page, used.material_id in page) == (True, False)
    assert operator.browser.get("/console/materials?page=3&kind=film").status_code == 200
    operator.post(f"materials/{free.material_id}/rename", name="another")
    assert operator.context.materials.find(free.material_id, account_id=None).name == "another"
    assert operator.post(f"materials/{free.material_id}/rename", name=" ").status_code == 400
    assert operator.post(f"materials/{used.material_id}/delete").status_code == 409
    assert operator.post(f"materials/{used.material_id}/delete", force="1").status_code == 200
    assert operator.post(f"materials/{used.material_id}/delete").status_code == 404


def clip(console: Console, video_id: str, **fields: str) -> Any:
    form: dict[str, Any] = {"name": "part", "container": "mp4", "how": "exact", "start": "1", "end": "2.5"} | fields
    return console.post(f"library/{video_id}/clip", **form)


def test_a_clip_is_begun_for_the_account_of_its_video(operator: Console) -> None:
    [job] = operator.add_videos("a.mp4")
    begun = clip(operator, job.video_id, how="copied")
    batch_id = str(begun.url).rpartition("/")[2]
    view = operator.context.store.find_batch(batch_id)
    assert view is not None
    [made] = view.jobs
    assert (made.origin, made.file_name) == (VideoOrigin.CLIPPED, "part.mp4")
    assert view.batch.account_id == operator.video(job).account_id


@pytest.mark.parametrize(
    "fields",
    [
        {"end": "1"},
        {"start": "nan"},
        {"start": "-1"},
        {"name": " "},
        {"container": "exe"},
        {"start": "9999", "end": "99999"},
    ],
)
def test_what_cannot_be_cut_is_refused(operator: Console, fields: dict[str, str]) -> None:
    [job] = operator.add_videos("a.mp4")
    assert clip(operator, job.video_id, **fields).status_code == 400


def test_a_join_has_an_order_and_one_account(operator: Console) -> None:
    first, second, third = operator.add_videos("a.mp4", "b.mp4", "c.mp4")
    page = operator.browser.get(f"/console/join?videos={first.video_id},{second.video_id}&add={third.video_id}").text
    assert f"join?videos={second.video_id},{first.video_id},{third.video_id}" in page
    assert f"join?videos={second.video_id},{third.video_id}" in page
    chosen = operator.post("library/bulk", do="join", video=second.video_id)
    assert str(chosen.url).endswith(f"/console/join?videos={second.video_id}")
    ids = f"{second.video_id},{first.video_id}"
    form: dict[str, Any] = {"name": "both", "container": "m3u8", "how": "exact"}
    begun = operator.post("join", videos=ids, **form)
    view = operator.context.store.find_batch(str(begun.url).rpartition("/")[2])
    assert view is not None
    assert (view.jobs[0].origin, view.jobs[0].file_name) == (VideoOrigin.JOINED, "both.m3u8")
    assert operator.post("join", videos=first.video_id, **form).status_code == 400
    assert operator.post("join", videos=f"{ids},nobody", **form).status_code == 404
    assert operator.browser.get("/console/join").status_code == 200


def test_a_file_goes_to_the_account_that_the_page_names_and_stays_there(operator: Console) -> None:
    accounts = operator.context.accounts
    proof = {"X-CSRF-Token": csrf_of(operator)}
    assert "data-account>" not in operator.browser.get("/console/uploads").text
    key = accounts.create_key("studio")
    account_id = accounts.account_named("studio")
    for page in ("uploads", "materials"):
        assert f'<option value="{account_id}" >studio</option>' in operator.browser.get(f"/console/{page}").text
    named = operator.browser.post(FILES, headers=proof | {"Vodpull-Account": account_id}, content=b"abc")
    assert named.text == f"POST 3 {key.access_key}"
    refused = operator.browser.post(FILES, headers=proof | {"Vodpull-Account": "nobody"}, content=b"abc")
    assert (refused.status_code, refused.json()["code"]) == (400, "parameter_error")
    wanted = Wanted(account_id=account_id, access_key="", kind=UploadKind.VIDEO, file_name="a.mp4")
    with operator.context.store.engine.begin() as connection:
        upload = reserve(connection, wanted, deadline_ms=2**53)
    gone_on = operator.browser.patch(f"{FILES}/{upload.upload_id}", headers=proof, content=b"abc")
    assert gone_on.text == f"PATCH 3 {key.access_key}"


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("/console/library/{}", "/console/library/{}"),
        ("/console/join?videos={}", "/console/join?videos={}"),
        ("/console/library/{}/clip", "/console/"),
        ("https://elsewhere.test/console//evil.test", "/console/"),
        ("https://elsewhere.test/", "/console/"),
        ("", "/console/"),
    ],
)
def test_what_was_refused_leads_back_to_the_page_that_asked(operator: Console, page: str, link: str) -> None:
    [job] = operator.add_videos("a.mp4")
    operator.browser.headers["Referer"] = page.format(job.video_id)
    refused = clip(operator, job.video_id, start="2", end="1")
    assert refused.status_code == 400
    assert f'<p><a href="{link.format(job.video_id)}">Back' in refused.text
