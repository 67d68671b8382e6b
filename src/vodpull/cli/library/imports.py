"""`vodpull import`: a whole library comes along from elsewhere, over a running service."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vodpull.cli import patience
from vodpull.cli.library.import_lists import READERS, send
from vodpull.cli.library.import_sources import SOURCES, check_secret, read_place, read_secret
from vodpull.cli.server_and_key import DEFAULT_SERVER, CaFile, Server, open_client
from vodpull.cli.terminal.output import Json, print_json, print_table, printable
from vodpull.csv_output import csv_line
from vodpull.imports.pace import MAX_PARALLEL, PARALLEL

if TYPE_CHECKING:
    from vodpull.client import Client, Import, ImportEntry, JobError

app = typer.Typer(no_args_is_help=True)

MEGA = 1e6

STATES = ("done", "exists", "running", "waiting", "failed", "invalid")

ImportId = Annotated[str, typer.Argument(help="Id of the import.", metavar="IMPORT")]
Place = Annotated[
    list[str] | None,
    typer.Argument(help="Where the library is; the page Moving in has all names.", metavar="NAME=VALUE..."),
]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        help="File of NAME=VALUE lines that open the source, `-` for stdin; else variables VODPULL_IMPORT_NAME.",
        allow_dash=True,
    ),
]
Template = Annotated[str, typer.Option(help="Template of the outputs.")]
Parallel = Annotated[int, typer.Option(help="Videos under way at the same time.", min=1, max=MAX_PARALLEL)]
MaxRate = Annotated[
    float, typer.Option(help="Most megabytes per second of all downloads together; 0: no limit.", min=0)
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only read the list, and tell what would come.")]
Detach = Annotated[bool, typer.Option("--detach", help="Do not wait: the service goes on by itself.")]


def _source_command(kind: str) -> Callable[..., None]:
    """Return the command of one kind of source."""

    def bring(
        place: Place = None,
        template: Template = "",
        parallel: Parallel = PARALLEL,
        max_rate: MaxRate = 0,
        dry_run: DryRun = False,
        detach: Detach = False,
        secret_file: SecretFile = None,
        as_json: Json = False,
        cacert: CaFile = None,
        server: Server = DEFAULT_SERVER,
    ) -> None:
        where, secret = read_place(place or [], kind=kind), read_secret(secret_file, kind=kind)
        check_secret(secret, kind=kind)
        with open_client(server, cacert, patience_s=patience.SENDING_S) as client:
            made = client.create_import(
                kind,
                place=where,
                secret=secret,
                template=template,
                parallel=parallel,
                max_bytes_per_s=round(max_rate * MEGA),
                dry_run=dry_run,
            )
            follow(client, made, detach=detach, as_json=as_json)

    return bring


for _kind, _source in SOURCES.items():
    app.command(_kind, help=_source.help)(_source_command(_kind))


def _file_command(kind: str) -> Callable[..., None]:
    """Return the command that sends a file's list."""

    def bring(
        file: Annotated[Path, typer.Argument(help="The list.", metavar="FILE", exists=True, dir_okay=False)],
        library: Annotated[
            str, typer.Option(help="Name of the library, where several lists use the same ids for other videos.")
        ] = "",
        template: Template = "",
        parallel: Parallel = PARALLEL,
        max_rate: MaxRate = 0,
        dry_run: DryRun = False,
        detach: Detach = False,
        as_json: Json = False,
        cacert: CaFile = None,
        server: Server = DEFAULT_SERVER,
    ) -> None:
        with open_client(server, cacert, patience_s=patience.SENDING_S) as client, file.open("rb") as content:
            made = client.create_import(
                "list",
                place={"library": library} if library else {},
                template=template,
                parallel=parallel,
                max_bytes_per_s=round(max_rate * MEGA),
                dry_run=dry_run,
            )
            send(client, made.import_id, READERS[kind](content))
            follow(client, client.start_import(made.import_id), detach=detach, as_json=as_json)

    return bring


FILES = {
    "csv": "Bring what a CSV file lists: a line of column names first, at least `url`.",
    "jsonl": "Bring what a file of JSON Lines lists, as `vodpull export` writes it.",
}

for _kind, _help in FILES.items():
    app.command(_kind, help=_help)(_file_command(_kind))


