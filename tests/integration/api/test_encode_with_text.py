"""A subtitle that is drawn into a video is named by its id, and stays in use."""

from __future__ import annotations

from tests.integration.api.conftest import Served
from tests.materials import another_material, stored_material

from vodpull.jobs.store.store import Store


def test_a_video_is_encoded_again_with_a_subtitle_in_the_picture(served: Served) -> None:
    job, subtitle = served.video(), stored_material(served.database, served.key, another_material(suffix="srt"))
    picture = stored_material(served.database, served.key, another_material(suffix="png"))
    encode = f"/videos/{job.video_id}/encode"
    for refused in (picture.material_id, "0" * 32):
        answer = served.call("POST", encode, json={"template": "abr", "burn_in": refused})
        assert (answer.status_code, answer.json()["field"]) == (400, "burn_in")
    kept = served.call("POST", encode, json={"template": "original", "burn_in": subtitle.material_id})
    assert (kept.status_code, kept.json()["field"]) == (400, "burn_in")
    asked = {"template": "abr", "burn_in": subtitle.material_id}
    bearer = {"Authorization": f"Bearer {served.key.access_key}.{served.key.secret_key}"}
    started = served.browser.post(f"/api/v1{encode}", json=asked, headers={**bearer, "Idempotency-Key": "once"})
    assert started.status_code == 202, started.text
    assert Store(served.database).find_job(job.job_id)[1].burn_in == subtitle.material_id
    assert served.call("DELETE", f"/materials/{subtitle.material_id}").status_code == 409
