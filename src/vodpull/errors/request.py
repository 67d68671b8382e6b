"""Errors of the client's request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vodpull.errors.base import Fault, VodpullError


class RequestError(VodpullError):
    """What the client sent is not acceptable."""

    code = "request_error"
    fault = Fault.CLIENT
    remedy = "Correct the request and send it again."


@dataclass(frozen=True, kw_only=True)
class FieldFault:
    """What is wrong with one field of a request."""

    field: str
    message: str


class ParameterError(RequestError):
    """A request field is missing, malformed or out of range; `field` names it."""

    code = "parameter_error"
    remedy = "Correct the named field and send the request again."
    faults: tuple[FieldFault, ...] = ()
    """All fields at fault, where more than one was looked at; `field` is the first."""


class CaptionInvalid(RequestError):
    """A caption file cannot be read, or has nothing for this video; the message begins with the line at fault."""

    code = "caption_invalid"
    remedy = "Correct the file at the line that is named, or save it anew as SubRip, WebVTT or ASS in UTF-8."

    def __init__(self, message: str, *, line: int = 0, field: str | None = None, remedy: str = "") -> None:
        """`line` counts from 1; 0: it is about the whole, or the message says it already."""
        super().__init__(f"line {line}: {message}" if line else message, field=field, remedy=remedy)


def check_together(*checks: Callable[[], object]) -> None:
    """
    Make every check, so that all that is wrong is told at once.

    Raises:
        ParameterError: the first one that a check raised, with the faults of all.
    """
    refused = []
    for check in checks:
        try:
            check()
        except ParameterError as error:
            refused.append(error)
    if refused:
        refused[0].faults = tuple(FieldFault(field=error.field or "", message=str(error)) for error in refused)
        raise refused[0]


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


class RequestRepeated(RequestError):
    """A signed request that changes something came again within the time that its signature holds."""

    code = "request_repeated"
    remedy = "Read the present state; if it is to be changed once more, sign a new request."


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
    remedy = "Delete videos that are no longer needed; the operator sets the quota with VODPULL_ACCOUNT_QUOTA_BYTES."


class NotAllowedNow(RequestError):
    """The thing exists, but is not in a state that allows this."""

    code = "not_allowed_now"
    remedy = "Read its state first."


class Occupied(RequestError):
    """Something that is under way needs it."""

    code = "occupied"
    remedy = "Wait until that has ended, or ask for it to be stopped."


class VideoUnfit(RequestError):
    """A video cannot be joined with others: it is blocked, or has no picture that could be read."""

    code = "video_unfit"
    remedy = "Leave that video out, or enable it first."


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
    remedy = "Discard it. If all fail, compare the secret with `vodpull keys webhook-secret NAME` and the clock."


class Cancelled(RequestError):
    """Somebody asked for this job to stop."""

    code = "cancelled"
    remedy = "Retry the job if it is wanted after all."
