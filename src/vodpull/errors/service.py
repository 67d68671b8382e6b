"""Errors of the installation itself."""

from __future__ import annotations

from vodpull.errors.base import VodpullError


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
