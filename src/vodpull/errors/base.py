"""What every error has in common, errors as data, and the list of all of them."""

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
    retryable: bool = False
    remedy: str = "Look at the service's log for the cause."
    """What the person at fault can do: of the class, unless whoever raises it knows better."""
    origin_status: int | None = None
    """HTTP status of the origin, set by those who know it."""
    request_id: str | None = None
    """Id of the call that was answered with this error, set by clients."""
    log_tail: str = ""
    """What the program that failed wrote last, set by those who ran it: hostile text, for operators only."""

    def __init__(self, message: str, *, field: str | None = None, remedy: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.remedy = remedy or self.remedy


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
