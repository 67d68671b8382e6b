"""
The command line as a whole: its commands, and how it ends.

A command imports what it needs when it runs, so that `--help` and short calls do not load the service.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

from vodpull import __version__
from vodpull.cli.commands import AllCommands
from vodpull.cli.terminal.output import print_error
from vodpull.errors import VodpullError
from vodpull.exit_codes import exit_code_of

app = typer.Typer(
    name="vodpull",
    cls=AllCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,  # plain help: half the time, and readable everywhere
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Self-hosted video ingest: post remote URLs, get verified, adaptive HLS back."""
    os.umask(0o077)  # keys, sources and videos are for this user alone: files get 600, folders 700


def main() -> NoReturn:
    """Run the command line; an expected error is two lines on stderr: what, and how to fix it."""
    try:
        app()
    except VodpullError as error:
        print_error(error)
        _leave(exit_code_of(error))
    except SystemExit as end:
        _leave(end.code)
    _leave(0)


def _leave(code: str | int | None) -> NoReturn:
    """
    End the process with the code of its command.

    Where the object store's library is loaded, at once: its native threads may still let go of their last answer, and
    an ordinary end of the interpreter at that moment is a crash (measured: every fifth time), with another exit code.
    """
    if "obstore" in sys.modules and not isinstance(code, str):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # the reader went away, or the stream was closed
                stream.flush()
        os._exit(code or 0)
    sys.exit(code)
