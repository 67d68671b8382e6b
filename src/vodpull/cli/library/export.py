"""
`vodpull export`: what a library has, a line for each video, for whoever takes it elsewhere.

What is in a line, `app/commands/export_lines.py` says; the files of `--files` are copied by
`app/commands/export_files.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from vodpull.cli import patience
from vodpull.cli.server_and_key import DEFAULT_SERVER, CaFile, Server, open_client
from vodpull.cli.terminal.durations import seconds_of


def export(
    file: Annotated[Path, typer.Argument(help="File to write, JSON Lines.", dir_okay=False)],
    span: Annotated[str, typer.Option("--for", help="How long signed URLs are good: 90s, 30m, 2h or 7d.")] = "7d",
    files: Annotated[
        str,
        typer.Option(
            help="Store to copy all files to: s3://bucket/prefix, gs://, az:// or file:///folder. "
            "Run it where the service runs.",
            metavar="URL",
        ),
    ] = "",
    name: Annotated[str, typer.Option(help="What VODPULL_SOURCE_STORES calls that store where it is read.")] = "export",
    account: Annotated[str, typer.Option(help="With --files: the account to export; else all of them.")] = "",
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """
    Write the library, oldest video first: what `vodpull import jsonl` reads, here or elsewhere.

    Files are named by their URLs, or with --files by their copies. After a break the same command goes on where it was.
    """
    if files:
        _export_files(file, files, name=name, account=account)
        return
    for_s = seconds_of(span, field="--for")
    from vodpull.app.commands.export_lines import line_of_urls

    part = file.with_name(f"{file.name}.part")
    here, whole_bytes = _written(part)
    with open_client(server, cacert, patience_s=patience.SENDING_S) as client, part.open("ab") as target:
        target.truncate(whole_bytes)
        for listed in client.videos(sort="oldest"):
            if listed.video_id in here:
                continue
            video = client.video(listed.video_id)
            playback = client.playback(video.video_id, for_s=for_s, original=True)
            line = line_of_urls(video, playback, server=server)
            target.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            here.add(video.video_id)
    part.replace(file)
    typer.echo(f"{len(here)} videos in {file}{_blocked(file)}", err=True)


def _blocked(file: Path) -> str:
    with file.open("rb") as lines:
        blocked = sum(json.loads(line)["blocked"] for line in lines)
    if not blocked:
        return ""
    return f", {blocked} of them blocked: their URLs answer nobody until they are enabled; --files copies them, too"


def _export_files(file: Path, url: str, *, name: str, account: str) -> None:
    from vodpull.app.commands.export_files import Destination, copy_library
    from vodpull.settings import load_settings

    settings = load_settings()
    part = file.with_name(f"{file.name}.part")
    known, whole_bytes = _written(part)
    with part.open("ab") as target:
        target.truncate(whole_bytes)

        def write(line: dict[str, Any]) -> None:
            target.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            target.flush()

        destination = Destination(url=url, name=name, account=account)
        done = copy_library(settings, destination, known=frozenset(known), write=write)
    for video_id, reason in done.failed.items():
        typer.echo(f"{video_id} is not whole there: {reason}", err=True)
    for video_id in done.encrypted:
        typer.echo(f"{video_id} is encrypted and has no original: only its metadata is there", err=True)
    part.replace(file)
    typer.echo(f"{done.videos} videos, {done.copied} files copied, {done.copied_bytes / 1e9:.3f} GB", err=True)
    if done.failed:
        raise typer.Exit(1)


def _written(part: Path) -> tuple[set[str], int]:
    """Return the videos that an export before this one wrote whole, and how many bytes that is."""
    here: set[str] = set()
    whole_bytes = 0
    if not part.exists():
        return here, 0
    with part.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            here.add(json.loads(line)["id"])
            whole_bytes += len(line)
    return here, whole_bytes
