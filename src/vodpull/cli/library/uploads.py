"""The command that sends files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vodpull.cli import patience
from vodpull.cli.library.video_output import Told
from vodpull.cli.library.videos import of_each
from vodpull.cli.server_and_key import DEFAULT_SERVER, CaFile, Server, open_client
from vodpull.cli.terminal.output import print_json, print_problem, printable
from vodpull.cli.terminal.upload_progress import progress_of
from vodpull.errors import ParameterError

if TYPE_CHECKING:
    from vodpull.client import CaptionFile, OnProgress, UploadOptions, Video

READABLE = "Let this user read it, and look at the disk."


def upload(
    files: Annotated[
        list[Path], typer.Argument(help="Files to send.", metavar="FILE", exists=True, dir_okay=False, readable=True)
    ],
    template: Annotated[str, typer.Option(help="Template of the outputs.")] = "",
    name: Annotated[str, typer.Option(help="File name of the one file.")] = "",
    watermark: Annotated[str, typer.Option(help="Watermark on the outputs: its name, or the id of a picture.")] = "",
    label: Annotated[list[str] | None, typer.Option(help="NAME or PARENT/NAME; may be repeated.")] = None,
    caption: Annotated[
        list[str] | None,
        typer.Option(help="LANGUAGE=FILE, SubRip, WebVTT, ASS or SSA, of the one file; may be repeated."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the videos are encoded.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Nothing but the JSON: no progress.")] = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """
    Send local files to a running service; each becomes a video.

    After a break, also by Ctrl-C, the same command goes on where it was. Progress goes to stderr.
    """
    for given, option in ((name, "--name"), (caption, "--caption")):
        if given and len(files) > 1:
            raise typer.BadParameter(f"{option} goes with a single file", param_hint=option)
    options: UploadOptions = {
        "template": template,
        "watermark": watermark,
        "categories": label or (),
        "captions": [_caption(text) for text in caption or ()],
    }
    with open_client(server, cacert, patience_s=patience.SENDING_S) as client:

        def send(file: Path, on_progress: OnProgress | None) -> str:
            return client.upload(file, name=name, on_progress=on_progress, **options)

        made, code = send_each(files, send, becomes="video", as_json=as_json)
        on_progress = None if as_json else Told()
        ended = [client.wait_video(video_id, on_progress=on_progress) for _, video_id in made] if wait else []
    if as_json:
        print_json([{"file": str(file), "videoId": video_id} for file, video_id in made])
    raise typer.Exit(max([code, *map(_outcome, ended)]))


def _outcome(video: Video) -> int:
    """Say why a video has no outputs, where its encode failed, and return what that is as an exit code."""
    if video.encode_state != "failed":
        return 0
    for error in filter(None, (job.error for job in video.jobs)):
        print_problem(error.code, printable(f"{video.name}: {error.message}"), error.remedy)
    return 1


def send_each(
    files: Sequence[Path], send: Callable[[Path, OnProgress | None], str], *, becomes: str, as_json: bool
) -> tuple[list[tuple[Path, str]], int]:
    """Send files; say what each has become, or why it cannot be sent; return those that were, and the exit code."""

    def send_one(text: str) -> tuple[Path, str]:
        file = Path(text)
        try:
            with progress_of(file, is_shown=not as_json) as on_progress:
                made = send(file, on_progress)
        except OSError as error:
            raise ParameterError(f"the file cannot be read: {error.strerror}", remedy=READABLE) from error
        except ParameterError as error:
            error.field = None if error.field == "path" else error.field  # which file it is stands before it
            raise
        except KeyboardInterrupt:
            typer.echo(f"{printable(file.name)} was interrupted: the same command goes on where it was.", err=True)
            raise
        if not as_json:
            typer.echo(f"{printable(file.name)} is {becomes} {made}")
        return file, made

    return of_each([str(file) for file in files], send_one)


def _caption(text: str) -> CaptionFile:
    language, _, path = text.partition("=")
    if not Path(path).is_file():
        raise typer.BadParameter(f"{text} names no file, as en=film.en.srt does", param_hint="--caption")
    from vodpull.client import CaptionFile

    return CaptionFile(path=path, language=language)
