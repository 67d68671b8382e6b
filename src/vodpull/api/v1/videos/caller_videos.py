"""What `routes.py` does with the videos of one caller: one call to each thing behind the endpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from fastapi.concurrency import run_in_threadpool

from vodpull.accounts.scopes import Scope
from vodpull.api.http.context import ApiContext
from vodpull.api.v1.caller_and_query import Caller, Callers
from vodpull.api.v1.idempotency_keys import IdempotentCalls
from vodpull.api.v1.videos.playback_terms import PlaybackTerms
from vodpull.api.v1.videos.shapes import EncodeOrder, PlaybackReply, VideoChange, VideoPage, VideoReply
from vodpull.api.v1.videos.views import playback_reply, video_reply, video_summary
from vodpull.clock import now_s
from vodpull.errors import NotFound, PermissionDenied
from vodpull.videos.blocking import block, enable
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.library import VideoEdit
from vodpull.videos.playback.file_kinds import kind_of
from vodpull.videos.playback.playback_tokens import Grant, may_have
from vodpull.videos.video import Video
from vodpull.videos.video_search import VideoFilter


class CallerVideos:
    """Reads and changes the videos of a caller; those of others are not there."""

    def __init__(self, context: ApiContext) -> None:
        self.context = context
        callers = Callers(context)
        self.caller, self.creator, self.known_query = callers.caller, callers.creator, callers.known_query
        self.makers = IdempotentCalls(context)

    def video(self, video_id: str, caller: Caller) -> Video:
        """Return a video of the caller's."""
        try:
            return self.context.library.find(video_id, account_id=caller.key.account_id)
        except (NotFound, PermissionDenied):
            raise NotFound("there is no such video") from None

    def page(self, wanted: VideoFilter, caller: Caller, *, limit: int, cursor: str) -> VideoPage:
        """Return a page of a list."""
        videos, following = self.context.library.page(wanted, limit=limit, cursor=cursor)
        urls = self.urls(caller)
        is_signed = self.context.signer.is_signed
        shown = [video_summary(video, urls, is_signed=is_signed(video)) for video in videos]
        return VideoPage(videos=shown, next_cursor=following)

    def read(self, video_id: str, caller: Caller) -> VideoReply:
        """Return a video with everything that is known of it."""
        video = self.video(video_id, caller)
        view = self.context.store.find_batch_of(video.job_id)
        job = view.at(video.position) if view else None
        if job is None:  # deleted at this moment
            raise NotFound("there is no such video")
        times = self.context.listing.timeline(video.batch_id)
        captions = self.context.captioning.of_video(video)
        is_signed = self.context.signer.is_signed(video)
        return video_reply(video, job, times, captions=captions, urls=self.urls(caller), is_signed=is_signed)

    def playback(self, video_id: str, terms: PlaybackTerms, caller: Caller) -> PlaybackReply:
        """Return where a video is played, by a token where it wants one or the terms ask for one."""
        video, urls = self.video(video_id, caller), self.urls(caller)
        is_signed = self.context.signer.is_signed(video)
        if not is_signed and not terms.wants_token:
            return playback_reply(video, urls, is_signed=False, token="", expires_at_ms=None)
        grant = terms.grant(video.video_id, now_s=now_s())
        token = self.context.signer.token(video, grant)
        signed = replace(urls, sign=_signing(grant, token))
        return playback_reply(video, signed, is_signed=is_signed, token=token, expires_at_ms=grant.exp * 1000)

    def change(self, video_id: str, change: VideoChange, caller: Caller) -> VideoReply:
        """Change a video."""
        video = self.video(video_id, caller)
        edit = VideoEdit(
            name=change.name,
            description=change.description,
            publish_domain=self.context.urls.known_domain(change.publish_domain and change.publish_domain.lower()),
            player_id=change.player_id,
            playback=change.playback,
            labels=change.categories,
        )
        self.context.library.edit(video.video_id, edit, account_id=caller.key.account_id)
        return self.read(video_id, caller)

    def block(self, video_id: str, caller: Caller) -> VideoReply:
        """Keep anybody from playing a video."""
        block(self.context.library, self.video(video_id, caller))
        return self.read(video_id, caller)

    def enable(self, video_id: str, caller: Caller) -> VideoReply:
        """Let a video play again."""
        enable(self.context.library, self.video(video_id, caller))
        return self.read(video_id, caller)

    def encode(self, video_id: str, order: EncodeOrder, caller: Caller) -> VideoReply:
        """Start an encode of what is stored."""
        video = self.video(video_id, caller)
        template = self.context.templates.find(
            order.template or self.context.default_template, watermark=order.watermark
        )
        mine = partial(self.context.materials.subtitle, account_id=caller.key.account_id, field="burn_in")
        burn_in = mine(order.burn_in).material_id if order.burn_in else ""
        self.context.encoding.start([video], template=template.name, watermark=order.watermark, burn_in=burn_in)
        return self.read(video_id, caller)

    async def delete(self, video_id: str, caller: Caller, *, only_original: bool) -> None:
        """Delete a video, whatever is under way; its original alone only while nothing reads it."""
        video = await run_in_threadpool(self.video, video_id, caller)
        await self.context.video_deletion.delete(
            video, access_key=caller.key.access_key, stop_use=not only_original, only_original=only_original
        )

    def urls(self, caller: Caller) -> FileUrls:
        """Return what writes the URLs of files for a caller."""
        urls = self.context.urls.on(caller.base_url)
        return urls if Scope.PLAYBACK in caller.key.scopes else urls.without_tokens()


def _signing(grant: Grant, token: str) -> Callable[[Video, str], str | None]:
    """Return what says of a file whether the token leads to it."""

    def sign(video: Video, key: str) -> str | None:
        name = key.partition(f"{video.directory}/")[2]
        return token if may_have(grant, kind_of(name, video.video_id)) else None

    return sign
