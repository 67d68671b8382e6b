"""
Sound as it comes out of a decoder; a part of the confined children that listen.

Only the standard library: packets are PyAV's, handed over.
"""

from __future__ import annotations

import ctypes
from typing import Any

# What FFmpeg writes behind the number of channels that are no layout it has a name for.
UNNAMED = " channels ("


def frames(packet: Any) -> list[Any]:
    """
    Decode a packet, of sound where it may have channels of any layout.

    PyAV's layout shares its map of channels with the frame, and both free it (up to 18.1): this one is never freed.
    """
    decoded = list(packet.decode())
    for frame in decoded:
        if packet.stream.type == "audio" and UNNAMED in frame.layout.name:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(frame.layout))
    return decoded
