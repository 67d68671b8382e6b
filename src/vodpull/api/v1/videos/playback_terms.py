"""For how long and for whom a playback token is asked for; the most: `videos/playback/playback_token_lifetimes.py`."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import Annotated, Literal

from fastapi import Query
from pydantic import AfterValidator

from vodpull.videos.playback.playback_token_lifetimes import HANDED_OUT_S, MAX_LIFE_S
from vodpull.videos.playback.playback_tokens import Grant


def _network(text: str) -> str:
    return str(ip_network(text, strict=False)) if text else ""


@dataclass(frozen=True, kw_only=True)
class PlaybackTerms:
    """The bounds of a token; with none of them only videos that want a token get one."""

    for_s: Annotated[
        int | None, Query(ge=1, le=MAX_LIFE_S, description="Seconds that the token is good for; default a day.")
    ] = None
    address: Annotated[
        str,
        AfterValidator(_network),
        Query(max_length=64, description="Only from this address or network, as `203.0.113.0/24`."),
    ] = ""
    referrer: Annotated[
        str,
        Query(max_length=255, pattern=r"^[A-Za-z0-9.-]*$", description="Only from pages of this host."),
    ] = ""
    only: Annotated[Literal["", "captions", "pictures"], Query(description="Only files of this kind.")] = ""
    original: Annotated[bool, Query(description="The original, too.")] = False

    @property
    def wants_token(self) -> bool:
        """Return True when anything was asked for."""
        return self != PlaybackTerms()

    def grant(self, video_id: str, *, now_s: float) -> Grant:
        """Return what a token for a video is to allow from now on."""
        return Grant(
            sub=video_id,
            exp=int(now_s) + (self.for_s or HANDED_OUT_S),
            net=self.address,
            ref=self.referrer.lower(),
            only=(self.only,) if self.only else (),
            original=self.original,
        )
