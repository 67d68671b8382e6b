"""
Every error vodpull raises on purpose: a closed catalogue with stable codes.

    VodpullError
    ├── RequestError          what the client sent is not acceptable
    │   ├── ParameterError        parameter_error
    │   ├── AuthenticationError   not_authenticated
    │   ├── PermissionDenied      no_permission
    │   ├── RequestTooLarge       request_too_large
    │   ├── TransNoRepeated       trans_no_repeated
    │   ├── NotFound              not_found
    │   ├── KeyReused             idempotency_key_reused
    │   ├── RateLimited           rate_limited *
    │   ├── QuotaExceeded         quota_exceeded
    │   ├── NotAllowedNow         not_allowed_now
    │   ├── MethodNotAllowed      method_not_allowed
    │   ├── FormRefused           form_refused
    │   ├── NotificationInvalid   notification_invalid
    │   └── Cancelled             cancelled
    ├── FetchError            the source could not be brought here
    │   ├── UrlInvalid            url_invalid
    │   ├── UrlForbidden          url_forbidden
    │   ├── NameNotResolved       name_not_resolved *
    │   ├── ConnectFailed         connect_failed *
    │   ├── TlsFailed             tls_failed
    │   ├── OriginMissing         origin_missing
    │   ├── OriginRefused         origin_refused
    │   ├── OriginBusy            origin_busy *
    │   ├── OriginFailed          origin_failed *
    │   ├── OriginTimeout         origin_timeout *
    │   ├── OriginTooSlow         origin_too_slow *
    │   ├── SourceChanged         source_changed *
    │   ├── TooManyRedirects      too_many_redirects
    │   ├── BodyEmpty             body_empty
    │   ├── BodyTooLarge          body_too_large
    │   ├── BodyIncomplete        body_incomplete *
    │   ├── BodyEncoded           body_encoded
    │   ├── Md5Mismatch           md5_mismatch
    │   └── PlaylistUnsupported   playlist_unsupported
    ├── MediaError            the bytes arrived, but they are not a usable video
    │   ├── NotMedia              not_media
    │   ├── NoVideo               no_video
    │   ├── MediaTruncated        media_truncated
    │   ├── MediaUnsupported      media_unsupported
    │   ├── MediaTooLarge         media_too_large
    │   ├── EncodeFailed          encode_failed
    │   ├── EncodeStalled         encode_stalled
    │   ├── EncodeInterrupted     encode_interrupted *
    │   └── OutputInvalid         output_invalid
    ├── StorageError          the object store did not do what was asked
    │   ├── StorageUnavailable    storage_unavailable *
    │   ├── StorageFull           storage_full *
    │   └── ObjectMissing         object_missing
    ├── DeliveryError         a notification did not reach its receiver
    │   ├── DeliveryRefused       delivery_refused *
    │   ├── DeliveryTimeout       delivery_timeout *
    │   └── DeliveryForbidden     delivery_forbidden
    └── ServiceError          vodpull itself is not in order
        ├── ConfigurationError    configuration_error
        ├── AlreadyRunning        already_running
        ├── StepAbandoned         step_abandoned
        ├── CallFailed            call_failed
        ├── ServiceUnreachable    service_unreachable *
        └── InternalError         internal_error

`*` may pass by itself, so it is worth another try. HTTP status codes live in `api/problems.py` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Fault(StrEnum):
    """Whose fault an error is, so that people know who has to act."""

    CLIENT = "client"
    SOURCE = "source"
    DESTINATION = "destination"
    SERVICE = "service"


class VodpullError(Exception):
    """
    Base of the catalogue: `str(error)` says what was wrong, `code` never changes between releases.

    `field` names the request field or setting at fault, where there is one. Messages carry no secret: no
    credentials, no query string of a URL.
    """

    code: ClassVar[str] = "internal_error"
    fault: ClassVar[Fault] = Fault.SERVICE
    retryable: ClassVar[bool] = False
    remedy: ClassVar[str] = "Look at the service's log for the cause."
    origin_status: int | None = None
    """HTTP status of the origin, set by those who know it."""
    request_id: str | None = None
    """Id of the call that was answered with this error, set by clients."""
    log_tail: str = ""
    """What the program that failed wrote last, set by those who ran it: hostile text, for operators only."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error as data: what is stored with a job and sent between steps."""

    code: str
    """Stable code from the catalogue."""
    message: str
    """What was wrong, in English, without secrets."""
    fault: Fault
    retryable: bool
    remedy: str
    """What the person at fault can do."""
    stage: str = ""
    """Stage of the job that failed; empty when it is not about a job."""
    origin_status: int | None = None
    """HTTP status that the origin answered with, where that was the cause."""
    log_tail: str = ""
    """What the program that failed wrote last: hostile text, for operators only."""

    @classmethod
    def of(cls, error: VodpullError, *, stage: str = "") -> Failure:
        """Return the error as a value."""
        return cls(
            code=error.code,
            message=str(error),
            fault=error.fault,
            retryable=error.retryable,
            remedy=error.remedy,
            stage=stage,
            origin_status=error.origin_status,
            log_tail=error.log_tail,
        )


