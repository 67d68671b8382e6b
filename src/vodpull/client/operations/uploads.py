"""The operations that send files to the service, by tus. No network; the file is read piece by piece."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypedDict, Unpack
from urllib.parse import urlsplit

from vodpull.client.batch_shapes import CaptionFile, CaptionSource
from vodpull.client.error_answers import error_of
from vodpull.client.exchange import OWN_PREFIX, Flow, HttpCall, HttpReply
from vodpull.client.operations.batches import caption_as_sent
from vodpull.client.operations.same_file import SentFile
from vodpull.errors import CallFailed, ParameterError, UploadDamaged, UploadMisplaced

PIECE_BYTES = 1024 * 1024
"""Of one call: a signed body may have twice as much."""

MOST_DISPUTES = 5
"""Answers in a row that the file goes on elsewhere, before it is given up: somebody else sends it, too."""

TUS = {"Tus-Resumable": "1.0.0"}

_SAVE_IT = "Save it as a file: after a break an upload reads its bytes again."
_LET_IT_BE = "Send it again when nobody writes to it any more."

OnProgress = Callable[[int, int], None]
"""Is told how many bytes of how many are there."""


class UploadOptions(TypedDict, total=False):
    """What else `upload` may say of a video; what is left out is the service's default."""

    template: str
    watermark: str
    """By its name."""
    categories: Sequence[str]
    """As `NAME` or `PARENT/NAME`."""
    captions: Sequence[CaptionSource | CaptionFile]
    """Files of this machine stay as materials of the account."""


def upload(
    path: str | Path,
    *,
    name: str = "",
    on_progress: OnProgress | None = None,
    **options: Unpack[UploadOptions],
) -> Flow[str]:
    """
    Send a file and return the id of the video that it is from now on; its encode begins by itself.

    Called again after a break it goes on where it was, as long as the file is the same. Caption files are sent first.
    `on_progress` is told bytes done and bytes in all.

    Raises:
        ParameterError: the file is empty, no regular one, or changes while it is sent; or a name cannot be one.
        UploadMisplaced: somebody else sends the same file with the same key.
    """
    named = []
    for caption in options.get("captions", ()):
        named.append((yield from _named(caption)))  # noqa: PERF401 - a comprehension cannot ask
    metadata = {
        "filename": name,
        "template": options.get("template", ""),
        "watermark": options.get("watermark", ""),
        "categories": ",".join(options.get("categories", ())),
        "captions": json.dumps(named) if named else "",
    }
    return (yield from _send(Path(path), metadata, on_progress=on_progress))["vodpull-video-id"]


def upload_material(
    path: str | Path,
    *,
    name: str = "",
    kind: Literal["material", "audio"] = "material",
    on_progress: OnProgress | None = None,
) -> Flow[str]:
    """
    Send a picture, subtitles or sound (`kind="audio"`), and return the id of the material that it is from now on.

    Called again for the same file, it is the same material. The suffix of `name` tells what the file is.

    Raises:
        ParameterError: the file is empty, no regular one, changes while it is sent, or is of no kind that is taken.
    """
    said = yield from _send(Path(path), {"filename": name, "kind": kind}, on_progress=on_progress)
    return said["vodpull-material-id"]


def _named(caption: CaptionSource | CaptionFile) -> Flow[dict[str, Any]]:
    """Return a caption as a request names it; a file of this machine is sent."""
    if isinstance(caption, CaptionFile):
        material_id = yield from upload_material(caption.path)
        caption = CaptionSource(
            material_id=material_id, language=caption.language, label=caption.label, default=caption.default
        )
    return caption_as_sent(caption)


def _send(source: Path, metadata: Mapping[str, str], *, on_progress: OnProgress | None) -> Flow[Mapping[str, str]]:
    """Send a file, from where it was, and return what the service said of it first."""
    if source.exists() and not source.is_file():  # opening a pipe would wait for its writer
        raise ParameterError("this is no regular file", field="path", remedy=_SAVE_IT)
    with source.open("rb") as file:
        known = SentFile.of(file)
        if not known.size_bytes:
            raise ParameterError("the file is empty", field="path", remedy="Choose a file that has something in it.")
        metadata = {**metadata, "filename": metadata["filename"] or source.name, "resume_id": known.identity(source)}
        head = TUS | {"Upload-Length": str(known.size_bytes), "Upload-Metadata": _pairs(metadata)}
        made = yield from _ask(HttpCall(method="POST", target=f"{OWN_PREFIX}/uploads", headers=head, may_repeat=True))
        target, disputes = urlsplit(made["location"]).path, 0
        reply = made
        while (offset := int(reply["upload-offset"])) < known.size_bytes:
            _tell(on_progress, offset, known.size_bytes)
            data = yield from _next(file, known, target=target, offset=offset)
            try:
                reply = yield from _ask(_piece(target, offset, data))
                disputes = 0
            except (UploadMisplaced, UploadDamaged):  # an answer was lost, or bytes changed on their way
                disputes += 1
                if disputes > MOST_DISPUTES:
                    raise
                reply = yield from _ask(HttpCall(method="HEAD", target=target, headers=TUS, may_repeat=True))
    _tell(on_progress, known.size_bytes, known.size_bytes)
    return made


def _tell(on_progress: OnProgress | None, done: int, total: int) -> None:
    if on_progress is not None:
        on_progress(done, total)


def _next(file: BinaryIO, known: SentFile, *, target: str, offset: int) -> Flow[bytes]:
    """Return the next piece of a file; what has come of one that has changed is forgotten."""
    file.seek(offset)
    data = file.read(min(PIECE_BYTES, known.size_bytes - offset))
    if known == SentFile.of(file):
        return data
    yield HttpCall(method="DELETE", target=target, headers=TUS, may_repeat=True)
    raise ParameterError("the file has changed while it was sent", field="path", remedy=_LET_IT_BE)


def _piece(target: str, offset: int, data: bytes) -> HttpCall:
    checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
    headers = TUS | {
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {checksum}",
    }
    return HttpCall(method="PATCH", target=target, body=data, headers=headers, may_repeat=True)


def _ask(call: HttpCall) -> Flow[Mapping[str, Any]]:
    """Return the headers that a call is answered with."""
    outcome = yield call
    error = error_of(outcome)
    if error is not None:
        raise error
    if not isinstance(outcome, HttpReply) or "upload-offset" not in outcome.headers:
        raise CallFailed("the service answered with something else than an upload")
    return outcome.headers


def _pairs(metadata: Mapping[str, str]) -> str:
    """Return `Upload-Metadata`; bytes of a file name that are no UTF-8 become `?`."""
    texts = {name: value.encode(errors="replace") for name, value in metadata.items() if value}
    return ",".join(f"{name} {base64.b64encode(text).decode()}" for name, text in texts.items())
