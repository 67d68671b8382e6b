"""A job whose quality cannot be measured goes on without the figure; what is no failure of that is raised."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from vodpull.errors import EncodeFailed, EncodeStalled, OutputInvalid, StorageFull, VodpullError
from vodpull.workflows.attempt.extras.optional_quality_figures import if_measured

JOB = cast("Any", SimpleNamespace(job_id="a"))


async def failing(error: VodpullError) -> dict[str, Any]:
    raise error


@pytest.mark.parametrize("kind", [EncodeFailed, EncodeStalled, OutputInvalid])
def test_a_failed_measurement_leaves_no_figures(kind: type[VodpullError]) -> None:
    assert dict(asyncio.run(if_measured(failing(kind("no model")), job=JOB))) == {}


def test_a_full_disk_is_no_matter_of_the_measurement() -> None:
    with pytest.raises(StorageFull):
        asyncio.run(if_measured(failing(StorageFull("full")), job=JOB))


def test_what_was_measured_is_told() -> None:
    figures = {"hd": cast("Any", object())}

    async def measured() -> dict[str, Any]:
        return figures

    assert asyncio.run(if_measured(measured(), job=JOB)) == figures
