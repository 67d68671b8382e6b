"""URLs that clients give to be notified at: which are refused when they are given."""

from __future__ import annotations

from collections.abc import Callable

from vodpull.errors import FetchError, ParameterError


def judge_address(url: str, check_url: Callable[[str], object], *, field: str = "notifyUrl") -> None:
    """
    Refuse what nothing may be posted to; none given is none refused.

    Raises:
        ParameterError: it leads where it must not; `field` names it.
    """
    try:
        if url:
            check_url(url)
    except FetchError as error:
        raise ParameterError(str(error), field=field) from error
