"""The commands."""

from __future__ import annotations

import json
import shlex
import socket
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from rich.console import Console
from rich.table import Table

from vodpull import __version__
from vodpull.api.auth import CNC, SigningKey, sign
from vodpull.app import (
    Role,
    configure_logging,
    diagnose,
    local_key,
    open_accounts,
    open_operators,
    running_service,
)
from vodpull.cli.bars import console, follow
from vodpull.cli.client import Client
from vodpull.cli.demo import run_demo
from vodpull.clock import now_s
from vodpull.console import console_link, setup_link
from vodpull.errors import ConfigurationError, VodpullError
from vodpull.jobs.model import WireStatus
from vodpull.settings import Settings, load_settings

app = typer.Typer(
    help="Self-hosted video ingest: post remote URLs, get verified, adaptive HLS back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
keys_app = typer.Typer(help="Access keys: who may call.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")

EXIT_ERROR = 1

DEFAULT_SERVER = "http://127.0.0.1:8080"

Server = Annotated[str, typer.Option(help="Base URL of the running service.", envvar="VODPULL_SERVER")]


def main() -> None:
    """Run the command line; an expected error is two lines on stderr and exit code 1."""
    try:
        app()
    except VodpullError as error:
        console.print(f"Error ({error.code}): {error}", soft_wrap=True)
        console.print(f"Fix: {error.remedy}", soft_wrap=True)
        sys.exit(EXIT_ERROR)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain (PEM) to serve HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key (PEM) of the certificate.")] = None,
    role: Annotated[Role, typer.Option(help="all, api or worker; the latter two need PostgreSQL.")] = "all",
) -> None:
    """Run the service: API and workers in one process, or one of the two."""
    settings = load_settings()
    configure_logging(settings.log_format)
    if (tls_cert is None) != (tls_key is None):
        raise ConfigurationError("--tls-cert and --tls-key go together", field="--tls-cert")
    listener = _listen(host, port)
    with running_service(settings, role=role) as api:
        config = uvicorn.Config(
            api,
            log_config=None,
            access_log=False,
            ssl_certfile=tls_cert,
            ssl_keyfile=tls_key,
            timeout_graceful_shutdown=5,
        )
        base = settings.public_url or f"{'https' if tls_cert else 'http'}://{host}:{listener.getsockname()[1]}"
        _banner(settings, base, role=role)
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """Bind before anything starts, so that a taken port is the first thing one hears of."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror}", field="--port") from error
    return listener


def _banner(settings: Settings, base: str, *, role: Role) -> None:
    database = settings.database().split("://")[0].split("+")[0]
    where = "not in a worker" if role == "worker" else console_link(open_operators(settings), base)
    for name, value in (
        ("vodpull", __version__),
        ("API", base),
        ("console", where),
        ("data", str(settings.data_dir.resolve())),
        ("database", database),
        ("storage", settings.storage()),
        ("next", "vodpull pull URL --wait"),
    ):
        console.print(f"{name:>9}  {value}", soft_wrap=True)


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Account that owns the key; made when it is new.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make an access key. The secret is shown this once."""
    made = open_accounts(load_settings()).create_key(name)
    if as_json:
        _print_json({"accessKey": made.access_key, "secretKey": made.secret_key})
        return
    typer.echo(f"access key  {made.access_key}")
    typer.echo(f"secret key  {made.secret_key}")
    typer.echo("The secret is not shown again.", err=True)


@keys_app.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the access keys, without secrets."""
    rows = [
        {
            "accessKey": key.access_key,
            "name": key.name,
            "created": _day(key.created_at_ms),
            "state": "live" if key.revoked_at_ms is None else f"revoked {_day(key.revoked_at_ms)}",
        }
        for key in open_accounts(load_settings()).list_keys()
    ]
    if as_json:
        _print_json(rows)
        return
    table = Table("access key", "account", "created", "state")
    for row in rows:
        table.add_row(*row.values())
    Console().print(table)


@keys_app.command("revoke")
def revoke_key(access_key: str) -> None:
    """Make an access key useless from now on."""
    if not open_accounts(load_settings()).revoke_key(access_key):
        raise ConfigurationError(f"there is no live key {access_key}", field="ACCESS_KEY")
    typer.echo(f"{access_key} is revoked")


@keys_app.command("rotate")
def rotate_key(
    access_key: str,
    finish: Annotated[bool, typer.Option("--finish", help="Drop the older of the two secrets.")] = False,
) -> None:
    """Give a key a second secret; both sign until the rotation is finished."""
    accounts = open_accounts(load_settings())
    if finish:
        accounts.finish_rotation(access_key)
        typer.echo(f"{access_key} has one secret again")
        return
    typer.echo(f"secret key  {accounts.rotate_key(access_key).secret_key}")
    typer.echo(f"Not shown again. When every client uses it: vodpull keys rotate {access_key} --finish", err=True)


@keys_app.command("webhook-secret")
def webhook_secret(name: Annotated[str, typer.Argument(help="Account.")]) -> None:
    """Print the secret that receivers verify this account's notifications with (Standard Webhooks)."""
    accounts = open_accounts(load_settings())
    typer.echo(accounts.notify_secret(accounts.account_named(name)))


