"""
Every error vodpull raises on purpose: a closed catalogue with stable codes.

What each is over HTTP is decided in `api/http/error_replies.py`.

    VodpullError
    ├── RequestError          what the client sent is not acceptable
    │   ├── ParameterError        parameter_error
    │   ├── CaptionInvalid        caption_invalid
    │   ├── AuthenticationError   not_authenticated
    │   ├── PermissionDenied      no_permission
    │   ├── RequestTooLarge       request_too_large
    │   ├── TransNoRepeated       trans_no_repeated
    │   ├── NotFound              not_found
    │   ├── RequestRepeated       request_repeated
    │   ├── KeyReused             idempotency_key_reused
    │   ├── RateLimited           rate_limited *
    │   ├── QuotaExceeded         quota_exceeded
    │   ├── NotAllowedNow         not_allowed_now
    │   ├── Occupied              occupied
    │   ├── VideoUnfit            video_unfit
    │   ├── MethodNotAllowed      method_not_allowed
    │   ├── FormRefused           form_refused
    │   ├── NotificationInvalid   notification_invalid
    │   ├── Cancelled             cancelled
    │   └── UploadError           bytes that were sent cannot be taken
    │       ├── UploadTokenInvalid    upload_token_invalid
    │       ├── UploadBucketUnknown   upload_bucket_unknown
    │       ├── UploadMalformed       upload_malformed
    │       ├── UploadMisplaced       upload_misplaced
    │       ├── UploadTooLarge        upload_too_large
    │       ├── UploadComplete        upload_complete
    │       ├── UploadIncomplete      upload_incomplete
    │       ├── UploadDamaged         upload_damaged
    │       └── TooManyUploads        too_many_uploads
    ├── FetchError            the source could not be brought here
    │   ├── UrlInvalid            url_invalid
    │   ├── UrlForbidden          url_forbidden
    │   ├── SourceStoreUnknown    source_store_unknown
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
        ├── DatabaseUnavailable   database_unavailable *
        ├── StepAbandoned         step_abandoned
        ├── CallFailed            call_failed
        ├── ServiceUnreachable    service_unreachable *
        └── InternalError         internal_error

`*` may pass by itself, so it is worth another try. HTTP status codes live in `api/http/error_replies.py` only.
"""

from vodpull.errors.base import Failure, Fault, VodpullError, catalogue
from vodpull.errors.delivery import DeliveryError, DeliveryForbidden, DeliveryRefused, DeliveryTimeout
from vodpull.errors.disk import error_of_disk
from vodpull.errors.fetch import (
    BodyEmpty,
    BodyEncoded,
    BodyIncomplete,
    BodyTooLarge,
    ConnectFailed,
    FetchError,
    Md5Mismatch,
    NameNotResolved,
    OriginBusy,
    OriginFailed,
    OriginMissing,
    OriginRefused,
    OriginTimeout,
    OriginTooSlow,
    PlaylistUnsupported,
    SourceChanged,
    SourceStoreUnknown,
    TlsFailed,
    TooManyRedirects,
    UrlForbidden,
    UrlInvalid,
)
from vodpull.errors.media import (
    EncodeFailed,
    EncodeInterrupted,
    EncodeStalled,
    MediaError,
    MediaTooLarge,
    MediaTruncated,
    MediaUnsupported,
    NotMedia,
    NoVideo,
    OutputInvalid,
)
from vodpull.errors.request import (
    AuthenticationError,
    Cancelled,
    CaptionInvalid,
    FieldFault,
    FormRefused,
    KeyReused,
    MethodNotAllowed,
    NotAllowedNow,
    NotFound,
    NotificationInvalid,
    Occupied,
    ParameterError,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    RequestError,
    RequestRepeated,
    RequestTooLarge,
    TransNoRepeated,
    VideoUnfit,
    check_together,
)
from vodpull.errors.service import (
    AlreadyRunning,
    CallFailed,
    ConfigurationError,
    DatabaseUnavailable,
    InternalError,
    ServiceError,
    ServiceUnreachable,
    StepAbandoned,
)
from vodpull.errors.storage import ObjectMissing, StorageError, StorageFull, StorageUnavailable
from vodpull.errors.upload import (
    TooManyUploads,
    UploadBucketUnknown,
    UploadComplete,
    UploadDamaged,
    UploadError,
    UploadIncomplete,
    UploadMalformed,
    UploadMisplaced,
    UploadTokenInvalid,
    UploadTooLarge,
)

__all__ = [
    "AlreadyRunning",
    "AuthenticationError",
    "BodyEmpty",
    "BodyEncoded",
    "BodyIncomplete",
    "BodyTooLarge",
    "CallFailed",
    "Cancelled",
    "CaptionInvalid",
    "ConfigurationError",
    "ConnectFailed",
    "DatabaseUnavailable",
    "DeliveryError",
    "DeliveryForbidden",
    "DeliveryRefused",
    "DeliveryTimeout",
    "EncodeFailed",
    "EncodeInterrupted",
    "EncodeStalled",
    "Failure",
    "Fault",
    "FetchError",
    "FieldFault",
    "FormRefused",
    "InternalError",
    "KeyReused",
    "Md5Mismatch",
    "MediaError",
    "MediaTooLarge",
    "MediaTruncated",
    "MediaUnsupported",
    "MethodNotAllowed",
    "NameNotResolved",
    "NoVideo",
    "NotAllowedNow",
    "NotFound",
    "NotMedia",
    "NotificationInvalid",
    "ObjectMissing",
    "Occupied",
    "OriginBusy",
    "OriginFailed",
    "OriginMissing",
    "OriginRefused",
    "OriginTimeout",
    "OriginTooSlow",
    "OutputInvalid",
    "ParameterError",
    "PermissionDenied",
    "PlaylistUnsupported",
    "QuotaExceeded",
    "RateLimited",
    "RequestError",
    "RequestRepeated",
    "RequestTooLarge",
    "ServiceError",
    "ServiceUnreachable",
    "SourceChanged",
    "SourceStoreUnknown",
    "StepAbandoned",
    "StorageError",
    "StorageFull",
    "StorageUnavailable",
    "TlsFailed",
    "TooManyRedirects",
    "TooManyUploads",
    "TransNoRepeated",
    "UploadBucketUnknown",
    "UploadComplete",
    "UploadDamaged",
    "UploadError",
    "UploadIncomplete",
    "UploadMalformed",
    "UploadMisplaced",
    "UploadTokenInvalid",
    "UploadTooLarge",
    "UrlForbidden",
    "UrlInvalid",
    "VideoUnfit",
    "VodpullError",
    "catalogue",
    "check_together",
    "error_of_disk",
]
