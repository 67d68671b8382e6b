"""Errors on the way from the source to here, and of each whether it may pass by itself, so that it is tried again."""

from __future__ import annotations

from vodpull.errors.base import Fault, VodpullError


class FetchError(VodpullError):
    """The source could not be brought here."""

    code = "fetch_error"
    fault = Fault.SOURCE
    remedy = "Check that the URL can be downloaded from this machine."
    retry_after_s: float | None = None
    """How long the origin asked to be left alone, set by those who know it."""


class UrlInvalid(FetchError):
    """The URL cannot be used: scheme, length, user info, control characters, port."""

    code = "url_invalid"
    fault = Fault.CLIENT
    remedy = (
        "Give an absolute http or https URL without user name or control characters, at most 8192 characters, or "
        "`s3://name/key` of a store in VODPULL_SOURCE_STORES."
    )


class UrlForbidden(FetchError):
    """The URL leads to an address that vodpull must not connect to."""

    code = "url_forbidden"
    fault = Fault.CLIENT
    remedy = (
        "Only public addresses are fetched. An operator can allow one origin with VODPULL_TRUSTED_ORIGINS "
        "or a LAN range with VODPULL_ALLOW_NETWORKS."
    )


class SourceStoreUnknown(FetchError):
    """The URL names an object store or a folder that this account may not read from, or that nobody named."""

    code = "source_store_unknown"
    fault = Fault.CLIENT
    remedy = "Write a store by its name in VODPULL_SOURCE_STORES; an operator can add one, and let an account read it."


class NameNotResolved(FetchError):
    """The host name has no address at the moment."""

    code = "name_not_resolved"
    retryable = True
    remedy = "Check the host name and this machine's DNS."


class ConnectFailed(FetchError):
    """No connection could be made, or it broke before the answer."""

    code = "connect_failed"
    retryable = True


class TlsFailed(FetchError):
    """The origin's certificate is not valid for this host."""

    code = "tls_failed"
    remedy = "Renew or correct the origin's certificate; vodpull never skips the check."


class OriginMissing(FetchError):
    """The origin says that the file is not there (404, 410)."""

    code = "origin_missing"
    remedy = "Check the path, and that a signed URL has not expired."


class OriginRefused(FetchError):
    """The origin refuses the request (401, 403 and other 4xx)."""

    code = "origin_refused"
    remedy = "Make the URL readable without a login, for example as a signed URL."


class OriginBusy(FetchError):
    """The origin asks to come back later (429, 503)."""

    code = "origin_busy"
    retryable = True


class OriginFailed(FetchError):
    """The origin failed (5xx) or broke the protocol."""

    code = "origin_failed"
    retryable = True


class OriginTimeout(FetchError):
    """The origin sent nothing, or too little, for too long."""

    code = "origin_timeout"
    retryable = True


class OriginTooSlow(FetchError):
    """The origin sends, but for too long below the lowest rate that is accepted."""

    code = "origin_too_slow"
    retryable = True


class SourceChanged(FetchError):
    """The origin's file was replaced while it was fetched, or its pieces do not belong together."""

    code = "source_changed"
    retryable = True
    remedy = "Retry when nobody writes to the file at the URL any more."


class TooManyRedirects(FetchError):
    """More redirects than allowed."""

    code = "too_many_redirects"
    remedy = "Give the final URL of the file."


class BodyEmpty(FetchError):
    """The origin answered with zero bytes."""

    code = "body_empty"


class BodyTooLarge(FetchError):
    """The file is larger than this service accepts."""

    code = "body_too_large"
    remedy = "Ask the operator to raise VODPULL_MAX_SOURCE_BYTES."


class BodyIncomplete(FetchError):
    """Fewer or more bytes arrived than the origin announced."""

    code = "body_incomplete"
    retryable = True


class BodyEncoded(FetchError):
    """The origin insists on a Content-Encoding, so the bytes are not the file."""

    code = "body_encoded"
    remedy = "Serve the file without Content-Encoding."


class Md5Mismatch(FetchError):
    """The bytes are not those the client named."""

    code = "md5_mismatch"
    remedy = "Check which side is wrong: the file at the URL or the md5 in the request."


class PlaylistUnsupported(FetchError):
    """The source is a playlist that cannot be fetched: live, encrypted by DRM, or malformed."""

    code = "playlist_unsupported"
    remedy = "Give a complete (VOD) HLS playlist whose segments and keys are readable without a login."
