"""What is asked for a video, from the parameters of a call: lenient about form, strict about meaning. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.refusals import Refusal, Refused
from vodpull.api.cloudvod.library.subtitles import Subtitles, parse_subtitles
from vodpull.api.cloudvod.library.videos.label_parameters import parse_labels
from vodpull.api.cloudvod.parameters import Parameters, flag_of, number_of, text_of
from vodpull.errors import ParameterError
from vodpull.jobs.submission.pull_request_limits import MAX_TRANS_NO_CHARS
from vodpull.videos.category_names import CategoryName
from vodpull.videos.library import VideoEdit, check_edit
from vodpull.videos.wire.shapes import CodeType
from vodpull.wire_values import VIDEO_ID_PATTERN

MAX_ENCODES = 50
MAX_TEMPLATE_CHARS = 100
VIDEO_ID = re.compile(VIDEO_ID_PATTERN)
DOMAIN = re.compile(r"[A-Za-z0-9.:-]+")


@dataclass(frozen=True, kw_only=True)
class VideoEditRequest:
    """What `videoEdit` changes."""

    video_id: str
    edit: VideoEdit
    """But the labels."""
    labels: Sequence[CategoryName] | None
    """All that it has from now on; None: they stay."""


@dataclass(frozen=True, kw_only=True)
class DeleteRequest:
    """What `deleteVideo` removes, and how."""

    video_id: str
    stop_use: bool
    wait: bool
    only_original: bool
    notify_url: str


@dataclass(frozen=True, kw_only=True)
class EncodeRequest:
    """What `transCode` encodes, and by which template."""

    video_ids: Sequence[str]
    template: str
    """Empty: the default of the installation."""
    watermark: str
    subtitles: Subtitles


@dataclass(frozen=True, kw_only=True)
class WorkflowRequest:
    """What `startWorkflow` starts."""

    video_id: str
    trans_no: str
    template: str


def parse_edit(parameters: Parameters) -> VideoEditRequest:
    """
    Return what `videoEdit` changes; what is absent or empty stays as it is (spec cloud-vod-videos §4).

    Raises:
        ParameterError: a text is too long, or a category cannot be one; `field` names it.
        Refused: no video, or a domain that cannot be one.
    """
    video_id = parse_video_id(parameters)
    texts = {name: text_of(parameters.get(name), name) or None for name in _EDITED}
    domain = texts["publishDomain"]
    edit = VideoEdit(
        name=texts["videoName"],
        description=texts["videoDescription"],
        publish_domain=known_form(domain, refusals.DOMAIN_FORM, DOMAIN).lower() if domain else None,
        player_id=texts["playerId"],
    )
    check_edit(edit)
    return VideoEditRequest(video_id=video_id, edit=edit, labels=parse_labels(parameters))


_EDITED = ("videoName", "videoDescription", "publishDomain", "playerId")


def parse_video_id(parameters: Parameters) -> str:
    """
    Return the id of the video that a call is about.

    Raises:
        Refused: there is none, or it cannot be one.
    """
    video_id = id_text(parameters, "videoId", refusals.VIDEO_ID_FORM)
    if not video_id.strip():
        raise Refused(refusals.NO_VIDEO_ID)
    return known_form(video_id, refusals.VIDEO_ID_FORM)


def parse_delete(parameters: Parameters) -> DeleteRequest:
    """
    Return what `deleteVideo` removes (spec cloud-vod-videos §5); the URL is the caller's to judge.

    Raises:
        ParameterError: a switch is neither 0 nor 1.
        Refused: no video.
    """
    return DeleteRequest(
        video_id=parse_video_id(parameters),
        stop_use=not flag_of(parameters, "validateOccupy", default=True),
        wait=not flag_of(parameters, "isAsync", default=True),
        only_original=flag_of(parameters, "onlyDeleteSource", default=False),
        notify_url=text_of(parameters.get("notifyUrl"), "notifyUrl"),
    )


def parse_code_type(parameters: Parameters) -> CodeType:
    """
    Return which publish code is asked for.

    Raises:
        Refused: it is none of the documented ones.
    """
    spelling = "codeType" if "codeType" in parameters else "CodeType"
    try:
        return CodeType(number_of(parameters, spelling, default=CodeType.ALL, allowed=range(max(CodeType) + 1)))
    except (ParameterError, ValueError) as error:
        raise Refused(refusals.CODE_TYPE) from error


def parse_encode(parameters: Parameters) -> EncodeRequest:
    """
    Return what `transCode` encodes (spec cloud-vod-videos §7).

    Raises:
        ParameterError: too many videos, or a subtitle that cannot be one; `field` names it.
        Refused: no videos, or a text that is too long.
    """
    text = id_text(parameters, "videoIds", refusals.VIDEO_IDS_FORM)
    if not text.strip():
        raise Refused(refusals.NO_VIDEO_IDS)
    parts = dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip())
    if not parts:
        raise Refused(refusals.ONLY_COMMAS)
    video_ids = [known_form(part, refusals.VIDEO_IDS_FORM) for part in parts]
    if len(video_ids) > MAX_ENCODES:
        raise ParameterError(f"videoIds names more than {MAX_ENCODES} videos", field="videoIds")
    watermark = _either(parameters, _WATERMARK, refusals.WATERMARK_TOO_LONG)
    template = _either(parameters, _TEMPLATE, refusals.TEMPLATE_TOO_LONG)
    return EncodeRequest(
        video_ids=video_ids, template=template, watermark=watermark, subtitles=parse_subtitles(parameters)
    )


_WATERMARK = ("watermarkTemplateId", "waterMarkTemplateName")
_TEMPLATE = ("transCodeTemplateId", "transCodeTemplateName")


def parse_workflow(parameters: Parameters) -> WorkflowRequest:
    """
    Return what `startWorkflow` starts (spec cloud-vod-videos §7).

    Raises:
        ParameterError: a field is missing, or too long.
    """
    found = {name: text_of(parameters.get(name), name) for name in ("targetId", "transNo", "workflowId")}
    for name, text in found.items():
        if not text:
            raise ParameterError(f"{name} is missing", field=name)
    if len(found["transNo"]) > MAX_TRANS_NO_CHARS:
        raise ParameterError(f"transNo is longer than {MAX_TRANS_NO_CHARS} characters", field="transNo")
    if not VIDEO_ID.fullmatch(found["targetId"]):
        raise ParameterError("targetId contains special characters", field="targetId")
    return WorkflowRequest(video_id=found["targetId"], trans_no=found["transNo"], template=found["workflowId"])


def id_text(parameters: Parameters, field: str, refusal: Refusal) -> str:
    """Return ids as they were given, empty when they were not; what is no text is refused."""
    try:
        return text_of(parameters.get(field), field)
    except ParameterError as error:
        raise Refused(refusal) from error


def known_form(text: str, refusal: Refusal, form: re.Pattern[str] = VIDEO_ID) -> str:
    """Return a text of a form, by default a video's id; anything else is refused."""
    if not form.fullmatch(text):
        raise Refused(refusal)
    return text


def _either(parameters: Parameters, names: tuple[str, str], too_long: Refusal) -> str:
    """Return what a template is called, by its id or else its name."""
    found = [text_of(parameters.get(name), name) for name in names]
    if any(len(text) > MAX_TEMPLATE_CHARS for text in found):
        raise Refused(too_long)
    return found[0] or found[1]
