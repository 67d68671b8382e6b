"""What becomes of an import whose turn has failed."""

from __future__ import annotations

import pytest

from vodpull.errors import OriginTimeout, UrlForbidden, VodpullError
from vodpull.imports.import_states import Import, ImportOptions, ImportState
from vodpull.workflows.importing.import_retries import FIRST_WAIT_S, LONGEST_WAIT_S, TRIES, after_failure

PASSES, STAYS = OriginTimeout("late"), UrlForbidden("no")


def an_import(state: ImportState, *, tries: int = 0, is_listed: bool = False) -> Import:
    return Import(
        import_id="i" * 32,
        account_id="a" * 32,
        access_key="k",
        kind="list",
        source="s" * 64,
        place={},
        options=ImportOptions(),
        state=state,
        tries=tries,
        is_listed=is_listed,
    )


@pytest.mark.parametrize(("tries", "wait_s"), [(0, FIRST_WAIT_S), (1, 2 * FIRST_WAIT_S), (TRIES - 2, LONGEST_WAIT_S)])
def test_what_may_pass_is_tried_again_after_a_wait_that_doubles(tries: int, wait_s: float) -> None:
    after = after_failure(an_import(ImportState.LISTING, tries=tries), PASSES)
    assert (after.wait_s, after.tries, "state" in after.values) == (wait_s, tries + 1, False)


def test_the_other_side_may_ask_for_a_longer_wait_within_bounds() -> None:
    late = OriginTimeout("busy")
    late.retry_after_s = 60.0
    assert after_failure(an_import(ImportState.RUNNING), late).wait_s == 60
    late.retry_after_s = 10 * LONGEST_WAIT_S
    assert after_failure(an_import(ImportState.RUNNING), late).wait_s == LONGEST_WAIT_S


@pytest.mark.parametrize(
    ("state", "tries", "error", "ends"),
    [
        (ImportState.LISTING, TRIES - 1, PASSES, ImportState.PAUSED),
        (ImportState.LISTING, 0, STAYS, ImportState.FAILED),
        (ImportState.RUNNING, 0, STAYS, ImportState.PAUSED),
    ],
)
def test_at_the_rest_an_operator_has_to_look(
    state: ImportState, tries: int, error: VodpullError, ends: ImportState
) -> None:
    after = after_failure(an_import(state, tries=tries), error)
    assert (after.values["state"], after.wait_s) == (ends.value, None)


def test_what_is_under_way_is_seen_to_its_end_all_the_same() -> None:
    assert after_failure(an_import(ImportState.RUNNING, is_listed=True), STAYS).wait_s is not None
    cancelled = after_failure(an_import(ImportState.CANCELLED, tries=TRIES), STAYS)
    assert (cancelled.wait_s, "state" in cancelled.values) == (LONGEST_WAIT_S, False)
