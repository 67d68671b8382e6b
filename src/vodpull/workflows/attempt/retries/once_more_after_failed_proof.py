"""Which films that came out wrong are made once more, carefully, before their item fails."""

from __future__ import annotations

from vodpull import media
from vodpull.errors import EncodeFailed, MediaTruncated, OutputInvalid, VodpullError

FAULTS = (OutputInvalid, MediaTruncated, EncodeFailed)
"""What a more careful encode may avoid."""


def is_made_again(error: VodpullError, plan: media.EncodePlan) -> bool:
    """Tell whether a careful plan may do what this one could not."""
    return isinstance(error, FAULTS) and media.could_be_more_careful(plan)
