"""What `/api/v1` answers is what its OpenAPI document promises, whatever is asked: Schemathesis on a live service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.services.preloaded import unmeasured
from tests.services.vodpull import Vodpull

ENOUGH_CASES = 3_000

EXAMPLES = 30
"""For each operation in each phase; with the edges of every field they come to well over 3,000 cases."""

LONGEST_S = 800

CONFIGURATION = """
headers = { Authorization = "Bearer ${VODPULL_BEARER}" }
# One: two threads that parse code at the same time break CPython 3.11.
workers = 1

[[operations]]
include-operation-id = "createBatch"
# A notify URL, a template or a repeated Idempotency-Key can be refused although its form is right.
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "422"]

[[operations]]
include-operation-id = ["setCallback", "editVideo", "listVideos"]
# A URL that nothing may be posted to, a taken name, no such label, an end before its beginning: refused by rule.
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "404", "409"]

[[operations]]
include-operation-id = ["createUpload", "readUpload", "continueUpload", "abandonUpload"]
# tus has its own version in a header, which is asked for before anything else.
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "404", "412"]

[[operations]]
include-operation-id = ["createPlaybackKey", "readPlayback"]
# A text that is no public key or no address, a video that is not there.
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "404"]

[[operations]]
include-operation-id = "editMaterial"
# A whole number written as 1.0, none of the publish domains.
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "404", "409"]

[[operations]]
include-operation-id = ["clipVideo", "joinVideos", "createCategory", "encodeVideo"]
# A video named twice or not there, a whole number written as 1.0, a repeated Idempotency-Key.
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "404", "409", "422"]

[[operations]]
include-operation-id = ["createImport", "retryImport"]
# A kind that there is not, or a place that is not one of its kind.
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "404", "409"]

[[operations]]
include-operation-id = "listEvents"
parameters = { wait = 1 }
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("schemathesis")
    # No URL that is made up here can be fetched, so the work behind the API is cheap.
    service = Vodpull(folder / "data", origin="", VODPULL_DEFAULT_TEMPLATE="original")
    service.start()
    try:
        ran = run_schemathesis(service, folder)
        found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    finally:
        service.stop()
    found["said"] = ran.stdout[-20_000:] + ran.stderr[-2_000:]
    found["log"] = service.log()
    return found


def run_schemathesis(service: Vodpull, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    key = service.own_key
    environment = unmeasured(os.environ) | {"VODPULL_BEARER": f"{key.access_key}.{key.secret}", "NO_COLOR": "1"}
    words = ["--include-path-regex", "^/api/v1/", "--phases", "coverage,fuzzing,stateful", "--continue-on-failure"]
    words += ["--max-examples", str(EXAMPLES), "--generation-deterministic", "--request-timeout", "30"]
    words += ["--report", "json", "--report-json-path", str(folder / "report.json")]
    program = str(Path(sys.executable).with_name("schemathesis"))
    return subprocess.run(
        [program, "run", f"{service.url}/openapi.json", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )


def test_every_answer_is_as_the_document_says(report: dict[str, Any]) -> None:
    assert (report["failures"], report["errors"]) == ([], []), report["said"]
    assert report["exit_code"] == 0, report["said"]


def test_no_case_was_a_server_error(report: dict[str, Any]) -> None:
    assert "request failed" not in report["log"]


def test_so_many_cases_were_enough(report: dict[str, Any]) -> None:
    counted = report["test_cases"]
    assert counted["generated"] >= ENOUGH_CASES, counted
    assert report["operations"]["tested"] == report["operations"]["selected"] > 10
