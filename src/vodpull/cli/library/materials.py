"""`vodpull materials`: the files that an account keeps for its videos, over a running service."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vodpull.cli import patience
from vodpull.cli.library.uploads import send_each
from vodpull.cli.library.video_output import as_time
from vodpull.cli.server_and_key import DEFAULT_SERVER, CaFile, Server, open_client
from vodpull.cli.terminal.outcome_lines import length_text, size_text
from vodpull.cli.terminal.output import Json, print_json, print_table
from vodpull.errors import ConfigurationError

if TYPE_CHECKING:
    from vodpull.client import OnProgress

app = typer.Typer(no_args_is_help=True)

MaterialId = Annotated[str, typer.Argument(help="Id of the material.", metavar="MATERIAL")]


@app.command("list")
def list_materials(
    search: Annotated[str, typer.Option(help="Only those with this in the name.")] = "",
    kind: Annotated[Literal["material", "audio"] | None, typer.Option(help="Only these.")] = None,
    suffix: Annotated[str, typer.Option(help="Only files of this suffix.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=100)] = 20,
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List materials, newest first."""
    with open_client(server, cacert) as client:
        found = client.list_materials(search=search, kind=kind or "", suffix=suffix, limit=limit)
    if as_json:
        print_json([asdict(each) for each in found.materials])
        return
    rows = [
        (
            each.material_id,
            as_time(each.uploaded_at_ms),
            each.suffix,
            size_text(each.size_bytes),
            length_text(each.duration_s) if each.duration_s else "-",
            each.name,
        )
        for each in found.materials
    ]
    print_table(("material", "uploaded (UTC)", "suffix", "size", "length", "name"), rows)


@app.command()
def upload(
    files: Annotated[
        list[Path], typer.Argument(help="Files to send.", metavar="FILE", exists=True, dir_okay=False, readable=True)
    ],
    kind: Annotated[
        Literal["material", "audio"], typer.Option(help="Sound is audio, all else a material.")
    ] = "material",
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Send pictures, subtitles or sound; sent again, a file is the same material."""
    with open_client(server, cacert, patience_s=patience.SENDING_S) as client:

        def send(file: Path, on_progress: OnProgress | None) -> str:
            return client.upload_material(file, kind=kind, on_progress=on_progress)

        made, code = send_each(files, send, becomes="material", as_json=as_json)
    if as_json:
        print_json([{"file": str(file), "materialId": material_id} for file, material_id in made])
    raise typer.Exit(code)


@app.command()
def show(material: MaterialId, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Print a material as JSON, with its URL."""
    with open_client(server, cacert) as client:
        print_json(asdict(client.material(material)))


@app.command()
def edit(
    material: MaterialId,
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    publish_domain: Annotated[str | None, typer.Option(help="One of the service's; '': its default.")] = None,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Change what is named of a material and nothing else."""
    if name is None and publish_domain is None:
        remedy = "`vodpull materials edit --help` names what can be changed."
        raise ConfigurationError("nothing to change", field="--name", remedy=remedy)
    with open_client(server, cacert) as client:
        print_json(asdict(client.edit_material(material, name=name, publish_domain=publish_domain)))


@app.command()
def delete(
    material: MaterialId,
    force: Annotated[bool, typer.Option("--force", help="Although a video uses it.")] = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Delete a material; what was made with it stays."""
    with open_client(server, cacert) as client:
        client.delete_material(material, force=force)
    typer.echo(f"{material} is deleted")
