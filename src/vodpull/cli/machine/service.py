"""Commands of the machine that runs the service."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vodpull import __version__
from vodpull.cli.server_and_key import DEFAULT_SERVER, Server
from vodpull.cli.tasks import succeeded
from vodpull.errors import ParameterError

if TYPE_CHECKING:
    from vodpull.settings import Settings

Role = Literal["all", "api", "worker"]
"""As in `vodpull.app.composition`, which is not loaded for a help text."""


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.", min=0, max=65535)] = 8080,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain (PEM) to serve HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key (PEM) of the certificate.")] = None,
    role: Annotated[Role, typer.Option(help="all, api or worker; the latter two need PostgreSQL.")] = "all",
) -> None:
    """Run the service: API and workers, or one of the two."""
    from vodpull.app.interpreter_tuning import favour_replies, loading_for_good
    from vodpull.cli.machine import listener as listening
    from vodpull.cli.machine.certificate import check_certificate
    from vodpull.settings import load_settings

    check_certificate(tls_cert, tls_key)

    settings = load_settings()
    listener = listening.listen(host, port)
    with loading_for_good():
        from vodpull.app.server import Server, Tls
        from vodpull.app.service import running_service
        from vodpull.app.telemetry.logs import configure_logging

    configure_logging(settings.log_format)
    tls = Tls(certificate=tls_cert, private_key=tls_key) if tls_cert and tls_key else None
    with running_service(settings, role=role) as service:
        server = Server(service.web, listener, connections=service.connections, prompt=service.prompt, tls=tls)
        base = settings.public_url or f"{'https' if tls_cert else 'http'}://{host}:{listener.getsockname()[1]}"
        (_worker_banner if role == "worker" else _banner)(settings, base)
        # The server hands the signal on when it has ended. Work is then drained, unless a second one comes.
        signal.signal(signal.SIGTERM, lambda *_: signal.signal(signal.SIGTERM, signal.SIG_DFL))
        favour_replies()
        server.run()


def _banner(settings: Settings, base: str) -> None:
    from vodpull import console
    from vodpull.app.installation import open_people

    _tell(
        ("vodpull", __version__),
        ("API", base),
        ("console", console.console_link(open_people(settings).operators, base)),
        *_places(settings),
        ("next", "vodpull pull URL --wait"),
    )


def _worker_banner(settings: Settings, base: str) -> None:
    _tell(
        ("vodpull", f"{__version__}, a worker: it takes work from the database, and no calls"),
        ("health", f"{base}/readyz"),
        ("slots", f"{settings.fetch_slots} to fetch, {settings.encode_slots} to encode"),
        *_places(settings),
        ("next", "vodpull serve --role api, where it is not running yet"),
    )


def _places(settings: Settings) -> tuple[tuple[str, str], ...]:
    database = settings.database().split("://")[0].split("+")[0]
    return ("data", str(settings.data_dir.resolve())), ("database", database), ("storage", settings.storage())


def _tell(*lines: tuple[str, str]) -> None:
    for name, value in lines:
        typer.echo(f"{name:>9}  {value}", err=True)


def doctor() -> None:
    """Check everything that vodpull needs, with a fix for each."""
    from vodpull.app.commands.doctor import diagnose
    from vodpull.settings import load_settings

    missing = False
    for finding in diagnose(load_settings()):
        mark = "ok" if finding.ok and not finding.fix else "warn" if finding.ok else "FAIL"
        missing |= not finding.ok
        typer.echo(f"{mark:>4}  {finding.subject:<9} {finding.text}")
        if finding.fix:
            typer.echo(f"      {'':<9} fix: {finding.fix}")
    raise typer.Exit(1 if missing else 0)


def demo() -> None:
    """Run the main job on the sample clip, in a fresh data folder."""
    from vodpull.cli.machine.demo import run_demo

    raise typer.Exit(0 if succeeded(run_demo()) else 1)


def console_link(
    name: Annotated[str, typer.Argument(help="Operator; without: the only owner.", metavar="NAME")] = "",
    server: Server = DEFAULT_SERVER,
) -> None:
    """
    Print a one-time link to choose an operator's password.

    The first password, or a new one; the link is good for 30 minutes.
    """
    from vodpull.app.installation import open_people, require_installation
    from vodpull.console import setup_link
    from vodpull.settings import load_settings

    settings = load_settings()
    require_installation(settings)
    people = open_people(settings)
    operators = people.operators
    name = operators.find(name.lower()).name if name else operators.only_owner()
    if not name:
        remedy = "`vodpull operators list` shows them all."
        raise ParameterError("there are several owners: name the one", field="NAME", remedy=remedy)
    link = setup_link(operators, settings.public_url or server, name=name)
    people.tell("operator.link", f"name={name}")
    typer.echo(link)
