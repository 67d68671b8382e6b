"""What a file that is to be uploaded is said to be, from the parameters of a call. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.refusals import Refused
from vodpull.api.cloudvod.library.subtitles import Subtitles, parse_subtitles
from vodpull.api.cloudvod.library.videos.label_parameters import parse_labels
from vodpull.api.cloudvod.library.videos.requests import MAX_TEMPLATE_CHARS
from vodpull.api.cloudvod.parameters import Parameters, flag_of, text_of
from vodpull.api.cloudvod.pull.requests import template_of
from vodpull.errors import ParameterError
from vodpull.jobs.states_and_codes import VideoOrigin
from vodpull.jobs.submission.file_and_video_names import MAX_FILE_NAME_CHARS
from vodpull.videos.category_names import CategoryName
from vodpull.wire_values import MD5_PATTERN, read_number

MAX_FILE_ID_CHARS = 32

_SUFFIX = re.compile(r".+\.[A-Za-z0-9]{1,10}", re.DOTALL)

_ORIGINS = {
    "": VideoOrigin.UPLOADED,
    "web": VideoOrigin.UPLOADED,
    "sdk": VideoOrigin.UPLOADED_BY_SDK,
    "tool": VideoOrigin.UPLOADED_BY_TOOL,
}


@dataclass(frozen=True, kw_only=True)
class UploadRequest:
    """What `getUploadToken` reserves a place for."""

    file_name: str
    file_id: str
    """Empty: the upload cannot be resumed."""
    md5: str
    size_bytes: int | None
    domain: str
    template: str
    """Empty: the default of the installation."""
    watermark: str
    subtitles: Subtitles
    overwrite: bool
    labels: Sequence[CategoryName]
    origin: VideoOrigin


def parse_upload(parameters: Parameters) -> UploadRequest:
    """
    Return what a token is asked for (spec cloud-vod-videos §8.1).

    Raises:
        ParameterError: a field is missing, or cannot be one; `field` names it.
        Refused: a template's name is too long.
    """
    md5 = text_of(parameters.get("fileMd5"), "fileMd5").strip().lower()
    if md5 and not re.fullmatch(MD5_PATTERN, md5):
        raise ParameterError("fileMd5 is not 32 hex digits", field="fileMd5")
    file_id = text_of(parameters.get("fileId"), "fileId")
    if len(file_id) > MAX_FILE_ID_CHARS:
        raise ParameterError(f"fileId is longer than {MAX_FILE_ID_CHARS} characters", field="fileId")
    watermark = text_of(parameters.get("waterMarkName"), "waterMarkName")
    if len(watermark) > MAX_TEMPLATE_CHARS:
        raise Refused(refusals.WATERMARK_TOO_LONG)
    subtitles = parse_subtitles(parameters)
    # A workflow says what is burnt in, too.
    has_workflow = bool(text_of(parameters.get("workflowId"), "workflowId"))
    return UploadRequest(
        file_name=_file_name(parameters),
        file_id=file_id or md5,
        md5=md5,
        size_bytes=_size(parameters),
        domain=text_of(parameters.get("domain"), "domain").strip().lower(),
        template=_template(parameters),
        watermark="" if has_workflow else watermark,
        subtitles=replace(subtitles, burnt="") if has_workflow else subtitles,
        overwrite=flag_of(parameters, "overwrite", default=False),
        labels=parse_labels(parameters) or (),
        origin=_origin(parameters),
    )


def _file_name(parameters: Parameters) -> str:
    name = re.split(r"[/\\]", text_of(parameters.get("originFileName"), "originFileName"))[-1].strip()
    if len(name) > MAX_FILE_NAME_CHARS or not _SUFFIX.fullmatch(name):
        raise ParameterError("originFileName is not a name with a suffix", field="originFileName")
    return name


def _size(parameters: Parameters) -> int | None:
    text = text_of(parameters.get("originFileSize"), "originFileSize").strip()
    number = read_number(text) if text else None
    if text and not number:
        raise ParameterError("originFileSize is not a number of bytes", field="originFileSize")
    return number


def _template(parameters: Parameters) -> str:
    """Return the template; a workflow goes first, then what pulls name it with, then the call's own field."""
    combined = text_of(parameters.get("transCodeCombineName"), "transCodeCombineName")
    if len(combined) > MAX_TEMPLATE_CHARS:
        raise Refused(refusals.TEMPLATE_TOO_LONG)
    return template_of(parameters) or combined


def _origin(parameters: Parameters) -> VideoOrigin:
    source = text_of(parameters.get("videoSource"), "videoSource").strip().lower()
    if source not in _ORIGINS:
        raise ParameterError("videoSource is none of web, sdk and tool", field="videoSource")
    return _ORIGINS[source]
