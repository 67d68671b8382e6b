"""How long the name, the description and the player id of a video may be. Pure."""

from __future__ import annotations

MAX_NAME_CHARS = 40
MAX_DESCRIPTION_CHARS = 200
MAX_PLAYER_ID_CHARS = 64
