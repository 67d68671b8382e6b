"""Commands for bad days: keep a copy of an installation, bring it back, make a lost database again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(help="Archive (tar, compressed).", metavar="FILE")]


def backup(
    file: File,
    with_media: Annotated[bool, typer.Option("--with-media", help="Also the stored videos.")] = False,
) -> None:
    """Write database, keys, settings and templates of the data folder to a new file; safe while the service runs."""
    from vodpull.app.commands.backup import write_backup
    from vodpull.settings import load_settings

    size_bytes = write_backup(load_settings(), file, with_media=with_media)
    typer.echo(f"{file}  {size_bytes} bytes")
    typer.echo("It has the master key in it: keep it where only you can read it.", err=True)


def restore(file: File) -> None:
    """Unpack a backup into the data folder, which must be empty."""
    from vodpull.app.commands.backup import restore_backup
    from vodpull.settings import load_settings

    settings = load_settings()
    restore_backup(settings, file)
    typer.echo(f"{settings.data_dir.resolve()} is ready: vodpull serve")


def rebuild() -> None:
    """Rebuild the database from the manifests in the store; what it already has stays as it is."""
    from vodpull.app.commands.backup import rebuild_index
    from vodpull.settings import load_settings

    rebuilt = rebuild_index(load_settings())
    typer.echo(f"added {rebuilt.added}, known {rebuilt.known}, unreadable {rebuilt.unreadable}")
    typer.echo("Keys are not in the store: vodpull keys create NAME makes one for an account of that name.", err=True)
