"""Videos put into the shapes that the API answers with. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vodpull.api.v1.batches.views import Times, decision_reply, file_reply, stage_replies
from vodpull.api.v1.shapes import ErrorReply, FileReply, TrackReply, WarningReply
from vodpull.api.v1.videos.shapes import (
    CaptionReply,
    CategoryReply,
    PlaybackReply,
    UsageReply,
    VideoJobReply,
    VideoReply,
    VideoSummary,
)
from vodpull.jobs.model import Job, StoredFile
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.play_urls import playback_of
from vodpull.videos.video import Category, Video
from vodpull.workflows.requests.added_captions import StoredCaption


def category_reply(category: Category) -> CategoryReply:
    """Return a category as `/api/v1` shows it."""
    return CategoryReply(**vars(category))


def video_summary(video: Video, urls: FileUrls, *, is_signed: bool) -> VideoSummary:
    """Return a video as lists show it."""
    return VideoSummary(**_summary(video, urls, is_signed=is_signed))


def video_reply(
    video: Video, job: Job, times: Times, *, captions: Sequence[StoredCaption], urls: FileUrls, is_signed: bool
) -> VideoReply:
    """Return a video with everything that is known of it."""
    asset = video.asset
    return VideoReply(
        **_summary(video, urls, is_signed=is_signed),
        files=_files(video, urls),
        storyboard_url=urls.file(video, asset.storyboard_key),
        md5=asset.md5,
        sha256=asset.sha256,
        decisions=[decision_reply(decision) for decision in job.decisions],
        tracks=[TrackReply(**vars(track)) for track in asset.tracks],
        captions=[caption_reply(video, caption, urls) for caption in captions],
        warnings=[WarningReply(**vars(warning)) for warning in asset.warnings],
        proof=asset.proof,
        jobs=[_job(video, job, times)],
        usage=_usage(video),
    )


def caption_reply(video: Video, stored: StoredCaption, urls: FileUrls) -> CaptionReply:
    """Return a text track as `/api/v1` shows it."""
    caption = stored.caption
    return CaptionReply(
        language=caption.language,
        label=caption.label,
        default=caption.is_default,
        forced=caption.is_forced,
        origin=caption.origin.value,
        cues=caption.cues,
        left_out=caption.left_out,
        size_bytes=caption.size_bytes,
        updated_at_ms=caption.updated_at_ms,
        url=urls.file(video, stored.key),
        playlist_url=urls.file(video, stored.playlist_key),
    )


def playback_reply(
    video: Video, urls: FileUrls, *, is_signed: bool, token: str, expires_at_ms: int | None
) -> PlaybackReply:
    """Return where a video is played."""
    playback = playback_of(video, urls)
    return PlaybackReply(
        video_id=video.video_id,
        is_playable=bool(playback.embed_code),
        playlist_url=playback.playlist,
        dash_url=playback.dash,
        poster_url=playback.poster,
        storyboard_url=playback.storyboard,
        original_url=playback.original,
        files=[_file(video, file, urls) for file in playback.mp4],
        embed_code=playback.embed_code,
        is_signed=is_signed,
        token=token,
        expires_at_ms=expires_at_ms,
    )


def _summary(video: Video, urls: FileUrls, *, is_signed: bool) -> dict[str, Any]:
    as_they_are = (
        *("video_id", "name", "description", "created_at_ms", "uploaded_at_ms", "updated_at_ms", "duration_s"),
        *("size_bytes", "publish_domain", "player_id", "playback", "template", "watermark"),
        *("batch_id", "position", "job_id"),
    )
    return {
        **{name: getattr(video, name) for name in as_they_are},
        "origin": video.origin.name.lower(),
        "state": video.state.name.lower(),
        "encode_state": video.encode_state.name.lower(),
        "categories": [category_reply(category) for category in video.categories],
        "is_playable": bool(video.asset.playlist_key),
        "is_signed": is_signed,
        "is_encrypted": video.is_encrypted,
        "playlist_url": urls.file(video, video.asset.playlist_key),
        "poster_url": urls.file(video, video.asset.poster_key),
        "teaser_url": urls.file(video, video.asset.teaser_key),
    }


def _files(video: Video, urls: FileUrls) -> list[FileReply]:
    return [_file(video, file, urls) for file in video.asset.files]


def _file(video: Video, file: StoredFile, urls: FileUrls) -> FileReply:
    return file_reply(file, video.asset.duration_s, url=urls.file(video, file.key))


def _job(video: Video, job: Job, times: Times) -> VideoJobReply:
    return VideoJobReply(
        job_id=job.job_id,
        batch_id=job.batch_id,
        position=job.position,
        attempt=job.attempt,
        template=video.template,
        stage=job.stage,
        percent=job.percent,
        is_final=job.is_final,
        error=None if job.failure is None else ErrorReply(**vars(job.failure)),
        timeline=stage_replies(times.get(job.job_id, [])),
    )


def _usage(video: Video) -> UsageReply:
    return UsageReply(
        original_bytes=video.original_bytes,
        outputs_bytes=video.outputs_bytes,
        total_bytes=video.original_bytes + video.outputs_bytes,
    )
