"""The command that sends files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vodpull.cli.access import DEFAULT_SERVER, CaFile, Server, open_client
from vodpull.cli.terminal.output import print_json, printable

if TYPE_CHECKING:
    from vodpull.client import CaptionFile

PATIENCE_S = 300.0
"""As long as a line may be broken before the command gives up; run again it goes on."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(upload)


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

    After a break the same command goes on where it was. Progress goes to stderr.
    """
    for given, option in ((name, "--name"), (caption, "--caption")):
        if given and len(files) > 1:
            raise typer.BadParameter(f"{option} goes with a single file", param_hint=option)
    texts = [_caption(text) for text in caption or ()]
    made: dict[str, str] = {}
    with open_client(server, cacert, patience_s=PATIENCE_S) as client:
        for file in files:
            with progress_bar(file, is_shown=not as_json) as on_progress:
                made[str(file)] = client.upload(
                    file,
                    name=name,
                    template=template,
                    watermark=watermark,
                    categories=label or (),
                    captions=texts,
                    on_progress=on_progress,
                )
            if not as_json:
                typer.echo(f"{printable(file.name)} is video {made[str(file)]}")
        ended = [client.wait_video(video_id) for video_id in made.values()] if wait else []
    if as_json:
        print_json([{"file": path, "videoId": video_id} for path, video_id in made.items()])
    raise typer.Exit(1 if any(video.encode_state == "failed" for video in ended) else 0)


def _caption(text: str) -> CaptionFile:
    language, _, path = text.partition("=")
    if not Path(path).is_file():
        raise typer.BadParameter(f"{text} names no file, as en=film.en.srt does", param_hint="--caption")
    from vodpull.client import CaptionFile

    return CaptionFile(path=path, language=language)


@contextmanager
def progress_bar(file: Path, *, is_shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show how far a file is until the block ends, where somebody looks."""
    if not is_shown or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from vodpull.cli.terminal.bars import console

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as progress:
        row = progress.add_task(printable(file.name), total=file.stat().st_size)
        yield lambda done, _total: progress.update(row, completed=done)
