"""`vodpull videos clip`, `vodpull videos join`: new videos made of others, over a running service."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, cast

import typer

from vodpull.cli import patience
from vodpull.cli.library.video_ids import VideoId, VideoIds
from vodpull.cli.server_and_key import DEFAULT_SERVER, CaFile, Server, open_client
from vodpull.cli.terminal.output import Json, print_json

if TYPE_CHECKING:
    from vodpull.client import Edit, EditForm

Name = Annotated[str, typer.Option(help="Name of the new video.")]
Container = Annotated[Literal["mp4", "flv", "m3u8"], typer.Option(help="Form of the new video; m3u8: a playlist.")]
Copy = Annotated[
    bool, typer.Option("--copy", help="Copy the picture where that can be done, from the keyframe before.")
]
Size = Annotated[str, typer.Option(help="WIDTHxHEIGHT; without it that of the first video.", metavar="WxH")]
Wait = Annotated[bool, typer.Option("--wait", help="Until it is there; exit code 1 where it failed.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(clip)
    app.command()(join)


def clip(
    video: VideoId,
    name: Name,
    start: Annotated[float, typer.Option(help="Second of the video that it begins with.", min=0)],
    length: Annotated[float, typer.Option(help="Seconds; cut at the end of the video.", min=0)],
    container: Container = "mp4",
    copy: Copy = False,
    size: Size = "",
    wait: Wait = False,
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Make a new video of a section of another one, to the very frame."""
    form = _form(container, copy=copy, size=size)
    with open_client(server, cacert) as client:
        begun = client.clip_video(video, name=name, start_s=start, length_s=length, **form)
    _end(begun, wait=wait, as_json=as_json, cacert=cacert, server=server)


def join(
    videos: VideoIds,
    name: Name,
    container: Container = "mp4",
    copy: Copy = False,
    size: Size = "",
    wait: Wait = False,
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Make one new video of 2 to 50 others, in their order; those that differ are fitted into the first."""
    form = _form(container, copy=copy, size=size)
    with open_client(server, cacert) as client:
        begun = client.join_videos(videos, name=name, **form)
    _end(begun, wait=wait, as_json=as_json, cacert=cacert, server=server)


def _form(container: str, *, copy: bool, size: str) -> EditForm:
    form: dict[str, Any] = {"container": container, "exact": not copy}
    if size:
        width, _, height = size.lower().partition("x")
        if not (width.isdecimal() and height.isdecimal()):
            raise typer.BadParameter(f"{size} is not WIDTHxHEIGHT", param_hint="--size")
        form |= {"width_px": int(width), "height_px": int(height)}
    return cast("EditForm", form)


def _end(begun: Edit, *, wait: bool, as_json: bool, cacert: CaFile, server: Server) -> NoReturn:
    """Print what was begun, or what has become of it."""
    succeeded = True
    if wait:
        with open_client(server, cacert, patience_s=patience.FOLLOWING_S) as client:
            batch = client.wait(begun.batch_id)
        succeeded = batch.succeeded
        for job in batch.jobs:
            if job.error is not None:
                typer.echo(f"{job.error.code}: {job.error.message} Fix: {job.error.remedy}", err=True)
    if as_json:
        print_json(asdict(begun))
    else:
        typer.echo(begun.video_id)
    raise typer.Exit(0 if succeeded else 1)