def catalogue() -> list[type[VodpullError]]:
    """Return every class of the catalogue that is raised, by code."""

    def below(kind: type[VodpullError]) -> list[type[VodpullError]]:
        children = kind.__subclasses__()
        return [kind] if not children else [leaf for child in children for leaf in below(child)]

    return sorted(below(VodpullError), key=lambda kind: kind.code)


class RequestError(VodpullError):
    """What the client sent is not acceptable."""

    code = "request_error"
    fault = Fault.CLIENT
    remedy = "Correct the request and send it again."


class ParameterError(RequestError):
    """A request field is missing, malformed or out of range; `field` names it."""

    code = "parameter_error"
    remedy = "Correct the named field and send the request again."


class AuthenticationError(RequestError):
    """The request is not signed by a live key."""

    code = "not_authenticated"
    remedy = "Sign the request with a key from `vodpull keys create`; `vodpull sign` prints a signed curl command."


class PermissionDenied(RequestError):
    """The caller is known but may not see or do this."""

    code = "no_permission"
    remedy = "Use a key of the account that owns the task."


class RequestTooLarge(RequestError):
    """The body is larger than any valid request."""

    code = "request_too_large"
    remedy = "Send at most 50 items in a request."


class TransNoRepeated(RequestError):
    """The business id was used before, and the operator wants that refused."""

    code = "trans_no_repeated"
    remedy = "Send a new transNo, or none."


class NotFound(RequestError):
    """The account has nothing of this id."""

    code = "not_found"
    remedy = "Check the id, and that the key belongs to the account that owns it."


class KeyReused(RequestError):
    """An `Idempotency-Key` came again with another request."""

    code = "idempotency_key_reused"
    remedy = "Use a new Idempotency-Key for every new request."


class RateLimited(RequestError):
    """More calls than this access key may make."""

    code = "rate_limited"
    retryable = True
    remedy = "Wait as long as Retry-After says; the operator sets the limit with VODPULL_RATE_LIMIT."

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class QuotaExceeded(RequestError):
    """The account has as much stored as it may."""

    code = "quota_exceeded"
    remedy = "Delete tasks that are no longer needed; the operator sets the quota with VODPULL_ACCOUNT_QUOTA_BYTES."


class NotAllowedNow(RequestError):
    """The thing exists, but is not in a state that allows this."""

    code = "not_allowed_now"
    remedy = "Read its state first."


class MethodNotAllowed(RequestError):
    """The path exists, but not for this HTTP method."""

    code = "method_not_allowed"
    remedy = "Use a method that the header `Allow` names."


class FormRefused(RequestError):
    """The form is too old, or came from another site."""

    code = "form_refused"
    remedy = "Load the page again and send it once more."


class NotificationInvalid(RequestError):
    """A notification is not signed with this account's secret, or is too old."""

    code = "notification_invalid"
    remedy = "Drop it. If all of them fail, compare the secret with `vodpull keys webhook-secret NAME` and the clock."


class Cancelled(RequestError):
    """Somebody asked for this job to stop."""

    code = "cancelled"
    remedy = "Retry the job if it is wanted after all."


class FetchError(VodpullError):
    """The source could not be brought here."""

    code = "fetch_error"
    fault = Fault.SOURCE
    remedy = "Check that the URL can be downloaded from this machine."


class UrlInvalid(FetchError):
    """The URL cannot be used: scheme, length, user info, control characters, port."""

    code = "url_invalid"
    fault = Fault.CLIENT
    remedy = "Give an absolute http or https URL without user name, control characters or spaces."


