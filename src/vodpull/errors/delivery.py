"""Errors on the way of a notification to its receiver."""

from __future__ import annotations

from vodpull.errors.base import Fault, VodpullError
from vodpull.errors.fetch import UrlForbidden


class DeliveryError(VodpullError):
    """A notification did not reach its receiver."""

    code = "delivery_error"
    fault = Fault.DESTINATION
    remedy = "Check that the notifyUrl answers a POST with HTTP 200 or another 2xx."


class DeliveryRefused(DeliveryError):
    """The receiver answered with something else than a 2xx, or not at all."""

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
