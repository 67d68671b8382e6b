from __future__ import annotations

import json

import pytest

from vodpull.api.cloudvod.pull.replies import QueryReplies, pull_reply
from vodpull.api.http.error_replies import error_body, problem_of
from vodpull.errors import ParameterError
from vodpull.jobs.model import Batch, BatchView
from vodpull.jobs.status.status_data import status_of

BATCH = Batch(batch_id="b", account_id="acme", trans_no="t", template="abr")


def test_the_business_id_is_told_in_both_spellings() -> None:
    assert pull_reply(BATCH)["data"] == {"taskId": "b", "tranNo": "t", "transNo": "t"}


@pytest.mark.parametrize(("compat", "timestamp"), [((), 7), (("trans-no-strict",), 7), (("timestamp-string",), "7")])
def test_the_timestamp_is_text_only_by_its_switch(compat: tuple[str, ...], timestamp: object) -> None:
    reply = QueryReplies(compat=compat, language="en").reply(status_of(BatchView(batch=BATCH)), now_ms=7)
    assert json.loads(reply) == {
        "code": 200,
        "data": {"items": [], "status": 2, "taskId": "b", "timestamp": timestamp, "transNo": "t"},
        "message": "Operation succeeded",
    }


def test_success_is_told_in_the_chosen_language() -> None:
    assert pull_reply(BATCH)["message"] == "操作成功"
    assert pull_reply(BATCH, language="en")["message"] == "Operation succeeded"


def test_a_failed_call_has_no_data() -> None:
    assert error_body(problem_of(ParameterError("x"), language="en")) == {"code": 1000, "message": "Parameter error: x"}
