"""The calls that make a new video of others: clips, joins, and what has become of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.call_dispatch import NO_RESULT, WireCall, WireCaller
from vodpull.api.cloudvod.library.edits.requests import parse_clip, parse_join
from vodpull.api.cloudvod.library.refusals import Refused
from vodpull.api.cloudvod.parameters import Parameters, text_of
from vodpull.api.http.context import ApiContext
from vodpull.api.http.idempotent_calls import Once
from vodpull.errors import ParameterError
from vodpull.jobs.submission.remembered_requests import signed_fingerprint
from vodpull.videos.deferred_calls import DeferredCalls, DeferredKind
from vodpull.videos.wire.edits import edit_info
from vodpull.workflows.requests.clips_and_joins import EditRequest, read_order
from vodpull.workflows.requests.notify_urls import judge_address

IGNORE_DIRECTORY = "ignore-dir-id"
"""Compatibility switch for clients that always name a directory, which vodpull does not have."""

_MANAGE = "/vod/videoManage"


class EditCalls:
    """Carries out the calls that cut and join."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def all(self) -> Sequence[WireCall]:
        """Return the calls."""
        return (
            WireCall(
                path=f"{_MANAGE}/videoClip",
                act=self._clip,
                rules=refusals.CLIP,
                summary="Make a new video of a section of another one.",
            ),
            WireCall(
                path=f"{_MANAGE}/videoConcat",
                act=self._join,
                rules=refusals.JOIN,
                summary="Make one new video of 2 to 50 others, in their order.",
            ),
            WireCall(
                path=f"{_MANAGE}/videoClipQuery",
                act=partial(self._query, DeferredKind.CLIP),
                rules={},
                summary="Tell what has become of a clip.",
            ),
            WireCall(
                path=f"{_MANAGE}/videoConcatQuery",
                act=partial(self._query, DeferredKind.JOIN),
                rules={},
                summary="Tell what has become of a join.",
            ),
        )

    def _clip(self, parameters: Parameters, caller: WireCaller) -> str:
        asked = parse_clip(parameters)
        judge_address(asked.notify_url, self._context.check_url)
        video = self._context.library.find(asked.video_id, account_id=caller.account_id)
        request = EditRequest(
            videos=[video],
            order=read_order(asked.order),
            name=asked.name,
            trans_no=asked.trans_no,
            notify_url=asked.notify_url,
        )
        return self._start(request, caller)

    def _join(self, parameters: Parameters, caller: WireCaller) -> str:
        asked = parse_join(parameters)
        judge_address(asked.notify_url, self._context.check_url)
        if asked.directory and IGNORE_DIRECTORY not in self._context.compat:
            raise Refused(refusals.NO_DIRECTORY)
        request = EditRequest(
            videos=self._context.library.find_all(asked.video_ids, account_id=caller.account_id),
            order=read_order(asked.order),
            name=asked.name,
            trans_no=asked.trans_no,
            notify_url=asked.notify_url,
        )
        return self._start(request, caller)

    def _start(self, request: EditRequest, caller: WireCaller) -> str:
        def start() -> str:
            self._context.editing.start(request, caller.key)
            return NO_RESULT

        Once(self._context.store.engine).carry_out(start, signed_fingerprint(caller.request))
        return NO_RESULT

    def _query(self, kind: DeferredKind, parameters: Parameters, caller: WireCaller) -> dict[str, Any]:
        trans_no = text_of(parameters.get("transNo"), "transNo")
        if not trans_no:
            raise ParameterError("transNo is missing", field="transNo")
        task = DeferredCalls(self._context.store.engine).find(caller.account_id, kind, trans_no)
        with self._context.store.engine.connect() as connection:
            return edit_info(connection, task, urls=caller.urls, zone=caller.zone)
