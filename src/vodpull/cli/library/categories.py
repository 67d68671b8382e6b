"""`vodpull categories`: the labels of an account, over a running service; those of one video: `videos.py`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from vodpull.cli.library.videos import node_of
from vodpull.cli.server_and_key import DEFAULT_SERVER, CaFile, Server, open_client
from vodpull.cli.terminal.output import Json, print_json, print_table

app = typer.Typer(no_args_is_help=True)

Label = Annotated[str, typer.Argument(help="NAME, PARENT/NAME or id.", metavar="LABEL")]


@app.command("list")
def list_categories(as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """List labels, each below its parent."""
    with open_client(server, cacert) as client:
        tree = client.categories()
    if as_json:
        print_json([asdict(each) for each in tree])
        return
    parents = [each for each in tree if not each.parent_id]
    rows = [
        (str(each.node_id), each.name if each is parent else f"{parent.name}/{each.name}")
        for parent in parents
        for each in (parent, *(child for child in tree if child.parent_id == parent.node_id))
    ]
    print_table(("id", "label"), rows)


@app.command("create")
def create_category(
    name: Annotated[str, typer.Argument(help="1 to 32 letters, digits, _, blanks or CJK characters.")],
    below: Annotated[str, typer.Option(help="Label of the first level that it goes below.")] = "",
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Make a label."""
    with open_client(server, cacert) as client:
        parent_id = node_of(below, client.categories()) if below else 0
        made = client.create_category(name, parent_id=parent_id)
    if as_json:
        print_json(asdict(made))
        return
    typer.echo(made.node_id)


@app.command("delete")
def delete_category(label: Label, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Delete a label and those below it; videos lose it and stay."""
    with open_client(server, cacert) as client:
        client.delete_category(node_of(label, client.categories()))
    typer.echo(f"{label} is deleted")
