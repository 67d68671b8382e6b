from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.vectors import load

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.refusals import Refusal, as_problem, refusal_of
from vodpull.errors import NotAllowedNow, NotFound, Occupied, ParameterError, RateLimited, VodpullError

CALLS = load("video-exchanges")["calls"]


def known() -> Iterator[Refusal]:
    for value in vars(refusals).values():
        if isinstance(value, Refusal):
            yield value
        elif isinstance(value, dict):
            yield from (entry for entry in value.values() if isinstance(entry, Refusal))


@pytest.mark.parametrize(
    "call",
    [
        *("videoEdit", "videoBlock", "videoEnable", "deleteVideo", "getPublishCode", "transCode"),
        *("materialEdit", "deleteMaterial", "editAudio", "deleteAudio", "videoClip", "videoConcat"),
        *("getMaterialUploadToken", "getAudioUploadToken"),
    ],
)
def test_every_text_is_that_of_the_documentation(call: str) -> None:
    documented = {(error["body"]["code"], error["body"]["message"]) for error in CALLS[call]["errors"]}
    general = {(1000, "Parameter error"), (1301, "User has no permission"), (1630, "transNo repeat")}
    assert documented - general <= {(refusal.code, refusal.text) for refusal in known()}


def test_every_text_has_a_translation() -> None:
    for refusal in known():
        assert as_problem(refusal, "zh").message != refusal.text == as_problem(refusal, "en").message


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("x"), 1502),
        (Occupied("x"), 400),
        (NotAllowedNow("x"), 1569),
        (ParameterError("x", field="notifyUrl"), 1000),
        (RateLimited("x", retry_after_s=1), None),
    ],
)
def test_an_error_is_refused_as_its_call_says(error: VodpullError, code: int | None) -> None:
    refusal = refusal_of(error, refusals.DELETE)
    assert (refusal and refusal.code) == code


def test_what_is_said_of_a_field_goes_first() -> None:
    named = refusal_of(ParameterError("x", field="name"), refusals.EDIT)
    assert named is not None
    assert named.code == 1500
    other = refusal_of(ParameterError("x", field="description"), refusals.EDIT)
    assert other is not None
    assert (other.code, other.text) == (1000, "Parameter error")
