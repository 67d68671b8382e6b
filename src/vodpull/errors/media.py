"""Errors of what was fetched, and of its encode."""

from __future__ import annotations

from vodpull.errors.base import Fault, VodpullError


class MediaError(VodpullError):
    """The bytes arrived, but they are not a usable video."""

    code = "media_error"
    fault = Fault.SOURCE
    remedy = "Check that the file plays from start to end in another player."


class NotMedia(MediaError):
    """The file is not media at all, for example a web page."""

    code = "not_media"
    remedy = "Check that the file, or what its URL gives, is the video itself and not a page about it or a login form."


class NoVideo(MediaError):
    """The file has no moving picture: sound only, a still picture, cover art."""

    code = "no_video"
    remedy = "Use the template `original`, or one with `audio_only = true`, for files without video."


class MediaTruncated(MediaError):
    """The file ends before its own index says it should, or cannot be opened because its index is missing."""

    code = "media_truncated"
    remedy = "Put the whole file at its URL, or send it whole, once more."


class MediaUnsupported(MediaError):
    """The container or codec is not among those that vodpull decodes."""

    code = "media_unsupported"
    remedy = "Convert the file to H.264, HEVC, VP9 or AV1 in MP4, MKV, WebM or MPEG-TS."


class MediaTooLarge(MediaError):
    """Picture size, frame rate, stream count or duration are over the limits."""

    code = "media_too_large"


class EncodeFailed(MediaError):
    """FFmpeg ended with an error or was killed by a resource limit."""

    code = "encode_failed"


class EncodeStalled(MediaError):
    """FFmpeg made no progress for too long and was ended."""

    code = "encode_stalled"


class EncodeInterrupted(MediaError):
    """FFmpeg was killed from outside: by the system when out of memory, or by an operator. Tried again a few times."""

    code = "encode_interrupted"
    fault = Fault.SERVICE
    retryable = True
    remedy = "Look for an out-of-memory message in the system log; lower VODPULL_ENCODE_SLOTS, then retry the item."

    def __init__(self, message: str, *, starved: bool = False) -> None:
        """`starved`: the machine ran out of memory meanwhile, so another try may end like this one."""
        super().__init__(f"{message}: out of memory" if starved else message)
        self.starved = starved


class OutputInvalid(MediaError):
    """What FFmpeg wrote did not pass verification, so it was not published."""

    code = "output_invalid"
    fault = Fault.SERVICE
    remedy = "Check free disk space and FFmpeg with `vodpull doctor`, then retry the item."
