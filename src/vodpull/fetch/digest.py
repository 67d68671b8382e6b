"""The md5 that a client may name for a source."""

from __future__ import annotations

import re

from vodpull.errors import ParameterError

_MD5_HEX = re.compile(r"[0-9a-f]{32}")


def parse_md5(text: str) -> str:
    """
    Return an md5 as 32 lower-case hex digits; blanks around it and the letter case do not matter.

    Raises:
        ParameterError: it is anything else, for example base64 or too short.
    """
    md5 = text.strip().lower()
    if not _MD5_HEX.fullmatch(md5):
        raise ParameterError("md5 must be 32 hexadecimal digits", field="md5")
    return md5
