"""`vodpull callbacks`: where an account is told of its videos, over a running service."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from vodpull.cli.server_and_key import DEFAULT_SERVER, CaFile, Server, open_client
from vodpull.cli.terminal.output import Json, print_json, print_table

app = typer.Typer(no_args_is_help=True)


Kind = Annotated[
    Literal["transcode", "videoUpload", "materialUpload"],
    typer.Argument(
        help="transcode: that an encode has ended; videoUpload, materialUpload: that an upload has arrived.",
        metavar="KIND",
    ),
]


@app.command("list")
def list_callbacks(as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """List the addresses of the account."""
    with open_client(server, cacert) as client:
        found = client.callbacks()
    if as_json:
        print_json(found)
        return
    print_table(("kind", "url"), sorted(found.items()))


@app.command("set")
def set_callback(
    kind: Kind,
    url: Annotated[str, typer.Argument(help="http or https URL.")],
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Send notifications of this kind to an address from now on."""
    with open_client(server, cacert) as client:
        client.set_callback(kind, url)
    typer.echo(f"{kind} is told at {url}")


@app.command("delete")
def delete_callback(kind: Kind, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Send no more notifications of this kind."""
    with open_client(server, cacert) as client:
        client.delete_callback(kind)
    typer.echo(f"{kind} is told nowhere")
