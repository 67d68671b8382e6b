"""The calls that let materials and sound in: a place is reserved for each file, and a token says so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.call_dispatch import WireCall, WireCaller
from vodpull.api.cloudvod.library.known_domains import known_domain
from vodpull.api.cloudvod.library.refusals import Refused
from vodpull.api.cloudvod.parameters import Parameters, entries_of, flag_of, text_of
from vodpull.api.http.context import ApiContext
from vodpull.errors import ParameterError
from vodpull.materials.new_file_rules import NEW_NAME_CHARS, is_suffix, is_taken, most_bytes
from vodpull.uploads.upload_and_ticket import UploadKind, Wanted
from vodpull.uploads.upload_token import BUCKET
from vodpull.workflows.requests.uploaded_materials import KINDS, material_options

MAX_FILES = 50


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """One file that is to come."""

    name: str
    suffix: str


@dataclass(frozen=True, kw_only=True)
class TokenRequest:
    """What tokens are asked for."""

    files: Sequence[NewFile]
    domain: str
    """Empty: the default of the installation."""
    overwrite: bool


def parse_material_tokens(parameters: Parameters, kind: UploadKind) -> TokenRequest:
    """
    Return which tokens are asked for (spec cloud-vod-videos §8.5).

    Raises:
        ParameterError: `overwrite` is neither yes nor no.
        Refused: what has a documented text of its own.
    """
    is_sound = kind is UploadKind.AUDIO
    try:
        entries = entries_of(parameters.get("fileList"), "fileList")
    except ParameterError as error:
        raise Refused(refusals.FILE_LIST) from error
    if entries is None and not is_sound:
        raise Refused(refusals.NO_FILE_LIST)
    if not entries or len(entries) > MAX_FILES:
        raise Refused(refusals.FILE_LIST)
    return TokenRequest(
        files=[_new_file(entry, kind) for entry in entries],
        domain=text_of(parameters.get("domain"), "domain").strip().lower(),
        overwrite=flag_of(parameters, "overwrite", default=is_sound),
    )


def _new_file(entry: Mapping[str, Any], kind: UploadKind) -> NewFile:
    try:
        name, suffix = (text_of(entry.get(field), field).strip() for field in ("name", "suffix"))
    except ParameterError as error:
        raise Refused(refusals.FILE_LIST) from error
    if not name or len(name) > NEW_NAME_CHARS[KINDS[kind]]:
        raise Refused(refusals.FILE_LIST)
    if "suffix" not in entry:  # the vendor's own models leave it out
        suffix = name.rpartition(".")[2] if "." in name else ""
    suffix = suffix.lower().removeprefix(".")
    if not is_taken(KINDS[kind], suffix):
        raise Refused(refusals.FILE_LIST)
    if not is_suffix(suffix):
        raise Refused(refusals.MATERIAL_SUFFIX)
    return NewFile(name=name, suffix=suffix)


class MaterialTokenCalls:
    """Carries out the calls that give tokens for materials and sound away."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def all(self) -> Sequence[WireCall]:
        """Return the calls."""
        return (
            WireCall(
                path="/vod/material/getMaterialUploadToken",
                act=partial(self._give, UploadKind.MATERIAL, "materialId"),
                rules=refusals.UPLOAD,
                summary="Reserve places for up to 50 materials, and get the tokens that let them in.",
            ),
            WireCall(
                path="/vod/audioManage/getAudioUploadToken",
                act=partial(self._give, UploadKind.AUDIO, "audioId"),
                rules=refusals.UPLOAD,
                summary="Reserve places for up to 50 sound files, and get the tokens that let them in.",
            ),
        )

    def _give(self, kind: UploadKind, id_field: str, parameters: Parameters, caller: WireCaller) -> dict[str, Any]:  # noqa: PLR0917 - a call, for one kind of file
        asked = parse_material_tokens(parameters, kind)
        domain = known_domain(asked.domain, caller.urls, refusal=refusals.NO_SUCH_DOMAIN) if asked.domain else ""
        most = most_bytes(KINDS[kind])
        uploads, items = self._context.uploads, []
        with self._context.store.transaction() as connection:
            self._context.intake.check_quota(connection, caller.account_id)
            for number, file in enumerate(asked.files):
                upload = uploads.reserve(connection, _wanted(kind, file, caller, number=number, domain=domain))
                items.append(
                    {
                        "name": file.name,
                        "suffix": file.suffix,
                        id_field: upload.subject_id,
                        "uploadToken": uploads.token(upload, overwrite=asked.overwrite, max_bytes=most),
                        "fileFullUrl": caller.urls.url(upload.key, domain),
                    }
                )
        return {
            "uploadUrl": caller.urls.public_url.rstrip("/"),
            "bucketName": BUCKET,
            "httpDnsServer": "",
            "items": items,
        }


def _wanted(kind: UploadKind, file: NewFile, caller: WireCaller, *, number: int, domain: str) -> Wanted:
    return Wanted(
        account_id=caller.account_id,
        access_key=caller.key.access_key,
        kind=kind,
        file_name=f"{file.name}.{file.suffix}",
        # One signature is one upload of each file.
        resume_id=hashlib.sha256(f"{caller.request}-{number}".encode()).hexdigest(),
        options=material_options(name=file.name, publish_domain=domain),
    )