class UrlForbidden(FetchError):
    """The URL leads to an address that vodpull must not connect to."""

    code = "url_forbidden"
    fault = Fault.CLIENT
    remedy = (
        "Only public addresses are fetched. An operator can allow one origin with VODPULL_TRUSTED_ORIGINS "
        "or a LAN range with VODPULL_ALLOW_NETWORKS."
    )


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


class MediaError(VodpullError):
    """The bytes arrived, but they are not a usable video."""

    code = "media_error"
    fault = Fault.SOURCE
    remedy = "Check that the file plays from start to end in another player."


class NotMedia(MediaError):
    """The file is not media at all, for example a web page."""

    code = "not_media"
    remedy = "Check that the URL gives the video itself and not a page about it or a login form."


class NoVideo(MediaError):
    """The file has no moving picture: sound only, a still picture, cover art."""

    code = "no_video"
    remedy = "Use the template `original` to store files without video."


class MediaTruncated(MediaError):
    """The file ends before its own index says it should, or cannot be opened because its index is missing."""

    code = "media_truncated"
    remedy = "Upload the whole file to the origin again."


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
    """FFmpeg was killed from outside: by the system for want of memory, or by an operator. Tried again a few times."""

    code = "encode_interrupted"
    fault = Fault.SERVICE
    retryable = True
    remedy = "Look for an out-of-memory message in the system log; lower VODPULL_ENCODE_SLOTS, then retry the item."

    def __init__(self, message: str, *, starved: bool = False) -> None:
        """`starved`: the machine ran out of memory meanwhile, so another try may end like this one."""
        super().__init__(f"{message}, for want of memory" if starved else message)
        self.starved = starved


class OutputInvalid(MediaError):
    """What FFmpeg wrote did not pass verification, so it was not published."""

    code = "output_invalid"
    fault = Fault.SERVICE
    remedy = "Check free disk space and FFmpeg with `vodpull doctor`, then retry the item."


class StorageError(VodpullError):
    """The object store did not do what was asked."""

    code = "storage_error"
    remedy = "Check VODPULL_STORAGE_URL and the store's credentials with `vodpull doctor`."


class StorageUnavailable(StorageError):
    """The object store does not answer, or answers with server errors."""

    code = "storage_unavailable"
    retryable = True


class StorageFull(StorageError):
    """There is no space left."""

    code = "storage_full"
    retryable = True
    remedy = "Free disk space; waiting work goes on by itself."


class ObjectMissing(StorageError):
    """No object has this key."""

    code = "object_missing"


class DeliveryError(VodpullError):
    """A notification did not reach its receiver."""

    code = "delivery_error"
    fault = Fault.DESTINATION
    remedy = "Check that the notifyUrl answers a POST with HTTP 200."


class DeliveryRefused(DeliveryError):
    """The receiver answered with something else than 200, or not at all."""

    code = "delivery_refused"
    retryable = True


class DeliveryTimeout(DeliveryError):
    """The receiver did not answer in time."""

    code = "delivery_timeout"
    retryable = True


class DeliveryForbidden(DeliveryError):
    """The notifyUrl leads to an address that vodpull must not connect to."""

    code = "delivery_forbidden"
    remedy = UrlForbidden.remedy


class ServiceError(VodpullError):
    """vodpull itself is not in order."""

    code = "service_error"


class ConfigurationError(ServiceError):
    """A setting cannot be used; `field` names it."""

    code = "configuration_error"
    remedy = "Correct the named setting; `vodpull doctor` checks all of them."


class AlreadyRunning(ServiceError):
    """Another process uses the same data folder or executor id."""

    code = "already_running"
    remedy = "Stop the other process, or give this one its own VODPULL_DATA_DIR."


class StepAbandoned(ServiceError):
    """The work took its process down too often, or was cancelled."""

    code = "step_abandoned"
    remedy = "Look at the log for what ended the process (out of memory?), then retry the item."


class CallFailed(ServiceError):
    """A service answered in a way that this client does not understand."""

    code = "call_failed"
    remedy = "Check that the address is that of a vodpull service, and that the client is as new as the service."


class ServiceUnreachable(ServiceError):
    """The service does not answer, or broke off."""

    code = "service_unreachable"
    retryable = True
    remedy = "Check the address (--server, VODPULL_SERVER), and that `vodpull serve` runs there."


class InternalError(ServiceError):
    """Something unexpected: a defect of vodpull."""

    code = "internal_error"
    remedy = "Please report it with the request id."
