"""Errors of uploads: what a client that sends a file did not do as the protocol asks."""

from __future__ import annotations

from vodpull.errors.request import RequestError


class UploadError(RequestError):
    """Bytes that were sent cannot be taken."""

    code = "upload_error"


class UploadTokenInvalid(UploadError):
    """The token does not allow this upload, or not any more."""

    code = "upload_token_invalid"
    remedy = "Ask for a fresh token with getUploadToken, and send it as it is."


class UploadBucketUnknown(UploadError):
    """The token speaks of a bucket that is not this installation's."""

    code = "upload_bucket_unknown"
    remedy = "Send the token to the uploadUrl that came with it."


class UploadMalformed(UploadError):
    """A size, a number or a header of an upload cannot be one."""

    code = "upload_malformed"


class UploadMisplaced(UploadError):
    """The bytes do not continue what has arrived."""

    code = "upload_misplaced"
    remedy = "Go on from where the last accepted answer said, or begin the block anew."


class UploadTooLarge(UploadError):
    """The file is larger than it may be."""

    code = "upload_too_large"
    remedy = "Send a smaller file; the operator sets the limit with VODPULL_MAX_SOURCE_BYTES."


class UploadComplete(UploadError):
    """The file is complete, and may not be replaced."""

    code = "upload_complete"
    remedy = "Ask for a new token, or for one with overwrite 1."


class UploadIncomplete(UploadError):
    """What has arrived does not make up the file."""

    code = "upload_incomplete"
    remedy = "Send the missing blocks, then complete the upload again."


class UploadDamaged(UploadError):
    """The bytes are fewer than announced, or their digest is another one."""

    code = "upload_damaged"
    remedy = "Send the same bytes again."


class TooManyUploads(UploadError):
    """The account has as many unfinished uploads as it may."""

    code = "too_many_uploads"
    remedy = "Finish or abandon uploads; the operator sets the limit with VODPULL_MAX_OPEN_UPLOADS."
