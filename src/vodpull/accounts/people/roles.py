"""What operators in each role may do; which route of the console needs which is in `console/needed_roles.py`. Pure."""

from __future__ import annotations

from enum import StrEnum

from vodpull.errors import ParameterError


class Role(StrEnum):
    """What an operator may do; whoever comes later in this list may do all that those before may."""

    VIEWER = "viewer"
    """Look at tasks, videos and the system, and play."""
    OPERATOR = "operator"
    """Change tasks and videos, too."""
    OWNER = "owner"
    """Say who gets in, too: access keys, playback keys, operators; and read the audit log."""

    def may(self, least: Role) -> bool:
        """Return True when what needs at least that role is allowed to this one."""
        order = list(Role)
        return order.index(self) >= order.index(least)


def read_role(word: str) -> Role:
    """
    Return the role of this name.

    Raises:
        ParameterError: there is none.
    """
    try:
        return Role(word)
    except ValueError:
        raise ParameterError(
            f"there is no such role: {word!r}; known roles are {', '.join(Role)}", field="role"
        ) from None
