"""How long a URL of a stranger may be, and which characters none has. Pure."""

from __future__ import annotations

import re

MAX_URL_CHARACTERS = 8192
"""Presigned URLs with session tokens have 2 to 4 thousand characters; web servers take 8 KiB as a rule."""

URL_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What has no place in a URL, not even quoted, and may be there to split a log or a header."""
