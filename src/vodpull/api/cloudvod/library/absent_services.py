"""Calls of the contract that vodpull refuses, since it has no such service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.call_dispatch import WireCall, WireCaller
from vodpull.api.cloudvod.library.refusals import Refused
from vodpull.api.cloudvod.parameters import Parameters
from vodpull.api.http.context import ApiContext


class AbsentServices:
    """Refuses the calls about what vodpull does not have."""

    def __init__(self, _: ApiContext) -> None:
        pass

    def all(self) -> Sequence[WireCall]:
        """Return the calls."""
        return (
            WireCall(
                path="/vod/ai/createClearAdTask", act=_no_ai, rules={}, summary="Refuse: vodpull has no such service."
            ),
            WireCall(
                path="/vod/ai/clearAdTaskQuery", act=_no_ai_task, rules={}, summary="Refuse: there is no such task."
            ),
        )


def _no_ai(_: Parameters, __: WireCaller) -> NoReturn:
    raise Refused(refusals.NO_AI)


def _no_ai_task(_: Parameters, __: WireCaller) -> NoReturn:
    raise Refused(refusals.NO_AI_TASK)
