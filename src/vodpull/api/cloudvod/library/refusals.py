"""What the calls of the library answer instead of what was asked for: codes and texts of the documentation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from vodpull.api.http.error_replies import Problem
from vodpull.api.http.translation import Language, translate
from vodpull.errors import (
    NotAllowedNow,
    NotFound,
    Occupied,
    ParameterError,
    PermissionDenied,
    QuotaExceeded,
    RequestRepeated,
    TooManyUploads,
    UploadTooLarge,
    VideoUnfit,
    VodpullError,
)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A documented answer to a call that cannot be carried out."""

    code: int
    text: str
    """English, and the key of its translations."""
    http_status: int = HTTPStatus.OK


class Refused(Exception):
    """What was asked for is refused by a rule that only the wire contract has."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


Rules = Mapping[type[VodpullError] | tuple[type[VodpullError], str], Refusal]
"""What a call answers to an error, or to one about a field; to others what all calls of the library do."""

NO_VIDEO_ID = Refusal(code=1503, text="The videoId cannot be empty")
VIDEO_ID_FORM = Refusal(code=1504, text="videoId contains special characters")
DOMAIN_FORM = Refusal(code=1527, text="The domain name contains special characters")
DOMAIN_UNKNOWN = Refusal(code=1531, text="Domain name does not exist")
CODE_TYPE = Refusal(code=1532, text="codeType is invalid")
NO_VIDEO_IDS = Refusal(code=1540, text="videoIds cannot be empty")
VIDEO_IDS_FORM = Refusal(code=1541, text="The videoIds contain special characters")
ONLY_COMMAS = Refusal(code=1542, text="The videoIds provided cannot consist solely of commas.")
WATERMARK_TOO_LONG = Refusal(code=1543, text="The watermark template name is too lengthy.")
TEMPLATE_TOO_LONG = Refusal(code=1544, text="The combination name for transcoding exceeds the maximum length limit.")
NO_WATERMARK = Refusal(code=1546, text="The watermark template does not exist")
NO_NODE_ID = Refusal(code=1000, text="The category node ID cannot be empty")
NUMBER_FORM = Refusal(code=24112000, text="Parameter error", http_status=HTTPStatus.BAD_REQUEST)
NO_AI = Refusal(code=401, text="AI does not have the right to clear ads from value-added services")
NO_AI_TASK = Refusal(code=1000, text="The task does not exist or has no permission")

NO_MATERIAL_ID = Refusal(code=1000, text="The material id cannot be empty")
NO_MATERIAL_CHANGE = Refusal(
    code=1000, text="The material name cannot be empty at the same time as the published domain name"
)
NO_AUDIO_ID = Refusal(code=1000, text="The audio id cannot be empty")
NO_AUDIO_CHANGE = Refusal(
    code=1000, text="The audio name cannot be empty at the same time as the published domain name"
)
NO_FILE_LIST = Refusal(
    code=1004, text="The parameter is incorrect. Please ensure that all required fields are filled in"
)
FILE_LIST = Refusal(code=1000, text="The file list is invalid")
MATERIAL_SUFFIX = Refusal(code=1000, text="The material suffix is out of the length range")
NO_SUCH_DOMAIN = Refusal(code=1000, text="Invalid domain name")
NAME_TOO_LONG = Refusal(code=1500, text="Video name, more than 40 characters")
FRAME_RATE = Refusal(code=1561, text="The video frame rate parameter is incorrect")
SAMPLING_RATE = Refusal(code=1562, text="The audio sampling frequency parameter is incorrect")
VIDEO_BIT_RATE = Refusal(code=1563, text="The video bit rate parameter is incorrect")
AUDIO_BIT_RATE = Refusal(code=1564, text="The audio bit rate parameter is incorrect")
RESOLUTION = Refusal(code=1565, text="Resolution parameter error")
NO_JOINED_IDS = Refusal(code=1575, text="videoIds cannot be empty")
JOINED_IDS_FORM = Refusal(code=1576, text="videoIds cannot contain special characters")
JOINED_IDS_COMMAS = Refusal(
    code=1577, text="The videoIds format is incorrect. Multiple videos should be separated by commas (,)"
)
TOO_MANY_JOINED = Refusal(code=1578, text="The number of videos in videoIds cannot exceed 50")
ONE_JOINED = Refusal(code=1579, text="videoIds have video input error, please input again")
JOINED_TWICE = Refusal(code=1580, text="Video in videoIds cannot be repeated. Please retry")
TRANS_NO = Refusal(code=1602, text="TRANSNO is not legal")
NO_DIRECTORY = Refusal(code=1628, text="Directory does not exist")
VALIDATE_OCCUPY = Refusal(code=1004, text="Parameter error")

_NO_VIDEO = Refusal(code=1502, text="The video doesn't exist!")
_OCCUPIED = Refusal(code=400, text="Resource occupied")
_FAILED = Refusal(code=300, text="Operation failed")
_NO_PARENT = Refusal(code=1000, text="The parent classification node ID does not exist or has been deleted")

EDIT: Rules = {
    NotFound: _NO_VIDEO,
    (ParameterError, "name"): NAME_TOO_LONG,
}
BLOCK: Rules = {
    NotFound: _NO_VIDEO,
    PermissionDenied: Refusal(code=1505, text="You have no permission to block the video"),
    NotAllowedNow: Refusal(code=1506, text="The video has since been blocked"),
}
ENABLE: Rules = {
    NotFound: _NO_VIDEO,
    PermissionDenied: Refusal(code=1525, text="You have no permission to start the video"),
    NotAllowedNow: Refusal(code=1509, text="The video is already open"),
}
DELETE: Rules = {
    NotFound: _NO_VIDEO,
    PermissionDenied: Refusal(code=1522, text="You have no permission to delete this video"),
    Occupied: _OCCUPIED,
    NotAllowedNow: Refusal(code=1569, text="Video disable operation"),
}
PUBLISH: Rules = {
    NotFound: _NO_VIDEO,
    PermissionDenied: Refusal(code=1535, text="No permission to get publish code"),
}
ENCODE: Rules = {
    NotFound: Refusal(code=1545, text="The given videoIds do not exist or are not within your scope of access!"),
    NotAllowedNow: _FAILED,
    (ParameterError, "watermark.material"): NO_WATERMARK,
}
WORKFLOW: Rules = {NotAllowedNow: _FAILED}
UPLOAD: Rules = {
    (ParameterError, "watermark.material"): NO_WATERMARK,
    UploadTooLarge: Refusal(code=1000, text="Parameter error"),
    QuotaExceeded: Refusal(code=1000, text="Parameter error"),
    TooManyUploads: _FAILED,
}
CATEGORY: Rules = {NotFound: _NO_PARENT}
EMPTY_CATEGORY: Rules = {
    NotFound: Refusal(code=1000, text="The classification node ID does not exist, or has been deleted")
}
CLIP: Rules = {NotFound: _NO_VIDEO}
JOIN: Rules = {
    NotFound: Refusal(
        code=1581,
        text="Some videos in videoIds do not exist or have been deleted, or are not under your permissions",
    ),
    VideoUnfit: Refusal(code=1558, text="Video cannot be spliced"),
}
EDIT_MATERIAL: Rules = {
    NotFound: Refusal(code=1000, text="The material id does not exist"),
    (ParameterError, "name"): Refusal(code=1000, text="The material name is out of the length range"),
}
DELETE_MATERIAL: Rules = {
    NotFound: Refusal(code=1004, text="The material id does not exist"),
    Occupied: _OCCUPIED,
}
EDIT_AUDIO: Rules = {
    NotFound: Refusal(code=1000, text="The audio id does not exist"),
    (ParameterError, "name"): Refusal(code=1000, text="Audio name out of length range"),
}
DELETE_AUDIO: Rules = {NotFound: Refusal(code=1004, text="The audio id does not exist")}

# Bare, as documented: what was wrong is in the log.
_BAD_PARAMETER = Refusal(code=1000, text="Parameter error")
_ALL: Rules = dict.fromkeys((ParameterError, NotFound, RequestRepeated), _BAD_PARAMETER)


def refusal_of(error: VodpullError, rules: Rules) -> Refusal | None:
    """Return what a call of the library answers to an error; None: what every other call does as well."""
    rules = {**_ALL, **rules}
    kinds = [kind for kind in type(error).__mro__ if issubclass(kind, VodpullError)]
    about = [rules[kind, error.field] for kind in kinds if error.field and (kind, error.field) in rules]
    return next(iter(about + [rules[kind] for kind in kinds if kind in rules]), None)


def as_problem(refusal: Refusal, language: Language) -> Problem:
    """Return what the client sees of a refusal."""
    return Problem(http_status=refusal.http_status, code=refusal.code, message=translate(refusal.text, language))
