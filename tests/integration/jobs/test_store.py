"""The store on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.stored import ASSET, FAILURE, accept, finish

from vodpull.accounts.access_keys import Accounts
from vodpull.accounts.sealed_secrets import Vault
from vodpull.database.connection import database_time_s
from vodpull.database.ids import new_id
from vodpull.database.migrate import migrate
from vodpull.errors import ConfigurationError, KeyReused, NotAllowedNow
from vodpull.jobs.model import Job
from vodpull.jobs.states_and_codes import Stage, WireStatus
from vodpull.jobs.status.listing import Filter, Listing
from vodpull.jobs.store import next_attempt
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef, Progress
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.remembered_requests import fingerprint, remember


def test_what_is_accepted_comes_back_whole_and_in_order(store: Store, accounts: Accounts) -> None:
    view = accept(store, accounts, jobs=3)
    assert store.find_batch(view.batch.batch_id) == view
    assert store.find_job(view.jobs[1].job_id) == (view.batch, view.jobs[1])


def test_nothing_of_a_broken_transaction_stays(store: Store, accounts: Accounts) -> None:
    view = accept(store, accounts)
    other = replace(view, batch=replace(view.batch, batch_id=new_id(0)))
    with pytest.raises(sa.exc.IntegrityError), store.transaction() as connection:
        store.add_batch(connection, other, access_key="x")  # the jobs' ids exist already
    assert store.find_batch(other.batch.batch_id) is None


def test_a_stored_source_stays_pulled_when_its_command_fails(store: Store, accounts: Accounts) -> None:
    job = accept(store, accounts).jobs[0]
    store.record_pulled(JobRef.of(job), ASSET)
    finish(store, job, Outcome(failure=FAILURE))
    _, stored = store.find_job(job.job_id)
    assert (stored.pull_status, stored.cmd_status) == (WireStatus.SUCCEEDED, WireStatus.FAILED)
    assert (stored.asset, stored.failure, stored.stage) == (ASSET, FAILURE, Stage.FAILED)


def test_a_failed_pull_fails_the_command_too(store: Store, accounts: Accounts) -> None:
    job = accept(store, accounts).jobs[0]
    finish(store, job, Outcome(failure=FAILURE))
    _, stored = store.find_job(job.job_id)
    assert (stored.pull_status, stored.cmd_status) == (WireStatus.FAILED, WireStatus.FAILED)


def test_a_final_state_is_set_once_and_late_writers_change_nothing(store: Store, accounts: Accounts) -> None:
    job = accept(store, accounts).jobs[0]
    assert finish(store, job, Outcome(asset=ASSET)) is not None
    assert finish(store, job, Outcome(failure=FAILURE)) is None
    assert not store.enter_stage(JobRef.of(job), Stage.ENCODE)
    store.update_progress(JobRef.of(job), Progress(percent=50))
    store.record_pulled(JobRef.of(job), replace(ASSET, duration_s=1.0))
    _, stored = store.find_job(job.job_id)
    assert (stored.stage, stored.percent, stored.asset, stored.failure) == (Stage.DONE, 100.0, ASSET, None)


def test_progress_is_written_where_it_changes_something(store: Store, accounts: Accounts) -> None:
    job = accept(store, accounts).jobs[0]
    written: list[int] = []
    sa.event.listen(store.engine, "after_cursor_execute", lambda _, cursor, *__: written.append(cursor.rowcount))
    for progress in (
        Progress(percent=10.04, bytes_done=1),
        Progress(percent=10.04, bytes_done=1),
        Progress(percent=5.0),  # of a machine that knows less
        Progress(percent=10.0, bytes_done=1, bytes_total=9),
        Progress(percent=10.0, bytes_done=1, bytes_total=9, received_bytes=5),
        Progress(percent=10.0, bytes_done=1, bytes_total=9, received_bytes=4),
        Progress(percent=10.2),
    ):
        store.update_progress(JobRef.of(job), progress)
    assert written == [1, 0, 0, 1, 1, 0, 1]
    _, stored = store.find_job(job.job_id)
    assert (stored.percent, stored.bytes_done, stored.bytes_total) == (10.2, 1, 9)


def test_a_retried_job_waits_again_and_its_earlier_attempt_is_over(store: Store, accounts: Accounts) -> None:
    view = accept(store, accounts, jobs=1)
    job = view.jobs[0]
    finish(store, job, Outcome(failure=FAILURE))
    with store.transaction() as connection:
        again = next_attempt.reset_job(connection, JobRef.of(job))
        assert next_attempt.reset_job(connection, JobRef.of(job)) is None
    assert again == JobRef(job_id=job.job_id, attempt=2)
    assert not store.enter_stage(JobRef.of(job), Stage.FETCH)
    assert store.enter_stage(again, Stage.FETCH)
    found = store.find_batch(view.batch.batch_id)
    assert found is not None
    assert (found.is_final, found.batch.finished_at_ms, found.jobs[0].failure) == (False, None, None)


def test_a_done_job_is_not_retried(store: Store, accounts: Accounts) -> None:
    job = accept(store, accounts).jobs[0]
    finish(store, job, Outcome(asset=ASSET))
    with store.transaction() as connection:
        assert next_attempt.reset_job(connection, JobRef.of(job)) is None


def test_exactly_one_of_many_jobs_that_end_together_sees_the_batch_final(store: Store, accounts: Accounts) -> None:
    view = accept(store, accounts, jobs=8)
    saw_final: list[bool] = []

    def end(job: Job) -> None:
        after = finish(store, job, Outcome(asset=ASSET))
        saw_final.append(after is not None and after.is_final)

    threads = [threading.Thread(target=end, args=(job,)) for job in view.jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(saw_final) == [False] * 7 + [True]
    found = store.find_batch(view.batch.batch_id)
    assert found is not None
    assert found.batch.finished_at_ms is not None


def test_pages_of_batches_follow_each_other_without_gap_or_repeat(
    database: sa.Engine, store: Store, accounts: Accounts
) -> None:
    made = [accept(store, accounts, jobs=1) for _ in range(5)]
    listing, wanted = Listing(database), Filter(account_id=made[0].batch.account_id)
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page, cursor = listing.page(wanted, limit=2, cursor=cursor)
        seen += [view.batch.batch_id for view in page]
    assert cursor == ""
    assert sorted(seen) == sorted(view.batch.batch_id for view in made)
    assert listing.page(Filter(account_id="nobody"), limit=2) == ([], "")


def test_of_many_copies_of_a_request_exactly_one_is_the_first(store: Store, accounts: Accounts) -> None:
    known_by = fingerprint("account", "key", content=b"{}")
    answers: list[str] = []

    def ask(number: int) -> None:
        with store.transaction() as connection:
            answers.append(remember(connection, known_by, f"batch{number}"))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == 20
    assert len(set(answers)) == 1


def test_a_known_request_with_other_content_is_refused(store: Store) -> None:
    with store.transaction() as connection:
        remember(connection, fingerprint("account", "key", content=b"one"), "b1")
        with pytest.raises(KeyReused):
            remember(connection, fingerprint("account", "key", content=b"two"), "b2")


def test_a_rotated_key_signs_with_both_secrets_until_the_rotation_is_finished(accounts: Accounts) -> None:
    made = accounts.create_key("alice")
    fresh = accounts.rotate_key(made.access_key)
    live = accounts.find_live(made.access_key)
    assert live is not None
    assert live.secrets == (made.secret_key, fresh.secret_key)
    with pytest.raises(NotAllowedNow):
        accounts.rotate_key(made.access_key)
    accounts.finish_rotation(made.access_key)
    live = accounts.find_live(made.access_key)
    assert live is not None
    assert live.secrets == (fresh.secret_key,)


def test_a_revoked_key_is_dead_at_once(accounts: Accounts) -> None:
    made = accounts.create_key("alice")
    assert accounts.revoke_key(made.access_key)
    assert accounts.find_live(made.access_key) is None
    assert not accounts.revoke_key(made.access_key)


def test_two_keys_of_one_name_share_an_account_and_two_names_do_not(accounts: Accounts) -> None:
    owners: dict[str, set[str]] = {}
    for name in ("alice", "alice", "bob"):
        live = accounts.find_live(accounts.create_key(name).access_key)
        assert live is not None
        owners.setdefault(name, set()).add(live.account_id)
    assert len(owners["alice"]) == 1
    assert owners["alice"] != owners["bob"]


def test_secrets_are_not_in_the_database_in_clear(database: sa.Engine, accounts: Accounts) -> None:
    made = accounts.create_key("alice")
    with database.connect() as connection:
        rows = connection.execute(sa.text("select * from access_key")).all()
    assert made.secret_key not in repr(rows)
    with pytest.raises(ConfigurationError, match="another master key"):
        Accounts(database, Vault("another key, equally long")).find_live(made.access_key)


def test_migrating_again_changes_nothing_and_a_newer_database_is_refused(database: sa.Engine) -> None:
    migrate(database)
    with database.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="newer vodpull"):
        migrate(database)


def test_the_database_has_a_clock(database: sa.Engine) -> None:
    assert abs(database_time_s(database) - database_time_s(database)) < 5
    assert database_time_s(database) > 1_700_000_000
