"""The call that lets a file in: a place is reserved for it, and a token says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.call_dispatch import WireCall, WireCaller
from vodpull.api.cloudvod.library.known_domains import known_domain
from vodpull.api.cloudvod.library.refusals import Refused
from vodpull.api.cloudvod.library.subtitles import find_subtitles
from vodpull.api.cloudvod.library.upload_tokens.requests import UploadRequest, parse_upload
from vodpull.api.cloudvod.parameters import Parameters
from vodpull.api.http.context import ApiContext
from vodpull.jobs.model import Sidecar
from vodpull.uploads.upload_and_ticket import UploadKind, Wanted
from vodpull.uploads.upload_token import BUCKET
from vodpull.workflows.attempt.extras.material_watermarks import check_watermark
from vodpull.workflows.requests.added_captions import spoken
from vodpull.workflows.requests.uploaded_videos import video_options


class UploadCalls:
    """Carries out the calls that give tokens away."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def all(self) -> Sequence[WireCall]:
        """Return the calls."""
        return (
            WireCall(
                path="/vod/videoManage/getUploadToken",
                act=self._give,
                rules=refusals.UPLOAD,
                summary="Reserve a place for a file, and get the token that lets it in.",
            ),
        )

    def _give(self, parameters: Parameters, caller: WireCaller) -> dict[str, Any]:
        asked = parse_upload(parameters)
        wanted = self._wanted(asked, caller)
        with self._context.store.transaction() as connection:
            self._context.intake.check_quota(connection, wanted.account_id, wanted.size_bytes or 0)
            upload = self._context.uploads.reserve(connection, wanted)
        url = caller.urls.public_url.rstrip("/")
        return {
            "uploadUrl": url,
            "fileKey": upload.key,
            "videoId": upload.subject_id,
            "uploadToken": self._context.uploads.token(upload, overwrite=asked.overwrite),
            "bucketName": BUCKET,
            "httpDnsServer": "",
            "speedDomainlUrl": url,
        }

    def _wanted(self, asked: UploadRequest, caller: WireCaller) -> Wanted:
        """Return what is reserved, after everything that can be judged now."""
        domain = known_domain(asked.domain, caller.urls) if asked.domain else ""
        if asked.watermark and asked.watermark not in self._context.templates.watermarks:
            raise Refused(refusals.NO_WATERMARK)
        template = self._context.templates.find(
            asked.template or self._context.default_template, watermark=asked.watermark
        )
        with self._context.store.transaction() as connection:
            check_watermark(connection, template, account_id=caller.account_id)
        wanted = spoken([lang for lang, _ in asked.subtitles.beside])
        files = find_subtitles(
            asked.subtitles, self._context.materials, account_id=caller.account_id, has_ladder=template.ladder
        )
        return Wanted(
            account_id=caller.account_id,
            access_key=caller.key.access_key,
            kind=UploadKind.VIDEO,
            file_name=asked.file_name,
            # Without an id of the client's own, one signature is one upload.
            resume_id=asked.file_id or caller.request,
            replaces=asked.overwrite,
            size_bytes=asked.size_bytes,
            md5=asked.md5,
            options=video_options(
                template=template.name,
                watermark=asked.watermark,
                origin=asked.origin,
                publish_domain=domain,
                labels=list(asked.labels),
                captions=[
                    Sidecar(
                        material_id=material.material_id,
                        language=each.language,
                        label=each.label,
                        is_default=each.is_default,
                    )
                    for each, material in zip(wanted, files.beside, strict=True)
                ],
                burn_in=files.burnt_id,
            ),
        )
