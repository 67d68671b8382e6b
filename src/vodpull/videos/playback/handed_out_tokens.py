"""Tokens for whoever owns a video: whether it wants one, and how long that lasts (`playback_token_lifetimes.py`)."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import lru_cache

from vodpull.accounts.playback_keys import LivePlaybackKey, PlaybackKeys
from vodpull.clock import now_s
from vodpull.videos.playback.last_known_permissions import LOOK_S
from vodpull.videos.playback.playback_token_lifetimes import HANDED_OUT_S, STEP_S
from vodpull.videos.playback.playback_tokens import Grant, TokenSigningKey, write_token
from vodpull.videos.playback.public_or_signed import PlaybackPolicy
from vodpull.videos.video import Video


@dataclass(frozen=True)
class _Known:
    key: LivePlaybackKey
    at_s: float


class Signer:
    """Signs for the videos of all accounts."""

    def __init__(self, keys: PlaybackKeys, policy: PlaybackPolicy, *, makes_keys: bool = True) -> None:
        """`makes_keys`: an account's first key is made when it is needed; else that raises `NoSigningKey`."""
        self._keys = keys
        self.policy = policy
        self._known: dict[str, _Known] = {}
        self._makes_keys = makes_keys

    def is_signed(self, video: Video) -> bool:
        """Return True for a video that plays for bearers of a token only."""
        return self.policy.is_signed(
            own=video.playback,
            template=video.template,
            account=video.account_playback,
            is_encrypted=video.is_encrypted,
        )

    def token(self, video: Video, grant: Grant) -> str:
        """Return a token as asked for; whether the video wants one does not matter."""
        return _written(replace(grant, sub=video.video_id), self._signing(video.account_id))

    def handed_out(self, video: Video, key: str) -> str | None:
        """Return the token for a file in replies; empty: it needs none; None: originals are not handed out so."""
        is_signed = self.is_signed(video)
        original = video.asset.original
        if original is not None and key == original.key:
            private = self.policy.has_private_original(template=video.template, is_signed=is_signed)
            return None if private else ""
        if not is_signed:
            return ""
        return self.token(video, Grant(sub=video.video_id, exp=_end_s(HANDED_OUT_S)))

    def of_operator(self, video: Video, key: str) -> str:
        """Return the token for a file on an operator's own page, who may have originals, too."""
        if self.handed_out(video, key) == "":
            return ""
        return self.token(video, Grant(sub=video.video_id, exp=_end_s(STEP_S), original=True))

    def _signing(self, account_id: str) -> TokenSigningKey:
        known = self._known.get(account_id)
        if known is None or time.monotonic() - known.at_s > LOOK_S:
            key = self._keys.signing(account_id, makes_first=self._makes_keys)
            known = self._known[account_id] = _Known(key, time.monotonic())
        return TokenSigningKey(key_id=known.key.key_id, secret=known.key.secret)


def _end_s(life_s: int) -> int:
    return (int(now_s()) // STEP_S + 1) * STEP_S + life_s


@lru_cache(maxsize=4096)
def _written(grant: Grant, key: TokenSigningKey) -> str:
    return write_token(grant, key)
