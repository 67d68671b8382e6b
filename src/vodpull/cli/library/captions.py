"""`vodpull videos captions`: the text tracks of a video, over a running service."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vodpull.cli.library.video_ids import VideoId
from vodpull.cli.server_and_key import DEFAULT_SERVER, CaFile, Server, open_client
from vodpull.cli.terminal.output import Json, print_json, print_table
from vodpull.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vodpull.client import Caption

app = typer.Typer(help="The captions of a video.", no_args_is_help=True)

Language = Annotated[str, typer.Argument(help="By BCP 47: en, pt-BR, zh-Hant.", metavar="LANGUAGE")]


@app.command("list")
def list_captions(
    video: VideoId, as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER
) -> None:
    """List the captions of a video with their URLs."""
    with open_client(server, cacert) as client:
        _show(client.captions(video), as_json=as_json)


@app.command()
def put(
    video: VideoId,
    language: Language,
    source: Annotated[str, typer.Argument(help="File here, or http(s) URL: SubRip, WebVTT, ASS, SSA.", metavar="FILE")],
    label: Annotated[str, typer.Option(help="What viewers choose it by; '': the language's own name.")] = "",
    default: Annotated[bool, typer.Option("--default", help="Players show it unless a viewer chooses.")] = False,
    forced: Annotated[bool, typer.Option("--forced", help="Only what must be understood, such as signs.")] = False,
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Put a caption to a video, in the place of what the language has; nothing is encoded."""
    content = source if source.startswith(("http://", "https://")) else _read(source)
    with open_client(server, cacert) as client:
        made = client.put_caption(video, language, content, label=label, default=default, forced=forced)
    _show([made], as_json=as_json)


@app.command()
def delete(video: VideoId, language: Language, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Remove a caption of a video."""
    with open_client(server, cacert) as client:
        client.delete_caption(video, language)
    typer.echo(f"the caption {language} of {video} is deleted")


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        why = f"{name} cannot be read: {error.strerror}"
        raise ConfigurationError(why, field="FILE", remedy="Name a caption file, or its http or https URL.") from error


def _show(captions: Sequence[Caption], *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(caption) for caption in captions])
        return
    print_table(("language", "cues", "left out", "shown", "origin", "label", "url"), map(_row, captions))


def _row(caption: Caption) -> tuple[str, ...]:
    shown = [word for word, wanted in (("default", caption.default), ("forced", caption.forced)) if wanted]
    cues, left_out = str(caption.cues), str(caption.left_out)
    return caption.language, cues, left_out, ", ".join(shown) or "-", caption.origin, caption.label, caption.url
