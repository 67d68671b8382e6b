"""The pages of imports, and the first page's glance at everything, on the console without a service."""

from __future__ import annotations

import re

import pytest
from tests.integration.console.conftest import Console

from vodpull.clock import now_ms
from vodpull.errors import Failure, ParameterError
from vodpull.imports.entries import BadEntry, Entry
from vodpull.imports.import_rows import EntryChange, change_entries, take_turn
from vodpull.imports.import_states import EntryState, Import, ImportState
from vodpull.workflows.importing.kept_list_pages import add_page

PLACE = {"place-url": "https://old.test", "place-access_key": "AK1"}


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Return each kind of database: every query about imports runs here."""
    kind: str = request.param
    return kind


@pytest.fixture
def begun(operator: Console) -> Import:
    """An import that the console has begun: a plan with a failure and a bad line."""
    form = {"kind": "cloud-vod", "secret-secret_key": "sesame", "parallel": "3", "rate": "2", **PLACE}
    page = operator.browser.post("/console/imports", data={"csrf": operator.csrf("/console/imports"), **form})
    assert page.status_code == 200, page.text
    import_id = page.url.path.rpartition("/")[2]
    ledger = operator.context.imports.ledger
    found = ledger.find(import_id, account_id=None)
    entries: list[Entry | BadEntry] = [
        Entry("a", "http://o/a", name="<b>影</b>", size=5),
        Entry("b", "http://o/b"),
        BadEntry(3, "no URL"),
    ]
    with ledger.engine.begin() as connection:
        assert take_turn(connection, found, state=ImportState.PLANNED.value, is_listed=True, listed=3)
        add_page(connection, found, entries)
        failure = Failure.of(ParameterError("it is broken"))
        change_entries(connection, import_id, [EntryChange(number=2, state=EntryState.FAILED, failure=failure)])
    return ledger.find(import_id, account_id=None)


def test_an_import_is_begun_as_the_form_says_and_its_secret_is_nowhere(operator: Console, begun: Import) -> None:
    assert (begun.kind, begun.options.parallel, begun.options.max_bytes_per_s) == ("cloud-vod", 3, 2_000_000)
    assert begun.place == {"url": "https://old.test", "access_key": "AK1"}
    page = operator.browser.get(f"/console/imports/{begun.import_id}").text
    for text in (page, operator.browser.get("/console/imports").text, repr(begun), begun.sealed_secret or ""):
        assert "sesame" not in text


def test_the_page_of_an_import_tells_what_failed_and_why_and_offers_what_can_be_done(
    operator: Console, begun: Import
) -> None:
    page = operator.browser.get(f"/console/imports/{begun.import_id}").text
    assert "it is broken" in page
    assert "line 3: no URL" in page
    assert "<b>影</b>" not in operator.browser.get(f"/console/imports/{begun.import_id}/map").text
    assert re.findall(r"imports/[0-9a-f]+/(start|pause|resume|cancel|retry)", page) == ["start", "cancel", "retry"]
    sent = {"csrf": operator.csrf("/console/imports")}
    for word, state in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        operator.browser.post(f"/console/imports/{begun.import_id}/{word}", data=sent)
        now = operator.context.imports.ledger.find(begun.import_id, account_id=None)
        assert now.state.value == state
    assert now.sealed_secret is None


def test_what_cannot_be_an_import_is_refused_with_the_field(operator: Console) -> None:
    sent = {"csrf": operator.csrf("/console/imports"), "kind": "cloud-vod", **PLACE}
    assert "secret_key" in operator.browser.post("/console/imports", data=sent).text
    assert operator.browser.get("/console/imports/nothing").status_code == 404


def test_the_first_page_tells_at_a_glance_how_it_goes(operator: Console, begun: Import) -> None:
    operator.browser.post(f"/console/imports/{begun.import_id}/start", data={"csrf": operator.csrf("/console/imports")})
    assert 'hx-get="/console/overview"' in operator.browser.get("/console/").text
    glance = operator.browser.get("/console/overview").text
    assert f"/console/imports/{begun.import_id}" in glance
    assert "free of" in glance
    assert "local" in glance
    assert operator.context.system_facts().storage_url in glance
    assert "nothing" in glance


@pytest.mark.parametrize("state", [ImportState.PAUSED, ImportState.FAILED])
def test_the_first_page_tells_of_an_import_that_wants_somebody_and_why(
    operator: Console, begun: Import, state: ImportState
) -> None:
    ledger = operator.context.imports.ledger
    failure = Failure.of(ParameterError("the keys were refused"))
    with ledger.engine.begin() as connection:
        assert take_turn(
            connection,
            ledger.find(begun.import_id, account_id=None),
            state=state.value,
            failure=failure,
            finished_at_ms=now_ms() if state is ImportState.FAILED else None,
        )
    glance = operator.browser.get("/console/overview").text
    assert glance.count(f"/console/imports/{begun.import_id}") == (1 if state is ImportState.FAILED else 2)
    assert "the keys were refused" in glance
    assert "nothing" not in glance
