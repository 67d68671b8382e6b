"""Errors of the installation itself."""

from __future__ import annotations

from vodpull.errors.base import VodpullError


class ServiceError(VodpullError):
    """vodpull itself is not in order."""

    code = "service_error"


class ConfigurationError(ServiceError):
    """A setting cannot be used; `field` names it."""

    code = "configuration_error"
    remedy = "Correct what is named; `vodpull doctor` checks the settings."

    def __init__(self, message: str, *, field: str | None = None, remedy: str = "") -> None:
        # The doctor looks at settings, not at the options and arguments of a command.
        is_setting = field is None or field.startswith("VODPULL_")
        super().__init__(message, field=field, remedy=remedy or ("" if is_setting else f"Correct {field}."))


class AlreadyRunning(ServiceError):
    """Another process uses the same data folder or executor id."""

    code = "already_running"
    remedy = "Stop the other process, or give this one its own VODPULL_DATA_DIR."


class DatabaseUnavailable(ServiceError):
    """The database does not answer."""

    code = "database_unavailable"
    retryable = True
    remedy = "Check that the database server of VODPULL_DATABASE_URL runs and can be reached from here."


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

    def __init__(self, message: str, *, field: str | None = None, remedy: str = "", may_pass: bool = True) -> None:
        super().__init__(message, field=field, remedy=remedy)
        self.retryable = may_pass


class InternalError(ServiceError):
    """Something unexpected: a defect of vodpull."""

    code = "internal_error"
    remedy = "Please report it with the request id."
