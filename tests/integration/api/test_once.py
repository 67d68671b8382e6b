"""A call that begins work, sent more than once with one signature."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
import sqlalchemy as sa

from vodpull.api.cloudvod.library.refusals import NO_VIDEO_ID, Refused
from vodpull.api.http.idempotent_calls import Once
from vodpull.errors import KeyReused, RequestRepeated
from vodpull.jobs.submission.remembered_requests import fingerprint, signed_fingerprint

REQUEST, COPIES = signed_fingerprint("a" * 64), 8
ANSWER = {"taskId": "3" * 32}


def test_of_copies_at_the_same_moment_one_is_carried_out(database: sa.Engine) -> None:
    once, together, carried_out = Once(database), Barrier(COPIES), []

    def act() -> dict[str, str]:
        carried_out.append(1)
        return ANSWER

    def send() -> object:
        together.wait()
        try:
            return once.carry_out(act, REQUEST)
        except RequestRepeated:
            return None

    with ThreadPoolExecutor(COPIES) as threads:
        answers = list(threads.map(lambda _: send(), range(COPIES)))
    assert len(carried_out) == 1
    assert [answer for answer in answers if answer] == [ANSWER] * (COPIES - answers.count(None))
    assert once.carry_out(act, REQUEST) == ANSWER


def test_a_copy_does_not_wait_for_the_first(database: sa.Engine) -> None:
    once, begun, may_end = Once(database), Event(), Event()

    def act() -> str:
        begun.set()
        may_end.wait(10)
        return ""

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(once.carry_out, act, REQUEST)
        begun.wait(10)
        with pytest.raises(RequestRepeated):
            once.carry_out(act, REQUEST)
        may_end.set()
        assert first.result(10) == ""
    assert once.carry_out(lambda: "never", REQUEST) == ""


def test_what_was_refused_is_judged_again(database: sa.Engine) -> None:
    once = Once(database)

    def refuse() -> str:
        raise Refused(NO_VIDEO_ID)

    with pytest.raises(Refused):
        once.carry_out(refuse, REQUEST)
    assert once.carry_out(lambda: "done", REQUEST) == "done"


def test_a_key_leads_to_the_first_answer_whoever_signs_again_and_never_to_that_of_another_request(
    database: sa.Engine,
) -> None:
    once, words = Once(database), ("idempotency", "acme", "key")
    asked, other = fingerprint(*words, content=b"x"), fingerprint(*words, content=b"y")
    assert once.carry_out(lambda: ANSWER, REQUEST, asked) == ANSWER
    assert once.carry_out(lambda: "never", signed_fingerprint("b" * 64), asked) == ANSWER
    with pytest.raises(KeyReused):
        once.carry_out(lambda: "never", signed_fingerprint("c" * 64), other)
    assert once.carry_out(lambda: "done", signed_fingerprint("c" * 64)) == "done"
