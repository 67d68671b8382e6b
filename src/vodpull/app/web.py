"""What a process serves over HTTP: the APIs, and the console below its own path."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from vodpull.accounts.access_keys import NewKey
from vodpull.accounts.audit_log import AuditLog
from vodpull.accounts.people.operators import Operators
from vodpull.accounts.people.sessions import Sessions
from vodpull.accounts.people.two_factor import TwoFactor
from vodpull.api.application import create_api, status_query_of
from vodpull.api.cloudvod.pull.status_query import PromptStatusQuery
from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authentication import Access
from vodpull.api.http.keys.open_stream_limit import Waiters
from vodpull.api.v1.tus_uploads.routes import Tus
from vodpull.app.composition import Composition
from vodpull.app.installation import wire_zone
from vodpull.app.local_key import LOCAL_ACCOUNT, keep_local_key
from vodpull.app.sign_in_provider import single_sign_on
from vodpull.app.system_facts import describe_system
from vodpull.clock import now_ms, now_s
from vodpull.console import CONSOLE_PATH, FILES_PATH, ConsoleContext, create_console
from vodpull.database.commit_watch import following
from vodpull.jobs.figures.history import History, read_history
from vodpull.jobs.notices.deliveries import Deliveries
from vodpull.jobs.notices.events import Events
from vodpull.jobs.status.listing import Listing
from vodpull.jobs.status.sqlite_reader import open_query_reader
from vodpull.jobs.submission.remembered_requests import is_first
from vodpull.materials.materials import Materials
from vodpull.request_signing import SigningKey, sign
from vodpull.videos.callback_addresses import Callbacks
from vodpull.videos.category_tree import Categories
from vodpull.videos.playback.file_gate import FileGate
from vodpull.workflows.delivery.built_in_receiver import Inspector
from vodpull.workflows.requests.clips_and_joins import Editing
from vodpull.workflows.requests.encode_again import Encoding

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request


def web_of(parts: Composition) -> tuple[FastAPI, PromptStatusQuery]:
    """Return the HTTP application, the APIs and the console below its own path, and what answers before it."""
    keep_local_key(parts.settings.data_dir, parts.accounts)
    context = _api_context(parts)
    query = status_query_of(context)
    web = create_api(context, query, streamed=(CONSOLE_PATH + FILES_PATH,))
    web.mount(CONSOLE_PATH, create_console(_console_context(parts, context)))
    web.add_route("/", lambda _: RedirectResponse(f"{CONSOLE_PATH}/"), include_in_schema=False)
    return web, PromptStatusQuery(query, on_reply=context.on_reply)


def _console_context(parts: Composition, api: ApiContext) -> ConsoleContext:
    return ConsoleContext(
        operators=Operators(parts.database),
        sessions=Sessions(parts.database),
        two_factor=TwoFactor(parts.database, parts.vault),
        audit=AuditLog(parts.database),
        accounts=parts.accounts,
        store=api.store,
        listing=api.listing,
        deliveries=api.deliveries,
        intake=api.intake,
        control=api.control,
        batch_deletion=api.batch_deletion,
        outbox=api.outbox,
        library=api.library,
        categories=api.categories,
        events=api.events,
        encoding=api.encoding,
        video_deletion=api.video_deletion,
        callbacks=api.callbacks,
        captioning=api.captioning,
        imports=api.imports,
        materials=api.materials,
        editing=api.editing,
        receive=Tus(api, place=_place_of_files).receive,
        max_upload_bytes=parts.settings.max_source_bytes,
        check_url=api.check_url,
        publish_domains=api.publish_domains,
        urls=parts.urls,
        own_urls=replace(parts.urls, sign=parts.signer.of_operator),
        signer=parts.signer,
        playback_keys=parts.playback_keys,
        inspector=Inspector(api.deliveries, parts.accounts),
        system_facts=partial(describe_system, parts.settings),
        census=parts.census,
        history=partial(_history, parts),
        follow=partial(following, parts.database),
        sign=_sign,
        account=LOCAL_ACCOUNT,
        templates=tuple(sorted(parts.templates)),
        stills=parts.stills,
        watermarks=tuple(sorted(parts.templates.watermarks)),
        default_template=parts.settings.default_template,
        single_sign_on=single_sign_on(parts.settings, parts.database, parts.vault),
        audit_days=parts.settings.audit_days,
        public_url=parts.settings.public_url,
    )


def _place_of_files(request: Request) -> str:
    """Without a host: pages may be asked for under another name than files are handed out by."""
    return f"{request.scope['root_path']}{FILES_PATH}"


def _api_context(parts: Composition) -> ApiContext:
    intake = parts.intake
    return ApiContext(
        access=Access(
            parts.accounts.find_live,
            limit=parts.limit("calls", parts.settings.rate_limit, what="calls with this access key"),
            is_first=partial(is_first, parts.database),
        ),
        intake=intake,
        control=parts.control,
        batch_deletion=parts.batch_deletion,
        outbox=parts.outbox,
        store=parts.store,
        status=open_query_reader(parts.database, parts.vault),
        listing=Listing(parts.database),
        events=Events(parts.database),
        deliveries=Deliveries(parts.database),
        account_name=parts.accounts.name_of,
        library=parts.library,
        storage_days=parts.storage_days,
        video_deletion=parts.video_deletion,
        uploads=parts.uploads,
        upload_limit=parts.limit("uploads", parts.settings.upload_rate_limit, what="upload requests of this account"),
        categories=Categories(parts.database),
        materials=Materials(parts.database, marks=parts.templates.materials),
        encoding=Encoding(parts.store, parts.engine, parts.queues, templates=parts.templates),
        editing=Editing(parts.store, parts.engine, parts.queues, intake=intake, is_signed=parts.signer.is_signed),
        stills=parts.stills,
        callbacks=Callbacks(parts.database),
        captioning=parts.captioning,
        imports=parts.imports,
        templates=parts.templates,
        default_template=parts.settings.default_template,
        check_url=parts.notify_guard.check_url,
        objects=parts.objects,
        gate=_gate(parts),
        urls=parts.urls,
        signer=parts.signer,
        playback_keys=parts.playback_keys,
        accounts=parts.accounts,
        audit=AuditLog(parts.database),
        publish_domains=parts.settings.publish_domains,
        is_ready=parts.is_ready,
        metrics=parts.metrics_door(),
        on_reply=parts.metrics.replied,
        waiters=Waiters(),
        public_url=parts.settings.public_url,
        language=parts.settings.language,
        compat=parts.settings.compat,
        wire_zone=wire_zone(parts.settings),
    )


def _gate(parts: Composition) -> FileGate:
    return FileGate(
        partial(parts.library.rule_of, policy=parts.signer.policy),
        parts.playback_keys.find_live,
        parts.content_keys.find,
        is_signed=parts.settings.playback == "signed",
    )


def _history(parts: Composition, slice_s: int, slices: int) -> History:
    return read_history(parts.database, until_ms=now_ms(), slice_s=slice_s, slices=slices)


def _sign(url: str, body: bytes, key: NewKey) -> dict[str, str]:
    return sign("POST", url, body, key=SigningKey(access_key=key.access_key, secret=key.secret_key), now_s=now_s())
