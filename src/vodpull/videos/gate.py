"""Who may have which stored file, by what its video says, as every process learns it within seconds, and a token."""

from __future__ import annotations

from collections.abc import Callable

from vodpull.accounts.playback_keys import LivePlaybackKey
from vodpull.clock import now_s
from vodpull.videos.playback.policy import PlayRule
from vodpull.videos.playback.remembered import Remembered
from vodpull.videos.playback.tokens import (
    FileKind,
    TokenRefusal,
    TokenRefused,
    VerifyingKey,
    Visit,
    key_id_of,
    kind_of,
    read_token,
    refusal,
)

BLOCKED = "blocked"
TOKEN_WANTED = "token_wanted"  # noqa: S105 - says why
"""The file is for bearers of a playback token."""


class Gate:
    """Judges requests for files of videos."""

    def __init__(
        self,
        rule_of: Callable[[str], PlayRule | None],
        find_key: Callable[[str], LivePlaybackKey | None],
        *,
        is_signed: bool,
    ) -> None:
        """
        Take what it asks the database with: what holds for a folder, and a live key by its id; called in threads.

        `is_signed` is what the installation says of files that belong to no video (any more).
        """
        self._rules = Remembered(rule_of)
        self._keys = Remembered(find_key)
        self._is_signed = is_signed

    async def refusal(self, directory: str, name: str, *, token: str | None, visit: Visit) -> str:
        """
        Return why a file is not for this visitor, in one word; empty: it is.

        `token` None means that it was asked for without one; `name` is the file's below its video's folder.
        """
        rule = await self._rules.get(directory)
        if rule is None:
            return TOKEN_WANTED if self._is_signed else ""
        if rule.is_blocked:
            return BLOCKED
        kind = kind_of(name, rule.video_id)
        if not rule.is_signed and not (kind is FileKind.ORIGINAL and rule.has_private_original):
            return ""
        if token is None:
            return TOKEN_WANTED
        return await self._judge(token, rule, kind=kind, visit=visit) or ""

    async def _judge(self, token: str, rule: PlayRule, *, kind: FileKind, visit: Visit) -> TokenRefusal | None:
        try:
            key = await self._keys.get(key_id_of(token))
            if key is None or key.account_id != rule.account_id:
                return TokenRefusal.UNKNOWN_KEY
            grant = read_token(token, _verifying(key))
        except TokenRefused as refused:
            return refused.reason
        return refusal(grant, video_id=rule.video_id, kind=kind, visit=visit, now_s=now_s())


def _verifying(key: LivePlaybackKey) -> VerifyingKey:
    return VerifyingKey(algorithm=key.algorithm, key=key.secret or key.public_key)
