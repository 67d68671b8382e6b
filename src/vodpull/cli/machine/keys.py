"""`vodpull keys`: who may call. Works on the database, with or without a running service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from vodpull.cli.terminal.durations import seconds_of
from vodpull.cli.terminal.output import Json, print_json, print_table
from vodpull.errors import NotFound

if TYPE_CHECKING:
    from vodpull.accounts.access_keys import Accounts

app = typer.Typer(no_args_is_help=True)

LIST = "`vodpull keys list` shows the keys."

AccessKey = Annotated[str, typer.Argument(help="Access key.")]
Account = Annotated[str, typer.Argument(help="Account.")]


@app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Account that owns the key; made when it is new.")],
    as_json: Json = False,
    new: Annotated[bool, typer.Option("--new", help="Even if no service has run here yet.")] = False,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="submit, read, manage or playback: it may do this alone; may repeat. Without: everything."),
    ] = None,
    expires: Annotated[str, typer.Option(help="It is good for so long: 30m, 12h, 90d. Without: for ever.")] = "",
) -> None:
    """
    Make an access key. The secret is shown this once.

    Before the first start of a service: name its folder in VODPULL_DATA_DIR (or its database), or say --new.
    """
    from vodpull.accounts.scopes import read_scopes
    from vodpull.clock import now_ms

    until_ms = now_ms() + 1000 * seconds_of(expires, field="--expires") if expires else None
    accounts = _accounts(may_begin=True, new=new)
    made = accounts.create_key(name, scopes=read_scopes(scope or ()), expires_at_ms=until_ms)
    _tell("key.create", f"name={name.strip()} access_key={made.access_key}")
    if as_json:
        print_json({"accessKey": made.access_key, "secretKey": made.secret_key})
        return
    typer.echo(f"access key  {made.access_key}")
    typer.echo(f"secret key  {made.secret_key}")
    typer.echo("The secret is not shown again.", err=True)


@app.command("list")
def list_keys(as_json: Json = False) -> None:
    """List the access keys, without secrets."""
    from vodpull.clock import now_ms

    now = now_ms()
    rows = [
        {
            "accessKey": key.access_key,
            "name": key.name,
            "created": _minute(key.created_at_ms),
            "state": f"revoked {_minute(key.revoked_at_ms)}" if key.revoked_at_ms else key.state(now_ms=now),
            "scopes": " ".join(sorted(key.scopes)),
            "expires": "never" if key.expires_at_ms is None else _minute(key.expires_at_ms),
        }
        for key in _accounts().list_keys()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("access key", "account", "created", "state", "scopes", "expires"), [tuple(row.values()) for row in rows]
    )


@app.command("revoke")
def revoke_key(access_key: AccessKey) -> None:
    """Refuse an access key from now on."""
    from vodpull.app.local_key import LOCAL_ACCOUNT, is_local_key, keep_local_key
    from vodpull.settings import load_settings

    data_dir, accounts = load_settings().data_dir, _accounts()
    if not accounts.revoke_key(access_key):
        raise NotFound(f"there is no live key {access_key}", field="ACCESS_KEY", remedy=LIST)
    _tell("key.revoke", f"access_key={access_key}")
    typer.echo(f"{access_key} is revoked")
    if is_local_key(data_dir, access_key):
        typer.echo("Warning: the commands on this machine used that key; copies of it elsewhere end too.", err=True)
        fresh = keep_local_key(data_dir, accounts)
        _tell("key.create", f"name={LOCAL_ACCOUNT} access_key={fresh}")
        typer.echo(f"From now on they use {fresh}.", err=True)


@app.command("rotate")
def rotate_key(
    access_key: AccessKey,
    finish: Annotated[bool, typer.Option("--finish", help="Drop the older of the two secrets.")] = False,
) -> None:
    """Give a key a second secret; both sign until the rotation is finished."""
    accounts = _accounts()
    if finish:
        accounts.finish_rotation(access_key)
        _tell("key.finish", f"access_key={access_key}")
        typer.echo(f"{access_key} has one secret again")
        return
    made = accounts.rotate_key(access_key)
    _tell("key.rotate", f"access_key={access_key}")
    typer.echo(f"secret key  {made.secret_key}")
    typer.echo(f"Not shown again. When every client uses it: vodpull keys rotate {access_key} --finish", err=True)


@app.command("webhook-secret")
def webhook_secret(name: Account) -> None:
    """Print the secret that receivers verify this account's notifications with (Standard Webhooks)."""
    accounts = _accounts()
    typer.echo(accounts.notify_secret(accounts.account_named(name)))


def _accounts(*, may_begin: bool = False, new: bool = False) -> Accounts:
    from vodpull.app.installation import open_accounts, require_installation
    from vodpull.settings import load_settings

    settings = load_settings()
    if not (may_begin and (new or settings.names_its_place())):
        require_installation(settings)
    return open_accounts(settings)


def _tell(action: str, subject: str) -> None:
    from vodpull.app.installation import open_people
    from vodpull.settings import load_settings

    open_people(load_settings()).tell(action, subject)


def _minute(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
