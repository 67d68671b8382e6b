"""Spans of time as people write them."""

from __future__ import annotations

import re

from vodpull.errors import ConfigurationError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


def seconds_of(text: str, *, field: str) -> int:
    """
    Return the seconds of a span such as `90s`, `30m`, `2h` or `7d`.

    Raises:
        ConfigurationError: it is none; `field` names the option.
    """
    found = re.fullmatch(r"([0-9]{1,8})([smhd])", text)
    if found is None or int(found[1]) == 0:
        raise ConfigurationError(f"{text} is no span of time", field=field, remedy="Write 90s, 30m, 2h or 7d.")
    return int(found[1]) * _UNITS[found[2]]
