"""In which zone the times of a reply are written: as the caller asks for it, where it may."""

from __future__ import annotations

from datetime import tzinfo

from vodpull.clock import read_zone
from vodpull.errors import ParameterError
from vodpull.request_signing import BASIC, SignedRequest


def reply_zone(signed: SignedRequest, *, own: tzinfo) -> tzinfo:
    """
    Return the zone that a call of the BASIC scheme names in its own header, or the installation's own.

    Raises:
        ParameterError: What the header says is no offset.
    """
    asked = signed.headers.get("x-time-zone", "")
    if not asked or not signed.headers.get("authorization", "").strip().lower().startswith(BASIC.lower()):
        return own
    zone = read_zone(asked)
    if zone is None:
        raise ParameterError("X-Time-Zone is not an offset such as +08:00", field="X-Time-Zone")
    return zone
