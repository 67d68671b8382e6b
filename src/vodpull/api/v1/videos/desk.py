"""One call to each thing behind the endpoints of videos, for one caller."""

from __future__ import annotations

from fastapi.concurrency import run_in_threadpool

from vodpull.api.http.context import ApiContext
from vodpull.api.v1.callers import Caller, Callers
from vodpull.api.v1.videos.shapes import EncodeOrder, PlaybackReply, VideoChange, VideoPage, VideoReply
from vodpull.api.v1.videos.views import playback_reply, video_reply, video_summary
from vodpull.errors import NotFound, ParameterError, PermissionDenied
from vodpull.videos.blocking import block, enable
from vodpull.videos.library import VideoEdit, VideoFilter
from vodpull.videos.model import Video
from vodpull.videos.urls import FileUrls


class VideoDesk:
    """Reads and changes the videos of a caller; those of others are not there."""

    def __init__(self, context: ApiContext) -> None:
        self.context = context
        callers = Callers(context)
        self.caller, self.known_query = callers.caller, callers.known_query

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
        return VideoPage(videos=[video_summary(video, urls) for video in videos], next_cursor=following)

    def read(self, video_id: str, caller: Caller) -> VideoReply:
        """Return a video with everything that is known of it."""
        video = self.video(video_id, caller)
        view = self.context.store.find_batch_of(video.job_id)
        job = view.at(video.position) if view else None
        if job is None:  # deleted at this moment
            raise NotFound("there is no such video")
        times = self.context.listing.timeline(video.batch_id)
        captions = self.context.captioning.of_video(video)
        return video_reply(video, job, times, captions=captions, urls=self.urls(caller))

    def playback(self, video_id: str, caller: Caller) -> PlaybackReply:
        """Return where a video is played."""
        return playback_reply(self.video(video_id, caller), self.urls(caller))

    def change(self, video_id: str, change: VideoChange, caller: Caller) -> VideoReply:
        """Change a video."""
        video = self.video(video_id, caller)
        domain = None if change.publish_domain is None else change.publish_domain.lower()
        if domain and domain not in self.context.publish_domains:
            raise ParameterError("this is none of the service's publish domains", field="publish_domain")
        edit = VideoEdit(
            name=change.name,
            description=change.description,
            publish_domain=domain,
            player_id=change.player_id,
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
        self.context.encoding.start([video], template=template.name, watermark=order.watermark)
        return self.read(video_id, caller)

    async def delete(self, video_id: str, caller: Caller, *, only_original: bool) -> None:
        """Delete a video, whatever is under way; its original alone only while nothing reads it."""
        video = await run_in_threadpool(self.video, video_id, caller)
        await self.context.removal.delete(
            video, access_key=caller.key.access_key, stop_use=not only_original, only_original=only_original
        )

    def urls(self, caller: Caller) -> FileUrls:
        """Return what writes the URLs of files for a caller."""
        return FileUrls(public_url=caller.base_url, domains=self.context.publish_domains)
