"""A watermark may be a material of the account; it stays as long as work needs it, or a watermark names it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.api.conftest import Served
from tests.materials import another_material, stored_material
from tests.stored import finish

from vodpull.errors import Occupied
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.store import Store
from vodpull.materials.material import Material
from vodpull.materials.materials import Materials


def logo(served: Served, *, strangers: bool = False, **fields: Any) -> Material:
    """Put a picture there."""
    key = served.stranger if strangers else served.key
    return stored_material(served.database, key, another_material(**{"suffix": "png"} | fields))


def test_a_material_is_a_watermark_and_stays_while_work_needs_it(served: Served) -> None:
    job, mark = served.video(), logo(served)
    asked = {"template": "abr", "watermark": mark.material_id.upper()}
    started = served.call("POST", f"/videos/{job.video_id}/encode", json=asked)
    assert started.status_code == 202, started.text
    assert served.call("DELETE", f"/materials/{mark.material_id}").status_code == 409
    store = Store(served.database)
    again = store.find_job(job.job_id)[1]
    finish(store, again, Outcome(asset=again.asset))
    assert served.call("DELETE", f"/materials/{mark.material_id}").status_code == 204


@pytest.mark.parametrize(
    ("fields", "strangers"),
    [({"suffix": "srt"}, False), ({"size_bytes": 600_000}, False), ({}, True)],
    ids=["no picture", "too large", "of a stranger"],
)
def test_what_can_be_no_watermark_of_the_account_starts_nothing(
    served: Served, fields: dict[str, Any], strangers: bool
) -> None:
    job, mark = served.video(), logo(served, strangers=strangers, **fields)
    asked = {"template": "abr", "watermark": mark.material_id}
    answer = served.call("POST", f"/videos/{job.video_id}/encode", json=asked)
    assert (answer.status_code, answer.json()["field"]) == (400, "watermark.material")
    assert Store(served.database).find_job(job.job_id)[1].attempt == job.attempt


def test_what_a_template_names_is_not_deleted(served: Served) -> None:
    mark = logo(served)
    materials = Materials(served.database, marks={mark.material_id})
    with pytest.raises(Occupied, match="watermark of the installation"):
        materials.delete(mark)
    materials.delete(mark, stop_use=True)
