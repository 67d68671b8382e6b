"""
The md5 that a client names for a source: how it may be written, and what becomes of a file that has another one.

md5 and sha256 of a file as it arrives are computed in `partfile/digests.py`; uploads are compared in
`uploads/completing.py`.
"""

from __future__ import annotations

import re

from vodpull.errors import Md5Mismatch, ParameterError, SourceChanged
from vodpull.wire_values import MD5_PATTERN


def parse_md5(text: str) -> str:
    """
    Return an md5 as 32 lower-case hex digits; blanks around it and the letter case do not matter.

    Raises:
        ParameterError: it is anything else, for example base64 or too short.
    """
    md5 = text.strip().lower()
    if not re.fullmatch(MD5_PATTERN, md5):
        raise ParameterError("md5 must be 32 hexadecimal digits", field="md5")
    return md5


def check_md5(md5: str, wanted: str, *, is_of_ranges: bool) -> None:
    """
    Compare the md5 of a whole file with the one that is wanted, if any; both as `parse_md5` returns them.

    Raises:
        SourceChanged: it is another one, but the file is of several answers to ranges: one plain answer decides
            whether the file is wrong, or an origin's ranges are.
        Md5Mismatch: it is another one.
    """
    if not wanted or md5 == wanted:
        return
    message = f"the file's md5 is {md5}, expected was {wanted}"
    if is_of_ranges:
        raise SourceChanged(message)
    raise Md5Mismatch(message, field="md5")
