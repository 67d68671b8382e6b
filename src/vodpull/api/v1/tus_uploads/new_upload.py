"""What a new upload is to become: a video with what belongs to it, or a material."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from vodpull.accounts.access_keys import LiveKey
from vodpull.api.http.context import ApiContext
from vodpull.api.v1.shapes import NewCaption
from vodpull.api.v1.sidecars import sidecars_of
from vodpull.api.v1.tus_uploads.headers import Described
from vodpull.errors import NotFound, ParameterError, UploadTooLarge
from vodpull.jobs.model import Sidecar
from vodpull.jobs.submission.pull_request_limits import MAX_SIDECARS
from vodpull.materials.materials import find_material
from vodpull.materials.new_file_rules import NEW_NAME_CHARS, SOUND_SUFFIX, is_suffix, is_taken, most_bytes
from vodpull.uploads.upload_and_ticket import Upload, UploadKind, Wanted
from vodpull.videos.category_paths import read_labels
from vodpull.workflows.attempt.extras.material_watermarks import check_watermark
from vodpull.workflows.requests.sidecar_checks import caption_materials, checked_sidecars
from vodpull.workflows.requests.uploaded_materials import KINDS, material_options
from vodpull.workflows.requests.uploaded_videos import video_options

_CAPTIONS = TypeAdapter(list[NewCaption])


def wanted_of(
    described: Described, *, size_bytes: int, key: LiveKey, context: ApiContext, connection: sa.Connection
) -> Wanted:
    """
    Return what is to be reserved.

    Raises:
        ParameterError, UploadTooLarge: it cannot be; `field` names the value at fault.
    """
    if described.kind is UploadKind.VIDEO:
        options = _video(described, context, connection, account_id=key.account_id)
    else:
        options = _material(described, size_bytes)
    return Wanted(
        account_id=key.account_id,
        access_key=key.access_key,
        kind=described.kind,
        file_name=described.file_name,
        resume_id=described.resume_id,
        replaces=described.kind is not UploadKind.VIDEO and bool(described.resume_id),
        size_bytes=size_bytes,
        md5=described.md5,
        sha256=described.sha256,
        options=options,
    )


def is_same(connection: sa.Connection, upload: Upload, wanted: Wanted) -> bool:
    """Return True when a complete upload is what is wanted again, and nobody has deleted what it became."""
    if upload.size_bytes != wanted.size_bytes:
        return False
    try:
        find_material(connection, upload.subject_id, account_id=upload.account_id)
    except NotFound:
        return False
    return True


def _video(
    described: Described, context: ApiContext, connection: sa.Connection, *, account_id: str
) -> Mapping[str, object]:
    template = context.templates.find(described.template or context.default_template, watermark=described.watermark)
    check_watermark(connection, template, account_id=account_id)
    captions = checked_sidecars(read_captions(described.captions), field="captions")
    caption_materials(connection, captions, account_id=account_id, field="captions")
    return video_options(
        template=template.name,
        watermark=described.watermark,
        labels=read_labels(described.categories),
        captions=captions,
    )


def _material(described: Described, size_bytes: int) -> Mapping[str, object]:
    kind = KINDS[described.kind]
    stem, _, suffix = described.file_name.rpartition(".")
    if not stem or not is_suffix(suffix):
        raise ParameterError("the file name has no suffix of 1 to 10 letters and digits", field="filename")
    if not is_taken(kind, suffix):
        raise ParameterError(f"sound is taken as {SOUND_SUFFIX} files", field="filename")
    if most_bytes(kind) and size_bytes > most_bytes(kind):
        raise UploadTooLarge(f"a material has at most {most_bytes(kind)} bytes", remedy="Send a smaller file.")
    return material_options(name=stem[: NEW_NAME_CHARS[kind]])


def read_captions(text: str) -> tuple[Sidecar, ...]:
    """
    Return the captions that the metadata of an upload name: JSON, as a source of a batch has.

    Raises:
        ParameterError: it is not of the form.
    """
    try:
        named = _CAPTIONS.validate_json(text or "[]")
    except ValidationError as error:
        raise _not_captions(error.errors()[0]) from error
    if len(named) > MAX_SIDECARS:
        raise ParameterError(f"a video comes with at most {MAX_SIDECARS} captions", field="captions")
    return sidecars_of(named, field="captions")


def _not_captions(fault: Any) -> ParameterError:
    where = ".".join(("captions", *map(str, fault["loc"])))
    return ParameterError(f"captions are no list as in the API: {fault['msg']}", field=where)
