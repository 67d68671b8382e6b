"""
Who may have which stored file or content key, by what its video says, as every process learns it soon, and a token.

How long content keys live is up to `jobs/store/content_keys.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vodpull.accounts.playback_keys import LivePlaybackKey
from vodpull.clock import now_s
from vodpull.jobs.store.content_keys import FoundKey
from vodpull.videos.playback.file_kinds import FileKind, kind_of
from vodpull.videos.playback.last_known_permissions import Remembered
from vodpull.videos.playback.playback_tokens import (
    FileRequest,
    Grant,
    TokenRefusal,
    TokenRefused,
    VerifyingKey,
    key_id_of,
    read_token,
    refusal,
)
from vodpull.videos.playback.public_or_signed import PlayRule

BLOCKED = "blocked"
TOKEN_WANTED = "token_wanted"  # noqa: S105 - says why
"""The file is for bearers of a playback token."""


@dataclass(frozen=True, kw_only=True)
class _Signed:
    account_id: str
    grant: Grant


class FileGate:
    """Judges requests for files of videos."""

    def __init__(
        self,
        rule_of: Callable[[str], PlayRule | None],
        find_key: Callable[[str], LivePlaybackKey | None],
        find_content_key: Callable[[str], FoundKey | None],
        *,
        is_signed: bool,
    ) -> None:
        """
        Take what asks the database, in threads: what holds for a folder, and keys of tokens and segments by their ids.

        `is_signed` is what the installation says of files that belong to no video (any more).
        """
        self._rules = Remembered(rule_of)
        self._keys = Remembered(find_key)
        self._content_keys = Remembered(find_content_key)
        self._is_signed = is_signed

    async def refusal(self, directory: str, name: str, *, token: str | None, visit: FileRequest) -> str:
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
        try:
            signed = await self._read(token)
        except TokenRefused as refused:
            return refused.reason
        return _judged(signed, rule, kind=kind, visit=visit) or ""

    async def open_key(self, key_id: str, *, token: str | None, visit: FileRequest) -> bytes | str | None:
        """
        Return a content key, or in one word why it is not for this visitor; None: there is none of this id.

        Without a good token nobody learns which there are, whatever else holds for the video.
        """
        if token is None:
            return TOKEN_WANTED
        try:
            signed = await self._read(token)
        except TokenRefused as refused:
            return refused.reason
        found = await self._content_keys.get(key_id)
        rule = None if found is None else await self._rules.get(found.directory)
        if found is None or rule is None:
            return None
        if rule.is_blocked:
            return BLOCKED
        # As segments: a new key goes on as long as they do.
        return _judged(signed, rule, kind=FileKind.MEDIA, visit=visit) or found.secret

    async def _read(self, token: str) -> _Signed:
        """
        Return what a token says, and for which account.

        Raises:
            TokenRefused: nobody who may has signed it.
        """
        key = await self._keys.get(key_id_of(token))
        if key is None:
            raise TokenRefused(TokenRefusal.UNKNOWN_KEY)
        return _Signed(account_id=key.account_id, grant=read_token(token, _verifying(key)))


def _judged(signed: _Signed, rule: PlayRule, *, kind: FileKind, visit: FileRequest) -> TokenRefusal | None:
    if signed.account_id != rule.account_id:
        return TokenRefusal.UNKNOWN_KEY
    return refusal(signed.grant, video_id=rule.video_id, kind=kind, visit=visit, now_s=now_s())


def _verifying(key: LivePlaybackKey) -> VerifyingKey:
    return VerifyingKey(algorithm=key.algorithm, key=key.secret or key.public_key)