@app.command("list")
def list_imports(as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """List imports, newest first."""
    with open_client(server, cacert) as client:
        found = client.list_imports(limit=100).imports
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [(each.import_id, each.kind, each.state, *(str(each.count(state)) for state in STATES)) for each in found]
    print_table(("import", "kind", "state", *STATES), rows)


@app.command()
def status(import_id: ImportId, as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Tell how far an import is."""
    with open_client(server, cacert) as client:
        show(client.get_import(import_id), as_json=as_json)


@app.command()
def watch(import_id: ImportId, as_json: Json = False, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Follow an import to its end."""
    with open_client(server, cacert, patience_s=patience.SENDING_S) as client:
        follow(client, client.get_import(import_id), detach=False, as_json=as_json)


@app.command()
def start(
    import_id: ImportId,
    detach: Detach = False,
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Bring what a dry run has planned."""
    with open_client(server, cacert, patience_s=patience.SENDING_S) as client:
        follow(client, client.start_import(import_id), detach=detach, as_json=as_json)


@app.command()
def pause(import_id: ImportId, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Begin nothing new; what is under way ends."""
    with open_client(server, cacert) as client:
        show(client.pause_import(import_id), as_json=False)


@app.command()
def resume(import_id: ImportId, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """Go on where a pause began."""
    with open_client(server, cacert) as client:
        show(client.resume_import(import_id), as_json=False)


@app.command()
def cancel(import_id: ImportId, cacert: CaFile = None, server: Server = DEFAULT_SERVER) -> None:
    """End an import: what is under way is stopped, what is here stays."""
    with open_client(server, cacert) as client:
        show(client.cancel_import(import_id), as_json=False)


@app.command()
def retry(
    import_id: ImportId,
    detach: Detach = False,
    secret_file: SecretFile = None,
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Try again what failed; what opens the source is needed again."""
    with open_client(server, cacert, patience_s=patience.SENDING_S) as client:
        secret = read_secret(secret_file, kind=client.get_import(import_id).kind)
        found = client.retry_import(import_id, secret=secret)
        follow(client, found, detach=detach, as_json=as_json)


@app.command()
def failures(
    import_id: ImportId,
    output: Annotated[Path | None, typer.Option(help="CSV file to write; else a table on stdout.")] = None,
    as_json: Json = False,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List what was not brought, and what came without its captions or its picture, with its line and the reason."""
    with open_client(server, cacert) as client:
        found = [*_entries(client, import_id, state="failed"), *_entries(client, import_id, state="invalid")]
        found += [each for each in _entries(client, import_id, warned=True) if each.error is None]
    found.sort(key=lambda each: each.number)
    if as_json:
        print_json([asdict(each) for each in found])
    elif output is None:
        rows = [(_line(each), each.origin_id, ": ".join(filter(None, _reason(each)[:2]))) for each in found]
        print_table(("line", "id", "reason"), rows)
    else:
        cells = [(_line(each), each.origin_id, each.name, *_reason(each)) for each in found]
        heading = ("line", "id", "name", "code", "reason", "fix")
        output.write_text("".join(map(csv_line, [heading, *cells])), encoding="utf-8-sig", newline="")


def _entries(client: Client, import_id: str, *, state: str = "", warned: bool = False) -> Iterator[ImportEntry]:
    after: int | None = 0
    while after is not None:
        page = client.import_entries(import_id, state=state, after=after, limit=500, warned=warned)
        yield from page.entries
        after = page.next_after


@app.command("map")
def id_map(
    import_id: ImportId,
    output: Annotated[Path | None, typer.Option(help="File to write; else stdout.")] = None,
    cacert: CaFile = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Write what each id of elsewhere is here, and where it plays, as CSV."""
    with open_client(server, cacert) as client:
        content = client.import_map(import_id)
    if output is None:
        sys.stdout.write(content.decode())
    else:
        output.write_bytes(content)


def _line(entry: ImportEntry) -> str:
    """Return where an entry is in its list: the line of a file, else its number."""
    return str(entry.line or entry.number)


def _reason(entry: ImportEntry) -> tuple[str, str, str]:
    """Return the code of why an entry is not here, or not whole, in words, and what to do."""
    error = entry.error
    return ("", "; ".join(entry.warnings), "") if error is None else (error.code, error.message, error.remedy)


def follow(client: Client, found: Import, *, detach: bool, as_json: bool) -> None:
    """Show an import until nothing happens by itself any more; its end is the command's."""
    if not detach:
        told = _lines() if not as_json else None
        found = client.wait_import(found.import_id, on_progress=told)
    show(found, as_json=as_json)
    if not detach and (found.state not in {"done", "planned"} or found.count("failed") or found.count("invalid")):
        raise typer.Exit(1)


def show(found: Import, *, as_json: bool) -> None:
    """Print an import."""
    if as_json:
        print_json(asdict(found))
        return
    typer.echo(f"{found.import_id}  {found.kind}  {found.state}")
    rows = [(state, str(found.count(state)), _size(found.counts.get(state, {}))) for state in STATES]
    print_table(("state", "videos", "size"), [row for row in rows if row[1] != "0"])
    if found.left.entries:
        size = "of unknown size" if found.left.size_bytes is None else f"{found.left.size_bytes / 1e9:.3f} GB"
        hours = "not measured yet" if found.left.hours is None else f"about {found.left.hours:g} h"
        typer.echo(f"to come: {found.left.entries} videos, {size}, {hours}")
    if found.fetched_bytes:
        fetched = f"fetched {found.fetched_bytes / 1e9:.3f} GB over the network for {found.needed_bytes / 1e9:.3f} GB"
        typer.echo(f"{fetched}{_took(found)}")
    if found.error is not None:
        typer.echo(f"{_said(found.error)}\nFix: {found.error.remedy}")
    if found.count("failed") or found.count("invalid"):
        typer.echo(f"`vodpull import failures {found.import_id}` tells why.")


def _took(found: Import) -> str:
    if not (found.started_at_ms and found.finished_at_ms):
        return ""
    return f", in {timedelta(seconds=round((found.finished_at_ms - found.started_at_ms) / 1000))}"


def _size(tally: dict[str, int]) -> str:
    unsized = tally.get("unsized", 0)
    return f"{tally.get('size_bytes', 0) / 1e9:.3f} GB" + (f" and {unsized} of unknown size" if unsized else "")


def _said(error: JobError | None) -> str:
    return "" if error is None else f"{error.code}: {printable(error.message)}"


def _lines() -> Callable[[Import], None]:
    """Return what prints a line on stderr for each change."""
    last = ""

    def tell(found: Import) -> None:
        nonlocal last
        counted = "  ".join(f"{state} {found.count(state)}" for state in STATES if found.count(state))
        line = f"{found.state:<9} {counted}".rstrip()
        if line != last:
            typer.echo(line, err=True)
        last = line

    return tell