@app.command("console-link")
def new_console_link(server: Server = DEFAULT_SERVER) -> None:
    """Print a one-time link, good for 30 minutes, to choose the console's password: the first, or a new one."""
    settings = load_settings()
    typer.echo(setup_link(open_operators(settings), settings.public_url or server))


@app.command()
def replay(
    delivery_id: Annotated[str, typer.Argument(help="Id from /api/v1/batches/<id>/deliveries.")],
    server: Server = DEFAULT_SERVER,
) -> None:
    """Send a notification once more, now, under its old id."""
    _print_json(_client(server).replay(delivery_id))


@app.command()
def pull(
    urls: Annotated[list[str], typer.Argument(help="Sources: http or https URLs.", metavar="URL...")],
    md5: Annotated[str, typer.Option(help="Expected digest of the one source.")] = "",
    name: Annotated[str, typer.Option(help="File name of the one source.")] = "",
    template: Annotated[str, typer.Option(help="Template of the outputs.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Show progress and print the final reply.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Submit sources to a running service."""
    if len(urls) > 1 and (md5 or name):
        raise ConfigurationError("--md5 and --name go with a single URL", field="--md5")
    client = _client(server)
    items = [{"fetchUrl": url, "md5": md5, "fileName": name} for url in urls]
    ids = client.pull(items, workflowId=template)
    if not wait:
        _print_json(ids)
        return
    follow(client.watch(ids["taskId"]))
    reply = client.query(taskId=ids["taskId"])
    _print_json(reply)
    raise typer.Exit(0 if succeeded(reply) else EXIT_ERROR)


@app.command()
def query(
    task_id: Annotated[str | None, typer.Option(help="Id from the reply of pullVideo.")] = None,
    trans_no: Annotated[str | None, typer.Option(help="Your own id of the request.")] = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Print the pullVideoQuery reply of a task."""
    if task_id is None and trans_no is None:
        raise ConfigurationError("give --task-id or --trans-no", field="--task-id")
    _print_json(_client(server).query(taskId=task_id, transNo=trans_no))


@app.command("sign")
def sign_command(
    url: Annotated[str, typer.Argument(help="Whole URL of the call.")],
    body: Annotated[str, typer.Option("--body", "-d", help="Body of the request.")] = "",
    method: Annotated[str, typer.Option("--method", "-X", help="HTTP method.")] = "POST",
    scheme: Annotated[str, typer.Option(help="CNC-HMAC-SHA256, WS3-HMAC-SHA256 or Basic.")] = CNC,
) -> None:
    """Print the signed curl command for a request; it is valid for five minutes."""
    key = _key(load_settings())
    headers = sign(method, url, body.encode(), key=replace(key, scheme=scheme), now_s=now_s())
    words = ["curl", "-sS", "-X", method]
    for header, value in headers.items():
        words += ["-H", f"{header}: {value}"]
    typer.echo(shlex.join([*words, *(["--data-binary", body] if body else []), url]))


@app.command()
def doctor() -> None:
    """Check everything that vodpull needs, with a fix for each."""
    missing = False
    for finding in diagnose(load_settings()):
        mark = "ok" if finding.ok and not finding.fix else "warn" if finding.ok else "FAIL"
        missing |= not finding.ok
        typer.echo(f"{mark:>4}  {finding.subject:<9} {finding.text}")
        if finding.fix:
            typer.echo(f"      {'':<9} fix: {finding.fix}")
    raise typer.Exit(EXIT_ERROR if missing else 0)


@app.command()
def demo() -> None:
    """Run the main job on the sample clip, in a fresh data folder."""
    reply = run_demo()
    raise typer.Exit(0 if succeeded(reply) else EXIT_ERROR)


def succeeded(reply: dict[str, Any]) -> bool:
    """Return True when every item of a final reply was pulled and its command done."""
    statuses = [reply["data"]["status"]]
    for item in reply["data"]["items"]:
        statuses += [item["pullStatus"], item["cmdStatus"]]
    return all(status == WireStatus.SUCCEEDED for status in statuses)


def _client(server: str) -> Client:
    return Client(server, _key(load_settings()))


def _key(settings: Settings) -> SigningKey:
    secret = settings.secret_key.get_secret_value()
    if settings.access_key and secret:
        return SigningKey(access_key=settings.access_key, secret=secret)
    local = local_key(settings)
    if local is None:
        raise ConfigurationError(
            "no access key: set VODPULL_ACCESS_KEY and VODPULL_SECRET_KEY, or run beside the service's data folder",
            field="VODPULL_ACCESS_KEY",
        )
    return SigningKey(access_key=local.access_key, secret=local.secret_key)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _day(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
