"""`vodpull playback`: who may watch an account's videos, and the keys that sign for them, over a running service."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from vodpull.cli.library.video_output import as_time
from vodpull.cli.library.videos import own_word
from vodpull.cli.server_and_key import DEFAULT_SERVER, CaFile, Server, open_client
from vodpull.cli.terminal.output import Json, print_json, print_table

app = typer.Typer(no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="`kid` of its tokens.", metavar="KEY_ID")]


@app.command()
def show(as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Show who may watch the videos of the account, unless a video or its template says otherwise."""
    with open_client(server, cacert) as client:
        found = client.account()
    if as_json:
        print_json(asdict(found))
        return
    typer.echo(found.playback or "inherit")


@app.command("set")
def set_playback(
    playback: Annotated[Literal["inherit", "public", "signed"], typer.Argument(metavar="inherit|public|signed")],
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Say who may watch the videos of the account; inherit: as the installation says."""
    with open_client(server, cacert) as client:
        client.edit_account(playback=cast("Literal['', 'public', 'signed']", own_word(playback)))
    typer.echo(f"the account's videos: {playback}")


@app.command("keys")
def list_keys(as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """List the keys that sign playback tokens; the newest live one of HS256 signs what the service hands out."""
    with open_client(server, cacert) as client:
        found = client.playback_keys()
    if as_json:
        print_json([asdict(key) for key in found])
        return
    rows = [
        (key.key_id, key.algorithm, as_time(key.created_at_ms), "revoked" if key.revoked_at_ms else "live")
        for key in found
    ]
    print_table(("key id", "algorithm", "created", "state"), rows)


@app.command("create-key")
def create_key(
    public_key: Annotated[
        Path | None, typer.Option(help="PEM file with the public half of an Ed25519 key of yours; -: standard input.")
    ] = None,
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Make a key that signs from now on, its secret shown this once; or trust tokens that you sign yourself."""
    pem = "" if public_key is None else sys.stdin.read() if str(public_key) == "-" else public_key.read_text()
    with open_client(server, cacert) as client:
        made = client.create_playback_key(public_key=pem)
    if as_json:
        print_json(asdict(made))
        return
    typer.echo(made.key_id if not made.secret else f"{made.key_id} {made.secret}")


@app.command("revoke-key")
def revoke_key(key_id: KeyId, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Trust no more tokens of a key."""
    with open_client(server, cacert) as client:
        client.revoke_playback_key(key_id)
    typer.echo(f"{key_id} is revoked")
