"""What the audit log says of a request to the console: who, to what, and how it ended."""

from __future__ import annotations

import re
from http import HTTPStatus

from starlette.responses import Response

from vodpull.accounts.audit_log import DONE, ActorKind, Who
from vodpull.console.needed_roles import RoleRule
from vodpull.console.request.visit import Visit


def who_of(visit: Visit) -> Who:
    """Return who did it, and from where."""
    return Who(kind=ActorKind.OPERATOR, name=visit.operator, address=visit.from_where.address)


def subject_of(visit: Visit, rule: RoleRule) -> str:
    """Return to what something was done: what stands in the path, what was ticked, and the told fields of the form."""
    place = [f"{name}={value}" for name, value in visit.request.path_params.items()]
    form = [f"{name}={_plain(visit.form[name])}" for name in rule.told if visit.form.get(name)]
    return " ".join([*place, *form, *visit.chosen])


def _plain(text: str) -> str:
    """Return text without queries and passwords of URLs: they may be somebody's keys."""
    return re.sub(r"(?<=://)[^/\s@]*@", "", re.sub(r"[?#]\S*", "", " ".join(text.split())))


def outcome_of(response: Response) -> str:
    """Return how a reply that is no error of the catalogue ended."""
    return DONE if response.status_code < HTTPStatus.BAD_REQUEST else "refused"
