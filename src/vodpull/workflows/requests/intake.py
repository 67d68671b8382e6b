"""Accepting a request: the batch, its jobs and the start of their work commit together, or none of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.accounts.access_keys import LiveKey
from vodpull.clock import now_ms
from vodpull.database.ids import new_id
from vodpull.errors import NotFound, TransNoRepeated, check_together
from vodpull.jobs.model import Batch, BatchView, Job, Sidecar
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.pull_request_limits import PullItem, PullRequest
from vodpull.jobs.submission.remembered_requests import Fingerprint, remember_all
from vodpull.jobs.submission.template_registry import Templates
from vodpull.jobs.submission.url_credentials import without_user_info
from vodpull.materials.materials import use_materials
from vodpull.workflows.attempt.extras.material_watermarks import check_watermark
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Owner, Queues
from vodpull.workflows.requests.notify_urls import judge_address
from vodpull.workflows.requests.quota import check_quota
from vodpull.workflows.requests.sidecar_checks import caption_materials, checked_sidecars


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On what terms this installation accepts requests."""

    templates: Templates
    check_url: Callable[[str], object]
    """Raises for a URL that must never be contacted."""
    default_template: str = "abr"
    """For requests that name none."""
    unique_trans_no: bool = False
    """Refuse a business id that the account has used before."""
    quota_bytes: int = 0
    """What an account may have stored and still submit; 0: any amount."""


class Intake:
    """Takes requests in."""

    def __init__(self, store: Store, engine: Engine, queues: Queues, *, terms: Terms) -> None:
        self._store = store
        self._engine = engine
        self._queues = queues
        self._terms = terms

    def accept(self, request: PullRequest, caller: LiveKey, *, known_by: Sequence[Fingerprint]) -> BatchView:
        """
        Commit a request and return the batch as it now stands; what is returned is never lost.

        A request with a fingerprint of an earlier one starts nothing and returns the earlier batch.

        Raises:
            KeyReused: the earlier request asked for something else.
            ParameterError: unknown template, or a notifyUrl that must not be posted to.
            QuotaExceeded, TransNoRepeated: see there.
        """
        view = self._checked(request, caller)
        with self._store.transaction() as connection:
            first = remember_all(connection, known_by, view.batch.batch_id)
            if first == view.batch.batch_id:
                self._commit(connection, view, request=request, caller=caller)
        return view if first == view.batch.batch_id else self._earlier(first)

    def accept_in(self, connection: sa.Connection, request: PullRequest, caller: LiveKey) -> BatchView:
        """Do what `accept` does in a transaction of the caller's, for a request that was never made before."""
        view = self._checked(request, caller)
        self._commit(connection, view, request=request, caller=caller)
        return view

    def template_of(self, name: str) -> str:
        """
        Return the name of a template that a request may ask for, by that or an alias; empty is the default.

        Raises:
            ParameterError: there is none.
        """
        return self._terms.templates.find(name or self._terms.default_template).name

    def _checked(self, request: PullRequest, caller: LiveKey) -> BatchView:
        check_together(
            lambda: self.template_of(request.template or ""),
            lambda: judge_address(request.notify_url or "", self._terms.check_url),
            lambda: [_sidecars(item, position) for position, item in enumerate(request.items)],
        )
        return _plan(request, account_id=caller.account_id, template=self.template_of(request.template or ""))

    def _commit(self, connection: sa.Connection, view: BatchView, *, request: PullRequest, caller: LiveKey) -> None:
        self.check_quota(connection, caller.account_id)
        check_watermark(connection, self._terms.templates[view.batch.template], account_id=caller.account_id)
        unique = self._terms.unique_trans_no and bool(request.trans_no)
        if not self._store.add_batch(connection, view, access_key=caller.access_key, unique_trans_no=unique):
            raise TransNoRepeated("this transNo was used before", field="transNo")
        for job in view.jobs:
            where = f"items.{job.position}.captions"
            named = caption_materials(connection, job.captions, account_id=caller.account_id, field=where)
            if named:
                use_materials(connection, job.job_id, named, account_id=caller.account_id)
        job_ids = [job.job_id for job in view.jobs]
        self._engine.start(connection, self._queues.batch_call(view.batch.batch_id, Owner.of(view.batch), job_ids))

    def check_quota(self, connection: sa.Connection, account_id: str, more_bytes: int = 0) -> None:
        """Raise `QuotaExceeded` unless an account may store something, so many bytes more where that is known."""
        check_quota(connection, account_id, more_bytes=more_bytes, quota_bytes=self._terms.quota_bytes)

    def _earlier(self, batch_id: str) -> BatchView:
        view = self._store.find_batch(batch_id)
        if view is None:
            raise NotFound("the batch of the earlier request was deleted")
        return view


def _plan(request: PullRequest, *, account_id: str, template: str) -> BatchView:
    now = now_ms()
    batch = Batch(
        batch_id=new_id(now),
        account_id=account_id,
        trans_no=request.trans_no or new_id(now),
        template=template,
        notify_url=request.notify_url or "",
        separate=request.separate,
        fetch_ts=request.fetch_ts,
        priority=request.priority,
        metadata=dict(request.metadata),
        created_at_ms=now,
    )
    jobs = tuple(
        Job(
            job_id=new_id(now),
            batch_id=batch.batch_id,
            position=position,
            file_name=item.file_name,
            source_url=without_user_info(item.fetch_url),
            md5=item.md5,
            video_id=item.video_id or new_id(now),
            captions=_sidecars(item, position),
            directory=new_id(now),
            stage_at_ms=now,
            created_at_ms=now,
        )
        for position, item in enumerate(request.items)
    )
    return BatchView(batch=batch, jobs=jobs)


def _sidecars(item: PullItem, position: int) -> tuple[Sidecar, ...]:
    return checked_sidecars(item.captions, field=f"items.{position}.captions")
