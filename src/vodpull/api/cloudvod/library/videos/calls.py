"""The calls that are about videos: what the library, the encoders and the removal do for each."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi.concurrency import run_in_threadpool

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.call_dispatch import NO_RESULT, WireCall, WireCaller
from vodpull.api.cloudvod.library.known_domains import known_domain
from vodpull.api.cloudvod.library.refusals import Refused
from vodpull.api.cloudvod.library.subtitles import find_subtitles
from vodpull.api.cloudvod.library.videos.list_requests import parse_list
from vodpull.api.cloudvod.library.videos.requests import (
    parse_code_type,
    parse_delete,
    parse_edit,
    parse_encode,
    parse_video_id,
    parse_workflow,
)
from vodpull.api.cloudvod.parameters import Parameters
from vodpull.api.http.context import ApiContext
from vodpull.api.http.idempotent_calls import Once
from vodpull.clock import now_ms
from vodpull.errors import NotAllowedNow, TransNoRepeated
from vodpull.jobs.states_and_codes import EncodeState
from vodpull.jobs.submission.remembered_requests import signed_fingerprint
from vodpull.videos import blocking
from vodpull.videos.category_tree import resolve
from vodpull.videos.deferred_calls import DeferredCall, DeferredCalls, DeferredKind, new_task_id
from vodpull.videos.library import change_video, find_video
from vodpull.videos.video import Video
from vodpull.videos.wire.shapes import publish_code, video_info
from vodpull.workflows.requests.added_captions import spoken
from vodpull.workflows.requests.notify_urls import judge_address

_MANAGE = "/vod/videoManage"


class VideoCalls:
    """Carries out the calls about videos."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def all(self) -> Sequence[WireCall]:
        """Return the calls."""
        return (
            WireCall(path=f"{_MANAGE}/getVideoList", act=self._list, rules={}, summary="List videos."),
            WireCall(
                path=f"{_MANAGE}/videoEdit",
                act=self._edit,
                rules=refusals.EDIT,
                summary="Change what is said of a video.",
                form="no data",
            ),
            WireCall(
                path=f"{_MANAGE}/videoBlock",
                act=self._block,
                rules=refusals.BLOCK,
                summary="Keep anybody from playing a video.",
            ),
            WireCall(
                path=f"{_MANAGE}/videoEnable",
                act=self._enable,
                rules=refusals.ENABLE,
                summary="Let a blocked video play again.",
            ),
            WireCall(
                path=f"{_MANAGE}/deleteVideo",
                act=self._delete,
                rules=refusals.DELETE,
                summary="Delete a video, or its original alone.",
            ),
            WireCall(
                path=f"{_MANAGE}/getPublishCode",
                act=self._publish,
                rules=refusals.PUBLISH,
                summary="Tell where a video plays.",
            ),
            WireCall(
                path=f"{_MANAGE}/transCode",
                act=self._encode,
                rules=refusals.ENCODE,
                summary="Encode up to 50 videos again: all or none.",
            ),
            WireCall(
                path="/workflow/startWorkflow",
                act=self._start,
                rules=refusals.WORKFLOW,
                summary="Encode one video again, once for each transNo.",
                form="bare",
            ),
        )

    def _list(self, parameters: Parameters, caller: WireCaller) -> dict[str, Any]:
        asked = parse_list(parameters, account_id=caller.account_id, zone=caller.zone, now_ms=now_ms())
        caller.check_owners(asked.owners, own_name=self._context.account_name(caller.account_id))
        offset = (asked.page_index - 1) * asked.page_size
        videos = self._context.library.part(asked.wanted, limit=asked.page_size, offset=offset)
        records = [video_info(video, urls=caller.urls, zone=caller.zone) for video in videos]
        return {"videoTotal": len(records), "videoListInfo": records}

    def _edit(self, parameters: Parameters, caller: WireCaller) -> None:
        asked = parse_edit(parameters)
        with self._context.library.engine.begin() as connection:
            video = find_video(connection, asked.video_id, account_id=caller.account_id)
            domain = None if asked.edit.publish_domain is None else known_domain(asked.edit.publish_domain, caller.urls)
            labels = None if asked.labels is None else resolve(connection, caller.account_id, asked.labels)
            change_video(connection, video, replace(asked.edit, publish_domain=domain, labels=labels))

    def _block(self, parameters: Parameters, caller: WireCaller) -> str:
        blocking.block(self._context.library, self._video(parse_video_id(parameters), caller))
        return NO_RESULT

    def _enable(self, parameters: Parameters, caller: WireCaller) -> str:
        blocking.enable(self._context.library, self._video(parse_video_id(parameters), caller))
        return NO_RESULT

    def _delete(self, parameters: Parameters, caller: WireCaller) -> Awaitable[Any]:
        asked = parse_delete(parameters)
        judge_address(asked.notify_url, self._context.check_url)
        video = self._video(asked.video_id, caller)

        async def remove() -> Any:
            task_id = await self._context.video_deletion.delete(
                video,
                access_key=caller.key.access_key,
                stop_use=asked.stop_use,
                wait=asked.wait,
                only_original=asked.only_original,
                notify_url=asked.notify_url,
            )
            return NO_RESULT if task_id is None else {"taskId": str(task_id)}

        return remove()

    def _publish(self, parameters: Parameters, caller: WireCaller) -> dict[str, Any]:
        video_id, code_type = parse_video_id(parameters), parse_code_type(parameters)
        return publish_code(self._video(video_id, caller), urls=caller.urls, code_type=code_type)

    def _encode(self, parameters: Parameters, caller: WireCaller) -> Awaitable[str]:
        asked = parse_encode(parameters)
        if asked.watermark and asked.watermark not in self._context.templates.watermarks:
            raise Refused(refusals.NO_WATERMARK)
        template = self._context.templates.find(
            asked.template or self._context.default_template, watermark=asked.watermark
        )
        videos = self._context.library.find_all(asked.video_ids, account_id=caller.account_id)
        # Of one signature as well, so that whoever sends the call again learns that it began.
        if any(video.encode_state is EncodeState.ENCODING for video in videos):
            raise NotAllowedNow("a video is under way", field="videoIds")
        wanted = spoken([lang for lang, _ in asked.subtitles.beside])
        files = find_subtitles(
            asked.subtitles, self._context.materials, account_id=caller.account_id, has_ladder=template.ladder
        )
        start = partial(
            self._context.encoding.start,
            videos,
            template=template.name,
            watermark=asked.watermark,
            burn_in=files.burnt_id,
            materials=[material.material_id for material in files.beside],
        )

        async def encode() -> str:
            captioning = self._context.captioning
            tracks = [await captioning.read_material(material) for material in files.beside]
            drawn = [await captioning.read_material(files.burnt)] if files.burnt else []
            for video in videos:
                captioning.check_fits(video, [*tracks, *drawn])
            once, request = Once(self._context.store.engine), signed_fingerprint(caller.request)
            await run_in_threadpool(once.carry_out, start, request)
            for video in videos:
                await captioning.give(video, list(zip(wanted, tracks, strict=True)))
            return NO_RESULT

        return encode()

    def _start(self, parameters: Parameters, caller: WireCaller) -> dict[str, str]:
        asked = parse_workflow(parameters)
        template = self._context.templates.find(asked.template)
        video = self._video(asked.video_id, caller)
        now = now_ms()
        task = DeferredCall(
            task_id=new_task_id(now),
            account_id=caller.account_id,
            kind=DeferredKind.WORKFLOW,
            trans_no=asked.trans_no,
            subject={"video_ids": [video.video_id], "template": template.name},
            access_key=caller.key.access_key,
            created_at_ms=now,
        )
        tasks = DeferredCalls(self._context.store.engine)
        with self._context.store.transaction() as connection:
            if not tasks.begin(connection, task):
                raise TransNoRepeated("this transNo was used before", field="transNo")
            self._context.encoding.start_in(connection, [video], template=template.name)
            tasks.finish(connection, task.task_id)
        return {"id": str(task.task_id)}

    def _video(self, video_id: str, caller: WireCaller) -> Video:
        return self._context.library.find(video_id, account_id=caller.account_id)
