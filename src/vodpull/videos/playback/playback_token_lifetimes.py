"""How long playback tokens are good for: those of replies, those that somebody asks for, and what goes on after."""

HANDED_OUT_S = 24 * 3600
"""What stands in a reply is good for so long at least; the default, too, of a token that is asked for."""

STEP_S = 3600
"""Tokens of replies end on whole hours, so that the same file keeps its URL for a while and is cached under it."""

MAX_LIFE_S = 366 * 24 * 3600
"""The most that somebody may ask for."""

GRACE_S = 600
"""What has begun to play goes on for so long after a token's end, unless the token says otherwise."""

MAX_GRACE_S = 24 * 3600
"""The most that a token may say."""
